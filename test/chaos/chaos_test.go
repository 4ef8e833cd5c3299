// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"bytes"
	"flag"
	"os"
	"runtime"
	"testing"
)

// defaultSeeds is how many seeds a plain run of the tests has: some seconds' worth. `make chaos` runs thousands.
var defaultSeeds uint64 = 300

var (
	seeds    = flag.Uint64("seeds", 0, "how many seeds to run; 0 is some seconds' worth")
	first    = flag.Uint64("first", 1, "the first seed")
	allSeeds = flag.Bool("mutants", false, "search each mutant's first failing seed from seed 1")
)

func TestChaos(t *testing.T) {
	n := *seeds
	if n == 0 {
		n = defaultSeeds
	}
	if n == 1 && testing.Verbose() {
		if r := Run(*first, Mutant{}, os.Stdout); r.Err != nil {
			t.Fatalf("seed %d: %s", r.Seed, r.Err)
		}
		return
	}
	sum := RunMany(*first, n, runtime.GOMAXPROCS(0), Mutant{}, false)
	t.Log(sum)
	for _, r := range sum.Failed {
		t.Errorf("seed %d: %s\nreplay it: go test ./test/chaos -run TestChaos -seeds=1 -first=%d -v", r.Seed, r.Err, r.Seed)
	}
	if sum.Faults == 0 {
		t.Errorf("%d seeds had no fault: nothing was shown", sum.Seeds)
	}
}

// A failing seed is worth something only if it fails again: the same history to the last line.
func TestSeedsReplayExactly(t *testing.T) {
	for seed := uint64(1); seed <= 5; seed++ {
		var one, two bytes.Buffer
		a, b := Run(seed, Mutant{}, &one), Run(seed, Mutant{}, &two)
		if one.Len() == 0 {
			t.Errorf("seed %d has no history", seed)
		}
		if !bytes.Equal(one.Bytes(), two.Bytes()) || a != b {
			t.Errorf("seed %d went another way the second time: %+v, then %+v", seed, a, b)
		}
		if c := Run(seed, Mutant{}, nil); c != a {
			t.Errorf("seed %d went another way without a trace: %+v, then %+v", seed, a, c)
		}
	}
}
