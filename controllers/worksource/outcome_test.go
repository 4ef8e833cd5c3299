// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

// TestTrouble is what can be wrong with a board. Each gives a clear reason on the source, and in each an item that was
// there before stays as it was and no other is made.
func TestTrouble(t *testing.T) {
	cases := []struct {
		why     string
		trouble func(w *world)
		kind    string
		want    string // of kind
		ready   string
		says    string // what the message says
		stalled bool
	}{
		{
			why:     "the board's number is wrong",
			trouble: func(w *world) { w.change(func(s *v1alpha1.WorkSource) { s.Spec.GitHub.ProjectNumber = 99 }) },
			kind:    v1alpha1.ConditionBoardResolved, want: "False BoardNotFound", ready: "False BoardNotFound", says: "projectNumber", stalled: true,
		},
		{
			why:     "the token lost its permission to read boards",
			trouble: func(w *world) { w.github.AddToken(token, "bot", emulator.Rights{}) },
			kind:    v1alpha1.ConditionBoardReachable, want: "False AccessDenied", ready: "False AccessDenied", says: "grant", stalled: true,
		},
		{
			why:     "the status field has another name",
			trouble: func(w *world) { w.change(func(s *v1alpha1.WorkSource) { s.Spec.GitHub.StatusField = "State" }) },
			kind:    v1alpha1.ConditionBoardResolved, want: "False StatusFieldNotFound", ready: "False StatusFieldNotFound", says: `"Status"`, stalled: true,
		},
		{
			why:     "the ready status was renamed: the board only looks idle",
			trouble: func(w *world) { must(w.t, w.github.RenameOption(w.projectID, "Ready", "Go")) },
			kind:    v1alpha1.ConditionBoardResolved, want: "False ReadyStatusNotFound", ready: "False ReadyStatusNotFound", says: `"Go"`, stalled: true,
		},
		{
			why:     "the token was revoked",
			trouble: func(w *world) { w.github.RevokeToken(token) },
			kind:    v1alpha1.ConditionBoardReachable, want: "False Unauthorized", ready: "False Unauthorized", says: "token", stalled: true,
		},
		{
			why:     "GitHub answers with a web page",
			trouble: func(w *world) { w.breaks("query ListCards", 0, faults.Fault{NotJSON: true, Status: http.StatusOK}) },
			kind:    v1alpha1.ConditionBoardReachable, want: "False InvalidAnswer", ready: "False InvalidAnswer", says: "Nothing was made or withdrawn",
		},
		{
			why:     "GitHub is down",
			trouble: func(w *world) { w.breaks("query ListCards", 0, faults.Fault{Status: http.StatusBadGateway}) },
			kind:    v1alpha1.ConditionBoardReachable, want: "False Unreachable", ready: "False Unreachable", says: "again",
		},
		{
			why:     "an answer is cut off in the middle",
			trouble: func(w *world) { w.breaks("query ListCards", 0, faults.Fault{Truncate: true}) },
			kind:    v1alpha1.ConditionBoardReachable, want: "False Unreachable", ready: "False Unreachable", says: "again",
		},
		{
			why:     "the budget is used up: that is a wait and no failure",
			trouble: func(w *world) { w.github.SpendRateLimit(token, 0) },
			kind:    v1alpha1.ConditionBoardReachable, want: "Unknown RateLimited", ready: "Unknown RateLimited",
		},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			w := newWorld(t)
			w.environment(true)
			w.source()
			card := w.card("Add dark mode", "Ready", "feature/dark")
			w.poll()
			before := w.item(card).ResourceVersion

			w.card("A later one", "Ready", "feature/later")
			c.trouble(w)
			s := w.poll()

			got := []string{condition(s, c.kind), condition(s, v1alpha1.ConditionReady), strings.SplitN(condition(s, v1alpha1.ConditionStalled), " ", 2)[0]}
			stalled := map[bool]string{true: "True", false: "absent"}[c.stalled]
			if !strings.HasPrefix(got[0], c.want) || !strings.HasPrefix(got[1], c.ready) || got[2] != stalled {
				t.Errorf("%s is %s, Ready %s, Stalled %s; message %q", c.kind, got[0], got[1], got[2], message(s, c.kind))
			}
			if text := message(s, c.kind); text == "" || !strings.Contains(text, c.says) || strings.Contains(text, token) {
				t.Errorf("the message is %q", text)
			}
			if items := w.items(); len(items) != 1 || items[0].ResourceVersion != before {
				t.Errorf("the items changed: %d of them", len(items))
			}
			if left := s.Status.NextPollTime.Sub(w.clock.Now()); left <= 0 || left > 2*time.Hour {
				t.Errorf("the next poll is in %s", left)
			}
			if s.Status.LastPollTime.Time.Equal(w.clock.Now()) {
				t.Error("the poll counts as complete")
			}
		})
	}
}

func TestFailuresBackOffAndEnd(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	w.source()
	w.poll()
	fix := w.breaks("query ListCards", 0, faults.Fault{Status: http.StatusBadGateway})
	var waits []time.Duration
	for range 8 {
		s := w.poll()
		waits = append(waits, s.Status.NextPollTime.Sub(w.clock.Now()).Round(time.Second))
	}
	want := []time.Duration{15 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute, 5 * time.Minute, 5 * time.Minute}
	if diff := cmp.Diff(want, waits); diff != "" {
		t.Errorf("waits after failures (-want +got):\n%s", diff)
	}
	fix()
	s := w.poll()
	if left := s.Status.NextPollTime.Sub(w.clock.Now()); left != 5*time.Minute || condition(s, v1alpha1.ConditionReady) != "True Polled" {
		t.Errorf("after it was over the next poll is in %s, and the source %s", left, condition(s, v1alpha1.ConditionReady))
	}
}

func TestRateLimitIsWaitedFor(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	w.source()
	w.poll()
	w.github.SpendRateLimit(token, 0)
	s := w.poll()
	if left := s.Status.NextPollTime.Sub(w.clock.Now()); left < 10*time.Minute {
		t.Errorf("with the budget used up the board is asked again in %s", left)
	}
	if s = w.poll(); condition(s, v1alpha1.ConditionReady) != "True Polled" {
		t.Errorf("after the reset the source is %s: %s", condition(s, v1alpha1.ConditionReady), message(s, v1alpha1.ConditionReady))
	}
}
