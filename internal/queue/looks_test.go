// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

func TestLooks(t *testing.T) {
	for why, run := range map[string]func(d *desk){
		"nothing is granted before the first look": func(d *desk) {
			d.Rebuild(nil, d.now)
			d.want("no look yet", "", d.put("a"))
			d.wantLook("somebody waits", true)
			d.want("all slots are free", "a@0", d.look())
		},
		"nobody is looked for while nobody waits": func(d *desk) {
			d.Rebuild(nil, d.now)
			d.wantLook("empty", false)
			d.put("a", notBefore(d.now.Add(time.Hour)))
			d.wantLook("backing off", false)
		},
		"while one is ready and no slot is free, it is looked every ten seconds": func(d *desk) {
			d.look(held("x", 1), held("y", 1))
			d.put("a")
			d.wantLook("just looked", false)
			if next := d.Next(); !next.Equal(d.now.Add(lookInterval)) {
				d.t.Errorf("the next is at %s", next)
			}
			d.pass(lookInterval)
			d.wantLook("ten seconds later", true)
			d.want("another cluster has freed one", "a@1", d.look(held("x", 1)))
			d.wantLook("nobody waits", false)
		},
		"a look that fails is tried again after ten seconds, and what was known stays": func(d *desk) {
			d.put("a")
			d.LookFailed(testProject, d.now)
			d.want("b still gets its slot", "b@1", d.put("b"))
			d.put("c")
			d.pass(lookInterval - time.Second)
			d.wantLook("too early", false)
			d.pass(time.Second)
			d.wantLook("in time", true)
		},
		"a refused slot is looked at, at once, before anything else is granted": func(d *desk) {
			d.put("a")
			d.pass(time.Second)
			d.want("who knows what else is held", "", d.refuse("a", RefusedSlot, 5*time.Second)+d.put("b"))
			d.wantLook("now", true)
			d.want("a look that began before shows no more", "",
				said(d.Slots(testProject, Look{At: d.now.Add(-time.Millisecond)}, d.now)))
			d.want("one that began after does", "b@1", d.look(held("x", 1)))
			d.want("a comes back, and the next free slot is another", "", d.pass(5*time.Second))
		},
		"looks may arrive in another order than they began": func(d *desk) {
			began := d.now
			d.pass(time.Second)
			d.look(held("x", 1), held("y", 1))
			d.want("the older one", "", said(d.Slots(testProject, Look{At: began}, d.now))+d.put("a"))
		},
		"a refused slot does not wait for the next try of a look that failed": func(d *desk) {
			d.put("a")
			d.put("b")
			d.pass(time.Second)
			d.LookFailed(testProject, d.now)
			d.refuse("a", RefusedSlot, 0)
			d.wantLook("at once", true)
		},
		"what was learned since a look began is newer": func(d *desk) {
			began := d.now
			d.put("a")
			d.pass(time.Second)
			d.begin("a")
			d.want("the look did not see a's row yet", "b@1", said(d.Slots(testProject, Look{At: began}, d.now))+d.put("b"))
		},
		"a release counts for the row that was seen, not for the one that followed": func(d *desk) {
			d.configure(1)
			d.put("a")
			d.begin("a")
			d.put("b")
			d.want("the former attempt's", "", said(d.Released(testProject, 0, held("a", 0), d.now)))
			d.want("another's", "", said(d.Released(testProject, 0, held("z", 1), d.now)))
			d.want("its own", "b@0", said(d.Released(testProject, 0, held("a", 1), d.now)))
		},
		"a former attempt's row is not what came of a grant": func(d *desk) {
			d.put("a", func(i *Item) { i.Attempt = 2 })
			d.pass(time.Second)
			d.want("a's row and a's grant are two", "", d.look(held("a", 1))+d.put("b"))
		},
		"numbers are tried from the cluster's own on": func(d *desk) {
			d.projects.start = 49
			d.want("its first", "a@49", d.put("a"))
			d.want("and round", "b@0", d.put("b"))
		},
	} {
		t.Run(why, func(t *testing.T) { run(newDesk(t, 2)) })
	}
}

func (d *desk) wantLook(why string, want bool) {
	d.t.Helper()
	if looks := d.LooksDue(d.now); (len(looks) > 0) != want {
		d.t.Errorf("%s: looks are due at %v", why, looks)
	}
}

func TestClustersBeginApart(t *testing.T) {
	starts, blue := map[int]bool{}, NewManager("blue").projects.start
	for _, cluster := range []string{"blue", "green", "production", "staging", "a", "b"} {
		starts[NewManager(cluster).projects.start] = true
	}
	if len(starts) < 5 {
		t.Errorf("six clusters begin at %v", starts)
	}
	if again := NewManager("blue"); again.projects.start != blue {
		t.Error("a restart changes where a cluster begins")
	}
}

