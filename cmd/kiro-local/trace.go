// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/local/demo"
	"github.com/kiro-worker/kiro-worker/internal/local/observe"
)

// traceTimeout is how long the manager may take to send the trace of an attempt that ended.
const traceTimeout = 20 * time.Second

// runTrace plays the demo, takes its traces, and writes that of the first card.
func runTrace(args []string) (int, error) {
	o, err := parseDemo(args)
	if err != nil {
		return 0, err
	}
	receiver, err := observe.Receive()
	if err != nil {
		return 0, err
	}
	defer func() { _ = receiver.Close() }()
	options := demo.Options{Dir: o.dir, Agent: o.agent, LogLevel: o.logLevel, Manager: receiver.Traced, BuildEnv: receiver.Env()}
	return withSystem(options, func(ctx context.Context, system *demo.System) (int, error) {
		report, err := system.Run(ctx, view())
		if err != nil {
			return 0, err
		}
		item := report.States[0].Item
		if item == nil || item.Status.Attempt == nil {
			return 0, errors.New("the first card has no attempt, and so no trace")
		}
		id := contract.TraceID(item.Status.Attempt.LockID)
		for end := time.Now().Add(traceTimeout); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
			spans := slices.DeleteFunc(receiver.Spans(), func(s observe.ReceivedSpan) bool { return s.Trace != id })
			if slices.ContainsFunc(spans, func(s observe.ReceivedSpan) bool { return s.Name == contract.SpanAttempt }) {
				fmt.Printf("\n%s, attempt %d, build %s\n", report.States[0].Card.Title, item.Status.Attempt.Number, item.Status.Attempt.Build.ID)
				observe.WriteTrace(os.Stdout, spans)
				return 0, nil
			}
		}
		return 0, fmt.Errorf("the trace %s of the first card did not arrive within %s", id, traceTimeout)
	})
}
