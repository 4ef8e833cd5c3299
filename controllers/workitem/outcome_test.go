// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

func resultWith(outcome contract.Outcome, tests, coverage contract.Gate) *contract.Result {
	return &contract.Result{Version: 1, Outcome: outcome, TestsGate: tests, CoverageGate: coverage, Message: "as the worker says"}
}

func TestJudge(t *testing.T) {
	good := resultWith(contract.OutcomeSucceeded, contract.GatePassed, contract.GatePassed)
	red := resultWith(contract.OutcomeTestsFailed, contract.GateFailed, contract.GateNotMeasured)
	steering := resultWith(contract.OutcomeSteeringFailed, contract.GateNotMeasured, contract.GateNotMeasured)
	interrupted := resultWith(contract.OutcomeInterrupted, contract.GateNotMeasured, contract.GateNotMeasured)
	unmeasured := resultWith(contract.OutcomeSucceeded, contract.GatePassed, contract.GateNotMeasured)

	for name, c := range map[string]struct {
		why     string
		e       evidence
		outcome string
		class   contract.FailureClass
	}{
		"success": {
			"the plain way",
			evidence{build: build.StateSucceeded, row: rowComplete, result: good},
			v1alpha1.ReasonSucceeded, contract.ClassNone,
		},
		"success, build failed after release": {
			"what CodeBuild does after the release is not held against the work",
			evidence{build: build.StateFailed, row: rowComplete, result: good},
			v1alpha1.ReasonSucceeded, contract.ClassNone,
		},
		"success, although a stop was asked for": {
			"work that was done before the stop came is done",
			evidence{build: build.StateStopped, row: rowComplete, result: good, stop: v1alpha1.ReasonCancelled},
			v1alpha1.ReasonSucceeded, contract.ClassNone,
		},
		"complete without a result": {
			"a claim without evidence is no success",
			evidence{build: build.StateSucceeded, row: rowComplete},
			v1alpha1.ReasonWorkerLost, contract.ClassInfrastructure,
		},
		"complete, coverage not measured": {
			"a gate that was not measured is not passed, whatever the outcome says",
			evidence{build: build.StateSucceeded, row: rowComplete, result: unmeasured},
			v1alpha1.ReasonWorkerLost, contract.ClassInfrastructure,
		},
		"succeeded build, lock never released": {
			"CodeBuild's word alone is not enough",
			evidence{build: build.StateSucceeded, row: rowInProgress},
			v1alpha1.ReasonWorkerLost, contract.ClassInfrastructure,
		},
		"tests red": {
			"the worker's word counts, and it is the work's failure",
			evidence{build: build.StateFailed, row: rowFailed, result: red},
			v1alpha1.ReasonTestsFailed, contract.ClassWork,
		},
		"steering failed": {
			"the Power's server being away is not the work's failure",
			evidence{build: build.StateFailed, row: rowFailed, result: steering},
			v1alpha1.ReasonSteeringFailed, contract.ClassInfrastructure,
		},
		"recorded on the card, row taken by the next": {
			"the card's record outlives the row",
			evidence{build: build.StateFailed, row: rowGone, result: red},
			v1alpha1.ReasonTestsFailed, contract.ClassWork,
		},
		"failed without a word": {
			"a build that dies silently lost its worker",
			evidence{build: build.StateFailed, row: rowInProgress},
			v1alpha1.ReasonWorkerLost, contract.ClassInfrastructure,
		},
		"fault": {
			"CodeBuild's own failure",
			evidence{build: build.StateFault, row: rowInProgress},
			v1alpha1.ReasonBuildFault, contract.ClassInfrastructure,
		},
		"timed out while it ran": {
			"too much work for the time is the work's failure",
			evidence{build: build.StateTimedOut, row: rowInProgress, up: true},
			v1alpha1.ReasonTimedOut, contract.ClassWork,
		},
		"timed out, worker released": {
			"the worker knew that it was interrupted, CodeBuild knows that it was the time-out",
			evidence{build: build.StateTimedOut, row: rowFailed, result: interrupted, up: true},
			v1alpha1.ReasonTimedOut, contract.ClassWork,
		},
		"timed out, tests red before": {
			"a verdict that the worker reached is kept",
			evidence{build: build.StateTimedOut, row: rowFailed, result: red, up: true},
			v1alpha1.ReasonTestsFailed, contract.ClassWork,
		},
		"timed out, worker never came up": {
			"an INSTALL phase that hangs is not the work's failure",
			evidence{build: build.StateTimedOut, row: rowInProgress},
			v1alpha1.ReasonWorkerSilent, contract.ClassInfrastructure,
		},
		"cancelled after a fault": {
			"a person's wish ends it, whatever the infrastructure failed at",
			evidence{build: build.StateFault, row: rowInProgress, stop: v1alpha1.ReasonCancelled},
			v1alpha1.ReasonCancelled, contract.ClassNone,
		},
		"cancelled after the steering failed": {
			"what is not tried again because a person wants so is no failure",
			evidence{build: build.StateFailed, row: rowFailed, result: steering, stop: v1alpha1.ReasonCancelled},
			v1alpha1.ReasonCancelled, contract.ClassNone,
		},
		"cancelled, claims success without its gates": {
			"nothing was measured that could be kept",
			evidence{build: build.StateSucceeded, row: rowComplete, result: unmeasured, stop: v1alpha1.ReasonCancelled},
			v1alpha1.ReasonCancelled, contract.ClassNone,
		},
		"stopped by a stranger, released by us, read again": {
			"a crash between release and status write must not have it tried again",
			evidence{build: build.StateStopped, row: rowFailed, result: resultWith(contract.OutcomeCancelled, "", "")},
			v1alpha1.ReasonCancelled, contract.ClassNone,
		},
		"stopped in the queue by us": {
			"CodeBuild's queue is not the work's failure",
			evidence{build: build.StateStopped, queued: true, row: rowInProgress, stop: v1alpha1.ReasonQueueTimedOut},
			v1alpha1.ReasonQueueTimedOut, contract.ClassInfrastructure,
		},
		"stopped because it fell silent": {
			"a lost worker is the infrastructure's failure",
			evidence{build: build.StateStopped, row: rowInProgress, up: true, stop: v1alpha1.ReasonWorkerSilent},
			v1alpha1.ReasonWorkerSilent, contract.ClassInfrastructure,
		},
		"timed out in the queue": {
			"CodeBuild's queue is not the work's failure",
			evidence{build: build.StateTimedOut, queued: true, row: rowInProgress},
			v1alpha1.ReasonQueueTimedOut, contract.ClassInfrastructure,
		},
		"stopped by a stranger": {
			"somebody pressed stop in the console: trying again would defy them",
			evidence{build: build.StateStopped, row: rowInProgress},
			v1alpha1.ReasonCancelled, contract.ClassNone,
		},
		"stopped by a stranger, worker released": {
			"the same, where the worker noticed in time",
			evidence{build: build.StateStopped, row: rowFailed, result: interrupted},
			v1alpha1.ReasonCancelled, contract.ClassNone,
		},
		"cancelled": {
			"we asked for the stop and know why",
			evidence{build: build.StateStopped, row: rowInProgress, stop: v1alpha1.ReasonCancelled},
			v1alpha1.ReasonCancelled, contract.ClassNone,
		},
		"stopped at its deadline": {
			"we asked for the stop because it took too long",
			evidence{build: build.StateStopped, row: rowFailed, result: interrupted, stop: v1alpha1.ReasonTimedOut},
			v1alpha1.ReasonTimedOut, contract.ClassWork,
		},
		"tests red just before the stop": {
			"a verdict that the worker reached is kept",
			evidence{build: build.StateStopped, row: rowFailed, result: red, stop: v1alpha1.ReasonCancelled},
			v1alpha1.ReasonTestsFailed, contract.ClassWork,
		},
		"build unknown to CodeBuild": {
			"nothing is known but that it is over",
			evidence{row: rowInProgress},
			v1alpha1.ReasonWorkerLost, contract.ClassInfrastructure,
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := judge(c.e)
			if diff := cmp.Diff([]string{c.outcome, string(c.class)}, []string{v.outcome, string(v.class)}); diff != "" {
				t.Errorf("%s:\n%s", c.why, diff)
			}
			if v.message == "" {
				t.Error("a person reads no message")
			}
		})
	}
}

