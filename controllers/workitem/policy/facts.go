// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// RowState is what the strongly read rows say of an attempt.
type RowState string

// The states that rows can be in for an attempt.
const (
	RowComplete   RowState = "complete"    // released by the build as a success
	RowFailed     RowState = "failed"      // released, reclaimed or abandoned as a failure
	RowInProgress RowState = "in_progress" // the attempt's, never released
	RowGone       RowState = "gone"        // acquired by the next attempt, or deleted; nothing is recorded
)

// Facts is what an attempt's outcome is read from.
type Facts struct {
	Build  build.State // empty: CodeBuild does not know the build
	Queued bool        // the build never left CodeBuild's queue
	// Trouble is what CodeBuild says of the phase that failed.
	Trouble string
	Row     RowState
	Result  *contract.Result
	CameUp  bool             // its worker has sent a heartbeat or reported a stage
	Stop    contract.Outcome // why the build was asked to stop, if it was, or a person requests it
}

var rowStates = map[contract.RowStatus]RowState{
	contract.StatusComplete: RowComplete, contract.StatusFailed: RowFailed, contract.StatusInProgress: RowInProgress,
}

// FactsOf reads the facts from the rows. The card's row counts first: the branch's row may be the next attempt's by now.
func FactsOf(a *v1alpha1.Attempt, row lock.Row, card lock.CardRow) Facts {
	var known v1alpha1.BuildStatus
	if a.Build != nil {
		known = *a.Build
	}
	f := Facts{
		Build: build.State(known.Status), Queued: known.Status != "" && !known.Provisioned, Trouble: known.Trouble,
		CameUp: cameUp(a, row), Stop: contract.Outcome(a.StopReason), Row: RowGone,
	}
	text := ""
	ours := row.LockID == a.LockID && row.Fence == a.Fence && (row.BuildID == known.ARN || row.BuildID == "")
	switch {
	case card.Exists && card.LockID == a.LockID:
		text, f.Row = card.Result, RowFailed
		if card.Outcome == contract.OutcomeSucceeded {
			f.Row = RowComplete
		}
	case ours:
		text, f.Row = row.Result, rowStates[row.Status]
	}
	if f.Row != RowInProgress && text != "" {
		if r, err := contract.ParseResult(text); err == nil {
			f.Result = &r
		}
	}
	return f
}
