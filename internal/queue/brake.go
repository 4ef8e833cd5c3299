// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"slices"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// brakeFailures is how many infrastructure failures in a row, with one reason and of different items, apply the brake.
const brakeFailures = 3

// outcomeAgentCredentialsInvalid applies the brake at once: no other item's attempt can end otherwise.
const outcomeAgentCredentialsInvalid contract.Outcome = "AgentCredentialsInvalid"

// brakeWait is how long after a failure the next probe may start.
var brakeWait = contract.RetryInfrastructure

// brake lets one probe at a time start in an environment whose infrastructure fails, or each item that waits would
// use up its attempts on it.
type brake struct {
	// row is the items that failed in a row, reason what they failed with.
	row    []string
	reason contract.Outcome

	applied  bool
	since    time.Time
	failures int       // of probes, the failure that applied it included
	retryAt  time.Time // when the next probe may start
	probe    string    // the key of the one that was granted, until its outcome is known
}

// allows reports whether an item may start.
func (b *brake) allows(now time.Time) bool {
	return !b.applied || (b.probe == "" && !b.retryAt.After(now))
}

// conclude records how an attempt ended. A work failure shows, as a success does, that the infrastructure works; what a
// person ended shows nothing.
func (b *brake) conclude(key string, outcome contract.Outcome, now time.Time) {
	switch {
	case outcome == contract.OutcomeSucceeded, outcome.Class() == contract.ClassWork:
		*b = brake{}
	case outcome.Class() != contract.ClassInfrastructure:
		if b.probe == key {
			b.probe = ""
		}
	case b.applied:
		if b.probe == key {
			b.probe = ""
			b.fail(outcome, now)
		}
	default:
		if outcome != b.reason {
			b.row, b.reason = nil, outcome
		}
		if !slices.Contains(b.row, key) {
			b.row = append(b.row, key)
		}
		if len(b.row) >= brakeFailures || outcome == outcomeAgentCredentialsInvalid {
			b.apply(outcome, now, now)
		}
	}
}

func (b *brake) apply(reason contract.Outcome, since, now time.Time) {
	*b = brake{applied: true, since: since}
	b.fail(reason, now)
}

func (b *brake) fail(reason contract.Outcome, now time.Time) {
	b.reason = reason
	b.failures++
	b.retryAt = now.Add(brakeWait.Backoff(b.failures, 0))
}
