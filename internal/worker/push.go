// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// pushTimeout is how long one push may take; so long the lease must last when it begins.
const pushTimeout = 2 * time.Minute

// pushFlight is how long after it was given up a push may still arrive at the remote.
const pushFlight = 30 * time.Second

// push brings the branch's head to the remote. It is never forced: the remote's old commit is compared, and a
// branch that somebody moved is left as it is. A push whose answer was lost is recognised and not repeated.
func (j *job) push(ctx context.Context, commit string) error {
	if j.ports.Remote == nil {
		return nil
	}
	old, err := j.repo.commitOf(ctx, j.repo.remoteRef())
	if err != nil {
		return err
	}
	if old == commit {
		return nil
	}
	address := j.ports.Remote.Address(j.parameters.Repository)
	err = j.retry(ctx, policyOr(j.parameters.Settings.RetryGit, gitPolicy), "push", func(ctx context.Context) error {
		return j.effect(ctx, pushTimeout, func(ctx context.Context) error { return j.pushOnce(ctx, address, old, commit) })
	})
	if err != nil {
		if fault.CodeOf(err) == fault.CodeUnreachable && j.keeper != nil {
			// The last try may be on its way. Were the lock released before it arrives, it would land in the next attempt.
			_ = j.sleep(ctx, pushFlight)
		}
		return fmt.Errorf("pushing %s: %w", commit[:12], err)
	}
	_, err = j.repo.run(ctx, "update-ref", j.repo.remoteRef(), commit)
	return err
}

func (j *job) pushOnce(ctx context.Context, address, old, commit string) error {
	now, err := j.remoteHead(ctx, address)
	switch {
	case err != nil:
		return err
	case now == commit:
		return nil
	case now != old:
		return moved(old, now)
	}
	_, err = j.withCredentials(ctx, address, "push", "--porcelain", "--no-verify", "--", address, commit+":"+j.repo.branchRef())
	if err == nil || isUnreachable(err) {
		return err
	}
	// git compared the old commit and refused: somebody was quicker, or it was this very push, sent again by the
	// HTTP library after its answer was lost.
	switch now, again := j.remoteHead(ctx, address); {
	case again != nil || now == old:
		return err
	case now == commit:
		return nil
	default:
		return moved(old, now)
	}
}

func moved(old, now string) error {
	return failed(contract.OutcomeInternalError, fault.NewTerminal(fault.CodeUnknown, fmt.Errorf(
		"%w: its head was %.12s and is %.12s now; the next attempt goes on from there", errMoved, old, now)))
}

// remoteHead is the remote's branch, empty if there is none.
func (j *job) remoteHead(ctx context.Context, address string) (string, error) {
	out, err := j.withCredentials(ctx, address, "ls-remote", "--heads", "--", address, j.repo.branchRef())
	if err != nil {
		return "", err
	}
	for line := range strings.Lines(out) {
		commit, ref, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if ok && ref == j.repo.branchRef() {
			return commit, nil
		}
	}
	return "", nil
}
