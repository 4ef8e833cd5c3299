// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package reconcile_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/internal/logging"
)

type recorded []string

func (r *recorded) Eventf(_, _ runtime.Object, eventType, reason, action, note string, args ...any) {
	*r = append(*r, fmt.Sprintf("%s %s %s "+note, append([]any{eventType, reason, action}, args...)...))
}

func sourceWith(conditions ...metav1.Condition) *v1alpha1.WorkSource {
	return &v1alpha1.WorkSource{Status: v1alpha1.WorkSourceStatus{Conditions: conditions}}
}

func describe(_, is metav1.Condition) *reconcile.Event {
	switch is.Status {
	case metav1.ConditionTrue:
		return reconcile.Normal("Poll", is.Reason, is.Message)
	case metav1.ConditionFalse:
		return reconcile.Warning("Poll", is.Reason, is.Message)
	}
	return nil
}

func TestTransitions(t *testing.T) {
	is := func(kind string, status metav1.ConditionStatus, reason, message string) metav1.Condition {
		return metav1.Condition{Type: kind, Status: status, Reason: reason, Message: message}
	}
	for name, c := range map[string]struct {
		why           string
		before, after *v1alpha1.WorkSource
		want          []string
		level         string
	}{
		"appears": {
			"the first state is a transition", sourceWith(), sourceWith(is("Ready", "True", "Polled", "3 cards, 100% eligible")),
			[]string{"Normal Polled Poll 3 cards, 100% eligible"}, "info",
		},
		"message": {
			"numbers in a message change at each poll",
			sourceWith(is("Ready", "True", "Polled", "3 cards")), sourceWith(is("Ready", "True", "Polled", "4 cards")), nil, "",
		},
		"fails": {
			"what a person must act on is a warning, in the log too",
			sourceWith(is("Ready", "True", "Polled", "")), sourceWith(is("Ready", "False", "CredentialsInvalid", "no token")),
			[]string{"Warning CredentialsInvalid Poll no token"}, "warn",
		},
		"reason": {
			"another reason is another state", sourceWith(is("Ready", "False", "A", "")), sourceWith(is("Ready", "False", "B", "b")),
			[]string{"Warning B Poll b"}, "warn",
		},
		"nil":   {"a state that is worth no event has none", sourceWith(), sourceWith(is("Ready", "Unknown", "A", "")), nil, ""},
		"other": {"only the named conditions are looked at", sourceWith(), sourceWith(is("Stalled", "True", "A", "")), nil, ""},
		"gone":  {"a condition that was removed says nothing", sourceWith(is("Ready", "True", "A", "")), sourceWith(), nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			var events recorded
			var out bytes.Buffer
			log, err := logging.New(&out, "info")
			if err != nil {
				t.Fatal(err)
			}
			reconcile.Recorder{Events: &events}.Transitions(log, c.before, c.after, []string{"Ready"}, describe)
			if diff := cmp.Diff(c.want, []string(events)); diff != "" {
				t.Errorf("%s, -want +got:\n%s", c.why, diff)
			}
			if c.level == "" {
				if out.Len() > 0 {
					t.Errorf("nothing changed, and the log says %s", out.String())
				}
				return
			}
			var line map[string]any
			if err := json.Unmarshal(out.Bytes(), &line); err != nil {
				t.Fatalf("%q: %v", out.String(), err)
			}
			if line[logging.KeyLevel] != c.level || line[logging.KeyCondition] != "Ready" {
				t.Errorf("%s: the log says %s", c.why, out.String())
			}
			// A strict reader refuses a key that is there twice.
			for _, key := range []string{logging.KeyMessage, logging.KeyReason, logging.KeyStatus, logging.KeyDetail} {
				if n := strings.Count(out.String(), `"`+key+`":`); n != 1 {
					t.Errorf("the key %q is %d times in %s", key, n, out.String())
				}
			}
		})
	}
}

func TestOfCondition(t *testing.T) {
	for reason, want := range map[string]string{
		v1alpha1.ReasonCredentialsInvalid: "Warning", v1alpha1.ReasonEndpointNotAllowed: "Warning", v1alpha1.ReasonEnvironmentNotReady: "Warning",
		v1alpha1.ReasonRateLimited: "Normal", v1alpha1.ReasonSuspended: "Normal", v1alpha1.ReasonUsable: "Normal",
	} {
		e := reconcile.OfCondition("Poll", metav1.Condition{Reason: reason, Message: "what to do"})
		if e.Type() != want || e.Reason() != reason {
			t.Errorf("the event of %s is a %s with the reason %s, want a %s", reason, e.Type(), e.Reason(), want)
		}
	}
}
