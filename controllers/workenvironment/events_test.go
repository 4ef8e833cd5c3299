// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"strings"
	"testing"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
)

func TestConditionChanged(t *testing.T) {
	condition := func(kind string, status metav1.ConditionStatus, reason string) []metav1.Condition {
		return []metav1.Condition{{Type: kind, Status: status, Reason: reason}}
	}
	ready, project := v1alpha1.ConditionReady, v1alpha1.ConditionProjectReady
	cases := []struct {
		why           string
		before, after []metav1.Condition
		want          string // "type reason", or nothing
	}{
		{"becoming usable is an event", nil, condition(ready, "True", "Usable"), "Normal Usable"},
		{"staying usable is none", condition(ready, "True", "Usable"), condition(ready, "True", "Usable"), ""},
		{"becoming unusable is a warning", condition(ready, "True", "Usable"), condition(ready, "False", "NotFound"), "Warning NotFound"},
		{"a project that is not as it should be is a warning although it can be used", condition(project, "True", "Usable"), condition(project, "True", "InvalidConfiguration"), "Warning InvalidConfiguration"},
		{"a check that fails is reported by Ready alone", condition(project, "True", "Usable"), condition(project, "False", "NotFound"), ""},
		{"missing permissions are a person's to grant", condition(ready, "True", "Usable"), condition(ready, "False", "AccessDenied"), "Warning AccessDenied"},
		{"bad credentials are a person's to replace", nil, condition(ready, "False", "CredentialsInvalid"), "Warning CredentialsInvalid"},
		{"an endpoint that is not allowed is a person's to change", nil, condition(ready, "False", "EndpointNotAllowed"), "Warning EndpointNotAllowed"},
		{"a rate limit ends by itself", nil, condition(ready, "Unknown", "RateLimited"), "Normal RateLimited"},
		{"a service that does not answer is asked again by itself", condition(ready, "True", "Usable"), condition(ready, "Unknown", "Unreachable"), "Normal Unreachable"},
		{"a person's own deletion is no warning", condition(ready, "True", "Usable"), condition(ready, "False", "InUse"), "Normal InUse"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			var recorded recordedEvents
			before, after := checked(), checked()
			before.Status.Conditions, after.Status.Conditions = c.before, c.after
			reconcile.Recorder{Events: &recorded}.Transitions(logr.Discard(), before, after, withEvents, conditionChanged)
			if diff := cmp.Diff(c.want, strings.Join(recorded, ", ")); diff != "" {
				t.Errorf("event (-want +got):\n%s", diff)
			}
		})
	}
}

// recordedEvents are events as "type reason".
type recordedEvents []string

func (r *recordedEvents) Eventf(_, _ runtime.Object, eventType, reason, _, _ string, _ ...any) {
	*r = append(*r, eventType+" "+reason)
}
