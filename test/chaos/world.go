// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"fmt"
	"io"
	"math/rand/v2"
	"time"
)

// epoch is when every simulation begins.
var epoch = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

// world is one simulated history: its time, its events, its randomness.
type world struct {
	random *rand.Rand
	now    time.Time
	events eventQueue
	// running is the task whose code runs now; nil between steps.
	running *task
	// idle are coroutines that wait for a task.
	idle []*coroutine
	// effects is how many requests are on their way.
	effects int
	faults  faults
	counts  counts
	trace   io.Writer
	// broken is the first invariant that did not hold.
	broken error
	// asked is told what is asked of AWS, if that is not nil.
	asked func(asked)
}

// counts is what a run says of itself.
type counts struct {
	Faults, Wasted, Double, Lost, Stuck int
}

func newWorld(seed uint64, trace io.Writer) *world {
	return &world{random: rand.New(rand.NewPCG(seed, 0x6b69726f)), now: epoch, trace: trace}
}

// at runs f when the time has come. Events of one moment run in the order in which they were made.
func (w *world) at(t time.Time, f func()) {
	if t.Before(w.now) {
		t = w.now
	}
	w.events.push(event{at: t, run: f})
}

// after runs f after a while.
func (w *world) after(d time.Duration, f func()) { w.at(w.now.Add(d), f) }

// step runs the next event. It reports false if there is none, or if an invariant is broken.
func (w *world) step() bool {
	if w.broken != nil || len(w.events.heap) == 0 {
		return false
	}
	e := w.events.pop()
	w.now = e.at
	e.run()
	return true
}

// chance is true with a probability.
func (w *world) chance(p float64) bool { return p > 0 && w.random.Float64() < p }

// between is a time in [least, most).
func (w *world) between(least, most time.Duration) time.Duration {
	return least + time.Duration(w.random.Int64N(int64(most-least)))
}

// fail records that an invariant does not hold. Only the first counts: what follows follows from it.
func (w *world) fail(kind *int, format string, args ...any) {
	err := fmt.Errorf(format, args...)
	w.say("BROKEN: %s", err)
	if w.broken == nil {
		*kind++
		w.broken = err
	}
}

// say writes a line of the history.
func (w *world) say(format string, args ...any) {
	if w.trace != nil {
		_, _ = fmt.Fprintf(w.trace, "%s  %s\n", w.now.Sub(epoch).Round(time.Millisecond), fmt.Sprintf(format, args...))
	}
}

// event is something that happens at a time.
type event struct {
	at  time.Time
	seq uint64
	run func()
}

func (e event) before(o event) bool {
	return e.at.Before(o.at) || e.at.Equal(o.at) && e.seq < o.seq
}

// eventQueue is a binary heap of events.
type eventQueue struct {
	heap []event
	seq  uint64
}

func (q *eventQueue) push(e event) {
	q.seq++
	e.seq = q.seq
	q.heap = append(q.heap, e)
	for i := len(q.heap) - 1; i > 0; {
		parent := (i - 1) / 2
		if !q.heap[i].before(q.heap[parent]) {
			break
		}
		q.heap[i], q.heap[parent] = q.heap[parent], q.heap[i]
		i = parent
	}
}

func (q *eventQueue) pop() event {
	first := q.heap[0]
	last := len(q.heap) - 1
	q.heap[0], q.heap[last] = q.heap[last], event{}
	q.heap = q.heap[:last]
	for i := 0; ; {
		least := i
		for _, child := range []int{2*i + 1, 2*i + 2} {
			if child < last && q.heap[child].before(q.heap[least]) {
				least = child
			}
		}
		if least == i {
			return first
		}
		q.heap[i], q.heap[least] = q.heap[least], q.heap[i]
		i = least
	}
}
