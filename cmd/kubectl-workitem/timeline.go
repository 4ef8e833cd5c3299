// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/duration"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// event is one thing that happened to an item.
type event struct {
	at   time.Time
	text string
}

// way is the conditions of an item's steps, in the order in which they become true, with the outcome before its report.
// Events of one second keep this order.
var way = []string{
	v1alpha1.ConditionAccepted, v1alpha1.ConditionAdmitted, v1alpha1.ConditionLocked, v1alpha1.ConditionBuildStarted,
	v1alpha1.ConditionBuildFinished, v1alpha1.ConditionSucceeded, v1alpha1.ConditionConcluded,
}

// timeline is what happened, the oldest first.
func (s story) timeline() []event {
	t := timeline{status: s.item.Status}
	t.add(s.item.CreationTimestamp.Time, "created")
	t.add(moment(t.status.ObservedTrigger), "triggered")
	for _, p := range t.status.PastAttempts {
		if a := t.status.Attempt; a == nil || a.Number != p.Number {
			t.add(moment(p.Time), "attempt %d ended: %s", p.Number, past(p))
		}
	}
	for _, kind := range way {
		if t.status.Attempt != nil {
			t.before(kind, t.status.Attempt)
		}
		c := meta.FindStatusCondition(t.status.Conditions, kind)
		if c == nil || (kind == v1alpha1.ConditionSucceeded && c.Status == metav1.ConditionUnknown) {
			continue // until it is known, the conditions of the steps say what is going on
		}
		text := described(c.Reason, c.Message)
		if c.Status == metav1.ConditionTrue && kind != v1alpha1.ConditionSucceeded {
			text = cmp.Or(c.Message, c.Reason) // what was reached needs no reason
		}
		t.add(c.LastTransitionTime.Time, "%s: %s", mark(*c), text)
	}
	slices.SortStableFunc(t.events, func(a, b event) int { return a.at.Truncate(time.Second).Compare(b.at.Truncate(time.Second)) })
	return t.events
}

// timeline collects what happened to an item.
type timeline struct {
	status v1alpha1.WorkItemStatus
	events []event
}

// add adds what happened, if it did.
func (t *timeline) add(at time.Time, format string, args ...any) {
	if !at.IsZero() {
		t.events = append(t.events, event{at, fmt.Sprintf(format, args...)})
	}
}

// before adds what happened to the attempt before a condition could become true.
func (t *timeline) before(kind string, a *v1alpha1.Attempt) {
	b := v1alpha1.BuildStatus{}
	if a.Build != nil {
		b = *a.Build
	}
	switch kind {
	case v1alpha1.ConditionBuildStarted:
		t.add(instant(a.IntentTime), "attempt %d began", a.Number)
		t.add(moment(b.StartTime), "build %s was started", b.ID)
	case v1alpha1.ConditionBuildFinished:
		t.add(instant(a.StopRequestedTime), "the build was asked to stop: %s", a.StopReason)
		t.add(moment(b.NotFoundSince), "CodeBuild said that it does not know the build (%d times)", b.NotFoundTimes)
		t.add(moment(b.EndTime), "build %s ended: %s", b.ID, b.Status)
	case v1alpha1.ConditionSucceeded:
		for _, p := range t.status.PastAttempts {
			if p.Number == a.Number { // with its message
				t.add(moment(p.Time), "attempt %d ended: %s", p.Number, past(p))
				return
			}
		}
		t.add(moment(a.EndTime), "attempt %d ended: %s", a.Number, a.Outcome)
	}
}

func past(p v1alpha1.PastAttempt) string {
	text := described(p.Outcome, p.Message)
	if p.BuildARN != "" {
		text += " (build " + buildName(p.BuildARN) + ")"
	}
	return text + ifSet(!p.Counted, " [not counted]")
}

// mark is a condition's type and status in a word.
func mark(c metav1.Condition) string {
	switch c.Status {
	case metav1.ConditionTrue:
		return c.Type
	case metav1.ConditionFalse:
		return "not " + c.Type
	}
	return c.Type + " not yet"
}

// described is a reason and its message; a plain success needs no reason.
func described(reason, message string) string {
	if reason == v1alpha1.ReasonSucceeded {
		return cmp.Or(message, reason)
	}
	return strings.TrimSpace(reason + ". " + message)
}

// maxLine is the longest text of an event; the object has what is longer.
const maxLine = 300

func clip(text string) string {
	if runes := []rune(text); len(runes) > maxLine {
		return string(runes[:maxLine]) + "…"
	}
	return text
}

func (s story) date(at time.Time) string { return at.In(s.location).Format(time.DateTime) }

// age is how long ago something was, or, by this machine's clock, in how long it will be.
func (s story) age(at time.Time) string {
	if d := s.now.Sub(at); d >= 0 {
		return duration.HumanDuration(d)
	}
	return "in " + duration.HumanDuration(at.Sub(s.now))
}

// when is a time and how long ago it was; empty if there is none.
func (s story) when(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	if at.After(s.now) {
		return fmt.Sprintf("%s (%s)", s.date(at), s.age(at))
	}
	return fmt.Sprintf("%s (%s ago)", s.date(at), s.age(at))
}

func (s story) since(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return "since " + s.when(at)
}

// moment is a time that may be absent.
func moment(t *metav1.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.Time
}

// instant is the same for a time with microseconds.
func instant(t *metav1.MicroTime) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.Time
}
