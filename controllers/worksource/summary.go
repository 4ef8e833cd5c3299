// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"fmt"
	"math"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/conditions"
)

// summarize sets Ready from the other conditions. What became of any item is not among them.
func summarize(source *v1alpha1.WorkSource, now time.Time) {
	set := conditions.Of(&source.Status.Conditions, source.Generation, now)
	if source.Spec.Suspend {
		set.False(v1alpha1.ConditionReady, v1alpha1.ReasonSuspended, "The board is not polled. Set spec.suspend to false to go on.")
		return
	}
	// A name that stands for nothing is told before the poll that could not be done for it; else the poll's own
	// trouble is told before the names that could not be looked up for it.
	first, second := v1alpha1.ConditionBoardReachable, v1alpha1.ConditionBoardResolved
	if c := set.Get(second); c != nil && c.Status == metav1.ConditionFalse {
		first, second = second, first
	}
	set.Summarize(v1alpha1.ReasonPolled, readyMessage(source.Status.Cards), v1alpha1.ConditionEnvironmentReady, first, second)
}

func readyMessage(cards *v1alpha1.CardCounts) string {
	if cards == nil {
		return "The board is polled."
	}
	text := fmt.Sprintf("The board shows %d cards; %d are eligible.", cards.Seen, cards.Eligible)
	if cards.Skipped > 0 {
		text += fmt.Sprintf(" %d are skipped: see status.skipped.", cards.Skipped)
	}
	return text
}

// count is a number of cards or points as the API has it.
func count(n int) int32 {
	return int32(min(max(n, 0), math.MaxInt32))
}

// cut shortens a text to at most n bytes, at a character's boundary.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	end := 0
	for i := range text {
		if i > n {
			break
		}
		end = i
	}
	return text[:end]
}
