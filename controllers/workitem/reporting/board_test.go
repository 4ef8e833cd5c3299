// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package reporting

import (
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

func TestFinalBoardStatus(t *testing.T) {
	for outcome, want := range map[string]string{
		v1alpha1.ReasonSucceeded:   "In Review",
		v1alpha1.ReasonTestsFailed: "Blocked",
		v1alpha1.ReasonCancelled:   "Blocked", // it must not look as if somebody still worked on it
		v1alpha1.ReasonWithdrawn:   "",        // a person has moved it
		v1alpha1.ReasonDeleted:     "",
	} {
		if got := finalBoardStatus(ended(outcome), source()); got != want {
			t.Errorf("%s: got %q, want %q", outcome, got, want)
		}
	}
	if got := finalBoardStatus(ended(v1alpha1.ReasonSucceeded), nil); got != "" {
		t.Errorf("an item made by hand has no card, and is given %q", got)
	}
}

func TestSetBoardStatus(t *testing.T) {
	for name, c := range map[string]struct {
		why    string
		status string // of the card
		set    string
		change func(*v1alpha1.WorkItem)
		want   string // the card's status afterwards
		fails  string
	}{
		"set":            {"the work has ended", "In Progress", "In Review", nil, "In Review", ""},
		"set before":     {"a person may have moved it since", "Ready", "In Review", func(i *v1alpha1.WorkItem) { i.Status.Attempt.BoardStatus = "In Review" }, "Ready", ""},
		"moved on":       {"what a person did is not undone", "Done", "In Review", nil, "Done", ""},
		"off the board":  {"there is nothing to move", "gone", "In Review", nil, "gone", ""},
		"made by hand":   {"there is no card", "Ready", "In Review", func(i *v1alpha1.WorkItem) { i.Spec.Card = nil }, "Ready", ""},
		"never begun":    {"it was cancelled in the queue", "Ready", "In Review", func(i *v1alpha1.WorkItem) { i.Status.Attempt = nil }, "In Review", ""},
		"no such option": {"a person has to correct it", "In Progress", "Nowhere", nil, "In Progress", "correct writeBack of WorkSource board"},
	} {
		t.Run(name, func(t *testing.T) {
			w, item := newWorld(t), ended(v1alpha1.ReasonSucceeded)
			w.status = c.status
			if c.change != nil {
				c.change(item)
			}
			err := w.reporter().setBoardStatus(t.Context(), item, source(), environment(), c.set)
			if w.status != c.want {
				t.Errorf("%s: the card is in %q, want %q", c.why, w.status, c.want)
			}
			if (err == nil) != (c.fails == "") || (err != nil && !strings.Contains(err.Error(), c.fails)) {
				t.Errorf("%s: %v", c.why, err)
			}
		})
	}
}
