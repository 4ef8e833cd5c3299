// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"fmt"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// triggerWindow is the time within which a card's triggers are counted.
const triggerWindow = 24 * time.Hour

// triggersOf are the times at which the board triggered an item, as far as they count still. What the annotation has that is no time
// was not written here, and counts for nothing.
func triggersOf(item *v1alpha1.WorkItem, now time.Time) []time.Time {
	if item == nil {
		return nil
	}
	var times []time.Time
	for text := range strings.SplitSeq(item.Annotations[v1alpha1.TriggersAnnotation], ",") {
		if at, err := time.Parse(time.RFC3339, text); err == nil && at.After(now.Add(-triggerWindow)) {
			times = append(times, at)
		}
	}
	return times
}

// recordTriggers writes down that the board triggers the item, if it does. A retry by hand is a person's, and does not count.
func recordTriggers(item, wanted *v1alpha1.WorkItem, now time.Time) {
	times := triggersOf(item, now)
	if isTrigger(item, wanted) {
		times = append(times, wanted.Spec.TriggeredAt.Time)
	} else if item != nil {
		if kept, ok := item.Annotations[v1alpha1.TriggersAnnotation]; ok {
			annotate(wanted, kept) // as it is: an item that nothing happens to is not written
		}
		return
	}
	texts := make([]string, len(times))
	for i, at := range times {
		texts[i] = at.UTC().Format(time.RFC3339)
	}
	annotate(wanted, strings.Join(texts, ","))
}

func annotate(item *v1alpha1.WorkItem, triggers string) {
	if item.Annotations == nil {
		item.Annotations = map[string]string{}
	}
	item.Annotations[v1alpha1.TriggersAnnotation] = triggers
}

// isTrigger reports whether what is wanted triggers the item, for the first time or again.
func isTrigger(item, wanted *v1alpha1.WorkItem) bool {
	return item == nil || item.Spec.TriggeredAt == nil || wanted.Spec.TriggeredAt.After(item.Spec.TriggeredAt.Time)
}

// tooOften refuses a trigger beyond the day's number: a rule of the board, or a bot, that sets a card back to the ready status each
// time its work ended would have it worked on for ever.
func tooOften(source *v1alpha1.WorkSource, item, wanted *v1alpha1.WorkItem, now time.Time) *refusal {
	times, most := triggersOf(item, now), source.Spec.MaxTriggersPerDay()
	if item == nil || !isTrigger(item, wanted) || len(times) < most {
		return nil
	}
	again := times[len(times)-most].Add(triggerWindow).UTC().Format(time.RFC3339)
	return &refusal{v1alpha1.ReasonTriggerLimit, fmt.Sprintf(
		"it was set to the ready status %d times within 24 hours, and is worked on again at %s. Find out what sets it back; or raise spec.triggersPerDay, or run kubectl workitem retry %s.",
		len(times), again, item.Name)}
}
