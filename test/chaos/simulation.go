// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

const (
	tableName = "kiro-worker-locks"
	// troubled is how long faults go on; then everything must be over within patience.
	troubled = 35 * time.Minute
	patience = 10 * time.Hour
	// glance is how often the simulation checks whether all is over.
	glance = 30 * time.Second
)

// simulation is one seed's world with all that is in it.
type simulation struct {
	*world
	seed       uint64
	mutant     Mutant
	table      *table
	invariants *invariants
	accounts   []*account
	clusters   []*cluster
	people     []*process
	branches   map[string]*branch
	// cards are those of the board, by id.
	cards map[string]*card
	// programs counts the processes that were ever started.
	programs int
	// plans is how many things people still mean to do.
	plans    int
	redTests float64
	// standStill is how probable it is that a repair of them changes nothing.
	standStill float64
	// calm is set if the seed has no faults at all, exact if it has none by which a start can be repeated.
	calm, exact bool
	// skew is how far clocks are off at the most.
	skew   time.Duration
	healed bool
	over   bool
	// restored is set once the lock table came back from a backup.
	restored bool
	// unlocked is when a person freed a build's lock, by the build's ARN.
	unlocked map[string]time.Time
}

// Result is what became of one seed.
type Result struct {
	Seed                                uint64
	Faults, Wasted, Double, Lost, Stuck int
	// Err is the first invariant that did not hold; nil if all did.
	Err error
}

// Run simulates one seed's history, under a mutant if it is not the zero one, and writes it to trace if that is not nil.
func Run(seed uint64, mutant Mutant, trace io.Writer) Result {
	return runAsking(seed, mutant, trace, nil)
}

// runAsking is Run that tells, too, what is asked of AWS.
func runAsking(seed uint64, mutant Mutant, trace io.Writer, ask func(asked)) Result {
	s := &simulation{
		world: newWorld(seed, trace), seed: seed, mutant: mutant, branches: map[string]*branch{}, cards: map[string]*card{}, unlocked: map[string]time.Time{},
	}
	s.asked = ask
	s.invariants = newInvariants(s)
	s.table = newTable(s.invariants.changed)
	s.drawFaults()
	s.calm, s.exact = len(s.faults.rate) == 0, s.faults.exact()
	s.drawClocks()
	s.setUp()
	s.after(troubled, s.cure)
	s.after(glance, s.glance)
	for !s.over {
		if !s.step() {
			break
		}
	}
	if s.broken == nil && !s.over {
		s.fail(&s.counts.Stuck, "nothing happens any more: %s", s.unfinished())
	}
	s.halt()
	c := s.counts
	return Result{Seed: seed, Faults: c.Faults, Wasted: c.Wasted, Double: c.Double, Lost: c.Lost, Stuck: c.Stuck, Err: s.broken}
}

// halt ends every process, so that no coroutine outlives the seed.
func (s *simulation) halt() {
	for _, p := range s.people {
		p.kill()
	}
	for _, c := range s.clusters {
		for _, m := range slices.Clone(c.managers) {
			s.retire(m)
		}
	}
	for _, a := range s.accounts {
		for _, r := range a.builds {
			if r.worker != nil {
				r.worker.kill()
			}
		}
	}
	for _, c := range s.idle {
		c.stop()
	}
}

// drawClocks draws how wrong the seed's clocks are. A process draws its own, so a restart is a step of the clock.
func (s *simulation) drawClocks() {
	switch {
	case s.chance(0.1):
		s.skew = 20 * time.Minute
	case s.chance(0.7):
		s.skew = 3 * time.Minute
	}
}

// process makes a process with a clock of its own.
func (s *simulation) process(name string) *process {
	p := &process{w: s.world, name: name, cut: map[service]time.Time{}}
	if s.skew > 0 {
		p.skew = s.between(-s.skew, s.skew)
	}
	return p
}

// build finds a build by its ARN.
func (s *simulation) build(arn string) *run {
	for _, a := range s.accounts {
		if id := arn[max(0, len(arn)-len("kiro:0000-00000000")):]; a.byID[id] != nil {
			return a.byID[id]
		}
	}
	return nil
}

// mayFree reports whether a person has unlocked a build that is alive, so that its lock may be free.
func (s *simulation) mayFree(r *run) bool {
	_, ok := s.unlocked[r.arn]
	return ok
}

// cure ends all faults: whoever is frozen wakes, and every service is reached again.
func (s *simulation) cure() {
	s.say("the faults end")
	s.healed = true
	s.heal()
	wake := func(p *process) {
		p.frozen = s.now
		clear(p.cut)
	}
	for _, c := range s.clusters {
		for _, m := range c.managers {
			wake(m.process)
			if m.deposed {
				s.notice(m, s.between(0, 3*time.Second)) // it wakes sooner than it would have noticed
			}
		}
	}
	for _, a := range s.accounts {
		a.full = time.Time{}
		for _, r := range a.builds {
			if r.worker != nil {
				wake(r.worker)
			}
		}
	}
}

// glance checks whether everything is over.
func (s *simulation) glance() {
	left := s.unfinished()
	if s.healed {
		s.takeOut()
		s.raiseBudgets()
		s.invariants.idle()
	}
	switch {
	case left == "":
		s.finish()
	case s.now.Sub(epoch) > troubled+patience:
		s.fail(&s.counts.Stuck, "%s after the faults ended: %s", patience, left)
	default:
		s.after(glance, s.glance)
	}
}

// unfinished is what is not over; empty if everything is.
func (s *simulation) unfinished() string {
	if s.plans > 0 {
		return fmt.Sprintf("%d plans of people", s.plans)
	}
	for _, c := range s.clusters {
		for _, name := range c.names() {
			if c.gone {
				continue
			}
			if why := pending(c.items[name]); why != "" {
				return fmt.Sprintf("item %s of cluster %s: %s", name, c.name, why)
			}
		}
	}
	for _, a := range s.accounts {
		for _, r := range a.builds {
			if !r.over() {
				return "build " + r.id + " runs"
			}
		}
	}
	if s.effects > 0 {
		return "requests are on their way"
	}
	if held := s.invariants.rowsHeld(); len(held) > 0 {
		return fmt.Sprintf("%v are held", held)
	}
	return ""
}

// pending says what an item still waits for; empty if it is at its end.
func pending(item *v1alpha1.WorkItem) string {
	succeeded, concluded := "", false
	for _, c := range item.Status.Conditions {
		switch c.Type {
		case v1alpha1.ConditionSucceeded:
			if c.Status == "Unknown" {
				return c.Reason + ": " + c.Message
			}
			succeeded = c.Reason
		case v1alpha1.ConditionConcluded:
			concluded = c.Status == "True"
		}
	}
	switch {
	case !item.DeletionTimestamp.IsZero():
		return "it is being deleted"
	case succeeded == "":
		return "it was never looked at"
	case !concluded:
		return "its end is not notified"
	case item.Status.ObservedTrigger == nil || !item.Status.ObservedTrigger.Equal(item.Spec.TriggeredAt):
		return "its trigger was not observed"
	}
	return ""
}

// rowKeys are the lock table's keys in a fixed order.
func (s *simulation) rowKeys() []string {
	keys := make([]string, 0, len(s.table.rows))
	for key := range s.table.rows {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
