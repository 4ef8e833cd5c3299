// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// scenario is one way of a card, and what must have become of it in the end, wherever a manager died.
type scenario struct {
	name string
	// conducts are those of its builds, in their order.
	conducts []conduct
	// before prepares the world, before a manager runs.
	before func(context.Context, *world) error
	// act does a person's part; it is called again and again until it reports that it is done.
	act func(context.Context, *world, *v1alpha1.WorkItem) (done bool, err error)
	// What the end is: why, on which column, after how many attempts and builds, and how often the work was pushed.
	reason   string
	column   string
	attempts int32
	builds   int
	pushes   int
	comments int // at most; 0 is 1

	// gone: in the end no item is there, and none comes back.
	gone bool
	// preface is what each of its builds does before it claims. Optional.
	preface func(context.Context, *world, codebuild.Running) error
	// again are the requests that other scenarios have, too, and at which a manager is to die here all the same.
	again []string
	// idle: most of its time is waiting, so that many may go on at once.
	idle bool
}

// work is what the scenario's builds do.
func (s scenario) work() *work { return &work{conducts: s.conducts, preface: s.preface} }

// plain is the way that nothing disturbs.
var plain = scenario{
	name: "plain", conducts: []conduct{succeeds},
	reason: v1alpha1.ReasonSucceeded, column: columnDone, attempts: 1, builds: 1, pushes: 1,
}

// scenarios are the ways on which all of a manager's calls occur.
var scenarios = slices.Concat(ways, startWays, strangeWays, deletions)

// ways are those that a card goes by itself, by a cancel, and after others who are no more.
var ways = []scenario{
	plain,
	{
		// The build dies without a word: the manager finds its end, releases the lock and tries again.
		name: "worker lost", conducts: []conduct{dies, succeeds},
		reason: v1alpha1.ReasonSucceeded, column: columnDone, attempts: 2, builds: 2, pushes: 1,
	},
	{
		// A person cancels while the build runs: it is stopped, waited for and released, and the pull request is notified.
		name: "cancelled", conducts: []conduct{hangs}, act: cancel,
		// Its card must not look as if somebody still worked on it.
		reason: v1alpha1.ReasonCancelled, column: columnFailed, attempts: 1, builds: 1,
	},
	{
		// Slot and branch are held by a lock that has expired and that no build ever claimed.
		name: "abandoned before", conducts: []conduct{succeeds}, before: expired(false),
		reason: v1alpha1.ReasonSucceeded, column: columnDone, attempts: 1, builds: 1, pushes: 1,
	},
	{
		// They are held by an expired lock whose build has been over for long.
		name: "reclaimed before", conducts: []conduct{succeeds}, before: expired(true),
		reason: v1alpha1.ReasonSucceeded, column: columnDone, attempts: 1, builds: 2, pushes: 1,
	},
}

func cancel(ctx context.Context, w *world, item *v1alpha1.WorkItem) (bool, error) {
	if !w.working(item) {
		return false, nil
	}
	return w.cancel(ctx, item)
}

// cancel sets spec.cancel.
func (w *world) cancel(ctx context.Context, item *v1alpha1.WorkItem) (bool, error) {
	before := item.DeepCopy()
	item.Spec.Cancel = true
	if err := w.client.Patch(ctx, item, client.MergeFrom(before)); err != nil {
		return false, fmt.Errorf("cancelling: %w", err)
	}
	return true, nil
}

// expired leaves rows behind as a cluster does that is no more.
func expired(withBuild bool) func(context.Context, *world) error {
	return func(ctx context.Context, w *world) error {
		ago := time.Now().Add(-time.Hour)
		repo, err := w.repositoryID()
		if err != nil {
			return err
		}
		l, err := w.strange.Acquire(ctx, lock.Request{
			LockID: "left-behind", WorkItemID: "gone/team/x", Holder: "gone", Attempt: 1, ProjectARN: projectARN,
			SlotKey: contract.SlotKey(projectARN, 0), CardKey: contract.ObjectCardKey("gone"), Trigger: ago,
			BranchKey: contract.BranchKey(hostOf(w.gitHubURL), repo, "refs/heads/"+branch), Now: ago, ExpiresAt: ago.Add(time.Minute),
		})
		if err != nil || !withBuild {
			return err
		}
		arn, err := w.buildThatIsOver(ctx)
		if err != nil {
			return err
		}
		return w.strange.Claim(ctx, l, arn, ago.Add(time.Minute))
	}
}

// hostOf is the host as it is in a branch's key.
func hostOf(url string) string { return strings.TrimPrefix(url, "http://") }

// await calls look until it reports that it is done.
func await(ctx context.Context, what string, look func() (bool, error)) error {
	ctx, stop := context.WithTimeout(ctx, patience)
	defer stop()
	ticker := time.NewTicker(100 * time.Millisecond)
	defer ticker.Stop()
	for {
		ok, err := look()
		if err != nil {
			return err
		}
		if ok {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(errStuck, fmt.Errorf("%s: not within %s", what, patience))
		case <-ticker.C:
		}
	}
}
