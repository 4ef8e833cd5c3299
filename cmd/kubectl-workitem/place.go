// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/pflag"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// rowFlags name a lock that no work item has any more.
type rowFlags struct {
	branchKey, slotKey, environment string
}

func (f *rowFlags) register(flags *pflag.FlagSet) {
	flags.StringVar(&f.branchKey, "branch-key", "", "Key of the branch's row, instead of a work item's name: branch#HOST/REPOSITORY ID#refs/heads/BRANCH.")
	flags.StringVar(&f.slotKey, "slot-key", "", "Key of the slot's row, where the branch's row is gone: slot#PROJECT ARN#NUMBER.")
	flags.StringVar(&f.environment, "environment", "", "WorkEnvironment whose lock table is meant, with --branch-key and --slot-key. Default: the namespace's only one.")
}

// lockPlace is where a lock's row is.
type lockPlace struct {
	key         string
	tableName   string
	aws         v1alpha1.AWSAccess
	tableRegion string
	namespace   string
	lockID      string // of the item's own attempt; empty accepts any holder
}

// find finds the row that is meant. A running attempt froze all that is needed, so a change or deletion of the
// environment since then does not matter.
func (u *unlock) find(ctx context.Context, args []string) (lockPlace, error) {
	key := cmp.Or(u.row.branchKey, u.row.slotKey)
	switch {
	case u.row.branchKey != "" && u.row.slotKey != "" || (key != "") == (len(args) == 1):
		return lockPlace{}, misused("give either the name of a work item, or --branch-key, or --slot-key")
	case u.row.branchKey != "" && !strings.HasPrefix(key, "branch#") || u.row.slotKey != "" && !strings.HasPrefix(key, "slot#"):
		return lockPlace{}, misused("%q is not such a key: a branch's begins with branch#, a slot's with slot#", key)
	case key == "" && u.row.environment != "":
		return lockPlace{}, misused("--environment goes with --branch-key or --slot-key; a work item names its own")
	case key != "":
		return u.placeIn(ctx, u.row.environment, key)
	}
	item, err := u.item(ctx, args[0])
	if err != nil {
		return lockPlace{}, err
	}
	if item.AttemptActive() {
		a := item.Status.Attempt
		return lockPlace{
			key: a.Parameters.BranchKey, tableName: a.Parameters.TableName, aws: a.Parameters.AWS, tableRegion: a.Parameters.LockAccess().Region, namespace: item.Namespace, lockID: a.LockID,
		}, nil
	}
	acc := item.Status.Accepted
	if acc == nil {
		return lockPlace{}, refused("%s has no attempt, and its branch was not found yet, so it neither holds a lock nor waits for one; "+
			"name the lock with --branch-key", item.Name)
	}
	return u.placeIn(ctx, item.Spec.EnvironmentRef.Name, contract.BranchKey(acc.ForgeHost, acc.RepositoryID, "refs/heads/"+item.Spec.Branch))
}

// placeIn is a row's place in an environment's lock table.
func (u *unlock) placeIn(ctx context.Context, environment, key string) (lockPlace, error) {
	env := &v1alpha1.WorkEnvironment{}
	if environment != "" {
		if err := u.client.Get(ctx, client.ObjectKey{Namespace: u.namespace, Name: environment}, env); err != nil {
			return lockPlace{}, fmt.Errorf("reading the work environment: %w", err)
		}
	} else {
		all := &v1alpha1.WorkEnvironmentList{}
		if err := u.client.List(ctx, all, client.InNamespace(u.namespace)); err != nil {
			return lockPlace{}, fmt.Errorf("listing the work environments: %w", err)
		}
		if len(all.Items) != 1 {
			return lockPlace{}, misused("namespace %s has %d work environments; name the one whose lock table is meant with --environment",
				u.namespace, len(all.Items))
		}
		env = &all.Items[0]
	}
	return lockPlace{key: key, tableName: env.Spec.Lock.TableName, aws: env.Spec.AWS, tableRegion: env.Spec.LockAccess().Region, namespace: u.namespace}, nil
}

// readRow reads a row with a consistent read.
func readRow(ctx context.Context, table lock.Reader, key string) (lock.Row, error) {
	rows, err := table.Rows(ctx, []string{key})
	if err != nil {
		return lock.Row{}, fmt.Errorf("reading the lock: %w", err)
	}
	return rows[key], nil
}

// check refuses what the row alone forbids.
func (p lockPlace) check(row lock.Row, now time.Time) error {
	switch {
	case row.Foreign:
		return refused("row %s is another program's (its fence is missing, or no whole number); only its owner may free it", p.key)
	case !row.Held():
		return refused("nobody holds %s; there is nothing to unlock", p.key)
	case p.lockID != "" && row.LockID != p.lockID:
		return refused("the item's attempt does not hold its branch any more; %s, attempt %d, does. The controller ends the attempt "+
			"without help; to unlock that other lock, name it with --branch-key %s", row.WorkItemID, row.Attempt, quoted(p.key))
	case !now.After(row.ExpiresAt):
		return refused("the lease of %s, attempt %d, has not ended: it lasts for %s more. Wait until then: the holder may be alive",
			row.WorkItemID, row.Attempt, row.ExpiresAt.Sub(now).Round(time.Second))
	}
	return nil
}
