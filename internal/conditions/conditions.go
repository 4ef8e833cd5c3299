// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package conditions sets conditions the one way that all three controllers do: with the generation stamped, the
// message cleaned and cut, and the transition's time from the controller's clock. It also says which reasons a person must act on. Which condition
// an object has is its controller's decision.
package conditions

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// Set is the conditions of one object, at one generation and one time.
type Set struct {
	list       *[]metav1.Condition
	generation int64
	now        time.Time
}

// Of returns the set that writes to list.
func Of(list *[]metav1.Condition, generation int64, now time.Time) Set {
	return Set{list: list, generation: generation, now: now}
}

// True sets a condition.
func (s Set) True(kind, reason, message string) { s.set(kind, metav1.ConditionTrue, reason, message) }

// False sets a condition.
func (s Set) False(kind, reason, message string) { s.set(kind, metav1.ConditionFalse, reason, message) }

// Unknown sets a condition.
func (s Set) Unknown(kind, reason, message string) {
	s.set(kind, metav1.ConditionUnknown, reason, message)
}

// Fail sets a condition to False with the reason and message of an error.
func (s Set) Fail(kind string, err error) { s.False(kind, Reason(err), fault.Message(err)) }

// Remove takes conditions away.
func (s Set) Remove(kinds ...string) {
	for _, kind := range kinds {
		meta.RemoveStatusCondition(s.list, kind)
	}
}

// Get returns a condition, or nil.
func (s Set) Get(kind string) *metav1.Condition { return meta.FindStatusCondition(*s.list, kind) }

// IsTrue reports whether a condition is True.
func (s Set) IsTrue(kind string) bool { return meta.IsStatusConditionTrue(*s.list, kind) }

// Copy sets a condition to the state of another.
func (s Set) Copy(to, from string) {
	if c := s.Get(from); c != nil {
		s.set(to, c.Status, c.Reason, c.Message)
	}
}

// Summarize sets Ready from the given conditions: True, with the given reason and message, if all of them are, else as
// the first that is not, in the order given.
func (s Set) Summarize(reason, message string, kinds ...string) {
	for _, kind := range kinds {
		c := s.Get(kind)
		switch {
		case c == nil:
			s.Unknown(v1alpha1.ConditionReady, v1alpha1.ReasonPending, kind+" was not looked at yet.")
			return
		case c.Status != metav1.ConditionTrue:
			s.set(v1alpha1.ConditionReady, c.Status, c.Reason, c.Message)
			return
		}
	}
	s.True(v1alpha1.ConditionReady, reason, message)
}

func (s Set) set(kind string, status metav1.ConditionStatus, reason, message string) {
	meta.SetStatusCondition(s.list, metav1.Condition{
		Type: kind, Status: status, Reason: reason, Message: fault.Clean(message),
		ObservedGeneration: s.generation, LastTransitionTime: metav1.NewTime(s.transition(kind, status)),
	})
}

// transition is now if the status changes, and what it was if not: meta.SetStatusCondition takes the given time
// only on a change.
func (s Set) transition(kind string, status metav1.ConditionStatus) time.Time {
	if c := s.Get(kind); c != nil && c.Status == status {
		return c.LastTransitionTime.Time
	}
	return s.now
}
