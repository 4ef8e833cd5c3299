// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// measureLives measures how fast items that were made at once are started, and ended, where slots are no limit.
func measureLives(ctx context.Context, w *world, p plan) error {
	if err := w.createEnvironments(ctx, projects); err != nil {
		return err
	}
	if err := w.startManager(); err != nil {
		return err
	}
	if err := w.post("/builds?last=2s"); err != nil {
		return err
	}
	if err := await("the environments are ready", patience, time.Second, func() (bool, error) { return w.environmentsReady(ctx) }); err != nil {
		return err
	}
	rates := make([]lifeRates, len(p.lives))
	for i, count := range p.lives {
		var err error
		if rates[i], err = w.lives(ctx, count); err != nil {
			return fmt.Errorf("with %d at once: %w", count, err)
		}
	}
	if err := w.manager.kill(); err != nil {
		return err
	}
	raw, err := w.rawPatches(ctx, p.window/2)
	if err != nil {
		return err
	}
	line("raw_patches", raw, "1/s", 1, "itself")
	for i, r := range rates {
		n := strconv.Itoa(p.lives[i])
		line("launch_rate_"+n, r.launch, "1/s", r.launch/(raw/r.launchWrites), "raw_patches_by_writes")
		line("launch_writes_"+n, r.launchWrites, "writes_an_item", r.launchWrites/4, "goal_of_4")
		line("whole_life_rate_"+n, r.whole, "1/s", r.whole/(raw/r.writes), "raw_patches_by_writes")
		line("whole_life_writes_"+n, r.writes, "writes_an_item", r.writes/8, "8_events_and_writes")
		line("whole_life_status_writes_"+n, r.statusWrites, "an_item", r.statusWrites/max(r.writes, 0.01), "all_writes")
		line("whole_life_events_"+n, r.events, "an_item", r.events/max(r.writes, 0.01), "all_writes")
		line("whole_life_cpu_"+n, r.cpu, "ms_an_item", r.cpu/max(r.server, 0.01), "apiserver")
	}
	return nil
}

// lifeProfile is for how long the items' way is profiled, where profiles are wanted.
const lifeProfile = 10 * time.Second

type lifeRates struct {
	launch, whole        float64 // items a second
	launchWrites, writes float64 // an item, status writes and events among them
	statusWrites, events float64 // an item
	cpu, server          float64 // ms an item
}

func (w *world) environmentsReady(ctx context.Context) (bool, error) {
	list := &v1alpha1.WorkEnvironmentList{}
	if err := w.client.List(ctx, list, client.InNamespace(namespace)); err != nil {
		return false, fmt.Errorf("listing the environments: %w", err)
	}
	for _, env := range list.Items {
		ready := false
		for _, c := range env.Status.Conditions {
			ready = ready || (c.Type == v1alpha1.ConditionReady && c.Status == metav1.ConditionTrue)
		}
		if !ready {
			return false, nil
		}
	}
	return true, nil
}

// costs is what the world has cost so far.
type costs struct {
	writes, statusWrites, events float64
	manager, server              time.Duration
}

func (w *world) costs(ctx context.Context) (c costs, err error) {
	var errs [5]error
	c.writes, errs[0] = w.writes()
	c.statusWrites, errs[1] = w.metric("kiro_worker_workitem_status_writes_total", func(string) bool { return true })
	c.events, errs[2] = w.events(ctx)
	c.manager, errs[3] = cpuOf(w.manager.pid())
	c.server, errs[4] = cpuOf(w.apiServer)
	return c, errors.Join(errs[:]...)
}

// events is how many events there are of items.
func (w *world) events(ctx context.Context) (float64, error) {
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(schema.GroupVersionKind{Group: "events.k8s.io", Version: "v1", Kind: "EventList"})
	if err := w.client.List(ctx, list, client.InNamespace(namespace)); err != nil {
		return 0, fmt.Errorf("listing the events: %w", err)
	}
	return float64(len(list.Items)), nil
}

// lives makes items at once and follows them to their ends.
func (w *world) lives(ctx context.Context, count int) (r lifeRates, err error) {
	if _, err := w.stats(true); err != nil {
		return r, err
	}
	ended, err := w.inPhase(ctx, v1alpha1.PhaseSucceeded)
	if err != nil {
		return r, err
	}
	before, err := w.costs(ctx)
	if err != nil {
		return r, err
	}
	began := time.Now()
	profiled := w.profile("life-"+strconv.Itoa(count), lifeProfile)
	made := make(chan error, 1)
	go func() { made <- w.createItems(ctx, count, projects) }()
	var s stats
	if err := await("all are started", patience, 50*time.Millisecond, func() (bool, error) {
		s, err = w.stats(false)
		return s.Starts >= count, err
	}); err != nil {
		return r, err
	}
	launched, err := w.costs(ctx)
	if err = errors.Join(err, <-made); err != nil {
		return r, err
	}
	if err := await("all have ended", patience, 500*time.Millisecond, func() (bool, error) {
		n, err := w.inPhase(ctx, v1alpha1.PhaseSucceeded)
		return n >= ended+count, err
	}); err != nil {
		return r, err
	}
	took := time.Since(began)
	after, err := w.costs(ctx)
	err = errors.Join(err, profiled())
	an := float64(count)
	return lifeRates{
		launch: an / s.Last.Sub(began).Seconds(), whole: an / took.Seconds(),
		launchWrites: (launched.writes - before.writes) / an, writes: (after.writes - before.writes) / an,
		statusWrites: (after.statusWrites - before.statusWrites) / an, events: (after.events - before.events) / an,
		cpu: float64((after.manager - before.manager).Milliseconds()) / an, server: float64((after.server - before.server).Milliseconds()) / an,
	}, err
}

// rawPatches is how many statuses of ended items a plain client writes in a second, with ten requests at once.
func (w *world) rawPatches(ctx context.Context, d time.Duration) (float64, error) {
	var done atomic.Int64
	var failed error
	var once sync.Once
	var running sync.WaitGroup
	end := time.Now().Add(d)
	for worker := range 10 {
		running.Go(func() {
			for i := 0; time.Now().Before(end); i++ {
				item := &v1alpha1.WorkItem{}
				item.Namespace, item.Name = namespace, "item-"+strconv.Itoa((worker+10*i)%w.made)
				patch, err := json.Marshal(map[string]any{"status": map[string]any{"startTime": metav1.NewTime(time.Unix(int64(i)*3600, 0))}})
				if err == nil {
					err = w.client.Status().Patch(ctx, item, client.RawPatch(types.MergePatchType, patch))
				}
				if err != nil {
					once.Do(func() { failed = err })
					return
				}
				done.Add(1)
			}
		})
	}
	running.Wait()
	if failed != nil {
		return 0, fmt.Errorf("patching: %w", failed)
	}
	return float64(done.Load()) / d.Seconds(), nil
}
