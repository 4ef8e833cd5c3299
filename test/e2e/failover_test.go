// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/local/demo"
)

// TestFailOver has the cluster end while two builds run. Another one gets the manifests and nothing else: the running builds go on to
// their ends, no card is worked on twice, and those that had not begun begin there.
func TestFailOver(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 8*time.Minute)
	defer cancel()
	dir := t.TempDir()
	system, err := demo.Start(ctx, demo.Options{
		Dir: dir, Bin: buildPrograms(t), Launch: true, LogLevel: "debug", OneRepository: true, Say: func(line string) { t.Log("starting", line) },
	})
	t.Cleanup(func() {
		if err := system.Close(); err != nil {
			t.Errorf("ending the system: %v", err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	wait(ctx, t, "two builds run", func() bool { return len(system.Builds()) == 2 })
	// Four cards are ready from the start, in the same second: which of them are left for the second cluster is found out.
	ready := []string{"feature/discount", "feature/shipping", "feature/invoice", "feature/returns"}
	left := map[string]bool{}
	for _, branch := range ready {
		left[branch] = true
	}
	for _, b := range system.Builds() {
		delete(left, b.Variables[contract.EnvBranchName])
	}
	if len(left) != 2 {
		t.Fatalf("two builds run, and %v are left, want two", left)
	}
	if err := system.FailOver(ctx); err != nil {
		t.Fatal(err)
	}
	// The spec of one more card is never pushed here, and nobody asked for the last.
	wait(ctx, t, "four builds are over", func() bool {
		over := 0
		for _, b := range system.Builds() {
			if b.Over() {
				over++
			}
		}
		return over == len(ready)
	})
	for branch := range left {
		wait(ctx, t, branch+" is concluded in the second cluster", func() bool { return concluded(ctx, t, system, branch) })
	}
	wait(ctx, t, "every lock is free", func() bool { return held(t, system) == 0 })
	branches := map[string]int{}
	for _, b := range system.Builds() {
		branches[b.Variables[contract.EnvBranchName]]++
	}
	for _, branch := range ready {
		if branches[branch] != 1 {
			t.Errorf("the builds' branches are %v, want %s once", branches, branch)
		}
	}
	if t.Failed() {
		tellLogs(t, dir+"/logs")
	}
}

func wait(ctx context.Context, t *testing.T, what string, ok func() bool) {
	t.Helper()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("waiting until %s: %v", what, ctx.Err())
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// concluded says whether a branch's item ended.
func concluded(ctx context.Context, t *testing.T, system *demo.System, branch string) bool {
	t.Helper()
	var items v1alpha1.WorkItemList
	if err := system.Client.List(ctx, &items, client.InNamespace(demo.Namespace)); err != nil {
		t.Fatal(err)
	}
	for i := range items.Items {
		if items.Items[i].Spec.Branch == branch && items.Items[i].Status.CompletionTime != nil {
			return true
		}
	}
	return false
}

func held(t *testing.T, system *demo.System) int {
	t.Helper()
	rows, err := system.LockRows()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for _, status := range rows {
		if status == contract.StatusInProgress {
			n++
		}
	}
	return n
}
