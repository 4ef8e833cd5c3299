// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"time"
)

// kind is a kind of fault that can happen to a call, or to its sender meanwhile.
type kind string

const (
	crashBefore  kind = "crash before"          // the sender dies; nothing was sent
	crashDuring  kind = "crash during"          // the sender dies; the request is on its way
	crashAfter   kind = "crash after"           // the request takes effect; the sender dies before it has the answer
	freezeBefore kind = "freeze before"         // the sender is frozen, and sends when it wakes
	freezeAfter  kind = "freeze after"          // the sender is frozen with the answer in its buffer
	lostRequest  kind = "lost request"          // nothing arrives
	lostAnswer   kind = "lost answer"           // it takes effect; the sender gets no answer
	late         kind = "late"                  // the sender gives up; it takes effect later
	twice        kind = "twice"                 // it arrives a second time, later
	throttle     kind = "throttled"             // turned away
	failBefore   kind = "5xx before the effect" // failed, without having acted
	failAfter    kind = "5xx after the effect"  // failed, having acted
	conflict     kind = "transaction conflict"  // another transaction was at the rows
	partition    kind = "partition"             // the sender does not reach the service for a while
)

// kinds is in a fixed order: a map's would make a seed's history another each time.
var kinds = []kind{
	crashBefore, crashDuring, crashAfter, freezeBefore, freezeAfter, lostRequest, lostAnswer, late, twice,
	throttle, failBefore, failAfter, conflict, partition,
}

// faults says how likely which is. Each seed has its own: with all kinds at once, some never get deep enough for
// others to matter.
type faults struct {
	rate map[kind]float64
	slow float64
	// lag is how far a cache may be behind.
	lag float64
}

// drawFaults draws a seed's faults. A few seeds have none: there the protocol must be exact.
func (w *world) drawFaults() {
	w.faults = faults{rate: map[kind]float64{}}
	if w.chance(0.05) {
		return
	}
	level := []float64{0.002, 0.008, 0.03}[w.random.IntN(3)]
	for _, k := range kinds {
		if w.chance(0.5) {
			w.faults.rate[k] = level * w.random.Float64() * 2
		}
	}
	// What stops a whole process is more than a lost packet.
	for _, k := range []kind{crashBefore, crashDuring, crashAfter, freezeBefore, freezeAfter, partition} {
		w.faults.rate[k] /= 2
	}
	// A slow network opens the gaps between a look and what follows from it.
	w.faults.slow = []float64{0, 0, 0.1, 0.5}[w.random.IntN(4)]
	if w.chance(0.5) {
		w.faults.lag = 0.2
	}
}

// exact reports whether no answer can be lost and nobody can die or freeze on the way: then each attempt has one
// StartBuild that counts, and nothing is wasted.
func (f faults) exact() bool {
	for _, k := range []kind{
		crashBefore, crashDuring, crashAfter, freezeBefore, freezeAfter, lostAnswer, late, failAfter, partition,
	} {
		if f.rate[k] > 0 {
			return false
		}
	}
	return true
}

// heal ends all faults.
func (w *world) heal() { w.faults = faults{} }

// onWrites is how much likelier a fault is at a manager's write, or at a push. Reads are many and forgiving, writes are few and
// the protocol is about them.
const onWrites = 5

// fault draws the fault of a call.
func (w *world) fault(p *process, c *call) (kind, bool) {
	x := w.random.Float64()
	if c.writes && (p.leads || c.to == toForge) {
		x /= onWrites
	}
	for _, k := range kinds {
		if x -= w.faults.rate[k]; x < 0 {
			return k, w.fits(k, p, c)
		}
	}
	return "", false
}

// fits reports whether a kind can happen to the call.
func (w *world) fits(k kind, p *process, c *call) bool {
	switch k {
	case conflict:
		return c.actions > 0
	case crashBefore, crashDuring, crashAfter:
		return p.crash != nil
	case twice:
		return c.writes
	default:
		return true
	}
}

// afflictions is what each kind does to a call.
func afflictions() map[kind]func(*world, *task, *call) {
	return map[kind]func(*world, *task, *call){
		crashBefore: func(_ *world, t *task, _ *call) { t.process.crash() },
		crashDuring: func(w *world, t *task, c *call) {
			w.arrive(t, c, w.between(0, longestFlight))
			t.process.crash()
		},
		crashAfter: func(w *world, t *task, c *call) {
			w.arrive(t, c, 0)
			w.after(0, t.process.crash)
		},
		freezeBefore: func(w *world, t *task, c *call) {
			t.process.freeze(w.pause())
			w.at(t.process.frozen, func() {
				if !t.dead {
					w.deliver(t, c, w.latency(), w.latency())
				}
			})
		},
		freezeAfter: func(w *world, t *task, c *call) {
			w.deliver(t, c, w.latency(), w.latency())
			t.process.freeze(w.pause())
		},
		lostRequest: func(w *world, t *task, c *call) {
			w.after(w.between(0, longestFlight), func() { w.answer(t, nil, unheard(c)) })
		},
		lostAnswer: func(w *world, t *task, c *call) {
			w.arrive(t, c, w.latency())
			w.after(w.between(50*time.Millisecond, longestFlight), func() { w.answer(t, nil, unheard(c)) })
		},
		late: func(w *world, t *task, c *call) {
			given := w.between(50*time.Millisecond, longestFlight-time.Second)
			w.arrive(t, c, w.between(given, longestFlight))
			w.after(given, func() { w.answer(t, nil, unheard(c)) })
		},
		twice: func(w *world, t *task, c *call) {
			w.deliver(t, c, w.latency(), w.latency())
			w.arrive(t, c, w.between(50*time.Millisecond, longestFlight))
		},
		throttle: func(w *world, t *task, c *call) {
			w.after(w.latency(), func() { w.answer(t, nil, throttled(c)) })
		},
		failBefore: func(w *world, t *task, c *call) {
			w.after(w.latency(), func() { w.answer(t, nil, broken(c)) })
		},
		failAfter: func(w *world, t *task, c *call) {
			w.arrive(t, c, w.latency())
			w.after(w.between(50*time.Millisecond, time.Second), func() { w.answer(t, nil, broken(c)) })
		},
		conflict: func(w *world, t *task, c *call) {
			w.after(w.latency(), func() { w.answer(t, nil, inConflict(c)) })
		},
		partition: func(w *world, t *task, c *call) {
			t.process.cut[c.to] = w.now.Add(w.pause())
			w.cutOff(t, c)
		},
	}
}

// pause is how long a freeze or a partition lasts: a moment, or longer than any lease.
func (w *world) pause() time.Duration {
	if w.chance(0.5) {
		return w.between(time.Second, 20*time.Second)
	}
	return w.between(20*time.Second, 15*time.Minute)
}
