// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// Proxies, certificates, a preloaded library: as a variable of the build each would be the worker's and git's.
func TestOwnVariablesAreNotTheBuilds(t *testing.T) {
	env := &v1alpha1.WorkEnvironment{}
	env.Spec.CodeBuild.Env = []v1alpha1.EnvironmentVariable{{Name: "HTTPS_PROXY", Value: "http://evil.test"}, {Name: "SSL_CERT_FILE", Value: "/proc/self/environ"}}
	s := settings(env)
	if diff := cmp.Diff([]contract.Variable{{Name: "HTTPS_PROXY", Value: "http://evil.test"}, {Name: "SSL_CERT_FILE", Value: "/proc/self/environ"}}, s.Env); diff != "" {
		t.Errorf("setup, agent and tests are given them (-want +got):\n%s", diff)
	}
	variables, err := contract.Parameters{BranchName: "feature/x", Settings: s}.Variables()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range buildEnvironment(variables) {
		if name, _, _ := strings.Cut(v, "="); name == "HTTPS_PROXY" || name == "SSL_CERT_FILE" {
			t.Errorf("the build is started with %s", v)
		}
	}
}

func TestSettingsHaveTheArtifactsKey(t *testing.T) {
	env := &v1alpha1.WorkEnvironment{}
	env.Spec.Artifacts.KMSKeyARN = "arn:aws:kms:eu-central-1:111122223333:key/0123"
	if got := settings(env).ArtifactsKMSKeyARN; got != env.Spec.Artifacts.KMSKeyARN {
		t.Errorf("the build is given the key %q", got)
	}
}
