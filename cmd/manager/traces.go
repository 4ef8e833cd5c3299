// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/internal/logging"
	"github.com/kiro-worker/kiro-worker/internal/tracing"
)

// tracesTimeout is how long the end of the process waits until its last spans are sent.
const tracesTimeout = 5 * time.Second

// lastTraces sends what is left when the manager ends.
type lastTraces struct{ traces *tracing.Exporter }

// Start implements manager.Runnable.
func (l lastTraces) Start(ctx context.Context) error {
	<-ctx.Done()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tracesTimeout)
	defer cancel()
	if err := l.traces.Close(ctx); err != nil {
		log.FromContext(ctx).V(1).Info("Could not send the last traces", logging.KeyError, err.Error())
	}
	return nil
}
