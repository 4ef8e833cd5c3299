// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"errors"
	"fmt"
	"strings"
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
	// stopAgain is how soon a build that does not stop, or may not be stopped, is asked again.
	stopAgain = time.Minute
	// stopRetry is how soon that is where the question itself was lost.
	stopRetry = 5 * time.Second
	// stopPatience is how long a build may take to stop before that is reported.
	stopPatience = 10 * time.Minute
)

// stop ends what is to be ended: by a person's will, or because a deadline has passed. It runs before the steps,
// whatever step the item is at. Of the environment only its deletion is looked at: the attempt froze what stopping needs.
func (r *Reconciler) stop(ctx context.Context, item *v1alpha1.WorkItem) (result, error) {
	now := r.clock.Now()
	if item.Finished() {
		return goOn(), nil
	}
	cause := firstCause(now, item, r.situation(ctx, item))
	if cause == nil {
		forgetRefusal(item)
		return goOn(), nil
	}
	if item.AttemptActive() {
		res, err := r.stopAttempt(ctx, item, *cause)
		if err != nil {
			return result{}, fmt.Errorf("the attempt is to end (%s): %w", cause.reason, err)
		}
		return res, nil
	}
	r.abandonUnrecorded(ctx, item)
	finish(item, verdict{outcome: cause.reason, message: cause.message}, now)
	return goOn(), nil
}

// situation gathers what is decided from whether the item is to stop.
func (r *Reconciler) situation(ctx context.Context, item *v1alpha1.WorkItem) situation {
	s := situation{seen: r.latest(item)}
	if env, err := r.environment(ctx, item); err == nil {
		s.environment = env
	} else if !apierrors.IsNotFound(err) {
		r.logger(ctx, item).Info("Could not see whether the environment is being deleted", keyError, fault.Message(err))
	}
	if item.AttemptActive() && s.seen != nil && beats(item.Status.Attempt, s.seen) {
		s.silence = r.silent.of(item.Status.Attempt.Build.ARN, *s.seen)
	}
	return s
}

// abandonUnrecorded gives up a lock that the status does not know of. It is best effort: an item that runs nothing ends,
// whether or not its environment can be reached. What is left behind then, the sweep frees once it has expired.
func (r *Reconciler) abandonUnrecorded(ctx context.Context, item *v1alpha1.WorkItem) {
	if err := r.findUnrecorded(ctx, item); err != nil {
		r.logger(ctx, item).Info("Could not look for a lock that the status does not know of", keyError, fault.Message(err))
	}
}

// findUnrecorded looks for a lock that was taken just before the write that would have told of it was refused or lost,
// and gives it up. It is found by its id, in the slots of the environment's project.
func (r *Reconciler) findUnrecorded(ctx context.Context, item *v1alpha1.WorkItem) error {
	env, err := r.environment(ctx, item)
	if apierrors.IsNotFound(err) || (err == nil && env.Status.ProjectARN == "") {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the environment: %w", err)
	}
	table, err := r.clients.Table(ctx, item.Namespace, env.Spec.LockAccess(), env.Spec.Lock.TableName)
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
		return r.Watcher.Latest(client.ObjectKeyFromObject(item), build.Reference(a.Build.ARN))
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
		started(item, build.Build{Reference: build.Reference(row.BuildID)}, now)
	}
	return r.stopBuild(ctx, item, cause), nil
}

// lastWord is how an attempt ends that has no lock and no known build.
func lastWord(ctx context.Context, table lock.Reader, a *v1alpha1.Attempt, cause stopCause) (verdict, error) {
	v, recorded, err := recordedEnd(ctx, table, a)
	if err != nil || recorded {
		return v, err
	}
	return verdict{outcome: cause.reason, message: cause.message}, nil
}

