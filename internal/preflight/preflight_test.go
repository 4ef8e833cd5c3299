// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package preflight_test

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv"
	"github.com/kiro-worker/kiro-worker/internal/preflight"
)

func TestMain(m *testing.M) { testenv.Main(m) }

func TestAlone(t *testing.T) {
	c := testenv.Client(t)
	own, other := testenv.Namespace(t, c), testenv.Namespace(t, c)
	now := time.Now()
	environment := func(namespace string, claim *v1alpha1.ManagerClaim) {
		e := &v1alpha1.WorkEnvironment{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "builds"},
			Spec: v1alpha1.WorkEnvironmentSpec{
				AWS: v1alpha1.AWSAccess{Region: "eu-west-1"}, Lock: v1alpha1.LockTable{TableName: "locks"},
				CodeBuild:   v1alpha1.CodeBuildProject{ProjectName: "project"},
				Credentials: v1alpha1.BuildCredentials{GitHubTokenSecretARN: "arn:aws:secretsmanager:eu-west-1:111111111111:secret:github"},
				Artifacts:   v1alpha1.Artifacts{Bucket: "artifacts"},
			},
		}
		if err := c.Create(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		e.Status.Manager = claim
		if err := c.Status().Update(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	environment(own, &v1alpha1.ManagerClaim{Name: "here/manager", RenewedAt: metav1.NewTime(now)})
	environment(other, &v1alpha1.ManagerClaim{Name: "elsewhere/manager", RenewedAt: metav1.NewTime(now)})
	cases := map[string]struct {
		why        string
		name       string
		namespaces []string
		after      time.Duration
		alone      bool
	}{
		"all namespaces":        {"both would work in the other's namespace", "here/manager", nil, 0, false},
		"its own namespace":     {"two installations that share no namespace are none of each other's business", "here/manager", []string{own}, 0, true},
		"the other's namespace": {"it is named, so it is meant to be worked in", "here/manager", []string{own, other}, 0, false},
		"the other has gone":    {"nobody has renewed the claim", "here/manager", nil, v1alpha1.ClaimDuration, true},
		"the same installation": {"another replica of it, or this one before a restart", "elsewhere/manager", []string{other}, 0, true},
		"a nameless process":    {"outside a cluster there may be no lease", "", nil, 0, true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			i := preflight.Installation{Name: tc.name, Reader: c, Namespaces: tc.namespaces}
			found, err := i.Alone(t.Context(), now.Add(tc.after))
			if (err == nil) != tc.alone || (found == nil) != tc.alone {
				t.Errorf("%s: got %v", tc.why, err)
			}
		})
	}
}
