// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
)

// Sum is what became of many seeds.
type Sum struct {
	Seeds, Faults, Wasted, Double, Lost, Stuck int
	// Failed are the seeds in which an invariant did not hold, the lowest first.
	Failed []Result
}

// Add counts a seed.
func (s *Sum) Add(r Result) {
	s.Seeds++
	s.Faults += r.Faults
	s.Wasted += r.Wasted
	s.Double += r.Double
	s.Lost += r.Lost
	s.Stuck += r.Stuck
	if r.Err != nil {
		s.Failed = append(s.Failed, r)
		slices.SortFunc(s.Failed, func(a, b Result) int { return cmp.Compare(a.Seed, b.Seed) })
	}
}

// String is the last line of a run.
func (s Sum) String() string {
	return fmt.Sprintf("seeds %d faults %d wasted starts %d double builds %d lost %d stuck %d",
		s.Seeds, s.Faults, s.Wasted, s.Double, s.Lost, s.Stuck)
}

// RunMany runs seeds, so many at once, each a world of its own. It ends early at the first that fails, unless it is
// to go on.
func RunMany(first, seeds uint64, atOnce int, mutant Mutant, keepGoing bool) Sum {
	var (
		next  atomic.Uint64
		stop  atomic.Bool
		mu    sync.Mutex
		sum   Sum
		group sync.WaitGroup
	)
	for range atOnce {
		group.Go(func() {
			for n := next.Add(1) - 1; n < seeds && !stop.Load(); n = next.Add(1) - 1 {
				r := Run(first+n, mutant, nil)
				mu.Lock()
				sum.Add(r)
				mu.Unlock()
				if r.Err != nil && !keepGoing {
					stop.Store(true)
				}
			}
		})
	}
	group.Wait()
	return sum
}
