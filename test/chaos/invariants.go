// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"strconv"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// invariants know what really happened, which no program of the simulation does, and are checked at each
// change. They read rows and never ask the code under test.
type invariants struct {
	s *simulation
	// fences is the highest fence that a branch was acquired with.
	fences map[string]int64
	// live are the builds that have claimed and not released, by the row that they hold.
	live map[string]*run
	// claimed are all builds that ever held their lock; by their ARN.
	claimed map[string]bool
	// released is the outcome that a lock was released with.
	released map[string]contract.Outcome
	// processed is the lock under which a trigger was processed, by card and trigger.
	processed map[string]string
	// starts are the builds that StartBuild made for a lock.
	starts map[string][]*run
	// rounds is how many repair rounds were begun in an attempt, by its lock.
	rounds map[string]int
	// intended are the locks whose intent to start a build was written.
	intended map[string]bool
	// held is how many slots of a project are held.
	held map[string]int
	// readySince is since when an item could start while a slot is free.
	readySince map[string]time.Time
	// freedAt is when a slot of an item was last freed, by the item's UID.
	freedAt map[string]time.Time
	// succeeded are the items that ever did, by cluster and name.
	succeeded map[string]bool
	// budgets is how many builds a project's budget allows; worked are the locks under which builds of a project did.
	budgets map[string]int64
	worked  map[string]map[string]bool
}

func newInvariants(s *simulation) *invariants {
	return &invariants{
		s: s, fences: map[string]int64{}, live: map[string]*run{}, claimed: map[string]bool{}, released: map[string]contract.Outcome{},
		processed: map[string]string{}, starts: map[string][]*run{}, intended: map[string]bool{}, rounds: map[string]int{}, held: map[string]int{},
		readySince: map[string]time.Time{}, freedAt: map[string]time.Time{}, succeeded: map[string]bool{},
		budgets: map[string]int64{}, worked: map[string]map[string]bool{},
	}
}

// rowState is what the invariants need of a row.
type rowState struct {
	lockID, buildID, outcome, project, holder, result string

	inProgress bool
	fence      int64
}

func stateOf(row attrs) rowState {
	return rowState{
		lockID: textOf(row[contract.AttrLockID]), buildID: textOf(row[contract.AttrBuildID]), outcome: textOf(row[contract.AttrOutcome]),
		project: textOf(row[contract.AttrProjectARN]), holder: textOf(row[contract.AttrHolder]), result: textOf(row[contract.AttrResult]),
		inProgress: textOf(row[contract.AttrStatus]) == string(contract.StatusInProgress), fence: numberOf(row[contract.AttrFence]),
	}
}

// changed checks a row that has changed.
func (t *invariants) changed(key string, old, next attrs) {
	switch {
	case strings.HasPrefix(key, "card#"):
		t.recorded(key, next)
		return
	case strings.HasPrefix(key, "budget#"):
		t.budgetChanged(key, next)
		return
	}
	was, is := stateOf(old), stateOf(next)
	if strings.HasPrefix(key, "slot#") {
		t.slotsChanged(was, is)
	}
	acquired := is.inProgress && (!was.inProgress || was.lockID != is.lockID)
	if acquired && strings.HasPrefix(key, "branch#") {
		if is.fence <= t.fences[key] {
			t.s.fail(&t.s.counts.Double, "the fence of %s went from %d to %d", key, t.fences[key], is.fence)
		}
		t.fences[key] = is.fence
	}
	if was.inProgress && was.buildID != "" && (!is.inProgress || was.lockID != is.lockID || was.buildID != is.buildID) {
		t.freed(key, was, is)
	}
	if old != nil && !was.inProgress && !is.inProgress && was.result != is.result {
		t.s.fail(&t.s.counts.Lost, "the result of lock %s was overwritten after the lock had ended", was.lockID)
	}
	if is.inProgress && is.buildID != "" && (acquired || was.buildID != is.buildID) {
		t.claims(key, is)
	}
}

// freed checks that a row left its holder's hands by that holder's will, or after its death.
func (t *invariants) freed(key string, was, is rowState) {
	r := t.s.build(was.buildID)
	delete(t.live, key)
	if is.lockID == was.lockID && is.outcome != "" {
		t.released[was.lockID] = contract.Outcome(is.outcome)
	}
	if r != nil && r.alive() && !t.s.mayFree(r) && !r.releasing {
		t.s.fail(&t.s.counts.Double, "%s was freed while its build %s is alive", key, r.id)
	}
}

