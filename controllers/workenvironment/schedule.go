// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// soonestRecheck is how soon an environment that just became unusable is checked again.
const soonestRecheck = 5 * time.Second

// longestAsked is the longest that a service may ask to wait and be believed.
const longestAsked = 15 * time.Minute

// begin decides what of the environment is looked at now.
func (r *Reconciler) begin(environment *v1alpha1.WorkEnvironment) *look {
	now := r.Clock.Now()
	l := &look{began: now, environment: environment}
	last := r.looks.last(environment)
	l.check = last.unheard(environment) || (!now.Before(last.notBefore) && checkDue(now, environment, r.Interval))
	l.refresh = l.check || last.left(now, r.Refresh) <= 0
	return l
}

// checkDue decides whether table, project and bucket are checked now. It asks the status alone, so that a restart
// checks nothing anew.
func checkDue(now time.Time, environment *v1alpha1.WorkEnvironment, every time.Duration) bool {
	last := environment.Status.LastCheckTime
	ready := meta.FindStatusCondition(environment.Status.Conditions, v1alpha1.ConditionReady)
	switch {
	case last == nil, ready == nil, ready.ObservedGeneration != environment.Generation:
		return true
	case last.After(now):
		return true // a clock that once ran ahead must not put the checks to sleep
	}
	return now.Sub(last.Time) >= recheckAfter(last.Time, ready, every)
}

// recheckAfter is the distance between two checks: every while the environment is usable; else as long as it has
// been unusable, which doubles from check to check and needs no counter, up to every.
func recheckAfter(last time.Time, ready *metav1.Condition, every time.Duration) time.Duration {
	if ready.Status == metav1.ConditionTrue {
		return every
	}
	return min(max(soonestRecheck, last.Sub(ready.LastTransitionTime.Time)), every)
}

// nextCheck is how long until the next check.
func (r *Reconciler) nextCheck(environment *v1alpha1.WorkEnvironment) time.Duration {
	now, last := r.Clock.Now(), environment.Status.LastCheckTime
	ready := meta.FindStatusCondition(environment.Status.Conditions, v1alpha1.ConditionReady)
	if last == nil || ready == nil {
		return soonestRecheck
	}
	after := last.Add(recheckAfter(last.Time, ready, r.Interval)).Sub(now)
	return max(after, r.looks.last(environment).notBefore.Sub(now), time.Second)
}

// looks remembers what need not outlive a restart.
type looks struct {
	mu sync.Mutex
	by map[types.NamespacedName]lastLook
}

// lastLook is what is remembered of the last look at an environment.
type lastLook struct {
	at        time.Time // when slots and queue were read
	request   string    // the request for a look that was acted on
	notBefore time.Time // until when a service asked not to be checked
}

func newLooks() *looks { return &looks{by: map[types.NamespacedName]lastLook{}} }

// left is how long until slots and queue may be read again.
func (l lastLook) left(now time.Time, every time.Duration) time.Duration {
	if l.at.IsZero() || l.at.After(now) {
		return 0
	}
	return every - now.Sub(l.at)
}

// unheard reports whether the annotation asks for a look that was not had yet. After a restart one too many is
// had, which does no harm.
func (l lastLook) unheard(environment *v1alpha1.WorkEnvironment) bool {
	request := environment.Annotations[v1alpha1.ReconcileAnnotation]
	return request != "" && l.request != request
}

func (s *looks) last(environment *v1alpha1.WorkEnvironment) lastLook {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.by[client.ObjectKeyFromObject(environment)]
}

// done remembers a look.
func (s *looks) done(environment *v1alpha1.WorkEnvironment, l *look) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := client.ObjectKeyFromObject(environment)
	last := lastLook{at: l.began, request: environment.Annotations[v1alpha1.ReconcileAnnotation], notBefore: s.by[key].notBefore}
	if l.check {
		last.notBefore = l.began.Add(min(l.asked, longestAsked))
	}
	s.by[key] = last
}

func (s *looks) forget(key types.NamespacedName) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.by, key)
}

// wholeSeconds is a time as the API keeps it: were it finer, a status would never equal what was read.
func wholeSeconds(t time.Time) metav1.Time { return metav1.NewTime(t).Rfc3339Copy() }
