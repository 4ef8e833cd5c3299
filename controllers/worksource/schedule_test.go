// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

func TestDue(t *testing.T) {
	cases := []struct {
		why    string
		source *v1alpha1.WorkSource
		now    time.Duration
		want   bool
	}{
		{"a source that was never polled is polled at once", polled(func(s *v1alpha1.WorkSource) { s.Status = v1alpha1.WorkSourceStatus{} }), 0, true},
		{"a restart between two polls repeats no poll", polled(), 4 * time.Minute, false},
		{"the time has come", polled(), 5 * time.Minute, true},
		{"a change of the spec is polled at once", polled(func(s *v1alpha1.WorkSource) { s.Generation = 3 }), time.Second, true},
		{
			"a spec that was stamped without a poll, because there was no environment, is still to be polled",
			polled(func(s *v1alpha1.WorkSource) { s.Generation, s.Status.ObservedGeneration = 3, 3 }), time.Second, true,
		},
		{
			"the annotation asks for a poll now",
			polled(func(s *v1alpha1.WorkSource) { s.Annotations = map[string]string{v1alpha1.ReconcileAnnotation: "x"} }), time.Second, true,
		},
		{
			"an annotation that was acted on asks for nothing",
			polled(func(s *v1alpha1.WorkSource) {
				s.Annotations = map[string]string{v1alpha1.ReconcileAnnotation: "x"}
				s.Status.LastHandledReconcileAt = "x"
			}), time.Second, false,
		},
		{
			"a suspended source is not polled, whatever else is asked",
			polled(func(s *v1alpha1.WorkSource) { s.Spec.Suspend, s.Generation = true, 3 }), time.Hour, false,
		},
		{
			"a next poll in the far future came from a clock that was wrong",
			polled(func(s *v1alpha1.WorkSource) { s.Status.NextPollTime = at(48 * time.Hour) }), time.Minute, true,
		},
		{
			"a service that asked to wait for an hour is given the hour",
			polled(func(s *v1alpha1.WorkSource) { s.Status.NextPollTime = at(time.Hour) }), time.Minute, false,
		},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if got := due(epoch.Add(c.now), c.source, 5*time.Minute); got != c.want {
				t.Errorf("due is %t, want %t", got, c.want)
			}
		})
	}
}

func TestInterval(t *testing.T) {
	environment := func(tier v1alpha1.Tier) *v1alpha1.WorkEnvironment {
		return &v1alpha1.WorkEnvironment{Spec: v1alpha1.WorkEnvironmentSpec{Tier: tier}}
	}
	own := polled(func(s *v1alpha1.WorkSource) { s.Spec.Interval = &metav1.Duration{Duration: time.Minute} })
	cases := []struct {
		why         string
		source      *v1alpha1.WorkSource
		environment *v1alpha1.WorkEnvironment
		want        time.Duration
	}{
		{"test boards are read every five minutes", polled(), environment(v1alpha1.TierTest), 5 * time.Minute},
		{"and so are staging's", polled(), environment(v1alpha1.TierStaging), 5 * time.Minute},
		{"production's every fifteen", polled(), environment(v1alpha1.TierProduction), 15 * time.Minute},
		{"what the source says goes before its tier", own, environment(v1alpha1.TierProduction), time.Minute},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if got := c.source.Spec.PollInterval(c.environment); got != c.want {
				t.Errorf("interval is %s, want %s", got, c.want)
			}
		})
	}
}

