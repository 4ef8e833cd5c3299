// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// A history is a row of steps of four bytes: what happens, and three choices. Any bytes are a history, and what is left
// when some steps are taken out is one too: that is what makes a failing one short.
const stepLength = 4

const historyCluster = "history"

var (
	historyEnvironments = []Environment{{"a", "one"}, {"a", "two"}, {"b", "one"}, {"b", "new"}}
	historyProjects     = []string{"p", "q"}
	historyTimes        = []time.Duration{0, time.Millisecond, time.Second, 3 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 31 * time.Second, time.Minute, 2 * time.Minute, 20 * time.Minute}
	historyOutcomes     = []contract.Outcome{
		contract.OutcomeSucceeded, contract.OutcomeTestsFailed, contract.OutcomeBuildFault, contract.OutcomeBuildFault, contract.OutcomeBuildFault,
		contract.OutcomeWorkerLost, contract.OutcomeCancelled, outcomeAgentCredentialsInvalid,
	}
)

// history runs steps against a machine and the model, and stops at the first difference.
type history struct {
	machine machine
	model   *model
	now     time.Time
	// behind says that time went on without a Tick: where nothing has called, nothing is expected.
	behind bool
	items  map[string]Item
	set    map[Environment]Settings
	rows   map[string]*[contract.MaxSlots]Row // the lock table
	log    []string
	seen   struct{ grants, resumed, probes, blocked, rested int } // so that a test can say that a history shows something
}

// run is the first difference of a history, or nothing.
func run(newMachine func() machine, steps []byte) (*history, string) {
	h := &history{
		machine: newMachine(), model: newModel(historyCluster), now: epoch,
		items: map[string]Item{}, set: map[Environment]Settings{}, rows: map[string]*[contract.MaxSlots]Row{},
	}
	for _, p := range historyProjects {
		h.rows[p] = &[contract.MaxSlots]Row{}
	}
	for len(steps) >= stepLength {
		kind := historySteps[int(steps[0])%len(historySteps)]
		difference := kind(h, int(steps[1]), int(steps[2]), int(steps[3]))
		if difference == "" {
			difference = h.difference()
		}
		if difference != "" {
			return h, difference
		}
		steps = steps[stepLength:]
	}
	return h, ""
}

// do makes one call of both and compares what they grant.
func (h *history) do(what string, call func(machine) Result) string {
	h.log = append(h.log, fmt.Sprintf("%8s %s", h.now.Sub(epoch), what))
	expected, got := call(h.model), call(h.machine)
	for _, g := range got.Grants {
		h.log = append(h.log, fmt.Sprintf("%8s   %s is granted slot %d of %s until %s", "", g.Key, g.Slot, g.Environment, g.ExpiresAt.Sub(epoch)))
		h.seen.grants++
	}
	if !slices.Equal(expected.Grants, got.Grants) { // cmp alone would take most of the time
		return "the grants differ (-model +machine):\n" + cmp.Diff(expected.Grants, got.Grants)
	}
	if !got.Next.Equal(h.machine.Next()) {
		return fmt.Sprintf("the call says that it is next at %s, and Next says %s", got.Next, h.machine.Next())
	}
	return ""
}

// difference compares all that can be read.
func (h *history) difference() string {
	if h.behind {
		return ""
	}
	for key, item := range h.items {
		expected, got := h.model.Place(key), h.machine.Place(key)
		if expected.Reason == ReasonBranchHeld {
			h.seen.blocked++
		}
		if h.set[item.Environment].Project != "" && expected != got {
			return fmt.Sprintf("%s has the place %+v, and the model says %+v", key, got, expected)
		}
	}
	for _, name := range historyEnvironments {
		if expected, got := h.model.Snapshot(name), h.machine.Snapshot(name); !reflect.DeepEqual(expected, got) {
			return fmt.Sprintf("the snapshot of %s differs (-model +machine):\n%s", name, cmp.Diff(expected, got))
		}
		if h.model.brake(name).probe != "" {
			h.seen.probes++
		}
	}
	for _, name := range historyProjects {
		if expected, got := h.model.Demand(name), h.machine.Demand(name); !expected.Equal(got) {
			return fmt.Sprintf("the demand for %s is since %s, and the model says %s", name, got, expected)
		}
	}
	looks := h.machine.LooksDue(h.now)
	if expected := h.model.LooksDue(h.now); !slices.Equal(expected, looks) {
		return fmt.Sprintf("looks are due at %v, and the model says %v", looks, expected)
	}
	if next := h.machine.Next(); len(looks) == 0 && !next.IsZero() && !next.After(h.now) {
		return fmt.Sprintf("nothing is due, and the next Tick was to be at %s: it would be called in a loop", next)
	}
	if m, ok := h.machine.(*Manager); ok {
		return m.inconsistency()
	}
	return ""
}

// tick lets time pass, and checks that the machine asked to be called in time.
func (h *history) tick(d time.Duration) string {
	h.now = h.now.Add(d)
	next := h.machine.Next()
	if looks := h.model.LooksDue(h.now); len(looks) > 0 && !h.behind && (next.IsZero() || next.After(h.now)) {
		return fmt.Sprintf("looks at %v are due at %s, and the machine wants to be called at %s", looks, h.now, next)
	}
	h.behind = false
	return h.do("Tick", func(m machine) Result { return m.Tick(h.now) })
}

func (h *history) put(item Item) string {
	h.items[item.Key] = item
	what := fmt.Sprintf("Put %s in %s priority %d age %s source %q branch %q attempt %d active %t not before %s", item.Key, item.Environment,
		item.Priority, epoch.Sub(item.CreatedAt), item.Source, item.BranchKey, item.Attempt, item.Active, item.NotBefore.Sub(epoch))
	return h.do(what, func(m machine) Result { return m.Put(item, h.now) })
}

// pick is one of the items that are there.
func (h *history) pick(n int, filter func(Item) bool) (Item, bool) {
	var keys []string
	for key, item := range h.items {
		if filter == nil || filter(item) {
			keys = append(keys, key)
		}
	}
	if len(keys) == 0 {
		return Item{}, false
	}
	slices.Sort(keys)
	return h.items[keys[n%len(keys)]], true
}

func (h *history) granted(item Item) bool { return h.model.items[item.Key].grant != nil }

// shortest takes steps out of a failing history as long as it fails.
func shortest(newMachine func() machine, steps []byte) []byte {
	for size := len(steps) / stepLength / 2; size > 0; size /= 2 {
		for at := 0; at+size*stepLength <= len(steps); {
			fewer := slices.Delete(slices.Clone(steps), at, at+size*stepLength)
			if _, difference := run(newMachine, fewer); difference != "" {
				steps = fewer
			} else {
				at += size * stepLength
			}
		}
	}
	return steps
}

// report is a failing history, shortened, as a person reads it.
func report(newMachine func() machine, steps []byte) string {
	steps = shortest(newMachine, steps)
	h, difference := run(newMachine, steps)
	return fmt.Sprintf("%s\n\n%s\n\nsteps %#v", strings.Join(h.log, "\n"), difference, steps)
}
