// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

func TestBuildEnvironmentKeepsTheWorkersNames(t *testing.T) {
	got := buildEnvironment(
		[]v1alpha1.EnvironmentVariable{{Name: "NODE_ENV", Value: "test"}, {Name: contract.EnvBranchName, Value: "main"}},
		[]contract.Variable{{Name: contract.EnvBranchName, Value: "feature/x"}},
	)
	want := []string{"NODE_ENV=test", contract.EnvBranchName + "=feature/x"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