func TestNextPoll(t *testing.T) {
	cases := []struct {
		why    string
		took   time.Duration
		random float64
		want   time.Duration // after the poll began
	}{
		{"the interval counts from the beginning of the poll", time.Minute, 0, 5 * time.Minute},
		{"chance subtracts a tenth at most, so that sources do not poll at one moment", time.Minute, 1, 4*time.Minute + 30*time.Second},
		{"a poll that took longer than the interval is followed after a second, not in the past", 10 * time.Minute, 0, 10*time.Minute + time.Second},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if got := nextPoll(epoch, epoch.Add(c.took), 5*time.Minute, c.random).Sub(epoch); got != c.want {
				t.Errorf("next poll after %s, want %s", got, c.want)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	failingFor := func(d time.Duration) *metav1.Condition {
		return &metav1.Condition{Status: metav1.ConditionFalse, LastTransitionTime: *at(-d)}
	}
	cases := []struct {
		why     string
		failing *metav1.Condition
		every   time.Duration
		asked   time.Duration
		want    time.Duration
	}{
		{"a first failure is tried again soon: most are over in a moment", failingFor(0), 5 * time.Minute, 0, 15 * time.Second},
		{"the longer it fails, the longer the wait: it doubles from poll to poll", failingFor(time.Minute), 5 * time.Minute, 0, time.Minute},
		{"it does not grow past five minutes", failingFor(10 * time.Hour), 15 * time.Second, 0, 5 * time.Minute},
		{"or past the interval, where that is longer", failingFor(10 * time.Hour), 15 * time.Minute, 0, 15 * time.Minute},
		{"a service that asks for a time is given it", failingFor(0), 5 * time.Minute, 40 * time.Minute, 40 * time.Minute},
		{"a service that asks for less does not make it hurry", failingFor(2 * time.Minute), 5 * time.Minute, time.Second, 2 * time.Minute},
		{"a service that asks for a year is not given it", failingFor(0), 5 * time.Minute, 365 * 24 * time.Hour, maxWait + 5*time.Minute},
		{"without a condition it is a first failure", nil, 5 * time.Minute, 0, 15 * time.Second},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if got := retryAfter(epoch, c.failing, c.every, c.asked); got != c.want {
				t.Errorf("retry after %s, want %s", got, c.want)
			}
		})
	}
}

func TestPollKeepsToItsTime(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	w.source()
	w.reconcile()
	w.calls()

	// A restart is a reconcile before the poll is due.
	w.clock.SetTime(epoch.Add(time.Minute))
	if result := w.reconcile(); result.RequeueAfter != 4*time.Minute {
		t.Errorf("requeued after %s, want the 4m that are left", result.RequeueAfter)
	}
	if calls := w.calls(); len(calls) != 0 {
		t.Errorf("a reconcile before the poll was due asked the board: %v", calls)
	}

	s := w.get()
	s.Annotations = map[string]string{v1alpha1.ReconcileAnnotation: "now"}
	must(t, w.client.Update(t.Context(), s))
	w.reconcile()
	if calls := w.calls(); calls["query ListCards"] != 1 {
		t.Errorf("the annotation did not make a poll: %v", calls)
	}
	if got := w.get().Status.LastHandledReconcileAt; got != "now" {
		t.Errorf("the annotation was handled as %q", got)
	}
	w.reconcile()
	if calls := w.calls(); len(calls) != 0 {
		t.Errorf("one annotation made two polls: %v", calls)
	}

	s = w.get()
	s.Spec.GitHub.Repositories = []string{"acme/other"}
	must(t, w.client.Update(t.Context(), s))
	w.reconcile()
	if calls := w.calls(); calls["query ResolveBoard"] != 1 || calls["query ListCards"] != 1 {
		t.Errorf("a changed spec was not resolved and polled at once: %v", calls)
	}

	s = w.get()
	s.Spec.Suspend = true
	must(t, w.client.Update(t.Context(), s))
	w.clock.SetTime(epoch.Add(24 * time.Hour))
	if result := w.reconcile(); result.RequeueAfter != 0 {
		t.Errorf("a suspended source is requeued after %s", result.RequeueAfter)
	}
	if calls := w.calls(); len(calls) != 0 {
		t.Errorf("a suspended source was polled: %v", calls)
	}
	if got := condition(w.get(), v1alpha1.ConditionReady); got != "False Suspended" {
		t.Errorf("a suspended source is %s", got)
	}
}
