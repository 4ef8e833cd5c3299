// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

// statuses and runs are what is shown beside a commit.
func (w *world) statuses(t *testing.T, commit string) []emulator.CommitStatus {
	t.Helper()
	got, err := w.CommitStatuses(repository, commit)
	check(t, err)
	return got
}

func (w *world) runs(t *testing.T, commit string) []emulator.CheckRun {
	t.Helper()
	got, err := w.CheckRuns(repository, commit)
	check(t, err)
	return got
}

func TestStatusCheckWithAToken(t *testing.T) {
	w := newWorld(t)
	pull := w.pull(t)
	done := forge.StatusCheck{
		Name: "kiro-worker", State: forge.CheckSuccess, Description: strings.Repeat("ü", 200), TargetURL: "https://example.com/logs", Reference: "c0ffee",
	}
	check(t, w.forge.SetStatusCheck(t.Context(), repository, pull.HeadCommit, forge.StatusCheck{Name: "kiro-worker", State: forge.CheckPending}))
	check(t, w.forge.SetStatusCheck(t.Context(), repository, pull.HeadCommit, done))
	want := []emulator.CommitStatus{
		{Context: "kiro-worker", State: "pending", Creator: "robot"},
		{Context: "kiro-worker", State: "success", Creator: "robot", Description: strings.Repeat("ü", maxDescription/2), TargetURL: "https://example.com/logs"},
	}
	if diff := cmp.Diff(want, w.statuses(t, pull.HeadCommit)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if runs := w.runs(t, pull.HeadCommit); runs != nil {
		t.Errorf("a token cannot make check runs: %v", runs)
	}
	for why, err := range map[string]error{
		"a commit that does not exist":     w.forge.SetStatusCheck(t.Context(), repository, strings.Repeat("0", 40), done),
		"a repository's name that is none": w.forge.SetStatusCheck(t.Context(), "acme/shop/../../user", pull.HeadCommit, done),
	} {
		if fault.CodeOf(err) != fault.CodeInvalidRequest {
			t.Errorf("%s: %v", why, err)
		}
	}
	w.AddToken("ghp_read", "reader", emulator.ReadRights())
	err := w.as(t, "ghp_read").SetStatusCheck(t.Context(), repository, pull.HeadCommit, done)
	if fault.CodeOf(err) != fault.CodeAccessDenied || strings.Contains(err.Error(), "Checks") {
		t.Errorf("to a token that may only read, checks are nothing: %v", err)
	}
}
