// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"context"
	"errors"
)

// Restarts restarts the API server in the middle of a card's way. Every world needs the API server, so these runs go
// on one after the other, before all others.
func (l *Lab) Restarts(ctx context.Context, plan Plan, sum *Sum) error {
	var jobs []job
	for _, p := range []point{
		{"kube PATCH workitems/status", 1, before}, // the intent does not get through
		{"codebuild StartBuild", 1, after},
		{"kube PATCH workitems/status", 2, after},
		{"kube PATCH workitems/status", 4, before},
	} {
		jobs = append(jobs, job{name: "API server restarted: " + p.String(), run: func(ctx context.Context) result { return l.runRestart(ctx, p) }})
	}
	plan.Parallel = 1
	return do(ctx, plan, jobs, sum)
}

// runRestart restarts the API server at a point. The request there is cut, too.
func (l *Lab) runRestart(ctx context.Context, p point) result {
	return l.inWorld(ctx, &work{conducts: []conduct{succeeds}}, nil, func(w *world) (int, error) {
		var failed error
		t := newTrap(p, func() {
			if failed = l.killAPIServer(); failed == nil {
				failed = l.plane.ReviveAPIServer()
			}
		})
		w.tap.set(t)
		if _, err := w.startManager(); err != nil {
			return 0, err
		}
		err := await(ctx, "the manager gets to "+p.String(), func() (bool, error) { return t.isSprung(), failed })
		<-t.gone
		return 1, errors.Join(err, failed, w.survives(ctx))
	})
}

// survives brings the card to its end with the managers that there are, which must not have ended.
func (w *world) survives(ctx context.Context) error {
	err := errors.Join(w.untilEnd(ctx, plain), w.check(ctx, plain))
	for _, m := range w.managers {
		if m.ended() {
			err = errors.Join(err, errLost, errors.New("the manager ended with its API server"), m.err)
		}
	}
	return err
}
