// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/logging"
	"github.com/kiro-worker/kiro-worker/internal/queue"
	"github.com/kiro-worker/kiro-worker/internal/watch"
)

// dumper writes what this process holds in memory into the log, when it is sent SIGUSR2. No secret is in it: credentials are not
// what is dumped, and the log's sink takes out what looks like one.
type dumper struct {
	reader client.Reader
	queues interface {
		Snapshot(environment types.NamespacedName) (queue.Snapshot, bool)
	}
	builds interface{ Builds() []watch.Watched }
}

// dumped is one environment as this process has it.
type dumped struct {
	Environment string                `json:"environment"`
	Tier        v1alpha1.Tier         `json:"tier"`
	Concurrency int                   `json:"concurrency"`
	SlotsInUse  int32                 `json:"slotsInUse"`
	Slots       []v1alpha1.SlotStatus `json:"slots,omitempty"`
	// QueueKnown is false in a replica that stands by.
	QueueKnown bool           `json:"queueKnown"`
	Queue      queue.Snapshot `json:"queue"`
}

// NeedLeaderElection implements manager.LeaderElectionRunnable: a replica that stands by can be asked too.
func (d dumper) NeedLeaderElection() bool { return false }

// Start implements manager.Runnable.
func (d dumper) Start(ctx context.Context) error {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGUSR2)
	defer signal.Stop(asked)
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-asked:
			d.dump(ctx)
		}
	}
}

func (d dumper) dump(ctx context.Context) {
	logger := log.FromContext(ctx)
	environments, err := d.environments(ctx)
	if err != nil {
		logger.Error(err, "Could not dump the state")
		return
	}
	logging.Info(logger, "Dumped the state", "environments", environments, "builds", d.builds.Builds())
}

func (d dumper) environments(ctx context.Context) ([]dumped, error) {
	list := &v1alpha1.WorkEnvironmentList{}
	if err := d.reader.List(ctx, list); err != nil {
		return nil, fmt.Errorf("listing the environments: %w", err)
	}
	all := make([]dumped, 0, len(list.Items))
	for i := range list.Items {
		e := &list.Items[i]
		snapshot, known := d.queues.Snapshot(client.ObjectKeyFromObject(e))
		all = append(all, dumped{
			Environment: e.Namespace + "/" + e.Name, Tier: e.Spec.Tier, Concurrency: e.Spec.MaxConcurrency(),
			SlotsInUse: e.Status.SlotsInUse, Slots: e.Status.Slots, QueueKnown: known, Queue: snapshot,
		})
	}
	return all, nil
}
