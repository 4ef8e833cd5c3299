// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package reconcile

import (
	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/conditions"
	"github.com/kiro-worker/kiro-worker/internal/logging"
)

// EventRecorder is the part of events.EventRecorder that is used.
type EventRecorder interface {
	// Eventf records an event about an object.
	Eventf(regarding, related runtime.Object, eventType, reason, action, note string, args ...any)
}

// Event is what a person who describes an object sees of a change.
type Event struct {
	warning      bool
	quiet        bool // for the log alone
	reason, note string
	action       string
}

// Normal is an event that nobody has to act on.
func Normal(action, reason, note string) *Event {
	return &Event{action: action, reason: reason, note: note}
}

// Warning is an event that a person should look at.
func Warning(action, reason, note string) *Event {
	return &Event{warning: true, action: action, reason: reason, note: note}
}

// Quietly leaves an event to the log: the object's own conditions tell a person as much, and each event is an object in the
// cluster's store.
func (e *Event) Quietly() *Event {
	quiet := *e
	quiet.quiet = true
	return &quiet
}

// Quiet reports whether the event is left to the log.
func (e *Event) Quiet() bool { return e.quiet }

// OfCondition is the event of a condition's change: a warning if a person should look at it.
func OfCondition(action string, c metav1.Condition) *Event {
	if conditions.ActionRequired(c.Reason) {
		return Warning(action, c.Reason, c.Message)
	}
	return Normal(action, c.Reason, c.Message)
}

// Type is the event's type in Kubernetes' words.
func (e *Event) Type() string {
	if e.warning {
		return corev1.EventTypeWarning
	}
	return corev1.EventTypeNormal
}

// Reason is the event's reason.
func (e *Event) Reason() string { return e.reason }

// Recorder records what changed: as an event, and as a log line that is a warning if the event is.
type Recorder struct{ Events EventRecorder }

// Record records an event about an object. A nil event is none.
func (r Recorder) Record(log logr.Logger, object v1alpha1.Object, e *Event) {
	if e == nil {
		return
	}
	if !e.quiet {
		r.Events.Eventf(object, nil, e.Type(), e.reason, e.action, "%s", e.note)
	}
	write := logging.Info
	if e.warning {
		write = logging.Warn
	}
	write(log, "Recorded an event", logging.KeyReason, e.reason, logging.KeyDetail, e.note)
}

// Transitions records the changes of conditions between two states of an object, in the given order. describe makes the
// event of a condition that changed its status or its reason; nil where it is worth none. The message alone is no
// change: it has numbers in it.
func (r Recorder) Transitions(log logr.Logger, before, after v1alpha1.Object, kinds []string, describe func(was, is metav1.Condition) *Event) {
	for _, kind := range kinds {
		was, is := conditionOf(before, kind), conditionOf(after, kind)
		if is.Type == "" || (was.Status == is.Status && was.Reason == is.Reason) {
			continue
		}
		r.Record(log.WithValues(logging.KeyCondition, kind, logging.KeyStatus, is.Status), after, describe(was, is))
	}
}

func conditionOf(object v1alpha1.Object, kind string) metav1.Condition {
	if c := meta.FindStatusCondition(*object.ConditionList(), kind); c != nil {
		return *c
	}
	return metav1.Condition{}
}
