// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

func TestGrants(t *testing.T) {
	for why, run := range map[string]func(d *desk){
		"a free slot is granted as soon as an item waits": func(d *desk) {
			d.want("first", "a@0", d.put("a"))
			d.want("second", "b@1", d.put("b"))
			d.want("both slots are spoken for", "", d.put("c"))
		},
		"nothing is granted twice": func(d *desk) {
			d.want("grant", "a@0", d.put("a"))
			d.want("the same event", "", d.put("a"))
			d.want("another event without an attempt", "", d.put("a", first(3)))
		},
		"a slot counts as in use from its grant until its row is released": func(d *desk) {
			d.put("a")
			d.put("b")
			d.put("c")
			d.want("acquired", "", d.begin("a"))
			d.want("the attempt's end alone frees nothing", "", d.put("a", func(i *Item) { i.Active, i.Attempt = false, 2 }))
			d.want("the row's release does", "a@0", said(d.Released(testProject, 0, held("a", 1), d.now)))
		},
		"the next is the one of highest priority, then of the oldest card": func(d *desk) {
			d.configure(1)
			d.put("running")
			d.begin("running")
			d.put("young")
			d.put("old", old(time.Hour))
			d.put("urgent", first(1))
			d.want("priority first", "urgent@0", d.end("running", 0, contract.OutcomeSucceeded))
			d.begin("urgent")
			d.want("then age", "old@0", d.end("urgent", 0, contract.OutcomeSucceeded))
		},
		"a changed priority counts at once": func(d *desk) {
			d.configure(1)
			d.put("running")
			d.begin("running")
			d.put("a")
			d.put("b")
			d.put("b", first(1))
			d.want("b passed a", "b@0", d.end("running", 0, contract.OutcomeSucceeded))
		},
		"a grant is not taken back for a higher priority": func(d *desk) {
			d.configure(1)
			d.put("a")
			d.want("late", "", d.put("b", first(9)))
			if !d.Place("a").Granted {
				d.t.Error("a lost its grant")
			}
		},
		"a removed item's grant is the next's": func(d *desk) {
			d.configure(1)
			d.put("a")
			d.put("b")
			d.want("removed", "b@0", d.remove("a"))
			d.want("removed again", "", d.remove("a"))
		},
		"concurrency is counted over all slots, whatever their number": func(d *desk) {
			d.want("two of two are in use", "", d.look(Row{}, held("x", 1), Row{}, held("y", 1)))
			d.want("full", "", d.put("a"))
			d.want("raised", "a@0", d.configure(3))
			d.want("lowered: what runs goes on, and nothing starts", "", d.configure(1)+d.put("b"))
		},
		"a suspended environment begins nothing, and what was granted goes on": func(d *desk) {
			d.put("a")
			d.want("suspended", "", d.configure(2, suspended)+d.put("b")+d.begin("a"))
			d.want("resumed", "b@1", d.configure(2))
		},
		"an unusable environment grants nothing": func(d *desk) {
			d.want("unusable", "", d.configure(2, unusable)+d.put("a"))
			d.want("usable again", "a@0", d.configure(2))
		},
		"an item that moved waits where it is now": func(d *desk) {
			other := Environment{"team", "other"}
			d.put("a")
			d.want("its grant ended", "", d.put("a", in(other)))
			if d.Snapshot(testEnvironment).Length != 0 || d.Snapshot(other).Length != 1 {
				d.t.Error("it waits in the wrong queue")
			}
			d.want("the other has the same project", "a@0", said(d.Configure(other, d.settings(1), d.now)))
		},
		"a grant that nothing comes of ends after two minutes, and those behind go first": func(d *desk) {
			d.configure(1)
			d.put("a")
			d.put("b")
			d.want("too early", "", d.pass(grantTime-time.Second))
			d.want("in time", "b@0", d.pass(time.Second))
			if p := d.Place("a"); p.Reason != ReasonBackingOff {
				d.t.Errorf("a is at %+v", p)
			}
		},
		"an attempt that came and went unseen used its grant": func(d *desk) {
			d.configure(1)
			d.put("a")
			d.put("b")
			d.want("the next attempt", "b@0", d.put("a", func(i *Item) { i.Attempt, i.NotBefore = 2, d.now.Add(time.Hour) }))
			d.remove("b")
			d.put("a", notBefore(time.Time{}))
			d.put("b", first(1))
			d.want("and it queues up again", "b@0", d.put("a", func(i *Item) { i.Attempt = 3 }))
		},
		"an environment's other project is not known yet": func(d *desk) {
			d.put("a")
			d.want("moved", "", d.configure(1, func(s *Settings) { s.Project = "next" }))
			d.want("looked at", "a@0", said(d.Slots("next", Look{At: d.now}, d.now)))
			if d.Place("a").Grant.ExpiresAt != d.now.Add(grantTime) {
				d.t.Error("the grant of the former project's slot went on")
			}
		},
	} {
		t.Run(why, func(t *testing.T) { run(newDesk(t, 2)) })
	}
}

func TestBackingOff(t *testing.T) {
	d := newDesk(t, 1)
	d.want("its time has not come", "", d.put("a", notBefore(d.now.Add(time.Minute))))
	if next := d.Next(); !next.Equal(d.now.Add(time.Minute)) {
		t.Errorf("it is to be called at %s, for the end of the wait", next)
	}
	d.want("those behind go first", "b@0", d.put("b"))
	d.begin("b")
	d.end("b", 0, contract.OutcomeSucceeded)
	d.want("its time has come", "a@0", d.pass(time.Minute))
}
