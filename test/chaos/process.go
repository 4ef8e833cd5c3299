// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"
)

// process is a program that runs somewhere: a manager, or the worker in a build.
type process struct {
	w    *world
	name string
	skew time.Duration // how far its clock is off
	dead bool
	// frozen is the time up to which it does not run: SIGSTOP, a paused machine.
	frozen time.Time
	// thawed is when all that it did before it was frozen has gone on, also where the faults' end woke it before.
	thawed time.Time
	// cut is the time up to which it does not reach a service.
	cut   map[service]time.Time
	tasks []*task
	// crash is what its sudden end looks like; froze is what others do once it is frozen.
	crash, froze func()
	// leads is set for a manager.
	leads bool
	// deposed is set once another manager leads in its place.
	deposed bool
}

// Now implements clock.PassiveClock: the process' own clock, which is wrong.
func (p *process) Now() time.Time { return p.w.now.Add(p.skew) }

// Since implements clock.PassiveClock.
func (p *process) Since(t time.Time) time.Duration { return p.Now().Sub(t) }

// errKilled unwinds the code of a process that was killed.
var errKilled = errors.New("killed")

// coroutine runs the code of one task after another. It is kept for the next one, because under the race detector every
// goroutine costs memory that is never released.
type coroutine struct {
	next  func() (*call, bool)
	stop  func()
	yield func(*call) bool
	body  func()
}

func newCoroutine() *coroutine {
	c := &coroutine{}
	c.next, c.stop = iter.Pull(func(yield func(*call) bool) {
		c.yield = yield
		for {
			c.body()
			if !yield(nil) { // no call: the task's code has returned
				return
			}
		}
	})
	return c
}

// task is real code that runs as a coroutine. It is suspended in each of its calls to the outside.
type task struct {
	process *process
	name    string
	code    *coroutine
	dead    bool
	value   any
	err     error
	done    func()
}

// spawn begins a task; done is called when its code has returned.
func (p *process) spawn(name string, body func(), done func()) {
	t := &task{process: p, name: name, done: done, code: p.w.coroutine()}
	t.code.body = func() {
		defer func() {
			if r := recover(); r != nil && !t.dead {
				p.w.fail(&p.w.counts.Stuck, "%s panicked in %s: %v", p.name, name, r)
			}
		}()
		body()
	}
	p.tasks = append(p.tasks, t)
	p.w.resume(t)
}

// coroutine returns one that runs nothing.
func (w *world) coroutine() *coroutine {
	if n := len(w.idle); n > 0 {
		c := w.idle[n-1]
		w.idle = w.idle[:n-1]
		return c
	}
	return newCoroutine()
}

// resume lets a task run until its next call, unless its process is dead or frozen.
func (w *world) resume(t *task) {
	switch {
	case t.dead:
		return
	case w.now.Before(t.process.frozen):
		w.at(t.process.frozen.Add(w.between(0, 50*time.Millisecond)), func() { w.resume(t) })
		return
	}
	w.running = t
	c, alive := t.code.next()
	w.running = nil
	if c != nil {
		w.send(t, c)
		return
	}
	if alive {
		w.idle = append(w.idle, t.code)
	}
	t.dead = true
	t.process.tasks = slices.DeleteFunc(t.process.tasks, func(o *task) bool { return o == t })
	if t.done != nil {
		t.done()
	}
}

// answer resumes a task with the result of its call.
func (w *world) answer(t *task, value any, err error) {
	t.value, t.err = value, err
	w.resume(t)
}

// kill ends a process. What it has sent stays on its way.
func (p *process) kill() {
	if p.dead {
		return
	}
	p.dead = true
	tasks := p.tasks
	p.tasks = nil
	for _, t := range tasks {
		t.dead = true
		t.code.stop()
	}
}

// freeze stops a process for a while.
func (p *process) freeze(d time.Duration) {
	if end := p.w.now.Add(d); end.After(p.frozen) {
		p.frozen, p.thawed = end, end
		p.w.say("%s freezes for %s", p.name, d.Round(time.Second))
		if p.froze != nil {
			p.froze()
		}
	}
}

// do makes a call from the task that runs now, and returns its answer.
func (w *world) do(c *call) (any, error) {
	t := w.running
	if t == nil {
		panic(fmt.Sprintf("%s was called by nobody", c))
	}
	if t.dead || !t.code.yield(c) {
		panic(errKilled)
	}
	value, err := t.value, t.err
	t.value, t.err = nil, nil
	return value, err
}

// sleep suspends the task that runs now.
func (w *world) sleep(_ context.Context, d time.Duration) error {
	_, err := w.do(&call{op: "sleep", sleep: max(d, time.Millisecond)})
	return err
}
