// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
)

// stagesOf are the claim and the first heartbeats of the stages, one of which begins each.
func stagesOf(requests []string) (operations []string) {
	for _, name := range requests {
		if (name == lockClaim || strings.HasPrefix(name, "lock heartbeat ")) && !slices.Contains(operations, name) {
			operations = append(operations, name)
		}
	}
	return operations
}

// runStopped cancels the card when the real worker begins a stage. The request that begins it gets through once the
// build is stopped: it is the worker's last.
func (l *Lab) runStopped(ctx context.Context, operation string) result {
	return l.inWorld(ctx, &work{programs: true}, nil, func(w *world) (int, error) {
		w.buildTap.before(operation, func() { w.fail(w.stopByCancel(ctx)) })
		g := &guard{world: w}
		s := scenario{name: "stopped", reason: v1alpha1.ReasonCancelled, column: columnFailed, attempts: 1}
		return g.guarded(ctx, make(chan struct{}), func(ctx context.Context) error { return w.untilEnd(ctx, s) }, func() error {
			return errors.Join(w.checkStopped(), w.checkItem(ctx, s), w.checkRows(s), w.checkOutside(s), w.checkHistory())
		})
	})
}

// stopByCancel cancels the card and waits until its build is over.
func (w *world) stopByCancel(ctx context.Context) error {
	err := await(ctx, "the card is cancelled", func() (bool, error) {
		item, err := w.item(ctx)
		if err != nil || item == nil {
			return false, err
		}
		_, err = w.cancel(ctx, item)
		return err == nil, nil
	})
	if err == nil {
		// It is called over before the last of its programs is gone.
		_, err = w.builds.WaitFor(ctx, w.builds.Builds()[0].ID, func(b codebuild.Build) bool { return b.Over() && b.Gone })
	}
	return err
}

// checkStopped: one build was started, and it released nothing as processed.
func (w *world) checkStopped() error {
	if n := len(w.builds.Builds()); n != 1 {
		return fmt.Errorf("%w: %d builds were started, want 1", errWasted, n)
	}
	if n := w.recorder.ended(contract.StatusComplete); n != 0 {
		return fmt.Errorf("%w: a stopped build was released as complete", errDouble)
	}
	return nil
}
