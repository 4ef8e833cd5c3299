// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// outcomeCase is a build that goes wrong, and what is to become of it.
type outcomeCase struct {
	why     string
	files   func(map[string]string)
	prepare func(*world)

	outcome   contract.Outcome
	stage     contract.Stage
	message   string // in the result
	body      string // in the pull request
	diff      string // in the artifacts
	code      ExitCode
	processed bool // the card's trigger is processed
}

// testOutcomes runs builds that go wrong. Whatever goes wrong, the lock is released with the outcome, the pull request
// and the artifacts say what it was, and no token is shown.
func testOutcomes(t *testing.T, cases map[string]outcomeCase) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var change []func(map[string]string)
			if c.files != nil {
				change = append(change, c.files)
			}
			w := newWorld(t, change...)
			w.options.Parameters.LastAttempt = true
			if c.prepare != nil {
				c.prepare(w)
			}
			codes := w.codebuild(t.Context())
			row, result := w.row()
			if row.Status != contract.StatusFailed {
				t.Fatalf("%s\nthe lock must be released as a failure, got %q\n%s", c.why, row.Status, w.log)
			}
			if diff := cmp.Diff([]string{string(c.outcome), string(c.stage)}, []string{string(result.Outcome), string(result.FailedStage)}); diff != "" {
				t.Errorf("%s\noutcome and stage -want +got:\n%s\n%s", c.why, diff, result.Message)
			}
			if !strings.Contains(result.Message, c.message) {
				t.Errorf("%s\nthe message lacks %q: %s", c.why, c.message, result.Message)
			}
			if c.body != "" && !strings.Contains(w.body(), c.body) {
				t.Errorf("%s\nthe pull request lacks %q:\n%s", c.why, c.body, w.body())
			}
			if reported := strings.Contains(w.body(), string(c.outcome)); reported != result.PullRequestUpdated {
				t.Errorf("%s\nthe pull request has the outcome: %t, the result says %t", c.why, reported, result.PullRequestUpdated)
			}
			if got := codes[PhaseFinally]; got != c.code {
				t.Errorf("%s\nexit code %d, want %d", c.why, got, c.code)
			}
			if c.diff != "" && !strings.Contains(w.bucket.objects["artifacts/test/b-1/diffs/changes.diff"], c.diff) {
				t.Errorf("%s\nthe diff lacks %q:\n%s", c.why, c.diff, w.bucket.objects["artifacts/test/b-1/diffs/changes.diff"])
			}
			if w.card().Exists != c.processed {
				t.Errorf("%s\nprocessed: %t, want %t", c.why, w.card().Exists, c.processed)
			}
			if strings.Contains(w.log.String(), testToken) || strings.Contains(w.body(), testToken) {
				t.Error("the token is shown")
			}
			if c.outcome != contract.OutcomeUploadFailed && len(w.bucket.objects) != 6 {
				t.Errorf("%s\na failed build's artifacts are kept too, got %d", c.why, len(w.bucket.objects))
			}
		})
	}
}
