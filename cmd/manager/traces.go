// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/internal/logging"
	"github.com/kiro-worker/kiro-worker/internal/tracing"
)

// tracesTimeout is how long the end of the process waits until its last spans are sent.
const tracesTimeout = 5 * time.Second

// newTraces makes what sends traces, if the environment asks for it.
func newTraces(ctx context.Context, mgr ctrl.Manager) (*tracing.Exporter, error) {
	traces, err := tracing.New(ctx, "kiro-worker-manager", version, os.LookupEnv)
	if err != nil || traces == nil {
		return nil, err
	}
	var last atomic.Value
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		if last.Swap(err.Error()) != err.Error() { // a receiver that is away says the same every few seconds
			logging.Warn(mgr.GetLogger(), "Could not send traces; they are lost", logging.KeyError, err.Error())
		}
	}))
	if err := mgr.Add(lastTraces{traces}); err != nil {
		return nil, fmt.Errorf("adding the end of the traces: %w", err)
	}
	return traces, nil
}

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
