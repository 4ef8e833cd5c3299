// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/redact"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
	"github.com/kiro-worker/kiro-worker/internal/worker/lease"
)

const (
	// pushTimeout is how long one push may take; so long the lease must last when it begins.
	pushTimeout = 2 * time.Minute
	// pushFlight is how long after it was given up a push may still arrive at the remote.
	pushFlight = 30 * time.Second
)

// errMoved says that the remote's branch is not where the worker left it.
var errMoved = errors.New("the branch was moved by somebody else")

// publisher commits what is in the checkout and pushes it to the branch.
type publisher struct {
	repo     *gitrepo.Repository
	tree     *gitrepo.WorkTree
	remote   *gitrepo.Remote // nil in a local run, which pushes nothing
	lease    *lease.Renewer
	retry    retrier
	clock    clock.PassiveClock
	redactor *redact.Redactor
}

// commit commits what changed in the checkout and pushes it, if anything did. It returns the paths.
func (p publisher) commit(ctx context.Context, s *State, message string) (paths []string, err error) {
	tree, paths, err := p.tree.Stage(ctx)
	if err != nil || len(paths) == 0 {
		return nil, err
	}
	if err := p.checkSecrets(ctx, tree); err != nil {
		return nil, err
	}
	commit, err := p.repo.Commit(ctx, tree, message, p.clock.Now())
	if err != nil {
		return nil, err
	}
	if err := p.push(ctx, s, commit); err != nil {
		// It is on no branch but the worker's own, which ends with the build: the diff must show it.
		s.Unfinished = commit
		s.save()
		return nil, err
	}
	s.Result.Commit, s.Tree = commit, tree
	s.save()
	logOf(ctx).Info("Work committed", keyCommit, commit, keyFiles, len(paths))
	return paths, nil
}

// restore brings the branch to the files of a tree, by a commit on top. The checkout stays as it is.
func (p publisher) restore(ctx context.Context, s *State, tree, message string) error {
	commit, err := p.repo.Commit(ctx, tree, message, p.clock.Now())
	if err != nil {
		return err
	}
	if err := p.push(ctx, s, commit); err != nil {
		return err
	}
	s.Result.Commit, s.Tree = commit, tree
	s.save()
	return nil
}

// checkSecrets refuses to commit a known secret: what is pushed cannot be taken back. It looks at the lines that the
// change adds; what was there before is not the agent's doing.
func (p publisher) checkSecrets(ctx context.Context, tree string) error {
	found, err := p.scan(ctx, tree)
	if err != nil || len(found.Secrets) == 0 {
		return err
	}
	return failedf(contract.OutcomeAgentFailed, "the change holds a secret of the build in %s; nothing of it was pushed: keep credentials out of what the agent writes",
		firstFew(found.Secrets))
}

// scan looks through the lines that a tree adds to HEAD.
func (p publisher) scan(ctx context.Context, tree string) (gitrepo.Findings, error) {
	return p.repo.Scan(ctx, tree, p.redactor.NewFinder)
}

// push brings the remote's branch to a commit. It is never forced: the remote's old commit is compared, and a branch
// that somebody moved is left as it is. A push whose answer was lost is recognised and not repeated.
func (p publisher) push(ctx context.Context, s *State, commit string) error {
	if p.remote == nil {
		return nil
	}
	old, err := p.repo.Tracked(ctx)
	if err != nil {
		return err
	}
	if old == commit {
		return nil
	}
	err = p.retry.do(ctx, "push", func(ctx context.Context) error { return p.pushOnce(ctx, s, old, commit) })
	if err != nil {
		return fmt.Errorf("pushing %s: %w", commit[:12], err)
	}
	return p.repo.Track(ctx, commit)
}

// pushOnce reads all that it needs first: credentials and the remote's head can take a minute, and the lease must have
// been checked just before the push itself.
func (p publisher) pushOnce(ctx context.Context, s *State, old, commit string) error {
	server, err := p.repo.Connect(ctx, *p.remote)
	if err != nil {
		return err
	}
	defer server.Close()
	if now, err := server.Head(ctx); err != nil {
		return err
	} else if now != old {
		return arrived(s, old, now, commit)
	}
	err = p.lease.Do(ctx, pushTimeout, func(ctx context.Context) error {
		return p.inFlight(s, func() error { return server.Push(ctx, commit) })
	})
	if err == nil || fault.CodeOf(err) == fault.CodeUnreachable {
		return err
	}
	// git compared the old commit and refused: somebody was quicker, or it was this very push, sent again by the
	// HTTP library after its answer was lost.
	if now, again := server.Head(ctx); again == nil && now != old {
		return arrived(s, old, now, commit)
	}
	return err
}

// arrived is what a remote's head that is not the old one any more means: the push is there, or somebody else's. Either
// way a push that is still on its way is refused, as the remote compares the old commit.
func arrived(s *State, old, now, commit string) error {
	s.setPushAt(time.Time{})
	if now == commit {
		return nil
	}
	return failed(contract.OutcomeInternalError, fault.NewTerminal(fault.CodeUnknown, fmt.Errorf(
		"%w: its head was %.12s and is %.12s now; the next attempt goes on from there", errMoved, old, now)))
}

// inFlight runs a push and keeps in the state that one is on its way, until its outcome is known. A worker that is
// killed leaves that behind.
func (p publisher) inFlight(s *State, push func() error) error {
	before := s.PushAt
	s.setPushAt(p.clock.Now())
	err := push()
	switch {
	case err == nil:
		s.setPushAt(time.Time{})
	case gitrepo.PushRefused(err):
		s.setPushAt(before) // of an earlier try, about which this proves nothing
	default:
		s.setPushAt(p.clock.Now())
	}
	return err
}

// settle waits until a push whose outcome is not known can arrive no more. Were the lock released before, it would land
// in the next attempt.
func (p publisher) settle(ctx context.Context, s *State) error {
	left := flightLeft(p.clock.Now(), s.PushAt)
	if left <= 0 {
		return nil
	}
	logOf(ctx).Info("Waiting for a push whose outcome is not known", keyWait, left.Seconds())
	if err := p.retry.sleep(ctx, left); err != nil {
		return fmt.Errorf("waiting for a push whose outcome is not known: %w", err)
	}
	return nil
}

// flightLeft is how long a push may still arrive that was last under way at the given time; zero if none was.
func flightLeft(now, pushAt time.Time) time.Duration {
	if pushAt.IsZero() {
		return 0
	}
	return min(max(pushAt.Add(pushFlight).Sub(now), 0), pushFlight)
}
