// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package access

import (
	"context"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// asked remembers what a client was asked for with.
type asked struct {
	Clients
	url, secret, region, table string
}

func (a *asked) Forge(_ context.Context, _, url string, c v1alpha1.Credentials, _ v1alpha1.AWSAccess) (forge.Forge, error) {
	a.url, a.secret = url, c.SecretsManagerARN
	return nil, nil
}

func (a *asked) Table(_ context.Context, _ string, aws v1alpha1.AWSAccess, name string) (lock.Table, error) {
	a.region, a.table = aws.Region, name
	return nil, nil
}

func reach(t *testing.T, clients Clients, objects ...client.Object) Access {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	return Access{Reader: fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).Build(), Clients: clients}
}

func objects() (*v1alpha1.WorkItem, *v1alpha1.WorkEnvironment, *v1alpha1.WorkSource) {
	item := &v1alpha1.WorkItem{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "one"}}
	item.Spec.EnvironmentRef.Name = "env"
	env := &v1alpha1.WorkEnvironment{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "env"}}
	env.Spec.GitHub.APIURL, env.Spec.Credentials.GitHubTokenSecretARN = "https://env", "arn:env"
	env.Spec.AWS.Region, env.Spec.Lock.TableName = "eu-west-1", "now"
	source := &v1alpha1.WorkSource{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "board"}}
	source.Spec.GitHub.APIURL, source.Spec.GitHub.Credentials.SecretsManagerARN = "https://source", "arn:source"
	return item, env, source
}

func TestForge(t *testing.T) {
	for name, c := range map[string]struct {
		why    string
		source string
		url    string
		secret string
	}{
		"made by hand": {"it has no source: the environment's credentials reach the repository", "", "https://env", "arn:env"},
		"of a board":   {"what reaches the board reaches the repository", "board", "https://source", "arn:source"},
	} {
		t.Run(name, func(t *testing.T) {
			item, env, source := objects()
			if c.source != "" {
				item.Spec.SourceRef = &v1alpha1.LocalObjectReference{Name: c.source}
			}
			got := &asked{}
			a := reach(t, got, env, source)
			if _, err := a.Forge(t.Context(), item, env); err != nil || got.url != c.url || got.secret != c.secret {
				t.Errorf("%s: asked for %s with %s, %v", c.why, got.url, got.secret, err)
			}
			if url, err := a.ForgeURL(t.Context(), item, env); err != nil || url != c.url {
				t.Errorf("%s: the build is given %s, %v", c.why, url, err)
			}
		})
	}
	item, env, _ := objects()
	item.Spec.SourceRef = &v1alpha1.LocalObjectReference{Name: "gone"}
	if _, err := reach(t, &asked{}, env).Forge(t.Context(), item, env); !apierrors.IsNotFound(err) {
		t.Errorf("a source that does not exist is %v", err)
	}
}

// What an attempt froze is used for its lock, whatever its environment says by now.
func TestTable(t *testing.T) {
	item, env, _ := objects()
	item.Status.Attempt = &v1alpha1.Attempt{Parameters: v1alpha1.FrozenParameters{TableName: "then", LockRegion: "us-east-1"}}
	got := &asked{}
	a := reach(t, got)
	if _, err := a.Table(t.Context(), item); err != nil || got.table != "then" || got.region != "us-east-1" {
		t.Errorf("the attempt's lock is in %s in %s, %v", got.table, got.region, err)
	}
	if _, err := a.EnvironmentTable(t.Context(), env); err != nil || got.table != "now" || got.region != "eu-west-1" {
		t.Errorf("the environment's locks are in %s in %s, %v", got.table, got.region, err)
	}
}

func TestEnvironment(t *testing.T) {
	item, env, _ := objects()
	if got, err := reach(t, nil, env).Environment(t.Context(), item); err != nil || got.Name != "env" {
		t.Errorf("got %v, %v", got, err)
	}
	if got, err := reach(t, nil).Environment(t.Context(), item); got != nil || !apierrors.IsNotFound(err) {
		t.Errorf("an environment that does not exist is %v, %v", got, err)
	}
}

// What reviewers left is worked off unless the source says never; an item made by hand is somebody's decision as well.
func TestFollowUp(t *testing.T) {
	item, env, source := objects()
	for why, c := range map[string]struct {
		policy v1alpha1.FollowUpPolicy
		byHand bool
		want   bool
	}{
		"the default":            {"", false, true},
		"on trigger":             {v1alpha1.FollowUpOnTrigger, false, true},
		"never":                  {v1alpha1.FollowUpNever, false, false},
		"an item without source": {v1alpha1.FollowUpNever, true, true},
	} {
		item, source := item.DeepCopy(), source.DeepCopy()
		if source.Spec.FollowUp.Reviews = c.policy; !c.byHand {
			item.Spec.SourceRef = &v1alpha1.LocalObjectReference{Name: "board"}
		}
		got, err := reach(t, nil, env, source).FollowUp(t.Context(), item)
		if err != nil || got.Reviews != c.want {
			t.Errorf("%s: %+v, %v", why, got, err)
		}
	}
}
