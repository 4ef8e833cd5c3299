// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"errors"
	"fmt"
	"sync"
)

// Sum adds runs up. It is safe for concurrent use.
type Sum struct {
	mu         sync.Mutex
	points     int
	crashes    int
	starts     int
	operations int
	histories  int

	wasted, double, lost, stuck, illegal, other int
	failures                                    []string
}

// add adds one run at a point; its name says which.
func (s *Sum) add(name string, r result) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.points++
	s.crashes += r.crashes
	s.starts += r.starts
	s.operations += r.history
	s.histories++
	if r.err == nil {
		return
	}
	s.failures = append(s.failures, fmt.Sprintf("%s: %v", name, r.err))
	known := false
	for _, c := range []struct {
		err   error
		count *int
	}{
		{errWasted, &s.wasted}, {errDouble, &s.double}, {errLost, &s.lost}, {errStuck, &s.stuck}, {errHistory, &s.illegal},
	} {
		if errors.Is(r.err, c.err) {
			*c.count++
			known = true
		}
	}
	if !known {
		s.other++
	}
}

// Failures are what went wrong, a text each.
func (s *Sum) Failures() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.failures...)
}

// String is the last line.
func (s *Sum) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return fmt.Sprintf("points %d crashes %d starts %d wasted starts %d histories %d of %d lock operations not linearizable %d other failures %d double builds %d lost %d stuck %d",
		s.points, s.crashes, s.starts, s.wasted, s.histories, s.operations, s.illegal, s.other, s.double, s.lost, s.stuck)
}
