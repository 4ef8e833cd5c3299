// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// rowState is what the strongly read rows say of an attempt.
type rowState string

const (
	rowComplete   rowState = "complete"    // released by the build as a success
	rowFailed     rowState = "failed"      // released, reclaimed or abandoned as a failure
	rowInProgress rowState = "in_progress" // ours, never released
	rowGone       rowState = "gone"        // taken by the next attempt, or deleted; nothing is recorded
)

// verdict is how an attempt ended.
type verdict struct {
	outcome string // a reason of the Succeeded condition
	class   contract.FailureClass
	message string
	result  *contract.Result
}

// evidence is what a verdict is found from.
type evidence struct {
	build  build.State // empty: CodeBuild does not know the build
	queued bool        // the build never left CodeBuild's queue
	row    rowState
	result *contract.Result
	up     bool   // its worker gave a sign of life
	stop   string // why we asked the build to stop, if we did, or a person wants it to
}

// rule is one line of the truth table. An empty list matches everything.
type rule struct {
	row    []rowState
	result func(*contract.Result) bool
	build  []build.State
	when   func(evidence) bool

	outcome string // empty: as the result says
	class   contract.FailureClass
	message string
}

func anyResult(*contract.Result) bool    { return true }
func noResult(r *contract.Result) bool   { return r == nil }
func someResult(r *contract.Result) bool { return r != nil }
func goodResult(r *contract.Result) bool { return r != nil && r.Succeeded() }
func claimsSuccess(r *contract.Result) bool {
	return r != nil && r.Outcome == contract.OutcomeSucceeded
}
func stoppedMidway(r *contract.Result) bool {
	return r != nil && r.Outcome == contract.OutcomeInterrupted
}
func cutShort(r *contract.Result) bool {
	return r == nil || slices.Contains(cutShortOutcomes, r.Outcome)
}
func toldCutShort(r *contract.Result) bool { return r != nil && cutShort(r) }
func notOfTheWork(r *contract.Result) bool {
	return r == nil || r.Outcome.Class() != contract.ClassWork
}

func wasQueued(e evidence) bool     { return e.queued }
func neverCameUp(e evidence) bool   { return !e.up }
func weStopped(e evidence) bool     { return e.stop != "" }
func personStopped(e evidence) bool { return contract.Outcome(e.stop).ByPerson() }
func nobodyStopped(e evidence) bool { return e.stop == "" }

// cutShortOutcomes are what a worker reports that was ended from outside.
var cutShortOutcomes = []contract.Outcome{contract.OutcomeInterrupted, contract.OutcomeLeaseLost, contract.OutcomeInternalError}

// truth is the table from which the outcome is read, first match first. Success needs a row that this very build
// released as complete and every gate measured and passed; what CodeBuild says of the build is not enough, and
// what it says after that is not held against it.
var truth = []rule{
	{row: []rowState{rowComplete}, result: goodResult,
		outcome: v1alpha1.ReasonSucceeded},
	{when: personStopped, result: notOfTheWork,
		message: "It was stopped on request."},
	{row: []rowState{rowComplete}, result: anyResult,
		outcome: v1alpha1.ReasonWorkerLost, class: contract.ClassInfrastructure,
		message: "The build claims success, but recorded no result in which every gate was measured and passed."},
	{when: weStopped, result: cutShort,
		message: "The build was stopped."},
	{row: []rowState{rowFailed}, result: stoppedMidway, build: []build.State{build.StateStopped}, when: nobodyStopped,
		outcome: v1alpha1.ReasonCancelled, message: "The build was stopped by somebody in CodeBuild."},
	{row: []rowState{rowFailed, rowGone, rowInProgress}, result: claimsSuccess,
		outcome: v1alpha1.ReasonWorkerLost, class: contract.ClassInfrastructure,
		message: "The result claims success, but its lock was not released as one."},
	{row: []rowState{rowFailed, rowGone}, result: toldCutShort, build: []build.State{build.StateTimedOut},
		outcome: v1alpha1.ReasonTimedOut, class: contract.ClassWork,
		message: "CodeBuild ended the build at its time-out. Raise spec.timeout, or split the spec into smaller ones."},
	{row: []rowState{rowFailed, rowGone}, result: someResult},
	{when: wasQueued, build: []build.State{build.StateTimedOut, build.StateFailed, build.StateFault},
		outcome: v1alpha1.ReasonQueueTimedOut, class: contract.ClassInfrastructure,
		message: "The build waited too long in CodeBuild's queue."},
	{build: []build.State{build.StateStopped},
		outcome: v1alpha1.ReasonCancelled, message: "The build was stopped by somebody in CodeBuild."},
	{when: neverCameUp, build: []build.State{build.StateTimedOut},
		outcome: v1alpha1.ReasonWorkerSilent, class: contract.ClassInfrastructure,
		message: "CodeBuild ended the build at its time-out, and its worker never gave a sign of life. The build's log says what it hung at."},
	{build: []build.State{build.StateTimedOut},
		outcome: v1alpha1.ReasonTimedOut, class: contract.ClassWork,
		message: "CodeBuild ended the build at its time-out. Raise spec.timeout, or split the spec into smaller ones."},
	{build: []build.State{build.StateFault},
		outcome: v1alpha1.ReasonBuildFault, class: contract.ClassInfrastructure, message: "CodeBuild failed to run the build."},
	{result: noResult,
		outcome: v1alpha1.ReasonWorkerLost, class: contract.ClassInfrastructure,
		message: "The build ended without a result. Its log says how far it came."},
}

