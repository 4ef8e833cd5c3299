// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// reach is what is killed of a build.
type reach string

const (
	// theWorker is the program alone; the build goes on with what its buildspec has for that.
	theWorker reach = "worker"
	// theBuild is every process of the build's container.
	theBuild reach = "container"
	// theWorkerByTerm is the worker, which is asked to end with SIGTERM.
	theWorkerByTerm reach = "worker by SIGTERM"
)

// workerJobs kill the real worker at every request that it sends, in whatever stage, and end it with SIGTERM, kill the
// whole build and cancel the card at each operation on its lock: one of those begins every stage.
func (l *Lab) workerJobs(ctx context.Context, surveys []survey) ([]job, error) {
	clean := l.runWorker(ctx, nil, theWorker)
	if clean.err != nil {
		return nil, fmt.Errorf("a run in which no worker dies: %w", clean.err)
	}
	// GitHub has one address for managers and builds. What a manager asks it, too, is not known for a worker's.
	known := map[string]bool{}
	for _, name := range surveys[0].requests {
		known[name] = true
	}
	requests := clean.buildRequests
	for _, name := range clean.requests {
		if strings.HasPrefix(name, "github ") && !known[name] {
			requests = append(requests, name)
		}
	}
	var jobs []job
	for _, p := range points(requests, nil) {
		for _, r := range []reach{theWorker, theWorkerByTerm, theBuild} {
			if r != theWorker && !strings.HasPrefix(p.operation, "lock ") {
				continue
			}
			jobs = append(jobs, job{name: fmt.Sprintf("%s killed: %s", r, p), run: func(ctx context.Context) result { return l.runWorker(ctx, &p, r) }})
		}
	}
	for _, stage := range stagesOf(clean.buildRequests) {
		jobs = append(jobs, job{name: "build stopped: at " + stage, run: func(ctx context.Context) result { return l.runStopped(ctx, stage) }})
	}
	return jobs, nil
}

// runWorker brings a card through the real worker, of which something is killed at a point.
func (l *Lab) runWorker(ctx context.Context, at *point, r reach) (out result) {
	return l.inWorld(ctx, &work{programs: true}, nil, func(w *world) (int, error) {
		var struck error
		t := newTrap(point{}, nil)
		if at != nil {
			t = newTrap(*at, func() { struck = w.killBuild(r) })
			release := make(chan struct{})
			t.release = release
			defer t.letGo(lateness, release)()
			if serverOf(at.operation) == "github" {
				w.tap.set(t)
			} else {
				w.buildTap.set(t)
			}
		}
		g := &guard{world: w}
		_, err := g.guarded(ctx, make(chan struct{}), func(ctx context.Context) error { return w.untilEnd(ctx, plain) }, func() error { return w.checkReal(ctx) })
		crashes := 0
		if t.isSprung() {
			crashes = 1
		}
		return crashes, errors.Join(struck, err)
	})
}

// checkReal looks at what the real worker left behind: the task was done once, however many builds it took.
func (w *world) checkReal(ctx context.Context) error {
	item, err := w.item(ctx)
	if err != nil {
		return err
	}
	builds := w.builds.Builds()
	var errs []error
	if c := conditionOf(item, v1alpha1.ConditionSucceeded); c.Reason != v1alpha1.ReasonSucceeded {
		errs = append(errs, fmt.Errorf("%w: %s", errLost, describe(item)))
	}
	if a := item.Status.Attempt; a == nil || int(a.Number) != len(builds) {
		errs = append(errs, fmt.Errorf("%w: %d builds for %s", errWasted, len(builds), describe(item)))
	}
	if done, err := w.github.File(repository, branch, "work.txt"); err != nil || string(done) != "1\n" {
		errs = append(errs, fmt.Errorf("%w: the branch holds the work as %q, want it once (%w)", errDouble, done, err))
	}
	if tasks, err := w.github.File(repository, branch, ".kiro/specs/"+branch+"/tasks.md"); err != nil || !strings.Contains(string(tasks), "[x]") {
		errs = append(errs, fmt.Errorf("%w: the spec's task is not ticked off: %q (%w)", errLost, tasks, err))
	}
	if n := w.recorder.ended(contract.StatusComplete); n != 1 {
		errs = append(errs, fmt.Errorf("%w: the lock was released as complete %d times", errDouble, n))
	}
	s := plain
	s.pushes = 1
	return errors.Join(append(errs, w.checkRows(s), w.checkOutside(s), w.checkHistory())...)
}

// ended is how often a branch was released with a status.
func (r *recorder) ended(status contract.RowStatus) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, o := range r.log {
		for _, a := range o.in.acts {
			if a.kind == kindRelease && a.status == string(status) && strings.HasPrefix(a.key, "branch#") && o.out.outcome == done {
				n++
			}
		}
	}
	return n
}
