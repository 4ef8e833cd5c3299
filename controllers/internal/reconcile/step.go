// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"context"
	"time"
)

// Step brings an object one condition further. It changes the status in memory and nothing else of the object. It is run
// again after every crash, so it looks before it acts.
type Step[T any] interface {
	// Condition is the type of the condition that the step brings; empty for a step that brings another part of the
	// status up to date.
	Condition() string
	// Reconcile runs the step.
	Reconcile(ctx context.Context, object T) (Result, error)
}

// Result is what a step came to.
type Result struct {
	done  bool
	after time.Duration
}

// Done lets the next step run.
func Done() Result { return Result{done: true} }

// DoneFor lets the next step run, and asks for another reconcile after the given time. Zero asks for none.
func DoneFor(after time.Duration) Result { return Result{done: true, after: after} }

// WaitFor ends the reconcile until an event, or until the given time has passed. Zero leaves it to events.
func WaitFor(after time.Duration) Result { return Result{after: after} }

// IsDone reports whether the next step may run.
func (r Result) IsDone() bool { return r.done }

// After is when to reconcile again; zero leaves it to events.
func (r Result) After() time.Duration { return r.after }

// Sooner is the result, with the other's time to reconcile again if that is sooner. It is the one way in which results
// combine; whether the next step may run is the result's own.
func (r Result) Sooner(other Result) Result {
	if other.after > 0 && (r.after == 0 || other.after < r.after) {
		r.after = other.after
	}
	return r
}

// Run runs steps in their order up to the first that is not done, or fails. The result asks to reconcile again as soon as
// any of the steps that ran does. failed is called with the error of the step that failed, so that a condition can say
// it: what the queue does with an error is seen by nobody.
func Run[T any](ctx context.Context, object T, steps []Step[T], failed func(condition string, err error)) (Result, error) {
	result := Done()
	for _, step := range steps {
		one, err := step.Reconcile(ctx, object)
		if err != nil {
			failed(step.Condition(), err)
			return one, err
		}
		result = one.Sooner(result)
		if !one.done {
			break
		}
	}
	return result, nil
}

// Failure is the error of one step.
type Failure struct {
	// Condition is the condition that the step brings; empty for a step that brings none.
	Condition string
	Err       error
}

// RunAll runs steps that are independent of each other: one that fails keeps no other from running, so that a person sees
// at once all that is wrong. failed is called before the next step runs, because that step may read the condition. It is
// not called for a step that brings no condition. The result asks to reconcile again as soon as any of the steps does; the
// failures are in the order of the steps.
func RunAll[T any](ctx context.Context, object T, steps []Step[T], failed func(condition string, err error)) (Result, []Failure) {
	result := Done()
	var failures []Failure
	for _, step := range steps {
		one, err := step.Reconcile(ctx, object)
		if err != nil {
			failures = append(failures, Failure{Condition: step.Condition(), Err: err})
			if step.Condition() != "" {
				failed(step.Condition(), err)
			}
			continue
		}
		result = result.Sooner(one)
	}
	return result, failures
}
