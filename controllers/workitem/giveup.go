// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

const (
	// lookBack is how far before the intent builds are looked for, for the sake of clocks that differ.
	lookBack = 5 * time.Minute
	// abandonedPause is how soon an item stands in the queue again after an attempt without a build.
	abandonedPause = 30 * time.Second
)

// lookAndGiveUp ends a start that nothing is known of: first the lock's row is asked, then the project's recent
// builds, and only then is the attempt abandoned. If a build claims the lock in the meantime, it has won.
func (s *startStep) lookAndGiveUp(ctx context.Context, item *v1alpha1.WorkItem) (result, error) {
	a := item.Status.Attempt
	service, err := s.clients.Builds(ctx, item.Namespace, a.Parameters.AWS)
	if err != nil {
		return result{}, fmt.Errorf("reaching CodeBuild: %w", err)
	}
	table, err := s.table(ctx, item)
	if err != nil {
		return result{}, err
	}
	row, err := branchRow(ctx, table, a)
	if err != nil {
		return result{}, err
	}
	ours := row.LockID == a.LockID && row.Fence == a.Fence
	switch {
	case ours && row.BuildID != "":
		return s.adopt(ctx, item, service, build.Reference(row.BuildID))
	case !ours || row.Status != contract.StatusInProgress:
		return s.takenAway(ctx, item, table)
	}
	message := "No build could be started within two minutes."
	recent, err := service.Recent(ctx, a.Parameters.ProjectName, a.IntentTime.Add(-lookBack))
	switch {
	case fault.IsTerminal(err):
		// Who may not list builds may never be allowed to. A lock that can be abandoned is one that no build can
		// claim any more, so a build that was started unseen will do nothing: only its start is wasted.
		message += " Whether one was, could not be looked for: " + fault.Message(err)
	case err != nil:
		return result{}, fmt.Errorf("looking for the attempt's build: %w", err)
	}
	if b, ok := buildOf(recent, a.LockID); ok {
		return s.claim(ctx, item, service, b)
	}
	err = abandon(ctx, table, a, s.clock.Now())
	switch {
	case errors.Is(err, errClaimed), isRefusal(err):
		return waitFor(time.Second), nil // a build came first; the next look finds it
	case err != nil:
		return result{}, err
	}
	return s.giveUp(item, message)
}

// takenAway ends an attempt whose lock is free, or another's, before it knew of a build. A build that came unseen may
// have worked the trigger off by then: another attempt would find that out too, but an item that is withdrawn while it
// waits for one would not.
func (s *startStep) takenAway(ctx context.Context, item *v1alpha1.WorkItem, table lock.Reader) (result, error) {
	v, recorded, err := recordedEnd(ctx, table, item.Status.Attempt)
	switch {
	case err != nil:
		return result{}, err
	case recorded:
		finish(item, v, s.clock.Now())
		return goOn(), nil
	}
	return s.giveUp(item, "The lock was taken away before a build had claimed it.")
}

// giveUp puts the item back into the queue. An attempt without a build counts for nothing.
func (s *startStep) giveUp(item *v1alpha1.WorkItem, message string) (result, error) {
	now := s.clock.Now()
	why := message
	if c := conditionsOf(now, item).Get(v1alpha1.ConditionBuildStarted); c != nil && c.Reason != v1alpha1.ReasonProgressing {
		why = message + " " + c.Message
	}
	requeue(item, v1alpha1.ReasonAbandoned, why, false, now.Add(s.jitter(abandonedPause<<abandonedInARow(item))), now)
	s.metrics.attempts.WithLabelValues(v1alpha1.ReasonAbandoned).Inc()
	return waitFor(time.Second), nil
}

// abandonedInARow counts the latest attempts that had no build: a start that can never succeed must not hold slot and
// branch for most of the time.
func abandonedInARow(item *v1alpha1.WorkItem) int {
	n := 0
	for i := len(item.Status.PastAttempts) - 1; i >= 0 && item.Status.PastAttempts[i].Outcome == v1alpha1.ReasonAbandoned; i-- {
		n++
	}
	return n
}

// buildOf is the first build that was started for a lock. Builds come newest first.
func buildOf(recent []build.Build, lockID string) (build.Build, bool) {
	for i := len(recent) - 1; i >= 0; i-- {
		if recent[i].LockID == lockID {
			return recent[i], true
		}
	}
	return build.Build{}, false
}

// isRefusal reports whether the table itself refused the operation.
func isRefusal(err error) bool {
	var refusal *lock.Refusal
	return errors.As(err, &refusal)
}
