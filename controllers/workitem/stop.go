// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"errors"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/watch"
)

const (
	// stopAgain is how soon a build that does not stop is asked again.
	stopAgain = time.Minute
	// stopPatience is how long a build may take to stop before that is reported.
	stopPatience = 10 * time.Minute
)

// stop ends what is to be ended: by a person's will, or because a deadline has passed. It runs before the steps,
// whatever step the item is at, and never reads the environment: the attempt froze what stopping needs.
func (r *Reconciler) stop(ctx context.Context, item *v1alpha1.WorkItem) (result, error) {
	now := r.clock.Now()
	if finished(item) {
		return goOn(), nil
	}
	cause := firstCause(now, item, r.latest(item))
	if cause == nil {
		return goOn(), nil
	}
	if attemptActive(item) {
		return r.stopAttempt(ctx, item, *cause)
	}
	if err := r.abandonUnrecorded(ctx, item); err != nil {
		return result{}, err
	}
	finish(item, verdict{outcome: cause.reason, message: cause.message}, now)
	return goOn(), nil
}

// abandonUnrecorded gives up a lock that the status does not know of: it was taken just before the write that would
// have told of it was refused or lost. It is found by its id, in the slots of the environment's project. Where there
// is no environment to look in, the sweep finds it once it has expired.
func (r *Reconciler) abandonUnrecorded(ctx context.Context, item *v1alpha1.WorkItem) error {
	env, err := r.environment(ctx, item)
	if apierrors.IsNotFound(err) || (err == nil && env.Status.ProjectARN == "") {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the environment: %w", err)
	}
	table, err := r.clients.Table(ctx, item.Namespace, env.Spec.AWS, env.Spec.Lock.TableName)
	if err != nil {
		return fmt.Errorf("reaching the lock table: %w", err)
	}
	slots, err := readSlots(ctx, table, env.Status.ProjectARN)
	if err != nil {
		return err
	}
	lockID := contract.LockID(string(item.UID), nextNumber(item))
	for _, row := range slots {
		if row.LockID != lockID || !row.Held() {
			continue
		}
		a := &v1alpha1.Attempt{LockID: lockID, Parameters: v1alpha1.FrozenParameters{BranchKey: row.BranchKey}}
		if err := abandon(ctx, table, a, r.clock.Now()); err != nil {
			return fmt.Errorf("giving up a lock that was taken just before: %w", err)
		}
	}
	return nil
}

// latest is what was last seen of the item's build, or nil.
func (r *Reconciler) latest(item *v1alpha1.WorkItem) *watch.Observation {
	if a := item.Status.Attempt; a != nil && a.Build != nil {
		return r.Watcher.Latest(client.ObjectKeyFromObject(item), a.Build.ARN)
	}
	return nil
}

func (r *Reconciler) stopAttempt(ctx context.Context, item *v1alpha1.WorkItem, cause stopCause) (result, error) {
	a := item.Status.Attempt
	now := r.clock.Now()
	if a.Build == nil {
		table, err := r.table(ctx, item)
		if err != nil {
			return result{}, err
		}
		err = abandon(ctx, table, a, now)
		switch {
		case err == nil:
			v, err := lastWord(ctx, table, a, cause)
			if err != nil {
				return result{}, err
			}
			endAttempt(item, v.outcome, now)
			finish(item, v, now)
			return goOn(), nil
		case !errors.Is(err, errClaimed):
			return result{}, err
		}
		// A build came first: it is the attempt's now, and is stopped like any other.
		row, err := branchRow(ctx, table, a)
		if err != nil {
			return result{}, err
		}
		started(item, build.Build{ID: buildID(row.BuildID), ARN: row.BuildID}, now)
	}
	return r.stopBuild(ctx, item, cause)
}

// lastWord is how an attempt ends that has no lock and no known build. Its build may have come, worked the arming off
// and released, and the branch be another's by now: then the card's record tells of it, and nothing else does.
func lastWord(ctx context.Context, table lock.Reader, a *v1alpha1.Attempt, cause stopCause) (verdict, error) {
	card, err := table.Card(ctx, a.Parameters.CardKey)
	if err != nil {
		return verdict{}, fmt.Errorf("reading the card's record: %w", err)
	}
	if card.Exists && card.LockID == a.LockID {
		return judge(gather(a, lock.Row{}, card)), nil
	}
	return verdict{outcome: cause.reason, message: cause.message}, nil
}

// stopBuild asks the build to stop, and again from time to time. The steps then watch it to its end: only a build
// that is over gives its lock back.
func (r *Reconciler) stopBuild(ctx context.Context, item *v1alpha1.WorkItem, cause stopCause) (result, error) {
	a := item.Status.Attempt
	now := r.clock.Now()
	asked := a.StopRequestedTime
	if conditionsOf(now, item).IsTrue(v1alpha1.ConditionBuildFinished) || a.Build.EndTime != nil ||
		(asked != nil && now.Sub(asked.Time) < stopAgain) {
		return goOn(), nil
	}
	service, err := r.clients.Builds(ctx, item.Namespace, a.Parameters.AWS)
	if err != nil {
		return result{}, fmt.Errorf("reaching CodeBuild to stop the build: %w", err)
	}
	if err := service.Stop(ctx, a.Build.ID); err != nil && fault.CodeOf(err) != fault.CodeNotFound {
		return result{}, fmt.Errorf("stopping build %s: %w", a.Build.ID, err)
	}
	if asked == nil {
		t := metav1.NewMicroTime(now)
		a.StopRequestedTime, a.StopReason = &t, cause.reason
	}
	r.Watcher.Hasten(client.ObjectKeyFromObject(item))
	return goOn(), nil
}
