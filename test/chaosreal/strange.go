// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"k8s.io/utils/ptr"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// strangeWays are those on which somebody else has a hand in the lock table or in CodeBuild.
var strangeWays = []scenario{
	{
		// Another cluster acquires the last slot in the same moment: both see one too many, and this one releases its own.
		name: "one slot too many", conducts: []conduct{succeeds}, before: slotIsAcquired, act: strangerLeaves,
		again: []string{lockAcquire, lockFree, readSlots}, idle: true,
		reason: v1alpha1.ReasonSucceeded, column: columnDone, attempts: 2, builds: 1, pushes: 1,
	},
	{
		// Locks whose holders are gone, on slots and branches that nobody wants: only the sweep frees them.
		name: "swept", conducts: []conduct{succeeds}, before: leavesToSweep,
		again:  []string{lockFree, getBuilds},
		reason: v1alpha1.ReasonSucceeded, column: columnDone, attempts: 1, builds: 2, pushes: 1,
	},
	{
		// The lock table is deleted and made again while the build works. It finds out, and the next attempt does the work.
		name: "table made again", conducts: []conduct{heartbeats, succeeds}, act: makeTableAgain,
		reason: v1alpha1.ReasonSucceeded, column: columnDone, attempts: 2, builds: 2, pushes: 1,
	},
	{
		name: "retried by hand while it works", conducts: []conduct{retried},
		reason: v1alpha1.ReasonSucceeded, column: columnDone, attempts: 1, builds: 2, pushes: 1,
	},
	{
		name: "retried by hand after it died", conducts: []conduct{dies, succeeds}, before: retriedBeforeRelease,
		reason: v1alpha1.ReasonSucceeded, column: columnDone, attempts: 2, builds: 3, pushes: 1,
	},
	{
		name: "retried by hand at the end", conducts: []conduct{succeeds}, act: retryAtEnd,
		reason: v1alpha1.ReasonSucceeded, column: columnDone, attempts: 1, builds: 2, pushes: 1,
	},
}

// projectARN is the CodeBuild project's.
const projectARN = "arn:aws:codebuild:" + region + ":" + account + ":project/" + projectName

// stranger is another cluster's request for a slot and for a branch of its own.
func stranger(slot int, now, expiresAt time.Time) lock.Request {
	id := fmt.Sprintf("stranger-%d", slot)
	return lock.Request{
		LockID: id, WorkItemID: "other/team/x", Holder: id, Attempt: 1, ProjectARN: projectARN, SlotKey: contract.SlotKey(projectARN, slot),
		BranchKey: contract.BranchKey("elsewhere", int64(slot), "refs/heads/"+branch), CardKey: contract.ObjectCardKey(id),
		Trigger: now, Now: now, ExpiresAt: expiresAt,
	}
}

// slotIsAcquired has another cluster acquire a slot just before the manager acquires another.
func slotIsAcquired(ctx context.Context, w *world) error {
	w.tap.before(lockAcquire, func() {
		now := time.Now()
		_, err := w.strange.Acquire(ctx, stranger(1, now, now.Add(time.Hour)))
		w.fail(err)
	})
	return nil
}

// strangerLeaves releases the other cluster's slot, once the manager has released its own.
func strangerLeaves(ctx context.Context, w *world, _ *v1alpha1.WorkItem) (bool, error) {
	if gaveUp, err := w.gaveUp(); err != nil || !gaveUp {
		return false, err
	}
	key := stranger(1, time.Time{}, time.Time{}).BranchKey
	rows, err := w.strange.Rows(ctx, []string{key})
	if err != nil {
		return false, fmt.Errorf("reading the stranger's row: %w", err)
	}
	return true, w.strange.Abandon(ctx, rows[key], time.Now())
}

// gaveUp reports whether the card's first lock was given up before a build had it.
func (w *world) gaveUp() (bool, error) {
	rows, err := w.tables.Rows(tableName)
	if err != nil {
		return false, fmt.Errorf("reading the lock table: %w", err)
	}
	for key, row := range rows {
		status, _ := row[contract.AttrStatus]["S"].(string)
		if strings.HasPrefix(key, "branch#"+hostOf(w.gitHubURL)) && status == string(contract.StatusFailed) {
			return true, nil
		}
	}
	return false, nil
}

// leavesToSweep leaves two expired locks behind, one with a build that is over. There is room for the card beside them.
func leavesToSweep(ctx context.Context, w *world) error {
	w.args = append(w.args, "--sweep-interval=1s")
	ago := time.Now().Add(-time.Hour)
	arn, err := w.buildThatIsOver(ctx)
	if err != nil {
		return err
	}
	_, err = w.strange.Acquire(ctx, stranger(1, ago, ago.Add(time.Minute)))
	claimed, err2 := w.strange.Acquire(ctx, stranger(2, ago, ago.Add(time.Minute)))
	if err := errors.Join(err, err2); err != nil {
		return fmt.Errorf("leaving locks behind: %w", err)
	}
	if err := w.strange.Claim(ctx, claimed, arn, ago.Add(time.Minute)); err != nil {
		return fmt.Errorf("leaving a claimed lock behind: %w", err)
	}
	return w.adjust(ctx, func(e *v1alpha1.WorkEnvironmentSpec) { e.Concurrency = ptr.To[int32](3) })
}

// tableAway is how long the lock table is not there.
const tableAway = 2 * time.Second

// makeTableAgain deletes the lock table under a working build, and makes it again.
func makeTableAgain(ctx context.Context, w *world, item *v1alpha1.WorkItem) (bool, error) {
	if !w.working(item) {
		return false, nil
	}
	err := w.recorder.wipe(func() error {
		q := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader(`{"TableName":"`+tableName+`"}`))
		q.Header.Set("X-Amz-Target", "DynamoDB_20120810.DeleteTable")
		answer := httptest.NewRecorder()
		w.tables.ServeHTTP(answer, q)
		if answer.Code != http.StatusOK {
			return fmt.Errorf("deleting the lock table: %s", answer.Body)
		}
		return nil
	})
	if err != nil {
		return false, err
	}
	select {
	case <-time.After(tableAway):
	case <-ctx.Done():
		return false, ctx.Err()
	}
	return true, w.tables.CreateLockTable(tableName)
}

// working reports whether the card's build has claimed its lock, and the status names the build.
func (w *world) working(item *v1alpha1.WorkItem) bool {
	return item != nil && item.Status.Phase == v1alpha1.PhaseRunning && w.work.tally().claims > 0
}

// retryByHand starts a build again as a person can in the console, and waits until that one is over.
func (w *world) retryByHand(ctx context.Context, id string) error {
	again, err := w.builds.RetryBuild(id, "a person")
	if err != nil {
		return fmt.Errorf("starting a build again by hand: %w", err)
	}
	if _, err = w.builds.WaitFor(ctx, again.ID, codebuild.Build.Over); err != nil {
		return fmt.Errorf("waiting for a build that was started by hand: %w", err)
	}
	return nil
}

// retriedBeforeRelease has a person start the dead build again just before the manager frees its lock.
func retriedBeforeRelease(ctx context.Context, w *world) error {
	w.tap.before("lock release", func() { w.fail(w.retryByHand(ctx, w.builds.Builds()[0].ID)) })
	return nil
}

func retryAtEnd(ctx context.Context, w *world, item *v1alpha1.WorkItem) (bool, error) {
	if item == nil || !concluded(item) {
		return false, nil
	}
	return true, w.retryByHand(ctx, w.builds.Builds()[0].ID)
}
