// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"context"
	"errors"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// lateness is how long the next manager works before a request of the one before it arrives. It is within the
// settling time that the manager is started with, as the longest call is within the default.
const lateness = time.Second

// result is what a run came to.
type result struct {
	requests []string // of the managers, in their order
	// buildRequests are those of the builds' programs to AWS.
	buildRequests []string
	crashes       int
	starts        int
	history       int // operations on the lock table
	err           error
}

// inWorld makes a world, has something happen in it, and adds up what it left.
func (l *Lab) inWorld(ctx context.Context, k *work, front front, happen func(*world) (crashes int, err error)) (r result) {
	w, err := newWorld(ctx, l, k, front)
	defer func() {
		r.err = errors.Join(r.err, w.close())
		if r.err == nil {
			r.err = w.tidy()
		} else {
			r.err = fmt.Errorf("%w\n(see %s)", r.err, w.dir)
		}
	}()
	if err != nil {
		return result{err: fmt.Errorf("making a world: %w", err)}
	}
	crashes, err := happen(w)
	err = errors.Join(err, w.failure())
	log, _ := w.recorder.history()
	return result{
		requests: w.tap.requests(), buildRequests: w.buildTap.requests(), crashes: crashes, starts: len(w.builds.Builds()), history: len(log), err: err,
	}
}

// run brings a card through a scenario, with a manager that dies at a point; nil lets it live.
func (l *Lab) run(ctx context.Context, s scenario, at *point) result {
	return l.inWorld(ctx, s.work(), nil, func(w *world) (int, error) {
		if s.before != nil {
			if err := s.before(ctx, w); err != nil {
				return 0, fmt.Errorf("preparing the world: %w", err)
			}
		}
		g := &guard{world: w}
		release := make(chan struct{})
		if at != nil {
			g.trap = newTrap(*at, g.strike)
			g.trap.release = release
			w.tap.set(g.trap)
		}
		return g.guarded(ctx, release, func(ctx context.Context) error { return w.untilEnd(ctx, s) }, func() error { return w.check(ctx, s) })
	})
}

// guard starts managers, and a new one where one was killed.
type guard struct {
	world *world
	// forgiving also replaces one that ended by itself, as a cluster does: without its API server a manager may end.
	forgiving bool

	trap    *trap
	manager *process
	struck  error
	crashes int
}

func (g *guard) start() (err error) {
	g.manager, err = g.world.startManager()
	return err
}

// guarded runs a manager until something has come to its end, and then looks at it.
func (g *guard) guarded(ctx context.Context, release chan struct{}, until func(context.Context) error, check func() error) (crashes int, err error) {
	if err := g.start(); err != nil {
		return 0, err
	}
	watching, stop := context.WithCancel(ctx)
	watched := make(chan error, 1)
	go func() { watched <- g.watch(watching, release) }()
	err = until(ctx)
	stop()
	err = errors.Join(<-watched, err)
	if g.trap != nil && g.trap.isSprung() {
		<-g.trap.gone // a late request, too, has arrived
	}
	if err == nil {
		err = check()
	}
	return g.crashes, err
}

// strike kills the manager at the point.
func (g *guard) strike() { g.struck = g.manager.kill() }

// watch replaces the manager that was killed, and then lets its last request go.
func (g *guard) watch(ctx context.Context, release chan struct{}) error {
	defer func() {
		if release != nil {
			close(release) // nobody is left waiting
		}
	}()
	if g.trap != nil {
		select {
		case <-ctx.Done():
			return nil
		case <-g.trap.sprung:
		}
		g.crashes++
		if g.struck != nil {
			return g.struck
		}
		if err := g.start(); err != nil {
			return err
		}
		if g.trap.when == late {
			select {
			case <-ctx.Done():
			case <-time.After(lateness):
			}
			close(release)
			release = nil
		}
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-g.manager.done:
		}
		if !g.forgiving {
			return fmt.Errorf("%w: the manager ended by itself: %w", errLost, g.manager.err)
		}
		if err := g.start(); err != nil {
			return err
		}
	}
}

// untilEnd lets the world go on until its card is done and everything has come to rest.
func (w *world) untilEnd(ctx context.Context, s scenario) error {
	acted := s.act == nil
	var last *v1alpha1.WorkItem
	err := await(ctx, s.name, func() (bool, error) {
		item, err := w.item(ctx)
		if err != nil {
			return false, nil //nolint:nilerr // the API server may be away for a while; patience is what ends this
		}
		last = item
		if !acted {
			if acted, err = s.act(ctx, w, item); err != nil {
				acted = false // somebody else wrote; the next look sees what
			}
			return false, nil
		}
		if !w.quiet() {
			return false, nil
		}
		if s.gone {
			return w.isGone(ctx, item)
		}
		return item != nil && item.DeletionTimestamp.IsZero() && concluded(item), nil
	})
	if err != nil {
		return fmt.Errorf("%w; the item is %s", err, describe(last))
	}
	return nil
}

// quiet reports whether no build runs and no row is held.
func (w *world) quiet() bool {
	for _, b := range w.builds.Builds() {
		if !b.Over() || !b.Gone {
			return false
		}
	}
	held, err := w.held()
	return err == nil && len(held) == 0
}

func concluded(item *v1alpha1.WorkItem) bool {
	return conditionOf(item, v1alpha1.ConditionConcluded).Status == metav1.ConditionTrue
}

func conditionOf(item *v1alpha1.WorkItem, name string) metav1.Condition {
	for _, c := range item.Status.Conditions {
		if c.Type == name {
			return c
		}
	}
	return metav1.Condition{}
}

func describe(item *v1alpha1.WorkItem) string {
	if item == nil {
		return "not there"
	}
	text := string(item.Status.Phase)
	for _, c := range item.Status.Conditions {
		text += fmt.Sprintf("\n\t%s=%s %s: %s", c.Type, c.Status, c.Reason, c.Message)
	}
	if a := item.Status.Attempt; a != nil {
		text += fmt.Sprintf("\n\tattempt %d, outcome %q, build %+v", a.Number, a.Outcome, a.Build)
	}
	return text
}
