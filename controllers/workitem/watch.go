// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/reporting"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/tracking"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/tracing"
	"github.com/kiro-worker/kiro-worker/internal/watch"
)

// watchStep records what the watcher saw of the build and of the lock's row, until the build is over.
type watchStep struct {
	clock            clock.PassiveClock
	watcher          *watch.Watcher
	metrics          *Metrics
	traces           *tracing.Exporter
	reporter         *reporting.Reporter
	over             *tracking.FirstSeenTracker
	progressInterval time.Duration
	settling         time.Duration
}

// Condition implements reconcile.Step.
func (s *watchStep) Condition() string { return v1alpha1.ConditionBuildFinished }

// Reconcile implements reconcile.Step.
func (s *watchStep) Reconcile(ctx context.Context, item *v1alpha1.WorkItem) (reconcile.Result, error) {
	now := s.clock.Now()
	set := conditionsOf(now, item)
	if item.Finished() || set.IsTrue(v1alpha1.ConditionBuildFinished) {
		return reconcile.Done(), nil
	}
	a := item.Status.Attempt
	seen := s.look(item)
	if seen == nil {
		return reconcile.WaitFor(policy.RunningRecheck), nil
	}
	if policy.Ended(*seen) {
		t := metav1.NewMicroTime(s.over.Since(a.Build.ARN, now).Truncate(time.Microsecond)) // as the API server keeps it
		a.Build.OverSince = &t
	}
	switch {
	case seen.BuildMissing:
		policy.NotFoundOf(a.Build).Look(seen.Time).Record(a.Build)
	case seen.Build != nil:
		policy.NotFound{}.Record(a.Build)
	}
	state := policy.StateOf(now, a, *seen, s.settling)
	if a.Build.OverSince == nil && !state.OverSince.IsZero() {
		t := metav1.NewMicroTime(state.OverSince)
		a.Build.OverSince = &t
	}
	if state.Over {
		observe(a, *seen, now)
		s.metrics.notePhases(item, seen.Build)
		s.metrics.notePhaseTrace(s.traces, item, seen.Build)
		set.True(v1alpha1.ConditionBuildFinished, state.Reason, state.Message)
		return reconcile.Done(), nil
	}
	if left := policy.ProgressDue(now, a, policy.ProgressInterval(s.progressInterval, s.watcher.Watched())); left > 0 {
		// Nothing is recorded yet: each change of the status costs a write.
		return reconcile.WaitFor(left), nil
	}
	s.reporter.Started(ctx, item)
	observe(a, *seen, now)
	set.Unknown(v1alpha1.ConditionBuildFinished, state.Reason, state.Message)
	return reconcile.WaitFor(state.Recheck), nil
}

// look has the watcher look at the attempt's build from now on, and returns what it last saw of it, or nil.
func (s *watchStep) look(item *v1alpha1.WorkItem) *watch.Observation {
	key, p, ref := client.ObjectKeyFromObject(item), item.Status.Attempt.Parameters, build.Reference(item.Status.Attempt.Build.ARN)
	s.watcher.Track(
		watch.Place{Namespace: item.Namespace, AWS: p.AWS, TableRegion: p.LockAccess().Region, TableName: p.TableName},
		watch.Subject{Item: key, Build: ref, SlotKey: p.SlotKey, BranchKey: p.BranchKey},
	)
	return s.watcher.Latest(key, ref)
}
