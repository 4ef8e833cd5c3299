// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

func TestBrake(t *testing.T) {
	const fault, lost = contract.OutcomeBuildFault, contract.OutcomeWorkerLost
	for why, run := range map[string]func(d *desk){
		"three items in a row with one reason apply it": func(d *desk) {
			d.fail("a", fault)
			d.fail("b", fault)
			d.wantBrake("two may be chance", false)
			d.fail("c", fault)
			d.wantBrake("three are not", true)
			d.want("nothing starts at once", "", d.put("d")+d.put("e"))
			d.want("one is tried", "d@0", d.pass(30*time.Second))
			d.want("and no other beside it", "", d.pass(time.Minute))
		},
		"one item that fails three times is its own trouble": func(d *desk) {
			for n := range 3 {
				d.Concluded(testEnvironment, "a", fault, d.now.Add(time.Duration(n)))
			}
			d.wantBrake("the other items may be well", false)
		},
		"three reasons are no pattern": func(d *desk) {
			d.fail("a", fault)
			d.fail("b", lost)
			d.fail("c", fault)
			d.wantBrake("mixed", false)
		},
		"a work failure shows that the infrastructure works": func(d *desk) {
			d.fail("a", fault)
			d.fail("b", fault)
			d.fail("x", contract.OutcomeTestsFailed)
			d.fail("c", fault)
			d.wantBrake("one in a row", false)
		},
		"what a person ended shows nothing": func(d *desk) {
			d.fail("a", fault)
			d.fail("b", fault)
			d.fail("x", contract.OutcomeCancelled)
			d.fail("c", fault)
			d.wantBrake("three in a row", true)
		},
		"bad credentials of the agent apply it at once": func(d *desk) {
			d.fail("a", outcomeAgentCredentialsInvalid)
			d.wantBrake("each attempt would end so", true)
		},
		"a probe that fails makes the next wait longer": func(d *desk) {
			d.apply()
			d.put("d")
			d.put("e")
			d.pass(30 * time.Second)
			d.begin("d")
			d.want("d failed", "", d.end("d", 0, fault))
			d.want("thirty seconds are over", "", d.pass(59*time.Second))
			d.want("a minute is", "e@0", d.pass(time.Second))
			d.begin("e")
			if b := d.Snapshot(testEnvironment).Brake; b.Failures != 2 || b.Probe != "e" {
				d.t.Errorf("the brake is %+v", b)
			}
		},
		"a probe that succeeds releases it": func(d *desk) {
			d.apply()
			d.put("d")
			d.pass(30 * time.Second)
			d.begin("d")
			d.put("e")
			d.put("f")
			d.want("all slots are granted", "e@0 f@1", d.end("d", 0, contract.OutcomeSucceeded))
		},
		"what began before it and succeeds releases it, too": func(d *desk) {
			d.put("x")
			d.begin("x")
			d.apply()
			d.want("the brake", "", d.put("d"))
			d.want("x ran well", "d@1", said(d.Concluded(testEnvironment, "x", contract.OutcomeSucceeded, d.now))+d.remove("x")+d.pass(0))
		},
		"what began before it and fails changes nothing": func(d *desk) {
			d.put("x")
			d.begin("x")
			d.apply()
			d.put("d")
			d.pass(30 * time.Second)
			d.end("x", 0, fault)
			if b := d.Snapshot(testEnvironment).Brake; b.Failures != 1 || b.Probe != "d" {
				d.t.Errorf("the brake is %+v", b)
			}
		},
		"a probe that is cancelled or refused leaves the next to be tried": func(d *desk) {
			d.apply()
			d.put("d")
			d.put("e")
			d.put("f")
			d.pass(30 * time.Second)
			d.want("d is gone", "e@0", d.remove("d"))
			d.want("e was refused", "f@0", d.refuse("e", RefusedOther, time.Hour))
		},
		"a changed environment releases it": func(d *desk) {
			d.apply()
			d.put("d")
			d.want("the image was fixed", "d@0", d.configure(2, generation(2)))
		},
		"it outlives a restart": func(d *desk) {
			d.put("d", notBefore(d.now.Add(time.Second)))
			d.RestoreBrake(testEnvironment, fault, d.now.Add(-time.Hour), d.now)
			d.want("the backoff begins again", "", d.pass(29*time.Second))
			d.want("then one is tried", "d@0", d.pass(time.Second))
			if b := d.Snapshot(testEnvironment).Brake; !b.Since.Equal(epoch.Add(-time.Hour)) || b.Reason != fault {
				d.t.Errorf("the brake is %+v", b)
			}
		},
	} {
		t.Run(why, func(t *testing.T) { run(newDesk(t, 2)) })
	}
}

// fail has an item's attempt run and end.
func (d *desk) fail(name string, outcome contract.Outcome) {
	d.put(name)
	d.begin(name)
	d.end(name, 0, outcome)
}

func (d *desk) apply() {
	d.RestoreBrake(testEnvironment, contract.OutcomeBuildFault, d.now, d.now)
}

func (d *desk) wantBrake(why string, want bool) {
	d.t.Helper()
	if b := d.Snapshot(testEnvironment).Brake; b.Applied != want {
		d.t.Errorf("%s: the brake is %+v", why, b)
	}
}
