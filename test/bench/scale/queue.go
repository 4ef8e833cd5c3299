// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// patience is how long something may take before the bench gives up; many times what it should.
const patience = 20 * time.Minute

// point is what was measured with one length of the queue.
type point struct {
	size                 int
	rest, server         float64 // percent of a core
	rss                  float64 // bytes
	p50, p99             float64 // milliseconds
	starts               float64 // a second
	restart              float64 // seconds
	shown                float64 // share of starts whose slot the watcher was the first to see released
	launchCPU, serverCPU float64 // milliseconds a start
	cloudCPU             float64 // the emulators'
}

// The goals, as docs/performance.md has them.
const (
	goalRest     = 2.0
	goalDispatch = 250.0
	goalRestart  = 10.0
	goalRSS      = 150.0
)

// measureQueue measures one environment of 50 slots whose queue grows.
func measureQueue(ctx context.Context, w *world, p plan) error {
	if err := w.createEnvironments(ctx, 1); err != nil {
		return err
	}
	if err := w.startManager(); err != nil {
		return err
	}
	if err := w.createItems(ctx, slots, 1); err != nil {
		return err
	}
	if err := w.awaitRunning(slots); err != nil {
		return err
	}
	var points []point
	for _, size := range p.sizes {
		q, err := w.measureLength(ctx, p, size)
		if err != nil {
			return fmt.Errorf("with %d waiting: %w", size, err)
		}
		q.print()
		points = append(points, q)
	}
	printGrowth(points)
	return nil
}

func (w *world) awaitRunning(n int) error {
	err := await(fmt.Sprintf("%d builds run", n), patience, 20*time.Millisecond, func() (bool, error) {
		s, err := w.stats(false)
		return s.Running >= n, err
	})
	return err
}

func (w *world) measureLength(ctx context.Context, p plan, size int) (q point, err error) {
	q.size = size
	began := time.Now()
	if err := w.fillTo(ctx, size); err != nil {
		return q, err
	}
	say("%d wait, after %s", size, time.Since(began).Round(time.Second))
	time.Sleep(p.window / 2) // what was made is written, and its events are seen
	profiled := w.profile("rest-"+strconv.Itoa(size), p.window)
	took, err := used(p.window, w.manager.pid(), w.apiServer)
	if err := profiled(); err != nil {
		return q, err
	}
	if err != nil {
		return q, err
	}
	q.rest, q.server = percent(took[0], p.window), percent(took[1], p.window)
	if q.rss, err = rssOf(w.manager.pid()); err != nil {
		return q, err
	}
	if err := w.heap("rest-" + strconv.Itoa(size)); err != nil {
		return q, err
	}
	if err := w.dispatch(ctx, p, &q); err != nil {
		return q, err
	}
	if err := w.fillTo(ctx, size); err != nil {
		return q, err
	}
	return q, w.restart(&q)
}

func percent(part, of time.Duration) float64 { return 100 * part.Seconds() / of.Seconds() }

// fillTo makes items until so many wait.
func (w *world) fillTo(ctx context.Context, size int) error {
	err := await(fmt.Sprintf("%d items wait", size), patience, 3*time.Second, func() (bool, error) {
		n, err := w.inPhase(ctx, v1alpha1.PhaseQueued)
		if err != nil || n >= size {
			return n >= size, err
		}
		ended, err := w.inPhase(ctx, v1alpha1.PhaseSucceeded)
		if missing := size + slots - (w.made - ended); err == nil && missing > 0 {
			err = w.createItems(ctx, missing, 1)
		}
		return false, err
	})
	return err
}

// dispatch lets builds end after two seconds each, and keeps the queue as long as it is meanwhile.
func (w *world) dispatch(ctx context.Context, p plan, q *point) error {
	// More than are started in the window would wait at the end, rather than fewer.
	if err := w.createItems(ctx, slots, 1); err != nil {
		return err
	}
	if err := w.post("/builds?last=2s"); err != nil {
		return err
	}
	feeding, stop := context.WithCancel(ctx)
	fed := make(chan error, 1)
	go func() { fed <- w.feed(feeding) }()
	time.Sleep(p.window / 4) // the first builds end all at once
	if _, err := w.stats(true); err != nil {
		stop()
		return err
	}
	profiled := w.profile("dispatch-"+strconv.Itoa(q.size), p.window)
	took, err := used(p.window, w.manager.pid(), w.apiServer, w.emulators.pid())
	s, err2 := w.stats(false)
	stop()
	if err := errors.Join(err, err2, <-fed, profiled()); err != nil {
		return fmt.Errorf("dispatching: %w", err)
	}
	if err := w.post("/builds?last=0s"); err != nil {
		return err
	}
	q.starts = float64(s.Starts) / p.window.Seconds()
	q.p50, q.p99 = percentile(s.Waits, 50), percentile(s.Waits, 99)
	if s.Starts > 0 {
		q.launchCPU = float64(took[0].Milliseconds()) / float64(s.Starts)
		q.serverCPU = float64(took[1].Milliseconds()) / float64(s.Starts)
		q.shown = float64(len(s.Waits)) / float64(s.Starts)
		q.cloudCPU = float64(took[2].Milliseconds()) / float64(s.Starts)
	}
	return w.awaitRunning(slots)
}