// claims checks that no other build lives by the row.
func (t *invariants) claims(key string, is rowState) {
	r := t.s.build(is.buildID)
	if r == nil {
		return
	}
	t.claimed[r.arn] = true
	t.budgetUsed(r, is.project)
	if o := t.live[key]; o != nil && o != r && o.alive() {
		t.s.fail(&t.s.counts.Double, "builds %s and %s both live by %s", o.id, r.id, key)
	}
	t.live[key] = r
	if by := t.processed[triggerKey(r)]; by != "" && by != r.lockID {
		t.s.fail(&t.s.counts.Double, "build %s works on a trigger that lock %s has processed", r.id, by)
	}
}

// granted checks a worker whose claim was granted.
func (t *invariants) granted(r *run) {
	if row := stateOf(t.s.table.rows[r.env[contract.EnvBranchKey]]); row.lockID == r.lockID && row.buildID != r.arn {
		t.s.fail(&t.s.counts.Double, "build %s was granted the lock that build %s has claimed", r.id, row.buildID)
	}
}

// given is called when a build begins to work with parameters that it has accepted.
func (t *invariants) given(r *run, f contract.Frozen) {
	if f.Settings.TestCommand == evilCommand {
		t.s.fail(&t.s.counts.Lost, "build %s works with parameters that somebody wrote into its lock's row", r.id)
	}
}

// repairs counts a repair round: an attempt has no more of them than its environment froze for it, however many builds it has.
func (t *invariants) repairs(r *run, p contract.Parameters) {
	if t.rounds[r.lockID]++; t.rounds[r.lockID] > p.Settings.RepairRounds {
		t.s.fail(&t.s.counts.Wasted, "build %s begins repair round %d of lock %s, and %d are allowed", r.id, t.rounds[r.lockID], r.lockID, p.Settings.RepairRounds)
	}
}

// effect checks an effect outside at the moment in which it counts: its build must hold the branch.
func (t *invariants) effect(r *run, p contract.Parameters, what string) {
	if at, ok := t.s.unlocked[r.arn]; ok && !r.checked.After(at.Add(10*time.Second)) {
		return // the lease was good when it was checked; who unlocks sees what may still run
	}
	row := stateOf(t.s.table.rows[p.BranchKey])
	if !row.inProgress || row.lockID != p.LockID || row.buildID != r.arn {
		t.s.fail(&t.s.counts.Double, "a %s of build %s arrived after its lease: the branch is held by %q, build %q",
			what, r.id, row.lockID, row.buildID)
	}
}

// recorded checks the record of what was processed.
func (t *invariants) recorded(key string, next attrs) {
	trigger := key + "@" + strconv.FormatInt(numberOf(next[contract.AttrTrigger]), 10)
	by := textOf(next[contract.AttrLockID])
	if o := t.processed[trigger]; o != "" && o != by {
		t.s.fail(&t.s.counts.Double, "%s was concluded by lock %s and again by %s", trigger, o, by)
	}
	t.processed[trigger] = by
}

func triggerKey(r *run) string { return r.env[contract.EnvCardKey] + "@" + r.env[contract.EnvTrigger] }

// started checks that a start was meant, in writing, and that a lost answer wastes none: the token makes one build of
// calls that are close together.
func (t *invariants) started(r *run) {
	if !t.intended[r.lockID] {
		t.s.fail(&t.s.counts.Lost, "build %s was started for lock %s, and no item names it", r.id, r.lockID)
	}
	for _, o := range t.starts[r.lockID] {
		switch apart := r.started.Sub(o.started); {
		case apart < 2*time.Minute:
			t.s.fail(&t.s.counts.Wasted, "builds %s and %s were both started for one attempt, %s apart", o.id, r.id, apart)
		case t.s.exact:
			t.s.fail(&t.s.counts.Wasted, "builds %s and %s were both started for one attempt, and no answer was lost", o.id, r.id)
		}
	}
	t.starts[r.lockID] = append(t.starts[r.lockID], r)
}

// rowsHeld are the rows that somebody still holds.
func (t *invariants) rowsHeld() []string {
	var held []string
	for _, key := range t.s.rowKeys() {
		if stateOf(t.s.table.rows[key]).inProgress {
			held = append(held, key)
		}
	}
	return held
}
