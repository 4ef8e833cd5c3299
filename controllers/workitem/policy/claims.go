// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// MaxTriggerAhead is how far ahead an item's trigger may be: clocks differ. One of the far future would make every
// later one of its card "already processed", in every cluster that shares the table.
const MaxTriggerAhead = 5 * time.Minute

// TriggerAhead is the miss of an item whose trigger is too far ahead, and how long it is until it no longer is.
func TriggerAhead(item *v1alpha1.WorkItem, now time.Time) (*Miss, time.Duration) {
	at := item.Spec.TriggeredAt
	if at == nil || !at.After(now.Add(MaxTriggerAhead)) {
		return nil, 0
	}
	return &Miss{Reason: v1alpha1.ReasonTriggerAhead, Message: fmt.Sprintf(
		"spec.triggeredAt is %s, more than %s ahead. Set it to now, or wait.", at.UTC().Format(time.RFC3339), MaxTriggerAhead)}, at.Sub(now) - MaxTriggerAhead
}

// OutsideSource is the miss of an item that names a source whose repositories do not have its own: who may write items
// works with the source's credentials only where the source does.
func OutsideSource(item *v1alpha1.WorkItem, source *v1alpha1.WorkSource) *Miss {
	if source == nil || len(source.Spec.GitHub.Repositories) == 0 {
		return nil
	}
	if slices.ContainsFunc(source.Spec.GitHub.Repositories, func(r string) bool { return strings.EqualFold(r, item.Spec.Repository) }) {
		return nil
	}
	return &Miss{Reason: v1alpha1.ReasonRepositoryNotAllowed, Message: fmt.Sprintf(
		"WorkSource %q works on other repositories than %s. Add it to spec.github.repositories of the source, or remove spec.sourceRef.",
		source.Name, item.Spec.Repository)}
}