func TestRebuild(t *testing.T) {
	for why, run := range map[string]func(d *desk){
		"nothing is granted before all items are known, or the first to come would be first": func(d *desk) {
			d.Manager, d.items = NewManager(testCluster), map[string]Item{}
			d.projects.start = 0
			d.configure(1)
			d.want("a is known, b is not", "", d.put("a")+d.look())
			d.wantLook("not even a look", false)
			items := []Item{d.items["a"], {Entry: Entry{Key: "b", Priority: 1}, Environment: testEnvironment, Attempt: 1}}
			d.want("slots are not known", "", said(d.Rebuild(items, d.now)))
			d.want("b is first", "b@0", d.look())
		},
		"one that acquired its slot before a crash gets that slot, free or not": func(d *desk) {
			d.Rebuild(nil, d.now)
			d.put("a", sharing("x"))
			d.put("b", sharing("x"))
			d.put("c")
			d.want("b holds slot 1, and the branch", "b@1", d.look(held("else", 1), held("b", 1)))
		},
		"one that acquired goes on although its environment is suspended": func(d *desk) {
			d.Rebuild(nil, d.now)
			d.configure(2, suspended)
			d.put("a")
			d.put("b")
			d.wantLook("there may be one", true)
			d.want("a began", "a@1", d.look(Row{}, held("a", 1)))
		},
		"a row of an attempt that is over gives no right": func(d *desk) {
			d.Rebuild(nil, d.now)
			d.configure(1)
			d.put("a", func(i *Item) { i.Attempt = 2 })
			d.put("b", first(1))
			d.want("the row is about to be released", "", d.look(held("a", 1)))
			d.want("then it is b's turn", "b@0", said(d.Released(testProject, 0, held("a", 1), d.now)))
		},
		"a running item's row is only counted": func(d *desk) {
			d.Rebuild(nil, d.now)
			d.put("a", func(i *Item) { i.Active = true })
			d.put("b")
			d.put("c")
			d.want("one slot is left", "b@1", d.look(held("a", 1)))
		},
		"one that was refused after all waits, and is not tried in a loop": func(d *desk) {
			d.Rebuild(nil, d.now)
			d.put("a")
			d.look(held("a", 1))
			d.want("its lock cannot be read now", "", d.refuse("a", RefusedOther, 5*time.Second))
			d.want("later", "a@0", d.pass(5*time.Second))
		},
	} {
		t.Run(why, func(t *testing.T) { run(newDesk(t, 2)) })
	}
}

func TestRefusals(t *testing.T) {
	d := newDesk(t, 1)
	d.put("a")
	d.put("b")
	d.want("those behind go first", "b@0", d.refuse("a", RefusedOther, 5*time.Second))
	d.pass(5 * time.Second)
	d.want("a is first again", "a@0", d.remove("b"))
	if g := d.Place("a").Grant; g.Refusals != 1 {
		t.Errorf("a was refused once, not %d times", g.Refusals)
	}
	d.begin("a")
	d.end("a", 0, contract.OutcomeBuildFault)
	d.want("its next attempt", "a@0", d.put("a", notBefore(d.now)))
	if g := d.Place("a").Grant; g.Refusals != 0 || g.Attempt != 2 {
		t.Errorf("what the former attempt met does not count: %+v", g)
	}

	d.begin("a")
	d.refuse("a", RefusedOther, time.Hour)
	d.put("a", func(i *Item) { i.Active = false })
	if !d.Place("a").Granted && d.Place("a").Reason != ReasonNotFirst {
		t.Errorf("a refusal of one that runs came too late to count: %+v", d.Place("a"))
	}

	var waits []time.Duration
	for n := range 5 {
		waits = append(waits, RefusalWait.Backoff(n+1, 0), RefusalWait.Backoff(n+1, 1))
	}
	s := time.Second
	if diff := cmp.Diff([]time.Duration{10 * s, 5 * s, 20 * s, 10 * s, 40 * s, 20 * s, 60 * s, 30 * s, 60 * s, 30 * s}, waits); diff != "" {
		t.Errorf("waits of 5 to 10 s grow to 60 s (-want +got):\n%s", diff)
	}
}

func TestDemand(t *testing.T) {
	d := newDesk(t, 2)
	look := func(others int, rows ...Row) string {
		return said(d.Slots(testProject, Look{At: d.now, Rows: rows, Others: others}, d.now))
	}
	d.put("a")
	d.put("b")
	if !d.Demand(testProject).IsZero() {
		t.Error("all that is ready was granted: there is no demand")
	}
	d.put("c")
	since := d.now
	d.begin("a")
	d.begin("b")
	d.pass(time.Second)
	look(1, held("a", 1), held("b", 1))
	if !d.Demand(testProject).Equal(since) {
		t.Errorf("c found no slot since %s, not %s", since, d.Demand(testProject))
	}
	d.want("two of two is more than half: the slot is left alone", "", d.end("a", 0, contract.OutcomeSucceeded))
	freed := d.now
	d.pass(lookInterval)
	look(1, Row{}, held("b", 1))
	if !d.Next().Equal(freed.Add(restTime)) {
		t.Errorf("the next is at %s, not when the slot has rested", d.Next())
	}
	d.want("nobody took it", "c@0", d.pass(restTime-lookInterval))
	d.begin("c")
	d.put("d")
	d.want("another cluster took the other, when it was freed", "",
		d.end("b", 1, contract.OutcomeSucceeded)+d.pass(time.Second)+look(1, held("c", 1), held("x", 1)))
	d.want("one of two is no more than its share", "d@0", d.end("c", 0, contract.OutcomeSucceeded))
	d.remove("d")
	if !d.Demand(testProject).IsZero() {
		t.Error("nobody waits any more")
	}
}
