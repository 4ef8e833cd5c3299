// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// confirmLength is how much of the lock id has to be typed: enough to have to look at it.
const confirmLength = 8

// describe prints whose lock it is, what is known about its build, and what may still run.
func (u *unlock) describe(row lock.Row, known fate) {
	s := story{now: u.clock.Now(), location: u.location}
	seen := s.when(row.HeartbeatAt)
	if seen == "" && row.BuildID != "" {
		seen = "none"
	}
	s.block(u.out, "Lock", []pair{
		{"Row", row.Key},
		{"Held by", fmt.Sprintf("%s, attempt %d", row.WorkItemID, row.Attempt)},
		{"Lock id", row.LockID},
		{"Lease ended", s.when(row.ExpiresAt)},
		{"Build", row.BuildID},
		{"Last heartbeat", seen},
		{"Stage", string(row.Stage)},
		{"CodeBuild says", known.String()},
	})
	fmt.Fprintln(u.out, "\nWhat may still run")
	for _, line := range dangers(row, known) {
		fmt.Fprintln(u.out, "  "+fault.Clean(line))
	}
	fmt.Fprintln(u.out)
}

// String says what is known about the build.
func (f fate) String() string {
	switch f.state {
	case fateUnclaimed:
		return "(not asked: no build has claimed the lock)"
	case fateMissing:
		return "it does not know the build (asked with your credentials)"
	case fateRunning:
		return "the build runs"
	case fateOver:
		return fmt.Sprintf("the build is over (%s)", f.build.State)
	}
	return "(it could not be asked: " + say(f.err) + ")"
}

// dangers say what may still run, and where.
func dangers(row lock.Row, known fate) []string {
	switch known.state {
	case fateUnclaimed:
		return []string{
			"A build that was started and has not claimed the lock. Its claim will be refused, and it will do nothing.",
			"The controllers free such a lock once its lease has ended; you need not.",
		}
	case fateOver:
		return []string{"Nothing: the build is over. Its last requests may still arrive; that is what the wait is for."}
	}
	b, ok := parseBuild(row.BuildID)
	if !ok {
		return []string{"The row does not name a CodeBuild build, but " + strconv.Quote(row.BuildID) + ". Find out who wrote that before you go on."}
	}
	return []string{
		fmt.Sprintf("Build %s in account %s, region %s.", b.id, b.account, b.region),
		"If it runs, it pushes to the branch, updates the pull request and uploads artifacts until it next checks its lock,",
		"and another attempt may start beside it. If anybody can reach that account, look there first, and stop it:",
		"  " + awsCommand("batch-get-builds", row.BuildID),
		"  " + awsCommand("stop-build", row.BuildID),
	}
}

// settle waits until no request of the build can arrive any more, and shows how long that still takes.
func (u *unlock) settle(ctx context.Context, d time.Duration) error {
	end := u.clock.Now().Add(d)
	text := "Waiting %s, so that no request of the build can arrive any more."
	if !u.terminal {
		fmt.Fprintf(u.errOut, text+"\n", d)
	}
	for {
		left := end.Sub(u.clock.Now())
		if left <= 0 {
			break
		}
		if u.terminal {
			fmt.Fprintf(u.errOut, "\r"+text+"  ", left.Round(time.Second))
		}
		if err := u.pause(ctx, min(left, time.Second)); err != nil {
			return err
		}
	}
	if u.terminal {
		fmt.Fprintln(u.errOut)
	}
	return nil
}

func (u *unlock) pause(ctx context.Context, d time.Duration) error {
	timer := u.clock.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C():
		return nil
	case <-ctx.Done():
		return fmt.Errorf("nothing was changed: %w", ctx.Err())
	}
}

// confirm has the person type the beginning of the lock id.
func (u *unlock) confirm(ctx context.Context, lockID string) error {
	want := lockID[:min(confirmLength, len(lockID))]
	fmt.Fprintf(u.errOut, "Type the first %d characters of the lock id to unlock: ", len(want))
	// A read of a terminal cannot be cancelled: it is left behind, and the program ends.
	typed := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(io.LimitReader(u.in, 1024)).ReadString('\n')
		typed <- strings.TrimSpace(line)
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(u.errOut)
		return fmt.Errorf("nothing was changed: %w", ctx.Err())
	case got := <-typed:
		if got == "" || got != want {
			return refused("that is not how the lock id begins, so nothing was changed; without a person at the terminal, give --yes")
		}
		return nil
	}
}
