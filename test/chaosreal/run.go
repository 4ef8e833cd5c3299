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
	crashes  int
	starts   int
	history  int // operations on the lock table
	err      error
}

// run takes a card through a scenario, with a manager that dies at a point; nil lets it live.
func (l *Lab) run(ctx context.Context, s scenario, at *point) (r result) {
	w, err := newWorld(ctx, l, &work{conducts: s.conducts})
	defer func() {
		r.err = errors.Join(r.err, w.close())
		if r.err == nil {
			r.err = w.tidy()
		} else {
			r.err = fmt.Errorf("%w\n(see %s)", r.err, w.dir)
		}
	}()
	if err == nil && s.before != nil {
		err = s.before(ctx, w)
	}
	if err != nil {
		return result{err: fmt.Errorf("making a world: %w", err)}
	}
	g := &guard{world: w}
	release := make(chan struct{})
	if at != nil {
		g.trap = &trap{point: *at, release: release, strike: g.strike, sprung: make(chan struct{}), gone: make(chan struct{})}
		w.tap.set(g.trap)
	}
	if err := g.start(); err != nil {
		return result{err: err}
	}
	watching, stop := context.WithCancel(ctx)
	guarded := make(chan error, 1)
	go func() { guarded <- g.watch(watching, release) }()
	err = w.untilEnd(ctx, s)
	stop()
	err = errors.Join(<-guarded, err)
	if g.crashes > 0 {
		<-g.trap.gone // a late request, too, has arrived
	}
	if err == nil {
		err = w.check(ctx, s)
	}
	log, _ := w.recorder.history()
	return result{requests: w.tap.requests(), crashes: g.crashes, starts: len(w.builds.Builds()), history: len(log), err: err}
}

// guard starts managers, and a new one where one was killed.
type guard struct {
	world   *world
	trap    *trap
	manager *process
	struck  error
	crashes int
}

func (g *guard) start() (err error) {
	g.manager, err = g.world.startManager()
	return err
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
	select {
	case <-ctx.Done():
		return nil
	case <-g.manager.done:
		return fmt.Errorf("%w: the manager ended by itself: %w", errLost, g.manager.err)
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
		return item != nil && concluded(item) && w.quiet(), nil
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