// feed makes an item for each build that starts.
func (w *world) feed(ctx context.Context) error {
	before := 0
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
		}
		s, err := w.stats(false)
		if err != nil {
			return err
		}
		if s.Starts < before {
			before = 0 // the count was reset
		}
		if n := s.Starts - before; n > 0 {
			if err := w.createItems(context.WithoutCancel(ctx), n, 1); err != nil {
				return err
			}
		}
		before = s.Starts
	}
}

// percentile is in milliseconds.
func percentile(sorted []time.Duration, p int) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return float64(sorted[(len(sorted)-1)*p/100].Microseconds()) / 1000
}

// restart kills the manager, lets all builds end, and starts another: how long until the slots are full again.
func (w *world) restart(q *point) error {
	if err := w.manager.kill(); err != nil {
		return err
	}
	if err := w.post("/builds?last=1ms"); err != nil {
		return err
	}
	if err := await("the builds end", time.Minute, 20*time.Millisecond, func() (bool, error) {
		s, err := w.stats(true)
		return s.Running == 0, err
	}); err != nil {
		return err
	}
	if err := w.post("/builds?last=0s"); err != nil {
		return err
	}
	began := time.Now()
	if err := w.startManager(); err != nil {
		return err
	}
	if err := w.awaitRunning(slots); err != nil {
		return err
	}
	q.restart = time.Since(began).Seconds()
	return nil
}

func (q point) print() {
	n := strconv.Itoa(q.size)
	line("rest_cpu_"+n, q.rest, "percent_of_a_core", q.rest/goalRest, "goal")
	line("rest_cpu_apiserver_"+n, q.server, "percent_of_a_core", q.server/max(q.rest, 0.01), "manager")
	line("rss_"+n, q.rss/(1<<20), "MiB", q.rss/(1<<20)/goalRSS, "goal")
	line("starts_per_s_"+n, q.starts, "1/s", 1, "itself")
	line("dispatch_p50_"+n, q.p50, "ms", q.p50/goalDispatch, "goal_of_p99")
	line("dispatch_p99_"+n, q.p99, "ms", q.p99/goalDispatch, "goal")
	line("dispatch_measured_"+n, 100*q.shown, "percent_of_starts", q.shown, "all_starts")
	line("start_cpu_"+n, q.launchCPU, "ms", q.launchCPU/max(q.serverCPU, 0.01), "apiserver")
	line("start_cpu_emulators_"+n, q.cloudCPU, "ms", q.cloudCPU/max(q.launchCPU, 0.01), "manager")
	line("restart_slots_full_"+n, q.restart, "s", q.restart/goalRestart, "goal")
}

// printGrowth prints how each measure grows: one with the length of the queue itself has the ratio that the lengths have.
func printGrowth(points []point) {
	first := points[0]
	for _, q := range points[1:] {
		n := strconv.Itoa(q.size)
		to := "at_" + strconv.Itoa(first.size)
		line("growth_length_"+n, float64(q.size), "items", float64(q.size)/float64(first.size), to)
		for _, m := range []struct {
			name        string
			value, base float64
			unit        string
		}{
			{"rest_cpu", q.rest, first.rest, "percent_of_a_core"},
			{"dispatch_p99", q.p99, first.p99, "ms"},
			{"starts_per_s", q.starts, first.starts, "1/s"},
			{"restart_slots_full", q.restart, first.restart, "s"},
			{"start_cpu", q.launchCPU, first.launchCPU, "ms"},
		} {
			line("growth_"+m.name+"_"+n, m.value, m.unit, m.value/max(m.base, 0.001), to)
		}
		an := (q.rss - first.rss) / float64(q.size-first.size) / 1024
		line("rss_an_item_"+n, an, "KiB", an/10, "goal")
	}
}
