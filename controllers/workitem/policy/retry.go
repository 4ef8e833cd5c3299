// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"strconv"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// maxFingerprint is the length of a SHA-256 in hex.
const maxFingerprint = 64

// LastTry reports whether a work failure in the item's next attempt processes the trigger.
func LastTry(item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment) bool {
	return env.Spec.Retry.Work.Or(contract.RetryWork).Exhausted(int(item.Status.Retries.Work) + 1)
}

// Next is what follows an attempt.
type Next struct {
	// Again is true if another attempt follows, after the time After.
	Again bool
	After time.Duration
	// Counts are the failed attempts of the trigger, this one included.
	Counts v1alpha1.RetryCounts
	// Outcome is the item's, if no other attempt follows.
	Outcome Outcome
}

// AfterAttempt decides whether another attempt follows one that ended with an outcome. None does where a person requested
// the end, whatever failed. random gives the jitter, 0 <= x < 1.
func AfterAttempt(item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment, outcome Outcome, random func() float64) Next {
	next := Next{Counts: item.Status.Retries, Outcome: outcome}
	switch class := outcome.Name.Class(); {
	case StopRequested(item, env) != nil:
	case class == contract.ClassWork && !item.Status.Attempt.Last && !outcome.Name.Final():
		next.Counts.Work++
		if outcome.Result != nil {
			next.Counts.Fingerprint = fault.Cut(outcome.Result.Fingerprint, maxFingerprint)
		}
		next.Again = true
		next.After = env.Spec.Retry.Work.Or(contract.RetryWork).Backoff(int(next.Counts.Work), random())
	case outcome.Name == contract.OutcomeAgentCredentialsInvalid:
		// No attempt of any item can succeed before a person replaces them, so none is used up.
		next.Again = true
		next.After = env.Spec.Retry.Infrastructure.Or(contract.RetryInfrastructure).Backoff(inARow(item, outcome.Name)+1, random())
	case class == contract.ClassInfrastructure:
		retry := env.Spec.Retry.Infrastructure.Or(contract.RetryInfrastructure)
		next.Counts.Infrastructure++
		if n := int(next.Counts.Infrastructure); !retry.Exhausted(n) {
			next.Again = true
			next.After = retry.Backoff(n, random())
			break
		}
		next.Outcome.Name = contract.OutcomeRetriesExhausted
		next.Outcome.Message = fmt.Sprintf("The infrastructure failed %d times, the last as %s: %s Move the card away and back to try again.",
			next.Counts.Infrastructure, outcome.Name, outcome.Message)
	}
	return next
}

// AbandonedAgain is how long an item waits after an attempt that was abandoned without a build. It grows with the number
// of such attempts in a row: a start that can never succeed must not hold slot and branch for most of the time.
func AbandonedAgain(item *v1alpha1.WorkItem) time.Duration {
	return AbandonedPause << inARow(item, contract.OutcomeAbandoned)
}

// inARow is how many past attempts, up to the last one, ended with an outcome.
func inARow(item *v1alpha1.WorkItem, outcome contract.Outcome) int {
	n, past := 0, item.Status.PastAttempts
	for i := len(past) - 1; i >= 0 && past[i].Outcome == string(outcome); i-- {
		n++
	}
	return n
}

// StartsExhausted reports whether no more calls of StartBuild are left in an attempt.
func StartsExhausted(now time.Time, a *v1alpha1.Attempt) bool {
	return now.After(a.Deadlines.StartBy.Time) || a.Parameters.StartRetry.Or(contract.RetryStartBuild).Exhausted(int(a.StartCalls))
}

// NextStart is when CodeBuild may be asked to start the build: at the intent's time, and after each call that gave no
// build a backoff later. It is computed from what the status holds, because the very write that counts a call wakes the
// item again: a wait that only the queue knew of would be none, and CodeBuild would be asked ten times a second.
func NextStart(a *v1alpha1.Attempt) time.Time {
	retry := a.Parameters.StartRetry.Or(contract.RetryStartBuild)
	at := a.IntentTime.Time
	for n := int32(1); n <= a.StartCalls && at.Before(a.Deadlines.StartBy.Time); n++ {
		at = at.Add(max(retry.Backoff(int(n), spread(a.LockID)), LeastStartWait))
	}
	return at
}

// StartRecheck is how soon a start that gave no build is looked at again: at the next call, or just after the deadline.
func StartRecheck(now time.Time, a *v1alpha1.Attempt) time.Duration {
	return max(min(NextStart(a).Sub(now), a.Deadlines.StartBy.Sub(now)+Soon), Soon)
}

const (
	spreadDigits = 4  // hexadecimal digits of the lock id
	spreadBits   = 16 // what they hold
)

// spread is a number from 0 to 1 that differs from attempt to attempt, and for one attempt is always the same.
func spread(lockID string) float64 {
	n, err := strconv.ParseUint(lockID[:min(len(lockID), spreadDigits)], 16, spreadBits)
	if err != nil {
		return 0
	}
	return float64(n) / (1 << spreadBits)
}