// recordedEnd is how an attempt ended that the card's record tells of. Its build may have come unseen, worked the trigger
// off and released, and the branch be another's by now: then nothing else tells of it.
func recordedEnd(ctx context.Context, table lock.Reader, a *v1alpha1.Attempt) (v verdict, recorded bool, err error) {
	card, err := table.Card(ctx, a.Parameters.CardKey)
	if err != nil {
		return verdict{}, false, fmt.Errorf("reading the card's record: %w", err)
	}
	if !card.Exists || card.LockID != a.LockID {
		return verdict{}, false, nil
	}
	return judge(gather(a, lock.Row{}, card)), true, nil
}

// stopBuild asks the build to stop, and again from time to time. The steps then watch it to its end: only a build
// that is over gives its lock back. They run whether or not it could be asked: it may end by itself, or a person may
// unlock what it holds. When to ask again is in the status, so that a restart forgets nothing and no status write asks.
func (r *Reconciler) stopBuild(ctx context.Context, item *v1alpha1.WorkItem, cause stopCause) result {
	a := item.Status.Attempt
	now := r.clock.Now()
	if conditionsOf(now, item).IsTrue(v1alpha1.ConditionBuildFinished) || a.Build.EndTime != nil {
		return goOn()
	}
	if left := stopDue(now, a); left > 0 {
		return result{done: true, after: left}
	}
	err := r.askToStop(ctx, item)
	again := askAgain(err)
	t := metav1.NewMicroTime(now.Add(again))
	a.StopAgainTime, a.StopRefusal = &t, cut(fault.Message(err), 512)
	if err == nil && a.StopRequestedTime == nil {
		t := metav1.NewMicroTime(now)
		a.StopRequestedTime, a.StopReason = &t, cause.reason
	}
	if err == nil {
		r.Watcher.PollNow(client.ObjectKeyFromObject(item))
	}
	return result{done: true, after: again}
}

func (r *Reconciler) askToStop(ctx context.Context, item *v1alpha1.WorkItem) error {
	a := item.Status.Attempt
	service, err := r.clients.Builds(ctx, item.Namespace, a.Parameters.AWS)
	if err != nil {
		return fmt.Errorf("reaching CodeBuild to stop the build: %w", err)
	}
	if err := service.Stop(ctx, build.Reference(a.Build.ARN)); err != nil && fault.CodeOf(err) != fault.CodeNotFound {
		return fmt.Errorf("stopping build %s: %w", a.Build.ID, err)
	}
	return nil
}

// askAgain is how soon a build is asked to stop again after the last question.
func askAgain(err error) time.Duration {
	if w, ok := fault.AsWait(err); ok {
		return min(max(w.After, stopRetry), stopAgain)
	}
	if err == nil || fault.IsTerminal(err) {
		return stopAgain
	}
	return stopRetry
}

// stopDue is how long it still is until the build may be asked to stop again. More than an interval is left only if
// the clock was set back, and that must not keep a build alive.
func stopDue(now time.Time, a *v1alpha1.Attempt) time.Duration {
	if a.StopAgainTime == nil {
		return 0
	}
	if left := a.StopAgainTime.Sub(now); left <= stopAgain {
		return left
	}
	return 0
}

// forgetRefusal takes away what is told of a build that could not be stopped, once nobody wants it to stop any more.
func forgetRefusal(item *v1alpha1.WorkItem) {
	if a := item.Status.Attempt; item.AttemptActive() {
		if a.StopRefusal = ""; a.StopRequestedTime == nil {
			a.StopAgainTime = nil
		}
	}
}

// refusedStop says what to do about a build that could not be asked to stop.
func refusedStop(a *v1alpha1.Attempt) string {
	return fmt.Sprintf("Build %s is to stop and could not be asked to: %s. It is asked again, and watched meanwhile. "+
		"If this stays: grant the environment's role codebuild:StopBuild, or stop the build in the CodeBuild console.",
		a.Build.ID, strings.TrimSuffix(a.StopRefusal, "."))
}