// No evidence that lacks a released row with passed gates may ever be read as success.
func TestJudgeNeverInventsSuccess(t *testing.T) {
	results := []*contract.Result{nil}
	for _, o := range []contract.Outcome{contract.OutcomeSucceeded, contract.OutcomeTestsFailed, contract.OutcomeInterrupted, "Nonsense"} {
		for _, g := range []contract.Gate{contract.GateNotMeasured, contract.GatePassed, contract.GateFailed} {
			for _, h := range []contract.Gate{contract.GateNotMeasured, contract.GatePassed, contract.GateFailed} {
				results = append(results, resultWith(o, g, h))
			}
		}
	}
	statuses := []build.State{"", build.StateSucceeded, build.StateFailed, build.StateFault, build.StateTimedOut, build.StateStopped}
	n := 0
	for _, b := range statuses {
		for _, row := range []rowState{rowComplete, rowFailed, rowInProgress, rowGone} {
			for _, r := range results {
				for _, stop := range []string{"", v1alpha1.ReasonCancelled, v1alpha1.ReasonTimedOut} {
					e := evidence{build: b, row: row, result: r, stop: stop}
					earned := row == rowComplete && r != nil && r.Succeeded()
					if got := judge(e).outcome == v1alpha1.ReasonSucceeded; got != earned && row == rowComplete {
						t.Errorf("%+v: success is %t, earned %t", e, got, earned)
					} else if got && row != rowComplete {
						t.Errorf("%+v: success from a row that is %s", e, row)
					}
					n++
				}
			}
		}
	}
	if n < 1000 {
		t.Fatalf("only %d combinations were tried", n)
	}
}