// judge reads the outcome from the table.
func judge(e evidence) verdict {
	for _, r := range truth {
		if !r.matches(e) {
			continue
		}
		v := verdict{outcome: r.outcome, class: r.class, message: r.message, result: e.result}
		switch {
		case v.outcome == "" && r.message != "": // we stopped it
			v.outcome, v.class = e.stop, contract.Outcome(e.stop).Class()
			v.message = cmp.Or(stopMessages[e.stop], v.message)
		case v.outcome == "":
			v.outcome, v.class, v.message = string(e.result.Outcome), e.result.Outcome.Class(), e.result.Message
		case v.outcome == v1alpha1.ReasonSucceeded:
			v.message = successMessage(e)
		}
		return v
	}
	return verdict{outcome: v1alpha1.ReasonWorkerLost, class: contract.ClassInfrastructure, message: "The build's end is not understood.", result: e.result}
}

func (r rule) matches(e evidence) bool {
	return (len(r.row) == 0 || slices.Contains(r.row, e.row)) &&
		(len(r.build) == 0 || slices.Contains(r.build, e.build)) &&
		(r.result == nil || r.result(e.result)) &&
		(r.when == nil || r.when(e))
}

func successMessage(e evidence) string {
	text := "Every task was done and every gate passed."
	if e.build != build.StateSucceeded && e.build != "" {
		text += fmt.Sprintf(" CodeBuild ended the build as %s after it had released its lock.", e.build)
	}
	return text
}

// gather reads the evidence out of the rows. The card's row counts first: the branch's row may be the next
// attempt's by now.
func gather(a *v1alpha1.Attempt, row lock.Row, card lock.CardRow) evidence {
	known := valueOr(a.Build, v1alpha1.BuildStatus{})
	e := evidence{build: build.State(known.Status), queued: known.Status != "" && !known.Provisioned, up: cameUp(a, row), stop: a.StopReason, row: rowGone}
	text := ""
	ours := row.LockID == a.LockID && row.Fence == a.Fence && (row.BuildID == known.ARN || row.BuildID == "")
	switch {
	case card.Exists && card.LockID == a.LockID:
		text, e.row = card.Result, rowFailed
		if card.Outcome == contract.OutcomeSucceeded {
			e.row = rowComplete
		}
	case ours:
		text = row.Result
		e.row = map[contract.RowStatus]rowState{
			contract.StatusComplete: rowComplete, contract.StatusFailed: rowFailed, contract.StatusInProgress: rowInProgress,
		}[row.Status]
	}
	if e.row != rowInProgress && text != "" {
		if r, err := contract.ParseResult(text); err == nil {
			e.result = &r
		}
	}
	return e
}
