// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

const (
	// soonestRetry and latestRetry bound the wait after a failed poll. An interval that is longer than the latter
	// bounds it instead.
	soonestRetry = 15 * time.Second
	latestRetry  = 5 * time.Minute

	// maxWait is the longest that a service may ask to wait: GitHub's budgets are by the hour.
	maxWait = 65 * time.Minute

	// shortestWait bounds how soon the next poll is asked for.
	shortestWait = time.Second

	// maxRequest is the longest annotation value that the status can hold, in bytes.
	maxRequest = 128

	// spread is the largest part of an interval that is subtracted at random, so that the sources of a cluster do
	// not poll at one moment.
	spread = 0.1
)

// due decides whether the board is read now. It asks the status alone, so that a restart repeats no poll.
func due(now time.Time, source *v1alpha1.WorkSource, every time.Duration) bool {
	at := source.Status.NextPollTime
	switch {
	case source.Spec.Suspend:
		return false
	case at == nil, polledGeneration(source) != source.Generation, requested(source) != source.Status.LastHandledReconcileAt:
		return true
	case at.Sub(now) > max(every, latestRetry)+maxWait:
		return true // a clock that once ran ahead must not stop the polls
	}
	return !now.Before(at.Time)
}

// polledGeneration is the generation of the spec that the board was last asked for. The conditions that a poll
// sets remember it: status.observedGeneration is stamped also when there was nothing to poll.
func polledGeneration(source *v1alpha1.WorkSource) int64 {
	var generation int64
	for _, c := range source.Status.Conditions {
		if c.Type == v1alpha1.ConditionBoardReachable || c.Type == v1alpha1.ConditionBoardResolved {
			generation = max(generation, c.ObservedGeneration)
		}
	}
	return generation
}

// requested is the value of the annotation that asks for a poll, cut to what the status can hold.
func requested(source *v1alpha1.WorkSource) string {
	return fault.Cut(source.Annotations[v1alpha1.ReconcileAnnotation], maxRequest)
}

// untilNextPoll waits until the next poll is due; a source that has none is woken by an event.
func untilNextPoll(now time.Time, source *v1alpha1.WorkSource) reconcile.Result {
	if source.Spec.Suspend || source.Status.NextPollTime == nil {
		return reconcile.Result{}
	}
	return reconcile.WaitFor(max(source.Status.NextPollTime.Sub(now), shortestWait))
}

// nextPoll is when the board is read again after a complete poll. It counts from the poll's beginning, so that a
// slow board is not read less often, and is never in the past.
func nextPoll(began, now time.Time, every time.Duration, random float64) time.Time {
	at := began.Add(every - time.Duration(float64(every)*spread*random))
	if earliest := now.Add(shortestWait); at.Before(earliest) {
		return earliest
	}
	return at
}

// retryAfter is how long to wait after a failed poll. It is as long as the board has been failing, so that the
// distance doubles from poll to poll, and needs no counter: the condition's transition remembers since when.
func retryAfter(now time.Time, failing *metav1.Condition, every, asked time.Duration) time.Duration {
	after := soonestRetry
	if failing != nil && failing.Status != metav1.ConditionTrue {
		after = max(after, now.Sub(failing.LastTransitionTime.Time))
	}
	after = min(after, max(every, latestRetry))
	return min(max(after, asked), maxWait+max(every, latestRetry))
}
