// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// Outcome is how an attempt, or an item, ended. Whose failure it is follows from its name.
type Outcome struct {
	Name    contract.Outcome // the reason of the Succeeded condition
	Message string
	Result  *contract.Result // nil if no result was recorded
}

// rule is one line of the outcome table. An empty list matches everything.
type rule struct {
	row    []RowState
	result func(*contract.Result) bool
	build  []build.State
	when   func(Facts) bool

	outcome contract.Outcome // empty: why it was stopped, if there is a message; else as the result says
	message string
}

func anyResult(*contract.Result) bool    { return true }
func noResult(r *contract.Result) bool   { return r == nil }
func someResult(r *contract.Result) bool { return r != nil }
func goodResult(r *contract.Result) bool { return r != nil && r.Succeeded() }
func reportsSuccess(r *contract.Result) bool {
	return r != nil && r.Outcome == contract.OutcomeSucceeded
}
func interrupted(r *contract.Result) bool {
	return r != nil && r.Outcome == contract.OutcomeInterrupted
}
func cutShort(r *contract.Result) bool {
	return r == nil || slices.Contains(cutShortOutcomes, r.Outcome)
}
func reportedCutShort(r *contract.Result) bool { return r != nil && cutShort(r) }
func notOfTheWork(r *contract.Result) bool {
	return r == nil || r.Outcome.Class() != contract.ClassWork
}

func wasQueued(f Facts) bool       { return f.Queued }
func neverCameUp(f Facts) bool     { return !f.CameUp }
func askedToStop(f Facts) bool     { return f.Stop != "" }
func personRequested(f Facts) bool { return f.Stop.ByPerson() }
func notAskedToStop(f Facts) bool  { return f.Stop == "" }

// cutShortOutcomes are what a worker reports that was ended from outside.
var cutShortOutcomes = []contract.Outcome{contract.OutcomeInterrupted, contract.OutcomeLeaseLost, contract.OutcomeInternalError}

// outcomeTable is the table from which the outcome is read, first match first. Success needs a row that this very build
// released as complete and every gate measured and passed; what CodeBuild says of the build is not enough, and
// what it says after that is not held against it.
var outcomeTable = []rule{
	{row: []RowState{RowComplete}, result: goodResult,
		outcome: contract.OutcomeSucceeded},
	{when: personRequested, result: notOfTheWork,
		message: "It was stopped on request."},
	{row: []RowState{RowComplete}, result: anyResult,
		outcome: contract.OutcomeWorkerLost,
		message: "The build claims success, but recorded no result in which every gate was measured and passed."},
	{when: askedToStop, result: cutShort,
		message: "The build was stopped."},
	{row: []RowState{RowFailed}, result: interrupted, build: []build.State{build.StateStopped}, when: notAskedToStop,
		outcome: contract.OutcomeCancelled, message: "The build was stopped by somebody in CodeBuild."},
	{row: []RowState{RowFailed, RowGone, RowInProgress}, result: reportsSuccess,
		outcome: contract.OutcomeWorkerLost,
		message: "The result claims success, but its lock was not released as one."},
	{row: []RowState{RowFailed, RowGone}, result: reportedCutShort, build: []build.State{build.StateTimedOut},
		outcome: contract.OutcomeTimedOut,
		message: "CodeBuild ended the build at its time-out. Raise spec.timeout, or split the spec into smaller ones."},
	{row: []RowState{RowFailed, RowGone}, result: someResult},
	{when: wasQueued, build: []build.State{build.StateTimedOut},
		outcome: contract.OutcomeQueueTimedOut,
		message: "The build waited too long in CodeBuild's queue."},
	{when: wasQueued, build: []build.State{build.StateFailed, build.StateFault},
		outcome: contract.OutcomeBuildFault, message: "CodeBuild failed the build before it began to run it."},
	{build: []build.State{build.StateStopped},
		outcome: contract.OutcomeCancelled, message: "The build was stopped by somebody in CodeBuild."},
	{when: neverCameUp, build: []build.State{build.StateTimedOut},
		outcome: contract.OutcomeWorkerSilent,
		message: "CodeBuild ended the build at its time-out, and its worker never sent a heartbeat. The build's log shows where it hung."},
	{build: []build.State{build.StateTimedOut},
		outcome: contract.OutcomeTimedOut,
		message: "CodeBuild ended the build at its time-out. Raise spec.timeout, or split the spec into smaller ones."},
	{build: []build.State{build.StateFault},
		outcome: contract.OutcomeBuildFault, message: "CodeBuild failed to run the build."},
	{result: noResult,
		outcome: contract.OutcomeWorkerLost,
		message: "The build ended without a result. Its log shows how far it got."},
}

// Classify reads the outcome from the table.
func Classify(f Facts) Outcome {
	for _, r := range outcomeTable {
		if r.matches(f) {
			return r.outcomeOf(f)
		}
	}
	return Outcome{Name: contract.OutcomeWorkerLost, Message: "How the build ended is not known.", Result: f.Result}
}

func (r rule) outcomeOf(f Facts) Outcome {
	o := Outcome{Name: r.outcome, Message: r.message, Result: f.Result}
	switch {
	case r.outcome == "" && r.message != "":
		o.Name, o.Message = f.Stop, cmp.Or(stopMessages[f.Stop], r.message)
	case r.outcome == "":
		o.Name, o.Message = f.Result.Outcome, f.Result.Message
	case r.outcome == contract.OutcomeSucceeded:
		o.Message = successMessage(f)
	case f.Trouble != "" && o.Name.Class() == contract.ClassInfrastructure:
		o.Message += " CodeBuild says: " + f.Trouble
	}
	return o
}

func (r rule) matches(f Facts) bool {
	return (len(r.row) == 0 || slices.Contains(r.row, f.Row)) &&
		(len(r.build) == 0 || slices.Contains(r.build, f.Build)) &&
		(r.result == nil || r.result(f.Result)) &&
		(r.when == nil || r.when(f))
}

func successMessage(f Facts) string {
	text := "Every task was done and every gate passed."
	if f.Build != build.StateSucceeded && f.Build != "" {
		text += fmt.Sprintf(" CodeBuild ended the build as %s after it had released its lock.", f.Build)
	}
	return text
}

// ClassifyRequested is Classify where a person may have requested an end. The request counts even if it came after the
// build had ended, or if the build could not be asked to stop: what the infrastructure failed at then is not tried again,
// and is nobody's failure.
func ClassifyRequested(f Facts, request *StopCause) Outcome {
	if request == nil {
		return Classify(f)
	}
	f.Stop = request.Outcome
	o := Classify(f)
	if o.Name == request.Outcome {
		o.Message = request.Message
	}
	return o
}

// ProcessesTrigger reports whether a failed attempt's outcome processes the trigger: nothing more is tried for it.
func ProcessesTrigger(a *v1alpha1.Attempt, o Outcome) bool {
	return (a.Last || o.Name.Final()) && o.Name.Class() == contract.ClassWork
}
