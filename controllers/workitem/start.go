// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

const (
	// startWindow is how long a start is tried. With the call's own time-out it stays well under the five
	// minutes for which CodeBuild knows the token.
	startWindow = 2 * time.Minute
	// runGrace is what a build may take over its time-outs, before it is asked to stop.
	runGrace = 10 * time.Minute
)

// startStep starts the attempt's build, once, whatever crashes: the intent is persisted first, the call carries a
// token made from the lock, and what is not known afterwards is looked for before the attempt is given up.
type startStep struct {
	deps
	persist func(context.Context, *v1alpha1.WorkItem) error
}

// condition implements step.
func (s *startStep) condition() string { return v1alpha1.ConditionBuildStarted }

// Reconcile implements step.
func (s *startStep) Reconcile(ctx context.Context, item *v1alpha1.WorkItem) (result, error) {
	a := item.Status.Attempt
	if item.Finished() || (a != nil && (a.Outcome != "" || a.Build != nil)) {
		return goOn(), nil
	}
	if a.IntentTime == nil {
		if err := s.intend(ctx, item); err != nil {
			return result{}, err
		}
		a = item.Status.Attempt
	}
	now := s.clock.Now()
	if now.After(a.Deadlines.StartBy.Time) || int(a.StartCalls) >= policyOf(a.Parameters.StartRetry, contract.RetryStartBuild).Tries {
		return s.lookAndGiveUp(ctx, item)
	}
	if left := nextStart(a).Sub(now); left > 0 {
		return waitFor(left), nil
	}
	service, err := s.clients.Builds(ctx, item.Namespace, a.Parameters.AWS)
	if err != nil {
		return s.notStarted(item, err)
	}
	b, err := service.Start(ctx, startRequest(a))
	if err != nil {
		return s.notStarted(item, err)
	}
	res, err := s.claim(ctx, item, service, b)
	if err != nil {
		a.StartCalls++ // so that the next call keeps its distance
	}
	return res, err
}

// intend persists that a build is about to be started.
func (s *startStep) intend(ctx context.Context, item *v1alpha1.WorkItem) error {
	now := s.clock.Now()
	a := item.Status.Attempt
	t, by := metav1.NewMicroTime(now), metav1.NewTime(now.Add(startWindow))
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

// notStarted waits and calls again until the window is over. Whatever the error says of this call, an earlier one
// of the same attempt may have started a build unseen, so nothing is concluded from it alone.
func (s *startStep) notStarted(item *v1alpha1.WorkItem, err error) (result, error) {
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
	s.metrics.startRefusals.Inc()
	a.StartCalls++
	return waitFor(max(min(nextStart(a).Sub(now), a.Deadlines.StartBy.Sub(now)+time.Second), time.Second)), nil
}

// nextStart is when CodeBuild may be asked to start the build: at the intent's time, and after each call that gave
// none a backoff later. It is computed from what the status holds, because the very write that counts a call wakes
// the item again: a wait that only the queue knew of would be none, and CodeBuild would be asked ten times a second.
func nextStart(a *v1alpha1.Attempt) time.Time {
	policy := policyOf(a.Parameters.StartRetry, contract.RetryStartBuild)
	at := a.IntentTime.Time
	for n := int32(1); n <= a.StartCalls && at.Before(a.Deadlines.StartBy.Time); n++ {
		at = at.Add(max(policy.Backoff(int(n), spread(a.LockID)), time.Second))
	}
	return at
}

// spread is a number from 0 to 1 that differs from attempt to attempt, and for one attempt is always the same.
func spread(lockID string) float64 {
	n, err := strconv.ParseUint(lockID[:min(len(lockID), 4)], 16, 16)
	if err != nil {
		return 0
	}
	return float64(n) / (1 << 16)
}

// claim records the build in the lock's rows, so that it is known there even if the worker never comes up.
func (s *startStep) claim(ctx context.Context, item *v1alpha1.WorkItem, service build.Service, b build.Build) (result, error) {
	a := item.Status.Attempt
	table, err := s.table(ctx, item)
	if err != nil {
		return result{}, err
	}
	now := s.clock.Now()
	err = table.Claim(ctx, lockOf(a), string(b.Reference), now.Add(a.Parameters.LeaseDuration.Duration))
	switch {
	case err == nil:
		started(item, b, now)
		return goOn(), nil
	case !isRefusal(err):
		return result{}, fmt.Errorf("recording the build in the lock: %w", err)
	}
	return s.refusedClaim(ctx, item, service, b)
}

// refusedClaim sorts out a lock that is not as we believe. If it is still ours with another build in it, that
// build is the attempt's, and the one just started is not needed. Else the attempt is over.
func (s *startStep) refusedClaim(ctx context.Context, item *v1alpha1.WorkItem, service build.Service, b build.Build) (result, error) {
	a := item.Status.Attempt
	table, err := s.table(ctx, item)
	if err != nil {
		return result{}, err
	}
	row, err := branchRow(ctx, table, a)
	if err != nil {
		return result{}, err
	}
	ours := row.LockID == a.LockID && row.Fence == a.Fence
	if ours && row.BuildID == string(b.Reference) {
		started(item, b, s.clock.Now()) // claimed, and perhaps released already, by the worker
		return goOn(), nil
	}
	if err := service.Stop(ctx, b.Reference); err != nil { // best effort: without its lock it does nothing
		log.FromContext(ctx).Info("Could not stop a build that is not needed", keyBuild, b.Reference.Name(), keyError, fault.Message(err))
	}
	if ours && row.BuildID != "" {
		return s.adopt(ctx, item, service, build.Reference(row.BuildID))
	}
	return s.takenAway(ctx, item, table)
}

// adopt makes a build that was found the attempt's.
func (s *startStep) adopt(ctx context.Context, item *v1alpha1.WorkItem, service build.Observer, ref build.Reference) (result, error) {
	found, _, err := service.Get(ctx, []build.Reference{ref})
	if err != nil {
		return result{}, fmt.Errorf("looking at build %s: %w", ref, err)
	}
	b, ok := found[ref]
	if !ok {
		b = build.Build{Reference: ref}
	}
	started(item, b, s.clock.Now())
	return goOn(), nil
}

// started records the build in the status.
func started(item *v1alpha1.WorkItem, b build.Build, now time.Time) {
	a := item.Status.Attempt
	a.Build = &v1alpha1.BuildStatus{ID: b.Reference.Name(), ARN: string(b.Reference)}
	observeBuild(a.Build, b)
	provisioned := metav1.NewTime(now.Add(a.Parameters.QueuedTimeout.Duration + runGrace))
	over := metav1.NewTime(now.Add(a.Parameters.QueuedTimeout.Duration + a.Parameters.Timeout.Duration + runGrace))
	a.Deadlines.ProvisionBy, a.Deadlines.RunBy = &provisioned, &over
	set := conditionsOf(now, item)
	set.True(v1alpha1.ConditionBuildStarted, v1alpha1.ReasonStarted, fmt.Sprintf("Build %s was started.", b.Reference.Name()))
	set.Unknown(v1alpha1.ConditionBuildFinished, v1alpha1.ReasonRunning, "The build runs.")
}
