// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"encoding/binary"
	"math/rand/v2"
	"testing"
)

// historyLength is how many steps a random history has.
const historyLength = 200

// randomHistory begins, three times in four, so that something can be granted: environments are configured, the queues
// rebuilt and the slots looked at. What follows may undo it.
func randomHistory(seed uint64) []byte {
	var steps []byte
	if seed%4 > 0 {
		steps = append(steps, stepConfigureAllIndex, 0, 1, 0, stepRebuildIndex, 0, 0, 0, stepLookIndex, 0, 0, 0, stepLookIndex, 1, 0, 0)
	}
	r := rand.New(rand.NewPCG(seed, 7))
	for range historyLength {
		steps = binary.LittleEndian.AppendUint32(steps, r.Uint32())
	}
	return steps
}

func realManager() machine { return NewManager(historyCluster) }

// TestManagerAgreesWithTheModel compares the Manager with its model, call by call, over random histories. A failure
// prints the shortest history that still fails.
func TestManagerAgreesWithTheModel(t *testing.T) {
	seeds := uint64(400)
	if testing.Short() {
		seeds = 50
	}
	var grants, probes, blocked int
	for seed := range seeds {
		steps := randomHistory(seed)
		h, difference := run(realManager, steps)
		if difference != "" {
			t.Fatalf("seed %d:\n%s", seed, report(realManager, steps))
		}
		grants, probes, blocked = grants+h.seen.grants, probes+h.seen.probes, blocked+h.seen.blocked
	}
	t.Logf("%d histories: %d grants, %d looks at a probe, %d at a held branch", seeds, grants, probes, blocked)
	if uint64(grants) < 10*seeds || probes == 0 || blocked == 0 {
		t.Error("the histories show too little to be a proof")
	}
}

// FuzzManagerAgreesWithTheModel is the same with histories that a fuzzer makes up.
func FuzzManagerAgreesWithTheModel(f *testing.F) {
	for seed := range uint64(4) {
		f.Add(randomHistory(seed)[:40*stepLength])
	}
	f.Fuzz(func(t *testing.T, steps []byte) {
		if len(steps) > 100*stepLength {
			t.Skip("a longer history finds no more, only later")
		}
		if _, difference := run(realManager, steps); difference != "" {
			t.Fatal(report(realManager, steps))
		}
	})
}
