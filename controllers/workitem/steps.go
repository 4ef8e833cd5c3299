// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// A step brings a work item one condition further. It changes the status in memory, and nothing else of the
// object. The steps are run in order and the first that is not done ends the reconcile.
type step interface {
	// condition is the condition that the step brings.
	condition() string
	// Reconcile runs the step. It is called again after every crash, so it looks before it does.
	Reconcile(ctx context.Context, item *v1alpha1.WorkItem) (result, error)
}

// result is what a step came to.
type result struct {
	// done lets the next step run.
	done bool
	// after is when to look again; zero leaves it to events.
	after time.Duration
}

// goOn lets the next step run.
func goOn() result { return result{done: true} }

// waitFor ends the reconcile until an event, or the given time is over.
func waitFor(d time.Duration) result { return result{after: d} }

// orSooner is the result, looked at again no later than the other asks for.
func (r result) orSooner(other result) result {
	if other.after > 0 && (r.after == 0 || other.after < r.after) {
		r.after = other.after
	}
	return r
}

// steps is the order of a work item's way. A new step is one file and one line.
func (r *Reconciler) steps(before *v1alpha1.WorkItem) []step {
	return []step{
		&acceptStep{deps: r.deps},
		&admitStep{deps: r.deps, client: r.Client, reserved: r.reserved},
		&lockStep{deps: r.deps, accept: &acceptStep{deps: r.deps}, reserved: r.reserved, settling: r.SettlingTime},
		&startStep{deps: r.deps, persist: r.persister(before)},
		&watchStep{deps: r.deps, watcher: r.Watcher, progressInterval: r.ProgressInterval, settling: r.SettlingTime},
		&concludeStep{deps: r.deps, watcher: r.Watcher},
	}
}
