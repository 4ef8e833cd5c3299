// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

func TestSummarize(t *testing.T) {
	is := func(kind string, status metav1.ConditionStatus, reason string) metav1.Condition {
		return metav1.Condition{Type: kind, Status: status, Reason: reason}
	}
	environment, reachable, resolved := v1alpha1.ConditionEnvironmentReady, v1alpha1.ConditionBoardReachable, v1alpha1.ConditionBoardResolved
	usable := is(environment, "True", v1alpha1.ReasonUsable)
	cases := []struct {
		why     string
		had     []metav1.Condition
		suspend bool
		want    string
	}{
		{"all is well", []metav1.Condition{usable, is(reachable, "True", v1alpha1.ReasonPolled), is(resolved, "True", v1alpha1.ReasonResolved)}, false, "True Polled"},
		{"the environment comes first: without it nothing is built", []metav1.Condition{
			is(environment, "False", v1alpha1.ReasonEnvironmentNotReady), is(reachable, "False", v1alpha1.ReasonUnreachable),
		}, false, "False EnvironmentNotReady"},
		{"a wrong name comes before the poll that it made impossible", []metav1.Condition{
			usable, is(reachable, "Unknown", v1alpha1.ReasonPending), is(resolved, "False", v1alpha1.ReasonBoardNotFound),
		}, false, "False BoardNotFound"},
		{"bad credentials come before the names that could not be looked up", []metav1.Condition{
			usable, is(reachable, "False", v1alpha1.ReasonUnauthorized), is(resolved, "Unknown", v1alpha1.ReasonPending),
		}, false, "False Unauthorized"},
		{"a rate limit is a wait", []metav1.Condition{
			usable, is(reachable, "Unknown", v1alpha1.ReasonRateLimited), is(resolved, "True", v1alpha1.ReasonResolved),
		}, false, "Unknown RateLimited"},
		{"a suspended source is not polled, whatever else is true", []metav1.Condition{usable}, true, "False Suspended"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			s := polled(func(s *v1alpha1.WorkSource) { s.Status.Conditions, s.Spec.Suspend = c.had, c.suspend })
			summarize(s, epoch)
			if got := condition(s, v1alpha1.ConditionReady); got != c.want {
				t.Errorf("Ready is %s, want %s", got, c.want)
			}
		})
	}
}

func TestReadyMessage(t *testing.T) {
	if text := readyMessage(&v1alpha1.CardCounts{Seen: 7, Eligible: 1, Skipped: 4}); !strings.Contains(text, "4 are skipped: see status.skipped") {
		t.Errorf("the message does not say where skipped cards are listed: %q", text)
	}
	if text := readyMessage(&v1alpha1.CardCounts{Seen: 7, Eligible: 1}); strings.Contains(text, "skipped") {
		t.Errorf("nothing is skipped, and it says %q", text)
	}
}
