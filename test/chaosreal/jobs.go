// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// Plan says which runs are wanted.
type Plan struct {
	// Only keeps the runs whose name matches; nil keeps all.
	Only *regexp.Regexp
	// Parallel is how many worlds go on at once; at least 1.
	Parallel int
	// Say is told how each run ended. Optional.
	Say func(name string, err error)
}

// job is one run.
type job struct {
	name string
	run  func(context.Context) result
}

// All runs everything and adds up what came of it.
func (l *Lab) All(ctx context.Context, plan Plan, sum *Sum) error {
	crashes, err1 := l.crashJobs(ctx)
	workers, err2 := l.workerJobs(ctx)
	hostile, err3 := l.hostileJobs(ctx)
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	jobs := slices.Concat(crashes, workers, l.electionJobs(), l.networkJobs(), hostile, l.contentionJobs())
	return errors.Join(do(ctx, plan, jobs, sum), l.Restarts(ctx, plan, sum))
}

// crashJobs records a clean run of each scenario and makes a run of each of its points.
func (l *Lab) crashJobs(ctx context.Context) ([]job, error) {
	var jobs []job
	known := map[string]bool{}
	for _, s := range scenarios {
		clean := l.run(ctx, s, nil)
		if clean.err != nil {
			return nil, fmt.Errorf("a run of %q in which nobody dies: %w", s.name, clean.err)
		}
		for _, p := range points(clean.requests, known) {
			jobs = append(jobs, job{s.name + ": " + p.String(), func(ctx context.Context) result { return l.run(ctx, s.at(p), &p) }})
		}
		for _, name := range clean.requests {
			known[name] = true
		}
	}
	return jobs, nil
}

// at is the scenario with what must hold of its end where a manager dies at a point.
func (s scenario) at(p point) scenario {
	if p.when == late && strings.HasPrefix(p.operation, "github mutation") {
		// A board has no compare-and-set: a dead manager's last word may arrive after its successor's, and the column
		// is then the earlier one. The board is never the lock, and nothing is decided by these columns.
		s.column = ""
	}
	if p.when == late && strings.HasPrefix(p.operation, "github POST") {
		s.comments = 2 // nor has a comment: the successor has looked for one, and found none, before it arrived
	}
	return s
}

// do runs the jobs that the plan keeps.
func do(ctx context.Context, plan Plan, jobs []job, sum *Sum) error {
	queue := make(chan job)
	var workers sync.WaitGroup
	for range max(plan.Parallel, 1) {
		workers.Go(func() {
			for j := range queue {
				r := j.run(ctx)
				sum.add(j.name, r)
				if plan.Say != nil {
					plan.Say(j.name, r.err)
				}
			}
		})
	}
	for _, j := range jobs {
		if ctx.Err() == nil && (plan.Only == nil || plan.Only.MatchString(j.name)) {
			queue <- j
		}
	}
	close(queue)
	workers.Wait()
	return ctx.Err()
}
