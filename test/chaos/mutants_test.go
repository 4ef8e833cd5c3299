// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// withinSeeds is how soon each mutant must be caught.
const withinSeeds = 2000

// expectations are what is known of each mutant. A seed that caught it is tried first, so that a plain run of the tests
// is quick; where the code has changed so much that it does not any more, all are searched.
var expectations = map[string]struct {
	seed uint64
	// covered says which other protection covers it, where the mutant alone need not be caught.
	covered string
}{
	"token":                             {seed: 1},
	"intent":                            {seed: 1},
	"claim":                             {seed: 100},
	"abandon":                           {covered: "the row as read: a claim changes the lease's end"},
	"abandon, and the row as read":      {seed: 22},
	"the card's record":                 {seed: 1},
	"what acquire removes":              {seed: 1},
	"the partner's key":                 {seed: 6},
	"the second look at the slots":      {seed: 8},
	"the transaction over both rows":    {seed: 1},
	"asking CodeBuild before reclaim":   {seed: 16},
	"the settling time":                 {seed: 277},
	"the parameters' hash":              {seed: 149},
	"in_progress on heartbeat":          {seed: 12},
	"the conditions on release":         {seed: 96},
	"resourceVersion on status writes":  {seed: 1},
	"fence":                             {covered: "lock id and claim: the fence is the second belt"},
	"waiting for a deleted environment": {seed: 15},
	"the budget's condition":            {seed: 34},
	"setting aside before a start":      {seed: 3},
	"waiting for dependencies":          {seed: 2},
}

// A simulation that finds nothing shows something only if it would find what it is to find.
func TestMutantsAreCaught(t *testing.T) {
	var table strings.Builder
	fmt.Fprintf(&table, "\n%-36s %8s  %s\n", "protection removed", "seeds", "caught by, or covered by")
	for _, m := range Mutants() {
		e, known := expectations[m.Name]
		switch {
		case !known:
			t.Errorf("nothing is known of mutant %q", m.Name)
			continue
		case e.covered != "" && !*allSeeds:
			if r := exercise(m); r.Err != nil || m.Edits.Load() == 0 {
				t.Errorf("without %s: %d requests were changed, and seed %d gave %v", m.Name, m.Edits.Load(), r.Seed, r.Err)
			}
			fmt.Fprintf(&table, "%-36s %8s  %s\n", m.Name, "-", e.covered)
			continue
		}
		r := catch(m, e.seed)
		switch {
		case r.Err != nil:
			fmt.Fprintf(&table, "%-36s %8d  %.100s\n", m.Name, r.Seed, r.Err)
		case e.covered != "":
			fmt.Fprintf(&table, "%-36s %8s  %s\n", m.Name, "-", e.covered)
		default:
			t.Errorf("without %s, %d seeds found nothing wrong", m.Name, withinSeeds)
		}
		if r.Err != nil && r.Seed != e.seed && !*allSeeds {
			t.Logf("mutant %q is caught by seed %d now; write that down", m.Name, r.Seed)
		}
	}
	t.Log(table.String())
}

// exercise runs seeds until there was something to change in one: not every history abandons a lock.
func exercise(m Mutant) Result {
	const few = 50
	for seed := uint64(1); ; seed++ {
		if r := Run(seed, m, nil); r.Err != nil || m.Edits.Load() > 0 || seed == few {
			return r
		}
	}
}

// catch finds a seed in which the mutant breaks an invariant.
func catch(m Mutant, likely uint64) Result {
	if !*allSeeds {
		if r := Run(likely, m, nil); r.Err != nil {
			return r
		}
	}
	sum := RunMany(1, withinSeeds, runtime.GOMAXPROCS(0), m, false)
	if len(sum.Failed) == 0 {
		return Result{}
	}
	return sum.Failed[0]
}
