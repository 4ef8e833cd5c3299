// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build !unix

package main

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/internal/queue"
	"github.com/kiro-worker/kiro-worker/internal/watch"
)

// dumper does nothing where there is no SIGUSR2.
type dumper struct {
	reader client.Reader
	queues interface {
		Snapshot(environment types.NamespacedName) (queue.Snapshot, bool)
	}
	builds interface{ Builds() []watch.Watched }
}

// Start implements manager.Runnable.
func (d dumper) Start(ctx context.Context) error {
	<-ctx.Done()
	return nil
}
