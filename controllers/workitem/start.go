// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/access"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/dispatch"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/locks"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/logging"
)

// startStep starts the attempt's build, once, whatever crashes: the intent is persisted first, the call carries a token
// made from the lock, and what is not known afterwards is looked for before the attempt is abandoned.
type startStep struct {
	access     access.Access
	clock      clock.PassiveClock
	random     func() float64
	metrics    *Metrics
	dispatcher *dispatch.Dispatcher
	// persist writes the status now.
	persist func(context.Context, *v1alpha1.WorkItem) error
}

// Condition implements reconcile.Step.
func (s *startStep) Condition() string { return v1alpha1.ConditionBuildStarted }

// Reconcile implements reconcile.Step.
func (s *startStep) Reconcile(ctx context.Context, item *v1alpha1.WorkItem) (reconcile.Result, error) {
	a := item.Status.Attempt
	if item.Finished() || (a != nil && (a.Outcome != "" || a.Build != nil)) {
		return reconcile.Done(), nil
	}
	if a.IntentTime == nil {
		if err := s.intend(ctx, item); err != nil {
			return reconcile.Result{}, err
		}
		a = item.Status.Attempt
	}
	now := s.clock.Now()
	if policy.StartsExhausted(now, a) {
		return s.lookAndAbandon(ctx, item)
	}
	if left := policy.NextStart(a).Sub(now); left > 0 {
		return reconcile.WaitFor(left), nil
	}
	service, err := s.access.Builds(ctx, item)
	if err != nil {
		return s.notStarted(item, err)
	}
	b, err := service.Start(ctx, startRequest(a))
	if err != nil {
		return s.notStarted(item, err)
	}
	result, err := s.claim(ctx, item, service, b)
	if err != nil {
		a.StartCalls++ // so that the next call keeps its distance
	}
	return result, err
}

// intend persists that a build is about to be started.
func (s *startStep) intend(ctx context.Context, item *v1alpha1.WorkItem) error {
	now := s.clock.Now()
	a := item.Status.Attempt
	t, by := metav1.NewMicroTime(now), metav1.NewTime(now.Add(policy.StartWindow))
	a.IntentTime, a.Deadlines.StartBy = &t, &by
	conditionsOf(now, item).Unknown(v1alpha1.ConditionBuildStarted, v1alpha1.ReasonProgressing, "The build is being started.")
	if err := s.persist(ctx, item); err != nil {
		return fmt.Errorf("persisting the intent to start a build: %w", err)
	}
	return nil
}

func startRequest(a *v1alpha1.Attempt) build.StartRequest {
	variables := make([]contract.Variable, 0, len(a.Parameters.Environment))
	for _, v := range a.Parameters.Environment {
		name, value, _ := strings.Cut(v, "=")
		variables = append(variables, contract.Variable{Name: name, Value: value})
	}
	return build.StartRequest{
		Project: a.Parameters.ProjectName, Token: contract.IdempotencyToken(a.LockID), Environment: variables,
		Timeout: a.Parameters.Timeout.Duration, QueuedTimeout: a.Parameters.QueuedTimeout.Duration,
	}
}

// notStarted waits and calls again until the window is over. Whatever the error says of this call, an earlier one of the
// same attempt may have started a build unseen, so nothing is concluded from it alone.
func (s *startStep) notStarted(item *v1alpha1.WorkItem, err error) (reconcile.Result, error) {
	now := s.clock.Now()
	a := item.Status.Attempt
	set := conditionsOf(now, item)
	switch {
	case errors.Is(err, build.ErrTokenReused):
		set.Unknown(v1alpha1.ConditionBuildStarted, v1alpha1.ReasonStartRefused, fault.Message(err))
	case !errors.Is(err, build.ErrRejected):
		set.Unknown(v1alpha1.ConditionBuildStarted, v1alpha1.ReasonStartUnknown,
			"CodeBuild's answer was lost; the same call is repeated: "+fault.Message(err))
	case fault.CodeOf(err) == fault.CodeCapacity || fault.CodeOf(err) == fault.CodeRateLimited:
		set.False(v1alpha1.ConditionBuildStarted, v1alpha1.ReasonCapacity, fault.Message(err))
	default:
		set.False(v1alpha1.ConditionBuildStarted, v1alpha1.ReasonStartRefused, fault.Message(err))
	}
	s.metrics.noteStartRefusal(item, set.Get(v1alpha1.ConditionBuildStarted).Reason)
	a.StartCalls++
	return reconcile.WaitFor(policy.StartRecheck(now, a)), nil
}