func TestGather(t *testing.T) {
	attempt := &v1alpha1.Attempt{LockID: "mine", Fence: 7, Build: &v1alpha1.BuildStatus{ARN: "arn:b", Status: "SUCCEEDED"}}
	text, err := resultWith(contract.OutcomeSucceeded, contract.GatePassed, contract.GatePassed).Encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		why    string
		row    lock.Row
		card   lock.CardRow
		state  rowState
		result bool
	}{
		"released": {
			"the plain way",
			lock.Row{Exists: true, LockID: "mine", Fence: 7, BuildID: "arn:b", Status: contract.StatusComplete, Result: text},
			lock.CardRow{}, rowComplete, true,
		},
		"another build's row": {
			"a result that another build wrote is not this attempt's",
			lock.Row{Exists: true, LockID: "mine", Fence: 7, BuildID: "arn:other", Status: contract.StatusComplete, Result: text},
			lock.CardRow{}, rowGone, false,
		},
		"an older fence": {
			"the row was taken again since",
			lock.Row{Exists: true, LockID: "mine", Fence: 8, BuildID: "arn:b", Status: contract.StatusComplete, Result: text},
			lock.CardRow{}, rowGone, false,
		},
		"taken by the next, card recorded": {
			"the card's row is read first",
			lock.Row{Exists: true, LockID: "next", Fence: 8, Status: contract.StatusInProgress},
			lock.CardRow{Exists: true, LockID: "mine", Outcome: contract.OutcomeSucceeded, Result: text}, rowComplete, true,
		},
		"unreadable result": {
			"what cannot be read proves nothing",
			lock.Row{Exists: true, LockID: "mine", Fence: 7, BuildID: "arn:b", Status: contract.StatusComplete, Result: "{"},
			lock.CardRow{}, rowComplete, false,
		},
		"in progress": {
			"progress that a heartbeat told is not an end's result",
			lock.Row{Exists: true, LockID: "mine", Fence: 7, BuildID: "arn:b", Status: contract.StatusInProgress, Result: text},
			lock.CardRow{}, rowInProgress, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := gather(attempt, c.row, c.card)
			if e.row != c.state || (e.result != nil) != c.result {
				t.Errorf("%s: row %q with result %t, want %q with %t", c.why, e.row, e.result != nil, c.state, c.result)
			}
		})
	}
}
