// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

var epoch = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func at(d time.Duration) *metav1.Time {
	t := metav1.NewTime(epoch.Add(d))
	return &t
}

// checked is an environment that was checked at the epoch and found usable an hour before.
func checked(change ...func(*v1alpha1.WorkEnvironment)) *v1alpha1.WorkEnvironment {
	e := &v1alpha1.WorkEnvironment{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "builds", Generation: 2},
		Status: v1alpha1.WorkEnvironmentStatus{
			LastCheckTime: at(0),
			Conditions: []metav1.Condition{{
				Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, ObservedGeneration: 2, LastTransitionTime: *at(-time.Hour),
			}},
		},
	}
	for _, c := range change {
		c(e)
	}
	return e
}

func unusableSince(d time.Duration) func(*v1alpha1.WorkEnvironment) {
	return func(e *v1alpha1.WorkEnvironment) {
		e.Status.Conditions[0].Status, e.Status.Conditions[0].LastTransitionTime = metav1.ConditionFalse, *at(d)
	}
}

func TestCheckDue(t *testing.T) {
	cases := []struct {
		why         string
		environment *v1alpha1.WorkEnvironment
		now         time.Duration
		want        bool
	}{
		{"a new environment is checked at once", checked(func(e *v1alpha1.WorkEnvironment) { e.Status = v1alpha1.WorkEnvironmentStatus{} }), 0, true},
		{"a usable one is left alone for a minute, also after a restart", checked(), 59 * time.Second, false},
		{"and then checked again", checked(), time.Minute, true},
		{"a change of the spec is checked at once", checked(func(e *v1alpha1.WorkEnvironment) { e.Generation = 3 }), 0, true},
		{"one that just became unusable is checked soon: somebody is setting it up", checked(unusableSince(0)), 5 * time.Second, true},
		{"one that has been unusable for a while is checked less often", checked(unusableSince(-30 * time.Second)), 29 * time.Second, false},
		{"but not more seldom than a usable one", checked(unusableSince(-24 * time.Hour)), time.Minute, true},
		{"a check that lies in the future came from a clock that was wrong", checked(func(e *v1alpha1.WorkEnvironment) { e.Status.LastCheckTime = at(time.Hour) }), 0, true},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if got := checkDue(epoch.Add(c.now), c.environment, time.Minute); got != c.want {
				t.Errorf("due is %t, want %t", got, c.want)
			}
		})
	}
}

func TestLooks(t *testing.T) {
	s, e := newLooks(), checked()
	if got := s.last(e).left(epoch, time.Minute); got > 0 {
		t.Errorf("an environment that was never looked at waits %s", got)
	}
	s.done(e, &look{began: epoch, check: true, asked: time.Hour})
	if got := s.last(e).left(epoch.Add(10*time.Second), time.Minute); got != 50*time.Second {
		t.Errorf("slots may be read again after %s, want 50s", got)
	}
	if got := s.last(e).notBefore.Sub(epoch); got != longestAsked {
		t.Errorf("a service that asks for an hour is left alone for %s", got)
	}
	s.done(e, &look{began: epoch.Add(time.Minute)})
	if got := s.last(e).notBefore.Sub(epoch); got != longestAsked {
		t.Errorf("a look at the slots alone made the checks forget what the service asked: %s", got)
	}
	e.Annotations = map[string]string{v1alpha1.ReconcileAnnotation: "now"}
	if !s.last(e).unheard(e) {
		t.Error("a request for a look was not heard")
	}
	s.done(e, &look{began: epoch})
	if s.last(e).unheard(e) {
		t.Error("a request that was acted on is heard again")
	}
}
