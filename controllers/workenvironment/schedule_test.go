// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

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
		{"but not less often than a usable one", checked(unusableSince(-24 * time.Hour)), time.Minute, true},
		{"a check that an older version did not make is made at once", checked(func(e *v1alpha1.WorkEnvironment) {
			meta.RemoveStatusCondition(&e.Status.Conditions, v1alpha1.ConditionSecretsReady)
		}), 0, true},
		{"a check in the future came from a clock that was wrong", checked(func(e *v1alpha1.WorkEnvironment) { e.Status.LastCheckTime = at(time.Hour) }), 0, true},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if got := checkDue(epoch.Add(c.now), c.environment, time.Minute); got != c.want {
				t.Errorf("due is %t, want %t", got, c.want)
			}
		})
	}
}

func TestExtentDue(t *testing.T) {
	asks := func(e *v1alpha1.WorkEnvironment) {
		e.Annotations = map[string]string{v1alpha1.ReconcileAnnotation: "now"}
	}
	read := func(d time.Duration) lastRun { return lastRun{at: epoch.Add(d)} }
	cases := []struct {
		why         string
		environment *v1alpha1.WorkEnvironment
		last        lastRun
		now         time.Duration
		want        extent
	}{
		{"a new environment is checked at once", checked(func(e *v1alpha1.WorkEnvironment) { e.Status = v1alpha1.WorkEnvironmentStatus{} }), lastRun{}, 0, everything},
		{"after a restart slots and queue are read, and no check is repeated", checked(), lastRun{}, time.Second, usageOnly},
		{"slots and queue are not read again at once, however many items change", checked(), read(0), 9 * time.Second, nothing},
		{"but after a while", checked(), read(0), 10 * time.Second, usageOnly},
		{"the checks come in their own time", checked(), read(50 * time.Second), time.Minute, everything},
		{"a request is followed at once", checked(asks), read(0), time.Second, everything},
		{"and once", checked(asks), lastRun{at: epoch, request: "now"}, time.Second, nothing},
		{"a service that asked to wait is not called before", checked(), lastRun{at: epoch, notBefore: epoch.Add(5 * time.Minute)}, time.Minute, usageOnly},
		{"unless a person asks for it", checked(asks), lastRun{at: epoch, notBefore: epoch.Add(5 * time.Minute)}, time.Minute, everything},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if got := extentDue(epoch.Add(c.now), c.environment, c.last, time.Minute, 10*time.Second); got != c.want {
				t.Errorf("extent %d is due, want %d", got, c.want)
			}
		})
	}
}

func TestNextCheck(t *testing.T) {
	cases := []struct {
		why         string
		environment *v1alpha1.WorkEnvironment
		notBefore   time.Duration
		want        time.Duration
	}{
		{"a usable environment is checked every minute", checked(), 0, time.Minute},
		{"one that just became unusable is checked sooner", checked(unusableSince(0)), 0, 5 * time.Second},
		{"a service that asked to wait is not called before", checked(), 10 * time.Minute, 10 * time.Minute},
		{"one that was never checked is checked soon", checked(func(e *v1alpha1.WorkEnvironment) { e.Status = v1alpha1.WorkEnvironmentStatus{} }), 0, 5 * time.Second},
		{"a check that is overdue is not asked for in a loop", checked(func(e *v1alpha1.WorkEnvironment) { e.Status.LastCheckTime = at(-time.Hour) }), 0, time.Second},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if got := nextCheck(epoch, c.environment, epoch.Add(c.notBefore), time.Minute); got != c.want {
				t.Errorf("the next check is in %s, want %s", got, c.want)
			}
		})
	}
}

func TestRuns(t *testing.T) {
	s, e := newRuns(), checked()
	record := func(after time.Duration, part extent, asked time.Duration) {
		s.record(e, s.last(e).next(epoch.Add(after), e, part, asked))
	}
	if got := s.last(e).left(epoch, time.Minute); got > 0 {
		t.Errorf("an environment that was never read waits %s", got)
	}
	record(0, everything, time.Hour)
	if got := s.last(e).left(epoch.Add(10*time.Second), time.Minute); got != 50*time.Second {
		t.Errorf("slots may be read again after %s, want 50s", got)
	}
	if got := s.last(e).notBefore.Sub(epoch); got != longestAsked {
		t.Errorf("a service that asks for an hour is not called for %s", got)
	}
	record(time.Minute, usageOnly, 0)
	if got := s.last(e).notBefore.Sub(epoch); got != longestAsked {
		t.Errorf("reading the slots alone made the checks forget what the service asked: %s", got)
	}
	e.Annotations = map[string]string{v1alpha1.ReconcileAnnotation: "now"}
	if !s.last(e).requested(e) {
		t.Error("a request for a check was not seen")
	}
	record(0, everything, 0)
	if s.last(e).requested(e) {
		t.Error("a request that was acted on is seen again")
	}
	s.forget(client.ObjectKeyFromObject(e))
	if s.last(e) != (lastRun{}) {
		t.Error("an environment that is gone is still remembered")
	}
}
