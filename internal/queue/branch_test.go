// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

func TestBranches(t *testing.T) {
	for why, run := range map[string]func(d *desk){
		"two items of one branch never start together": func(d *desk) {
			d.want("the first", "a@0", d.put("a", sharing("x")))
			d.want("the second waits", "", d.put("b", sharing("x")))
			d.want("another branch", "c@1", d.put("c"))
			if p := d.Place("b"); p.Reason != ReasonBranchHeld {
				d.t.Errorf("b is at %+v", p)
			}
		},
		"a branch is held until the attempt is over": func(d *desk) {
			d.put("a", sharing("x"))
			d.put("b", sharing("x"))
			d.want("running", "", d.begin("a"))
			d.want("the release frees the slot, not yet the branch", "", said(d.Released(testProject, 0, held("a", 1), d.now)))
			d.want("its end frees it", "b@0", d.remove("a"))
		},
		"one that backs off leaves the branch to others": func(d *desk) {
			d.put("a", sharing("x"))
			d.put("b", sharing("x"))
			d.begin("a")
			d.want("it will try again in an hour", "b@0", d.end("a", 0, contract.OutcomeBuildFault))
		},
		"of one branch the first by the order is next, whenever it came": func(d *desk) {
			d.put("a", sharing("x"))
			d.put("b", sharing("x"))
			d.put("c", sharing("x"), first(1))
			d.want("c was before b", "c@0", d.remove("a"))
		},
		"a changed branch frees the former one": func(d *desk) {
			d.put("a", sharing("x"))
			d.put("b", sharing("x"))
			d.want("moved", "b@1", d.put("a", sharing("y")))
		},
		"items without a branch exclude nobody": func(d *desk) {
			d.want("one", "a@0", d.put("a", sharing("")))
			d.want("two", "b@1", d.put("b", sharing("")))
		},
		"a branch that is held elsewhere is refused once, not once an item": func(d *desk) {
			d.put("a", sharing("x"))
			d.put("b", sharing("x"))
			d.want("b would be refused too", "", d.refuse("a", RefusedBranch, 10*time.Second))
			if p := d.Place("a"); p.Reason != ReasonBranchHeld {
				d.t.Errorf("a is at %+v", p)
			}
			d.want("then it is tried again", "a@0", d.pass(10*time.Second))
		},
		"a refused branch is free when its item goes": func(d *desk) {
			d.put("a", sharing("x"))
			d.put("b", sharing("x"))
			d.refuse("a", RefusedBranch, time.Minute)
			d.want("b finds out by itself", "b@0", d.remove("a"))
		},
	} {
		t.Run(why, func(t *testing.T) { run(newDesk(t, 2)) })
	}
}

func TestFairBySource(t *testing.T) {
	for why, run := range map[string]func(d *desk){
		"the source with the fewest slots is first, whatever its cards' age": func(d *desk) {
			d.put("a1", of("a"), old(9*time.Hour))
			d.begin("a1")
			d.put("a2", of("a"), old(9*time.Hour))
			d.want("a has two slots by now", "", d.put("a3", of("a"), old(9*time.Hour))+d.put("b1", of("b")))
			d.want("b has none", "b1@2", d.configure(3, fair))
		},
		"priority goes before fairness": func(d *desk) {
			d.put("a1", of("a"))
			d.put("x", of("x"))
			d.put("a2", of("a"), first(1))
			d.put("b1", of("b"))
			d.want("a has more, and its next is urgent", "a2@2", d.configure(3, fair))
		},
		"with Priority sources do not count": func(d *desk) {
			d.put("a1", of("a"))
			d.put("x", of("x"))
			d.put("a2", of("a"), old(time.Hour))
			d.put("b1", of("b"))
			d.want("the older card", "a2@2", d.configure(3))
		},
		"a slot that a row shows counts, too": func(d *desk) {
			d.look(held("a1", 1), Row{Held: true})
			d.put("a1", of("a"), func(i *Item) { i.Active = true })
			d.put("a2", of("a"), old(time.Hour))
			d.put("b1", of("b"))
			d.want("a runs one already", "b1@2", d.configure(3, fair))
		},
	} {
		t.Run(why, func(t *testing.T) { run(newDesk(t, 2, fair)) })
	}
}

func TestSharedProject(t *testing.T) {
	other := Environment{"other-team", "main"}
	both := func(d *desk, concurrency int) string { return said(d.Configure(other, d.settings(concurrency), d.now)) }
	for why, run := range map[string]func(d *desk){
		"two environments of one project never grant one slot": func(d *desk) {
			both(d, 1)
			d.want("one", "a@0", d.put("a"))
			d.want("the other", "", d.put("b", in(other)))
			d.want("freed in one, granted in the other", "b@0", d.remove("a"))
		},
		"each has its own concurrency, counted over the project": func(d *desk) {
			both(d, 2)
			d.put("a")
			d.want("1 of 1", "", d.put("a2"))
			d.want("1 of 2", "b@1", d.put("b", in(other)))
		},
		"the environment that uses fewer slots is next, whatever priorities are set": func(d *desk) {
			d.look(Row{}, Row{}, Row{}, held("elsewhere", 1))
			d.configure(4)
			both(d, 4)
			d.put("a1")
			d.put("a2")
			d.put("b1", in(other))
			d.want("all four are in use", "", d.put("a3", first(99))+d.put("b2", in(other)))
			d.want("b has one, a two", "b2@3", d.look())
		},
	} {
		t.Run(why, func(t *testing.T) { run(newDesk(t, 1)) })
	}
}
