// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

const (
	// pushTimeout is how long one push may take; so long the lease must last when it begins.
	pushTimeout = 2 * time.Minute
	// pushFlight is how long after it was given up a push may still arrive at the remote.
	pushFlight = 30 * time.Second
)

// push brings the branch's head to the remote. It is never forced: the remote's old commit is compared, and a
// branch that somebody moved is left as it is. A push whose answer was lost is recognised and not repeated.
func (j *job) push(ctx context.Context, commit string) error {
	if j.ports.Remote == nil {
		return nil
	}
	old, err := j.repo.Tracked(ctx)
	if err != nil {
		return err
	}
	if old == commit {
		return nil
	}
	remote := j.remote()
	err = j.retry(ctx, j.parameters.Settings.RetryGit.Or(contract.RetryGit), "push", func(ctx context.Context) error {
		return j.pushOnce(ctx, remote, old, commit)
	})
	if err != nil {
		return fmt.Errorf("pushing %s: %w", commit[:12], err)
	}
	return j.repo.Track(ctx, commit)
}

// pushOnce reads all that it needs first: credentials and the remote's head can take a minute, and the lease must have
// been checked just before the push itself.
func (j *job) pushOnce(ctx context.Context, remote gitrepo.Remote, old, commit string) error {
	server, err := j.repo.Connect(ctx, remote)
	if err != nil {
		return err
	}
	defer server.Close()
	if now, err := server.Head(ctx); err != nil {
		return err
	} else if now != old {
		return j.arrived(old, now, commit)
	}
	err = j.effect(ctx, pushTimeout, func(ctx context.Context) error {
		return j.inFlight(func() error { return server.Push(ctx, commit) })
	})
	if err == nil || fault.CodeOf(err) == fault.CodeUnreachable {
		return err
	}
	// git compared the old commit and refused: somebody was quicker, or it was this very push, sent again by the
	// HTTP library after its answer was lost.
	if now, again := server.Head(ctx); again == nil && now != old {
		return j.arrived(old, now, commit)
	}
	return err
}

// arrived is what a remote's head that is not the old one any more means: the push is there, or somebody else's. Either
// way a push that is still on its way is refused, as the remote compares the old commit.
func (j *job) arrived(old, now, commit string) error {
	j.setPushAt(time.Time{})
	if now == commit {
		return nil
	}
	return moved(old, now)
}

// inFlight runs a push and keeps in the state that one is on its way, until its fate is known. A worker that is killed
// leaves that behind.
func (j *job) inFlight(push func() error) error {
	before := j.state.PushAt
	j.setPushAt(j.clock.Now())
	err := push()
	switch {
	case err == nil:
		j.setPushAt(time.Time{})
	case gitrepo.PushRefused(err):
		j.setPushAt(before) // of an earlier try that proves nothing
	default:
		j.setPushAt(j.clock.Now())
	}
	return err
}

func (j *job) setPushAt(t time.Time) {
	if !j.state.PushAt.Equal(t) {
		j.state.PushAt = t
		j.save()
	}
}

// settlePush waits until a push of unknown fate can arrive no more. Were the lock released before, it would land in the
// next attempt.
func (j *job) settlePush(ctx context.Context) error {
	left := flightLeft(j.clock.Now(), j.state.PushAt)
	if left <= 0 {
		return nil
	}
	logOf(ctx).Info("Waiting for a push whose fate is not known", keyWait, left.Seconds())
	if err := j.sleep(ctx, left); err != nil {
		return fmt.Errorf("waiting for a push whose fate is not known: %w", err)
	}
	return nil
}

// flightLeft is how long a push may still arrive that was last seen under way at the given time; zero if none was.
func flightLeft(now, pushAt time.Time) time.Duration {
	if pushAt.IsZero() {
		return 0
	}
	return min(max(pushAt.Add(pushFlight).Sub(now), 0), pushFlight)
}

func moved(old, now string) error {
	return failed(contract.OutcomeInternalError, fault.NewTerminal(fault.CodeUnknown, fmt.Errorf(
		"%w: its head was %.12s and is %.12s now; the next attempt goes on from there", errMoved, old, now)))
}

// errMoved says that the remote's branch is not where the worker left it.
var errMoved = errors.New("the branch was moved by somebody else")
