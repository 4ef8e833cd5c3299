// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/access"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/dispatch"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/garbagecollection"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/locks"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/tracking"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/logging"
	"github.com/kiro-worker/kiro-worker/internal/watch"
)

// stopStep ends what is to be ended: because a person requests it, or because a deadline has passed. It runs before the
// others, whatever step the item is at. Of the environment only its deletion is looked at: the attempt froze what stopping
// needs.
type stopStep struct {
	access     access.Access
	clock      clock.PassiveClock
	watcher    *watch.Watcher
	collector  *garbagecollection.Collector
	dispatcher *dispatch.Dispatcher
	heartbeats *tracking.HeartbeatTracker
	trouble    *tracking.TroubleTracker
}

// Condition implements reconcile.Step. While a build is to stop and cannot be, what is true of it is not known.
func (s *stopStep) Condition() string { return v1alpha1.ConditionBuildStarted }

// Reconcile implements reconcile.Step.
func (s *stopStep) Reconcile(ctx context.Context, item *v1alpha1.WorkItem) (reconcile.Result, error) {
	if item.Finished() {
		return reconcile.Done(), nil
	}
	now := s.clock.Now()
	cause := policy.FirstCause(now, item, s.situation(ctx, item))
	if cause == nil {
		forgetRefusal(item)
		return reconcile.Done(), nil
	}
	if item.AttemptActive() {
		result, err := s.stopAttempt(ctx, item, *cause)
		if err != nil {
			return reconcile.Result{}, fmt.Errorf("ending the attempt (%s): %w", cause.Outcome, err)
		}
		return result, nil
	}
	s.collector.AbandonUnrecorded(ctx, item)
	finish(item, policy.Outcome{Name: cause.Outcome, Message: cause.Message}, now)
	return reconcile.Done(), nil
}

// situation gathers what the decision whether the item is to stop depends on.
func (s *stopStep) situation(ctx context.Context, item *v1alpha1.WorkItem) policy.Situation {
	key := client.ObjectKeyFromObject(item)
	var situation policy.Situation
	env, err := s.access.Environment(ctx, item)
	situation.Environment = env
	if trouble := fault.Message(client.IgnoreNotFound(err)); s.trouble.Changed("environment of "+key.String(), trouble, s.clock.Now()) {
		logging.Warn(log.FromContext(ctx), "Could not see whether the environment is being deleted", logging.KeyError, trouble)
	}
	if a := item.Status.Attempt; a != nil && a.Build != nil {
		situation.Seen = s.watcher.Latest(key, build.Reference(a.Build.ARN))
	}
	if seen := situation.Seen; policy.HasHeartbeat(item, seen) {
		situation.Silence = s.heartbeats.Silence(item.Status.Attempt.Build.ARN, seen.Branch.HeartbeatAt, seen.Time)
	}
	return situation
}

func (s *stopStep) stopAttempt(ctx context.Context, item *v1alpha1.WorkItem, cause policy.StopCause) (reconcile.Result, error) {
	a := item.Status.Attempt
	now := s.clock.Now()
	if a.Build == nil {
		table, err := s.access.Table(ctx, item)
		if err != nil {
			return reconcile.Result{}, err
		}
		err = locks.Abandon(ctx, table, a, now)
		switch {
		case err == nil:
			s.dispatcher.Released(item.UID, a)
			outcome, err := outcomeWithoutBuild(ctx, table, a, cause)
			if err != nil {
				return reconcile.Result{}, err
			}
			if err := settleUnseen(ctx, table, item, outcome, false, now); err != nil {
				return reconcile.Result{}, err
			}
			finish(item, outcome, now)
			return reconcile.Done(), nil
		case !errors.Is(err, locks.ErrClaimed):
			return reconcile.Result{}, err
		}
		// A build came first: it is the attempt's now, and is stopped like any other.
		row, err := locks.BranchRow(ctx, table, a)
		if err != nil {
			return reconcile.Result{}, err
		}
		started(item, build.Build{Reference: build.Reference(row.BuildID)}, now)
	}
	return s.stopBuild(ctx, item, cause), nil
}

// outcomeWithoutBuild is how an attempt ends that has no lock and no known build.
func outcomeWithoutBuild(ctx context.Context, table lock.Reader, a *v1alpha1.Attempt, cause policy.StopCause) (policy.Outcome, error) {
	outcome, recorded, err := recordedOutcome(ctx, table, a)
	if err != nil || recorded {
		return outcome, err
	}
	return policy.Outcome{Name: cause.Outcome, Message: cause.Message}, nil
}

// stopBuild asks the build to stop, and again from time to time. The steps then watch it to its end: only a build that is
// over releases its lock. They run whether or not it could be asked: it may end by itself, or a person may unlock what it
// holds. When to ask again is in the status, so that a restart forgets nothing and no status write asks.
func (s *stopStep) stopBuild(ctx context.Context, item *v1alpha1.WorkItem, cause policy.StopCause) reconcile.Result {
	a := item.Status.Attempt
	now := s.clock.Now()
	if item.IsTrue(v1alpha1.ConditionBuildFinished) || a.Build.EndTime != nil {
		return reconcile.Done()
	}
	if left := policy.StopDue(now, a); left > 0 {
		return reconcile.DoneFor(left)
	}
	err := s.askToStop(ctx, item)
	again := policy.AskAgain(err)
	recordStopRequest(a, cause, err, now, again)
	if err == nil {
		s.watcher.PollNow(client.ObjectKeyFromObject(item))
	}
	return reconcile.DoneFor(again)
}

func (s *stopStep) askToStop(ctx context.Context, item *v1alpha1.WorkItem) error {
	b := item.Status.Attempt.Build
	service, err := s.access.Builds(ctx, item)
	if err != nil {
		return err
	}
	if err := service.Stop(ctx, build.Reference(b.ARN)); err != nil && fault.CodeOf(err) != fault.CodeNotFound {
		return fmt.Errorf("stopping build %s: %w", b.ID, err)
	}
	return nil
}

// recordStopRequest records that the build was asked to stop, or why it could not be.
func recordStopRequest(a *v1alpha1.Attempt, cause policy.StopCause, err error, now time.Time, again time.Duration) {
	next := metav1.NewMicroTime(now.Add(again))
	a.StopAgainTime, a.StopRefusal = &next, fault.Cut(fault.Message(err), maxMessage)
	if err == nil && a.StopRequestedTime == nil {
		t := metav1.NewMicroTime(now)
		a.StopRequestedTime, a.StopReason = &t, string(cause.Outcome)
	}
}

// forgetRefusal removes what is recorded of a build that could not be stopped, once nobody wants it to stop any more.
func forgetRefusal(item *v1alpha1.WorkItem) {
	if a := item.Status.Attempt; item.AttemptActive() {
		if a.StopRefusal = ""; a.StopRequestedTime == nil {
			a.StopAgainTime = nil
		}
	}
}
