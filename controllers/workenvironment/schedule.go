// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"slices"
	"sync"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

const (
	// soonestRecheck is how soon an environment that just became unusable is checked again.
	soonestRecheck = 5 * time.Second
	// shortestRequeue bounds how soon the next check is asked for.
	shortestRequeue = time.Second
	// longestAsked is the longest wait that a service's request is followed for.
	longestAsked = 15 * time.Minute
)

// extent is how much of an environment is read in one reconcile.
type extent int

const (
	nothing    extent = iota // it is not time to
	usageOnly                // slots and queue
	everything               // what the environment names as well
)

// extentDue decides how much of the environment is read now.
func extentDue(now time.Time, environment *v1alpha1.WorkEnvironment, last lastRun, interval, refresh time.Duration) extent {
	switch {
	case last.requested(environment), !now.Before(last.notBefore) && checkDue(now, environment, interval):
		return everything
	case last.left(now, refresh) <= 0:
		return usageOnly
	}
	return nothing
}

// checkDue decides whether what the environment names is checked now. It asks the status alone, so that a restart
// repeats no check.
func checkDue(now time.Time, environment *v1alpha1.WorkEnvironment, every time.Duration) bool {
	last := environment.Status.LastCheckTime
	ready := conditionOf(environment, v1alpha1.ConditionReady)
	switch {
	case last == nil, ready.Type == "", ready.ObservedGeneration != environment.Generation:
		return true
	case slices.ContainsFunc(checkedConditions, func(kind string) bool { return conditionOf(environment, kind).Type == "" }):
		return true // a manager of an older version checked less
	case last.After(now):
		return true // a clock that once ran ahead must not stop the checks
	}
	return now.Sub(last.Time) >= recheckAfter(last.Time, ready, every)
}

// recheckAfter is the time between two checks: every while the environment is usable; otherwise as long as it has been
// unusable, which doubles from check to check and needs no counter, up to every.
func recheckAfter(last time.Time, ready metav1.Condition, every time.Duration) time.Duration {
	if ready.Status == metav1.ConditionTrue {
		return every
	}
	return min(max(soonestRecheck, last.Sub(ready.LastTransitionTime.Time)), every)
}

// nextCheck is how long until the next check, which is not made before the time that a service asked for.
func nextCheck(now time.Time, environment *v1alpha1.WorkEnvironment, notBefore time.Time, every time.Duration) time.Duration {
	last, ready := environment.Status.LastCheckTime, conditionOf(environment, v1alpha1.ConditionReady)
	if last == nil || ready.Type == "" {
		return soonestRecheck
	}
	after := last.Add(recheckAfter(last.Time, ready, every)).Sub(now)
	return max(after, notBefore.Sub(now), shortestRequeue)
}

// lastRun is what is remembered of the last time that an environment was read, and need not outlive a restart.
type lastRun struct {
	at        time.Time // when slots and queue were read
	request   string    // the request for a check that was acted on
	notBefore time.Time // until when a service asked not to be called
}

// left is how long until slots and queue may be read again.
func (l lastRun) left(now time.Time, every time.Duration) time.Duration {
	if l.at.IsZero() || l.at.After(now) {
		return 0
	}
	return every - now.Sub(l.at)
}

// requested reports whether the annotation asks for a check that was not made yet. After a restart one check too many is
// made, which does no harm.
func (l lastRun) requested(environment *v1alpha1.WorkEnvironment) bool {
	request := environment.Annotations[v1alpha1.ReconcileAnnotation]
	return request != "" && l.request != request
}

// next is what is remembered after a run at the given time. asked is how long a service asked to wait.
func (l lastRun) next(now time.Time, environment *v1alpha1.WorkEnvironment, part extent, asked time.Duration) lastRun {
	next := lastRun{at: now, request: environment.Annotations[v1alpha1.ReconcileAnnotation], notBefore: l.notBefore}
	if part == everything {
		next.notBefore = now.Add(min(asked, longestAsked))
	}
	return next
}

// runs remembers the last run of each environment.
type runs struct {
	mu sync.Mutex
	by map[types.NamespacedName]lastRun
}

func newRuns() *runs { return &runs{by: map[types.NamespacedName]lastRun{}} }

func (r *runs) last(environment *v1alpha1.WorkEnvironment) lastRun {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.by[client.ObjectKeyFromObject(environment)]
}

func (r *runs) record(environment *v1alpha1.WorkEnvironment, run lastRun) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.by[client.ObjectKeyFromObject(environment)] = run
}

func (r *runs) forget(key types.NamespacedName) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.by, key)
}

// wholeSeconds is a time as the API keeps it: were it finer, a status would never equal what was read.
func wholeSeconds(t time.Time) metav1.Time { return metav1.NewTime(t).Rfc3339Copy() }
