// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/pflag"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// unlock frees the rows of a lock whose lease has ended, where nobody can find out whether its build is over. Nothing
// else may do that: time alone never frees a lock, and where CodeBuild can be asked the controllers free it themselves.
type unlock struct {
	*session
	aws      awsFlags
	row      rowFlags
	settling time.Duration
	yes      bool
	evenOver bool
}

func unlockCommand() command {
	return command{
		name: "unlock", args: "[NAME]", most: 1,
		short: "Free a lock whose lease has ended and whose build nobody can be asked about any more.",
		long: "It is for the one case in which no controller may act: the lease has ended, and the account that the build ran\n" +
			"in cannot be asked, or does not know the build. It reads the lock's rows, asks CodeBuild with your own AWS\n" +
			"credentials, says what may still run, waits the settling time, asks you, and frees the rows if nothing about\n" +
			"them has changed since they were read.",
		prepare: func(flags *pflag.FlagSet) func(context.Context, *session, []string) error {
			u := &unlock{}
			u.row.register(flags)
			u.aws.register(flags)
			flags.DurationVar(&u.settling, "settling-time", awsapi.SettlingTime, "How long a request of a build that died may still arrive.")
			flags.BoolVarP(&u.yes, "yes", "y", false, "Do not ask for the first characters of the lock id.")
			flags.BoolVar(&u.evenOver, "even-if-over", false,
				"Unlock although CodeBuild says that the build is over: for when no controller can ask that account.")
			return func(ctx context.Context, s *session, args []string) error {
				u.session = s
				u.aws.roleGiven = flags.Changed("role-arn")
				return u.run(ctx, args)
			}
		},
	}
}

func (u *unlock) run(ctx context.Context, args []string) error {
	if u.settling <= 0 {
		return misused("--settling-time must be longer than zero")
	}
	place, err := u.find(ctx, args)
	if err != nil {
		return err
	}
	table, err := u.aws.table(ctx, place)
	if err != nil {
		return err
	}
	row, err := readRow(ctx, table, place.key)
	if err != nil {
		return err
	}
	// Before CodeBuild is asked: a free row, or one whose lease runs, needs no credentials to be refused.
	if err := place.check(row, u.clock.Now()); err != nil {
		return err
	}
	known := u.ask(ctx, place, row)
	if err := u.permit(row, known); err != nil {
		return err
	}
	u.describe(row, known)
	if err := u.settle(ctx, u.settling); err != nil {
		return err
	}
	if err := u.lookAgain(ctx, place, table, row); err != nil {
		return err
	}
	if !u.yes {
		if err := u.confirm(ctx, row.LockID); err != nil {
			return err
		}
	}
	// The row as it was first read: a holder that sent a heartbeat since then has won.
	if err := table.Unlock(ctx, row, u.clock.Now()); err != nil {
		return err
	}
	fmt.Fprintf(u.out, "Unlocked %s: its branch and its slot are free.\n", row.Key)
	return nil
}

// lookAgain makes sure that nothing has changed during the wait. It is only there to say so early and in plain words: the
// conditions on the rows would refuse as well.
func (u *unlock) lookAgain(ctx context.Context, place lockPlace, table lock.Reader, before lock.Row) error {
	row, err := readRow(ctx, table, place.key)
	if err != nil {
		return err
	}
	if !same(row, before) {
		return refused("the lock was written during the wait, so its holder is alive, or somebody else freed it; look again with `kubectl workitem show`")
	}
	return u.permit(row, u.ask(ctx, place, row))
}

// same reports whether nobody wrote a row in between: each heartbeat changes one of these.
func same(a, b lock.Row) bool {
	return a.LockID == b.LockID && a.Fence == b.Fence && a.Status == b.Status && a.BuildID == b.BuildID &&
		a.ExpiresAt.Equal(b.ExpiresAt) && a.HeartbeatAt.Equal(b.HeartbeatAt)
}

// permit refuses where it is known whether the build runs: a running build, and one that is over.
func (u *unlock) permit(row lock.Row, known fate) error {
	switch known.state {
	case fateRunning:
		return refused("build %s runs (%s), so its lock stays. Stop it first: `kubectl workitem cancel`, or `%s`",
			row.BuildID, known.build.Phase, awsCommand("stop-build", row.BuildID))
	case fateOver:
		if u.evenOver {
			return nil
		}
		return refused("build %s is over (%s), so the controller frees the lock within minutes. "+
			"If no controller can ask that account, give --even-if-over", row.BuildID, known.build.State)
	}
	return nil
}

// fateState is what is known about a lock's build.
type fateState int

const (
	fateUnknown   fateState = iota // CodeBuild could not be asked
	fateUnclaimed                  // no build has claimed the lock
	fateMissing                    // CodeBuild does not know the build
	fateRunning
	fateOver
)

// fate is what is known about a lock's build.
type fate struct {
	state fateState
	build build.Build
	err   error // why CodeBuild could not be asked
}

// ask asks CodeBuild in the build's own region. An error is an answer here: that nothing can be found out.
func (u *unlock) ask(ctx context.Context, place lockPlace, row lock.Row) fate {
	if row.BuildID == "" {
		return fate{state: fateUnclaimed}
	}
	service, err := u.aws.builds(ctx, place, row.BuildID)
	if err != nil {
		return fate{err: err}
	}
	ref := build.Reference(row.BuildID)
	found, _, err := service.Get(ctx, []build.Reference{ref})
	if err != nil {
		return fate{err: err}
	}
	b, ok := found[ref]
	switch {
	case !ok || b.Reference != ref: // another account answers for its own builds only
		return fate{state: fateMissing}
	case b.State.Over():
		return fate{state: fateOver, build: b}
	}
	return fate{state: fateRunning, build: b}
}
