// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"context"
	"errors"
	"fmt"
)

// electionJobs freeze the leader of two managers in the middle of a request, past its lease, and wake it: when the
// other has just sent the same request, or when the other has finished everything.
func (l *Lab) electionJobs() []job {
	var jobs []job
	for _, p := range []point{
		{"lock acquire", 1, late}, {"kube PATCH workitems/status", 1, late}, {"codebuild StartBuild", 1, late},
		{"lock claim", 1, late}, {"kube PATCH workitems/status", 2, late},
	} {
		for _, atEnd := range []bool{false, true} {
			name := fmt.Sprintf("election: frozen at %s #%d, woken in the middle", p.operation, p.nth)
			if atEnd {
				name = fmt.Sprintf("election: frozen at %s #%d, woken at the end", p.operation, p.nth)
			}
			jobs = append(jobs, job{name: name, run: func(ctx context.Context) result { return l.runElection(ctx, p, atEnd) }})
		}
	}
	return jobs
}

// runElection is one such run. The frozen manager's request is held back, too, and then goes on its way: its sender
// gets the answer and goes on, until it finds that it leads no more.
func (l *Lab) runElection(ctx context.Context, p point, atEnd bool) result {
	return l.inWorld(ctx, &work{conducts: []conduct{succeeds}}, nil, func(w *world) (int, error) {
		args := []string{"--leader-elect", "--leader-elect-namespace=" + w.namespace}
		leader, err := w.startManager(args...)
		if err != nil {
			return 0, err
		}
		release, struck := make(chan struct{}), error(nil)
		t := newTrap(p, func() { struck = leader.freeze() })
		t.release, t.answer = release, true
		w.tap.set(t)
		// Whatever goes wrong, nobody is left frozen or waiting.
		wake := func() error { close(release); return leader.thaw() }
		if err := await(ctx, "the leader gets to "+p.String(), func() (bool, error) { return t.isSprung(), nil }); err != nil {
			return 0, errors.Join(err, wake())
		}
		follower, err := w.startManager(args...)
		if err = errors.Join(struck, err); err != nil {
			return 1, errors.Join(err, wake())
		}
		s := plain.at(p)
		if atEnd {
			err = w.untilEnd(ctx, s)
		} else {
			err = await(ctx, "the other leads", func() (bool, error) { return w.tap.count(p.operation) > p.nth || w.ended(ctx), nil })
		}
		err = errors.Join(err, wake(), w.untilEnd(ctx, s))
		return 1, errors.Join(err, deposed(ctx, leader, follower), w.untilEnd(ctx, s), w.check(ctx, s))
	})
}

// deposed waits until the frozen manager has ended, having found that another leads, while that one goes on.
func deposed(ctx context.Context, leader, follower *process) error {
	err := await(ctx, "the woken manager finds that it leads no more", func() (bool, error) { return leader.ended(), nil })
	if follower.ended() {
		err = errors.Join(err, fmt.Errorf("%w: the new leader ended: %w", errLost, follower.err))
	}
	return err
}

// ended reports whether the card is done.
func (w *world) ended(ctx context.Context) bool {
	item, err := w.item(ctx)
	return err == nil && item != nil && concluded(item)
}
