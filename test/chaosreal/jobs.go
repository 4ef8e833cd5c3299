// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

// Plan says which runs are wanted.
type Plan struct {
	// Only keeps the runs whose name matches; nil keeps all.
	Only *regexp.Regexp
	// Parallel is how many worlds go on at once; at least 1.
	Parallel int
	// Say is called with how each run ended. Optional.
	Say func(name string, err error)
}

// job is one run.
type job struct {
	name string
	run  func(context.Context) result
	// idle: it waits most of its time.
	idle bool
}

// idlers is how many runs that wait most of their time go on at once, for each of the others.
const idlers = 4

// All runs everything and adds up what came of it.
func (l *Lab) All(ctx context.Context, plan Plan, sum *Sum) error {
	surveys, err := l.surveyAll(ctx, plan.Parallel)
	if err != nil {
		return err
	}
	workers, err := l.workerJobs(ctx, surveys)
	if err != nil {
		return err
	}
	jobs := slices.Concat(crashJobs(l, surveys), workers, l.electionJobs(), l.networkJobs(), l.hostileJobs(surveys), l.contentionJobs())
	return errors.Join(l.Restarts(ctx, plan, sum), do(ctx, plan, jobs, sum))
}

// survey is what a scenario asks for where nobody dies, and what of it other scenarios ask for, too.
type survey struct {
	scenario scenario
	requests []string
	known    map[string]bool
}

// surveyAll makes a clean run of each scenario.
func (l *Lab) surveyAll(ctx context.Context, parallel int) ([]survey, error) {
	surveys := make([]survey, len(scenarios))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(max(parallel, 1) * 2)
	for i, s := range scenarios {
		group.Go(func() error {
			clean := l.run(ctx, s, nil)
			if clean.err != nil {
				return fmt.Errorf("a run of %q in which nobody dies: %w", s.name, clean.err)
			}
			surveys[i] = survey{scenario: s, requests: clean.requests}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	known := map[string]bool{}
	for i := range surveys {
		surveys[i].known = maps.Clone(known)
		for _, name := range surveys[i].requests {
			known[name] = true
		}
	}
	return surveys, nil
}

// crashJobs are a run of each point of each scenario.
func crashJobs(l *Lab, surveys []survey) []job {
	var jobs []job
	for _, v := range surveys {
		s := v.scenario
		for _, p := range points(v.requests, v.known, s.again...) {
			jobs = append(jobs, job{s.name + ": " + p.String(), func(ctx context.Context) result { return l.run(ctx, s.at(p), &p) }, s.idle})
		}
	}
	return jobs
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
	busy, idle := make(chan job), make(chan job)
	var workers sync.WaitGroup
	work := func(queue <-chan job) {
		for j := range queue {
			r := j.run(ctx)
			sum.add(j.name, r)
			if plan.Say != nil {
				plan.Say(j.name, r.err)
			}
		}
	}
	feed := func(queue chan<- job, idle bool) {
		defer close(queue)
		for _, j := range jobs {
			if j.idle == idle && ctx.Err() == nil && (plan.Only == nil || plan.Only.MatchString(j.name)) {
				queue <- j
			}
		}
	}
	for range max(plan.Parallel, 1) {
		workers.Go(func() { work(busy) })
		for range idlers {
			workers.Go(func() { work(idle) })
		}
	}
	workers.Go(func() { feed(busy, false) })
	workers.Go(func() { feed(idle, true) })
	workers.Wait()
	return ctx.Err()
}
