// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

func TestEncodeResultAlwaysGivesOne(t *testing.T) {
	text, err := encodeResult(contract.Result{Outcome: contract.OutcomeTestsFailed, Message: strings.Repeat("x", contract.MaxResultBytes)})
	if err != nil {
		t.Fatal(err)
	}
	if r, err := contract.ParseResult(text); err != nil || r.Outcome != contract.OutcomeTestsFailed {
		t.Errorf("got %+v, %v", r, err)
	}
}

// The end of a build is interrupted when all is done: its outcome does not change.
func TestInterruptedInCleanup(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	w.options.Ports.Lock = stopping{Table: w.locks, stage: contract.StageCleanup, stop: func() { cancel(ErrInterrupted) }}
	codes := w.codebuild(ctx)
	row, result := w.row()
	if row.Status != contract.StatusComplete || !result.Succeeded() || codes[PhaseFinally] != ExitOK {
		t.Errorf("exit code %d, %s %+v\n%s", codes[PhaseFinally], row.Status, result, w.log)
	}
}

// The result says how long each stage took, also to a controller that never saw the build run.
func TestResultHasTheStages(t *testing.T) {
	w := newWorld(t)
	w.codebuild(t.Context())
	_, result := w.row()
	var names []contract.Stage
	for _, stage := range result.Stages {
		names = append(names, stage.Name)
		if !stage.Known() || stage.Began.IsZero() {
			t.Errorf("%+v is no time of a stage", stage)
		}
	}
	if !slices.Equal(names, contract.Stages) {
		t.Errorf("the stages are %v, want %v", names, contract.Stages)
	}
}
