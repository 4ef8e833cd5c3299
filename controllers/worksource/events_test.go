// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv"
	"github.com/kiro-worker/kiro-worker/internal/logging"
)

func TestConditionChanged(t *testing.T) {
	ready := func(status metav1.ConditionStatus, reason, message string) []metav1.Condition {
		return []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: status, Reason: reason, Message: message}}
	}
	cases := []struct {
		why           string
		before, after []metav1.Condition
		want          string // "type reason message", or nothing
	}{
		{"becoming ready is an event", nil, ready("True", "Polled", "12 cards"), "Normal Polled 12 cards"},
		{"staying ready with other numbers is none", ready("True", "Polled", "12 cards"), ready("True", "Polled", "13 cards"), ""},
		{"a failure that needs a person is a warning", ready("True", "Polled", ""), ready("False", "Unauthorized", "no"), "Warning Unauthorized no"},
		{"another reason is another event", ready("False", "Unauthorized", "no"), ready("False", "AccessDenied", "nor this"), "Warning AccessDenied nor this"},
		{"a board that does not answer is asked again by itself", ready("False", "Unauthorized", "no"), ready("False", "Unreachable", "gone"), "Normal Unreachable gone"},
		{"bad credentials are a person's to replace", nil, ready("False", "CredentialsInvalid", "no key"), "Warning CredentialsInvalid no key"},
		{"an endpoint that is not allowed is a person's to change", nil, ready("False", "EndpointNotAllowed", "http"), "Warning EndpointNotAllowed http"},
		{"an environment that cannot be used needs a person", nil, ready("False", "EnvironmentNotReady", "no bucket"), "Warning EnvironmentNotReady no bucket"},
		{"an environment that is missing too", nil, ready("False", "EnvironmentNotFound", "none"), "Warning EnvironmentNotFound none"},
		{"a wrong name of the board", nil, ready("False", "BoardNotFound", "99"), "Warning BoardNotFound 99"},
		{"of its field", nil, ready("False", "StatusFieldNotFound", "State"), "Warning StatusFieldNotFound State"},
		{"and of its status", nil, ready("False", "ReadyStatusNotFound", "Go"), "Warning ReadyStatusNotFound Go"},
		{"a poll that takes too long takes too long the next time", nil, ready("False", "PollIncomplete", "2m"), "Warning PollIncomplete 2m"},
		{"a person suspended it", ready("True", "Polled", ""), ready("False", "Suspended", "on"), "Normal Suspended on"},
		{"waiting for a rate limit is no warning", ready("True", "Polled", ""), ready("Unknown", "RateLimited", "wait"), "Normal RateLimited wait"},
		{"without a condition there is no event", nil, nil, ""},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			var recorded recordedEvents
			before, after := polled(), polled()
			before.Status.Conditions, after.Status.Conditions = c.before, c.after
			reconcile.Recorder{Events: &recorded}.Transitions(logr.Discard(), before, after, withEvents, conditionChanged)
			if diff := cmp.Diff(c.want, strings.Join(recorded, ", ")); diff != "" {
				t.Errorf("event (-want +got):\n%s", diff)
			}
		})
	}
}

func TestTransitionsAreEventsOnce(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	w.source()
	w.poll()
	w.poll()
	w.github.RevokeToken(token)
	w.poll()
	w.poll()
	close(w.events.Events)
	var got []string
	for e := range w.events.Events {
		got = append(got, strings.Join(strings.Fields(e)[:2], " "))
	}
	if diff := cmp.Diff([]string{"Normal Polled", "Warning Unauthorized"}, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// recordedEvents are events as "type reason note".
type recordedEvents []string

func (r *recordedEvents) Eventf(_, _ runtime.Object, eventType, reason, _, note string, args ...any) {
	*r = append(*r, eventType+" "+reason+" "+fmt.Sprintf(note, args...))
}

// TestLogLines: what a person must act on is a warning, what did not change is not logged again, and no line has a key twice.
func TestLogLines(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	w.source()
	card := w.card("Add dark mode", "Ready", "feature/dark")
	var out bytes.Buffer
	logger, err := logging.New(&out, "info")
	must(t, err)
	lines := func() []string {
		defer out.Reset()
		if next := w.get().Status.NextPollTime; next != nil {
			w.clock.SetTime(next.Time)
		}
		_, err := w.r.Reconcile(log.IntoContext(t.Context(), logger), requestFor(w.get()))
		must(t, err)
		var all []string
		for _, line := range testenv.LogLines(t, out.Bytes()) {
			all = append(all, fmt.Sprint(line[logging.KeyLevel], " ", line[logging.KeyMessage], " ", line[logging.KeyReason]))
			if name := line[logging.KeyWorkItem]; name != nil && name != w.namespace+"/"+ItemName(card) {
				t.Errorf("the work item is logged as %v", name)
			}
		}
		return all
	}
	for _, c := range []struct {
		why    string
		change func()
		want   []string
	}{
		{"a first poll", func() {}, []string{"info Made a work item <nil>", "info Recorded an event Polled"}},
		{"nothing changed", func() {}, nil},
		{"the token was revoked", func() { w.github.RevokeToken(token) }, []string{"warn Recorded an event Unauthorized"}},
		{"it still is", func() {}, nil},
	} {
		c.change()
		if diff := cmp.Diff(c.want, lines()); diff != "" {
			t.Errorf("%s: log lines (-want +got):\n%s", c.why, diff)
		}
	}
}
