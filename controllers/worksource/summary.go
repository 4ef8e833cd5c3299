// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// summarize sets Ready from the other conditions. The outcome of an item is not among them.
func summarize(source *v1alpha1.WorkSource, now time.Time) {
	set := conditionsOf(source, now)
	if source.Spec.Suspend {
		set.False(v1alpha1.ConditionReady, v1alpha1.ReasonSuspended, "The board is not polled. Set spec.suspend to false to go on.")
		return
	}
	// A name that the board does not have comes before the poll that could not be done because of it; otherwise the poll's
	// own trouble comes before the names that could not be looked up because of it.
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
