// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"context"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/conditions"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// look is one look at an environment.
type look struct {
	began       time.Time
	environment *v1alpha1.WorkEnvironment // steps change its status, and nothing else of it

	refresh bool          // begin: slots and queue are due
	check   bool          // begin: table, project and bucket are due as well
	asked   time.Duration // the checks: how long a service asked to wait
	stuck   bool          // the checks: one failed in a way that only a person can mend
}

// step is one part of a look. Its error is Kubernetes': what goes wrong at a service is a condition. The checks do
// not depend on each other, so one that fails does not keep the next from being made.
type step interface {
	run(ctx context.Context, l *look) error
}

// steps is the order of a look. A new step is one file and one line.
func (r *Reconciler) steps() []step {
	return []step{
		checkTable{r.Tables, r.Metrics},
		checkProject{r.Builds, r.Metrics},
		checkBucket{r.Stores, r.Metrics},
		readSlots{r.Tables},
		readQueue{r.Client},
		compareTables{r.Client},
	}
}

// conditions is the environment's set, at the time at which the look began.
func (l *look) conditions() conditions.Set {
	return conditions.Of(&l.environment.Status.Conditions, l.environment.Generation, l.began)
}

// fail sets a check's condition from its error. To be asked to wait is no failure: what was found good stays so.
// Where the service did not answer, nothing is known.
func (l *look) fail(kind string, err error) {
	set := l.conditions()
	if w, ok := fault.AsWait(err); ok {
		l.asked = max(l.asked, w.After)
		if c := set.Get(kind); c != nil && c.Status == metav1.ConditionTrue && c.ObservedGeneration == l.environment.Generation {
			return
		}
		set.Unknown(kind, conditions.Reason(err), fault.Message(err))
		return
	}
	if fault.IsTerminal(err) {
		l.stuck = true
		set.Fail(kind, err)
		return
	}
	set.Unknown(kind, conditions.Reason(err), strings.TrimRight(fault.Message(err), ".")+". It is asked again by itself.")
}

// summarize sets Ready from the checks.
func summarize(l *look) {
	set := l.conditions()
	set.Summarize(v1alpha1.ReasonUsable, "The lock table, the CodeBuild project and the bucket can be used.",
		v1alpha1.ConditionLockTableReady, v1alpha1.ConditionProjectReady, v1alpha1.ConditionBucketReady)
	switch ready := set.Get(v1alpha1.ConditionReady); {
	case ready.Status == metav1.ConditionTrue:
		set.Remove(v1alpha1.ConditionStalled)
	case l.check && l.stuck:
		set.True(v1alpha1.ConditionStalled, ready.Reason, ready.Message)
	case l.check:
		set.Remove(v1alpha1.ConditionStalled)
	}
}
