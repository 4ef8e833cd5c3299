// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"strconv"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// measureWatch measures what builds cost that run on: with each heartbeat nothing or a task done is new.
func measureWatch(ctx context.Context, w *world, p plan) error {
	environments := (p.watched + slots - 1) / slots
	if err := w.createEnvironments(ctx, environments); err != nil {
		return err
	}
	if err := w.startManager(); err != nil {
		return err
	}
	if err := w.createItems(ctx, p.watched, environments); err != nil {
		return err
	}
	if err := w.awaitRunning(p.watched); err != nil {
		return err
	}
	time.Sleep(p.window) // what belongs to the starts is written
	before, err := w.metric("kiro_worker_workitem_status_writes_total", func(string) bool { return true })
	if err != nil {
		return err
	}
	window := max(2*p.window, time.Duration(p.watched)*3/2*time.Second) // each build's progress may be written once in as many seconds as there are builds
	took, err := used(window, w.manager.pid(), w.apiServer)
	if err != nil {
		return err
	}
	after, err := w.metric("kiro_worker_workitem_status_writes_total", func(string) bool { return true })
	if err != nil {
		return err
	}
	n := strconv.Itoa(p.watched)
	rate := (after - before) / window.Minutes()
	line("status_writes_watch_"+n, rate, "1/min", rate/60, "goal_of_60")
	line("watch_cpu_"+n, percent(took[0], window), "percent_of_a_core", percent(took[0], window)/max(percent(took[1], window), 0.01), "apiserver")
	return nil
}

// measureIntake measures how soon the cards of a full board are items.
func measureIntake(ctx context.Context, w *world, p plan) error {
	if err := w.post("/branches?cards&n=" + strconv.Itoa(p.cards)); err != nil {
		return err
	}
	if err := w.createEnvironments(ctx, 1); err != nil {
		return err
	}
	if err := w.createSource(ctx); err != nil {
		return err
	}
	if err := w.startManager(); err != nil {
		return err
	}
	began := time.Now()
	if err := await("all cards are items", patience, 500*time.Millisecond, func() (bool, error) {
		n, err := w.items(ctx)
		return n >= p.cards, err
	}); err != nil {
		return err
	}
	made := time.Since(began).Seconds()
	n := strconv.Itoa(p.cards)
	line("intake_"+n, made, "s", made/30, "goal_of_30")
	if err := await("all items are accepted", patience, time.Second, func() (bool, error) {
		waiting, err := w.inPhase(ctx, v1alpha1.PhaseQueued)
		return waiting >= p.cards-slots, err
	}); err != nil {
		return err
	}
	accepted := time.Since(began).Seconds()
	line("accepted_"+n, accepted, "s", accepted/made, "intake")
	return nil
}
