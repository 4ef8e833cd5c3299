// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// branchNames are what git check-ref-format says of each, tried by hand. The API test holds the WorkItem's schema
// against the same list, so that the two cannot drift apart.
var branchNames = map[string]bool{
	"main": true, "feature/dark-mode": true, "a": true, "ünïcode": true, "v1.2": true, "a@b": true, "x#1": true, "a-": true,
	"": false, "-a": false, "refs/heads/a": false, "@": false, "HEAD": false, "a..b": false, "a@{b": false, "a.": false,
	"a b": false, "a~b": false, "a^b": false, "a:b": false, "a?b": false, "a*b": false, "a[b": false, `a\b`: false, "a\tb": false, "a\x7fb": false,
	"/a": false, "a/": false, "a//b": false, ".a": false, "a/.b": false, "a.lock": false, "a.lock/b": false, "a/../b": false,
	strings.Repeat("a", 244): true, strings.Repeat("a", 245): false,
}

func TestCheckBranch(t *testing.T) {
	for name, good := range branchNames {
		if err := checkBranch(name); (err == nil) != good {
			t.Errorf("checkBranch(%q) = %v, want good to be %t", name, err, good)
		}
	}
}

func TestSchemaRefusesTheSameBranches(t *testing.T) {
	w := newWorld(t)
	for name, good := range branchNames {
		item := &v1alpha1.WorkItem{
			ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, GenerateName: "branch-"},
			Spec: v1alpha1.WorkItemSpec{
				EnvironmentRef: v1alpha1.LocalObjectReference{Name: "builds"}, Repository: repository, Branch: name,
			},
		}
		err := w.client.Create(t.Context(), item, client.DryRunAll)
		if (err == nil) != good {
			t.Errorf("the API server says of branch %q: %v; want good to be %t", name, err, good)
		}
	}
}

func TestItemName(t *testing.T) {
	if a, b := ItemName("PVTI_1"), ItemName("PVTI_2"); a == b {
		t.Errorf("two cards share the name %s", a)
	}
	// Were the name another one in the next version, every card on every board would be worked on again.
	if got, want := ItemName("PVTI_1"), "card-34e11b71ac632826e1b2"; got != want {
		t.Errorf("the name is %q, want %q", got, want)
	}
	if a, b := fieldOwner("x"), fieldOwner(strings.Repeat("x", 253)); a == b || len(b) > maxFieldOwner {
		t.Errorf("field owners %q and %q", a, b)
	}
}
