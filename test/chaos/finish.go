// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// finish compares the end with what really happened: nothing lost, nothing reported that was not so.
// That every row is free was waited for.
func (s *simulation) finish() {
	s.over = true
	for _, c := range s.clusters {
		for _, name := range c.names() {
			if !c.gone {
				s.checkOutcome(c, c.items[name])
			}
		}
	}
	s.settled()
	for _, a := range s.accounts {
		for _, r := range a.builds {
			if !r.byHand && !s.invariants.claimed[r.arn] {
				s.counts.Wasted++
			}
		}
	}
}

// checkOutcome holds an item's outcome against what its builds did.
func (s *simulation) checkOutcome(c *cluster, item *v1alpha1.WorkItem) {
	reason, good := "", false
	for _, condition := range item.Status.Conditions {
		if condition.Type == v1alpha1.ConditionSucceeded {
			reason, good = condition.Reason, condition.Status == "True"
		}
	}
	card := contract.ObjectCardKey(string(item.UID))
	if item.Spec.Card != nil {
		card = contract.CardKey(item.Spec.Card.Provider, item.Spec.Card.ID)
	}
	row := s.table.rows[card]
	done := row != nil && numberOf(row[contract.AttrTrigger]) >= item.Status.ObservedTrigger.UnixMilli()
	outcome := contract.Outcome(textOf(row[contract.AttrOutcome]))
	last, mine := contract.Outcome(""), false
	if a := item.Status.Attempt; a != nil && a.Trigger.Equal(item.Status.ObservedTrigger) {
		last, mine = s.invariants.released[a.LockID], done && textOf(row[contract.AttrLockID]) == a.LockID
	}
	if s.restored {
		return // what was recorded may be lost; that everything came to an end is what is left to be held against it
	}
	switch {
	case good && (!done || outcome != contract.OutcomeSucceeded):
		s.fail(&s.counts.Lost, "item %s of cluster %s is %s, but its work was not done", item.Name, c.name, reason)
	case reason == v1alpha1.ReasonAlreadyDone && !done:
		s.fail(&s.counts.Lost, "item %s of cluster %s is done already, but nobody did it", item.Name, c.name)
	case last == contract.OutcomeSucceeded && !good:
		s.fail(&s.counts.Lost, "item %s of cluster %s is %s, but its last build succeeded", item.Name, c.name, reason)
	case last.Class() == contract.ClassWork && string(last) != reason && reason != v1alpha1.ReasonAlreadyDone && mine:
		s.fail(&s.counts.Lost, "item %s of cluster %s is %s, but its last build ended as %s", item.Name, c.name, reason, last)
	}
}