// claim records the build in the lock's rows, so that it is known there even if the worker never comes up.
func (s *startStep) claim(ctx context.Context, item *v1alpha1.WorkItem, service build.Service, b build.Build) (reconcile.Result, error) {
	a := item.Status.Attempt
	table, err := s.access.Table(ctx, item)
	if err != nil {
		return reconcile.Result{}, err
	}
	now := s.clock.Now()
	err = table.Claim(ctx, locks.Of(a), string(b.Reference), now.Add(a.Parameters.LeaseDuration.Duration))
	switch {
	case err == nil:
		started(item, b, now)
		return reconcile.Done(), nil
	case !locks.IsRefusal(err):
		return reconcile.Result{}, fmt.Errorf("recording the build in the lock: %w", err)
	}
	return s.claimRefused(ctx, item, service, b)
}

// claimRefused sorts out a lock that is not as we believe. If it is still the attempt's with another build in it, that
// build is the attempt's, and the one just started is not needed. Else the attempt is over.
func (s *startStep) claimRefused(ctx context.Context, item *v1alpha1.WorkItem, service build.Service, b build.Build) (reconcile.Result, error) {
	a := item.Status.Attempt
	table, err := s.access.Table(ctx, item)
	if err != nil {
		return reconcile.Result{}, err
	}
	row, err := locks.BranchRow(ctx, table, a)
	if err != nil {
		return reconcile.Result{}, err
	}
	ours := row.LockID == a.LockID && row.Fence == a.Fence
	if ours && row.BuildID == string(b.Reference) {
		started(item, b, s.clock.Now()) // claimed, and perhaps released already, by the worker
		return reconcile.Done(), nil
	}
	if err := service.Stop(ctx, b.Reference); err != nil { // best effort: without its lock it does nothing
		logging.Warn(log.FromContext(ctx), "Could not stop a build that is not needed",
			logging.KeyBuild, b.Reference.Name(), logging.KeyError, fault.Message(err))
	}
	if ours && row.BuildID != "" {
		return s.adopt(ctx, item, service, build.Reference(row.BuildID))
	}
	return s.lockLost(ctx, item, table, true)
}

// adopt makes a build that was found the attempt's.
func (s *startStep) adopt(ctx context.Context, item *v1alpha1.WorkItem, service build.Observer, ref build.Reference) (reconcile.Result, error) {
	found, _, err := service.Get(ctx, []build.Reference{ref})
	if err != nil {
		return reconcile.Result{}, fmt.Errorf("looking at build %s: %w", ref, err)
	}
	b, ok := found[ref]
	if !ok {
		b = build.Build{Reference: ref}
	}
	started(item, b, s.clock.Now())
	return reconcile.Done(), nil
}

// started records the build in the status.
func started(item *v1alpha1.WorkItem, b build.Build, now time.Time) {
	a := item.Status.Attempt
	a.Build = &v1alpha1.BuildStatus{ID: b.Reference.Name(), ARN: string(b.Reference)}
	observeBuild(a.Build, b)
	provisioned := metav1.NewTime(now.Add(a.Parameters.QueuedTimeout.Duration + policy.RunGrace))
	over := metav1.NewTime(now.Add(a.Parameters.QueuedTimeout.Duration + a.Parameters.Timeout.Duration + policy.RunGrace))
	a.Deadlines.ProvisionBy, a.Deadlines.RunBy = &provisioned, &over
	set := conditionsOf(now, item)
	set.True(v1alpha1.ConditionBuildStarted, v1alpha1.ReasonStarted, fmt.Sprintf("Build %s was started.", b.Reference.Name()))
	set.Unknown(v1alpha1.ConditionBuildFinished, v1alpha1.ReasonRunning, "The build runs.")
}
