// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

func resultWith(outcome contract.Outcome, tests, coverage contract.Gate) *contract.Result {
	return &contract.Result{Version: 1, Outcome: outcome, TestsGate: tests, CoverageGate: coverage, Message: "as the worker says"}
}

func TestClassify(t *testing.T) {
	good := resultWith(contract.OutcomeSucceeded, contract.GatePassed, contract.GatePassed)
	red := resultWith(contract.OutcomeTestsFailed, contract.GateFailed, contract.GateNotMeasured)
	steering := resultWith(contract.OutcomeSteeringFailed, contract.GateNotMeasured, contract.GateNotMeasured)
	interrupted := resultWith(contract.OutcomeInterrupted, contract.GateNotMeasured, contract.GateNotMeasured)
	unmeasured := resultWith(contract.OutcomeSucceeded, contract.GatePassed, contract.GateNotMeasured)

	for name, c := range map[string]struct {
		why     string
		facts   Facts
		outcome contract.Outcome
		class   contract.FailureClass
	}{
		"success": {
			"the plain way",
			Facts{Build: build.StateSucceeded, Row: RowComplete, Result: good},
			contract.OutcomeSucceeded, contract.ClassNone,
		},
		"success, build failed after release": {
			"what CodeBuild does after the release is not held against the work",
			Facts{Build: build.StateFailed, Row: RowComplete, Result: good},
			contract.OutcomeSucceeded, contract.ClassNone,
		},
		"success, although a stop was asked for": {
			"work that was done before the stop came is done",
			Facts{Build: build.StateStopped, Row: RowComplete, Result: good, Stop: contract.OutcomeCancelled},
			contract.OutcomeSucceeded, contract.ClassNone,
		},
		"complete without a result": {
			"a claim without a result is no success",
			Facts{Build: build.StateSucceeded, Row: RowComplete},
			contract.OutcomeWorkerLost, contract.ClassInfrastructure,
		},
		"complete, coverage not measured": {
			"a gate that was not measured is not passed, whatever the outcome says",
			Facts{Build: build.StateSucceeded, Row: RowComplete, Result: unmeasured},
			contract.OutcomeWorkerLost, contract.ClassInfrastructure,
		},
		"succeeded build, lock never released": {
			"CodeBuild's word alone is not enough",
			Facts{Build: build.StateSucceeded, Row: RowInProgress},
			contract.OutcomeWorkerLost, contract.ClassInfrastructure,
		},
		"tests red": {
			"the worker's word counts, and it is the work's failure",
			Facts{Build: build.StateFailed, Row: RowFailed, Result: red},
			contract.OutcomeTestsFailed, contract.ClassWork,
		},
		"steering failed": {
			"the Power's server being away is not the work's failure",
			Facts{Build: build.StateFailed, Row: RowFailed, Result: steering},
			contract.OutcomeSteeringFailed, contract.ClassInfrastructure,
		},
		"recorded on the card, row acquired by the next": {
			"the card's record outlives the row",
			Facts{Build: build.StateFailed, Row: RowGone, Result: red},
			contract.OutcomeTestsFailed, contract.ClassWork,
		},
		"failed without a word": {
			"a build that dies silently lost its worker",
			Facts{Build: build.StateFailed, Row: RowInProgress},
			contract.OutcomeWorkerLost, contract.ClassInfrastructure,
		},
		"fault": {
			"CodeBuild's own failure",
			Facts{Build: build.StateFault, Row: RowInProgress},
			contract.OutcomeBuildFault, contract.ClassInfrastructure,
		},
		"timed out while it ran": {
			"too much work for the time is the work's failure",
			Facts{Build: build.StateTimedOut, Row: RowInProgress, CameUp: true},
			contract.OutcomeTimedOut, contract.ClassWork,
		},
		"timed out, worker released": {
			"the worker knew that it was interrupted, CodeBuild knows that it was the time-out",
			Facts{Build: build.StateTimedOut, Row: RowFailed, Result: interrupted, CameUp: true},
			contract.OutcomeTimedOut, contract.ClassWork,
		},
		"timed out, tests red before": {
			"an outcome that the worker reached is kept",
			Facts{Build: build.StateTimedOut, Row: RowFailed, Result: red, CameUp: true},
			contract.OutcomeTestsFailed, contract.ClassWork,
		},
		"timed out, worker never came up": {
			"an INSTALL phase that hangs is not the work's failure",
			Facts{Build: build.StateTimedOut, Row: RowInProgress},
			contract.OutcomeWorkerSilent, contract.ClassInfrastructure,
		},
		"cancelled after a fault": {
			"a person requested the end, whatever the infrastructure failed at",
			Facts{Build: build.StateFault, Row: RowInProgress, Stop: contract.OutcomeCancelled},
			contract.OutcomeCancelled, contract.ClassNone,
		},
		"cancelled after the steering failed": {
			"what is not tried again because a person wants so is no failure",
			Facts{Build: build.StateFailed, Row: RowFailed, Result: steering, Stop: contract.OutcomeCancelled},
			contract.OutcomeCancelled, contract.ClassNone,
		},
		"cancelled, claims success without its gates": {
			"nothing was measured that could be kept",
			Facts{Build: build.StateSucceeded, Row: RowComplete, Result: unmeasured, Stop: contract.OutcomeCancelled},
			contract.OutcomeCancelled, contract.ClassNone,
		},
		"stopped by a stranger, released by us, read again": {
			"a crash between release and status write must not have it tried again",
			Facts{Build: build.StateStopped, Row: RowFailed, Result: resultWith(contract.OutcomeCancelled, "", "")},
			contract.OutcomeCancelled, contract.ClassNone,
		},
		"stopped in the queue by us": {
			"CodeBuild's queue is not the work's failure",
			Facts{Build: build.StateStopped, Queued: true, Row: RowInProgress, Stop: contract.OutcomeQueueTimedOut},
			contract.OutcomeQueueTimedOut, contract.ClassInfrastructure,
		},
		"stopped because it fell silent": {
			"a lost worker is the infrastructure's failure",
			Facts{Build: build.StateStopped, Row: RowInProgress, CameUp: true, Stop: contract.OutcomeWorkerSilent},
			contract.OutcomeWorkerSilent, contract.ClassInfrastructure,
		},
		"failed in the queue": {
			"a network that is set up wrongly is no queue that is too long",
			Facts{Build: build.StateFailed, Queued: true, Row: RowInProgress, Trouble: "QUEUED: VPC_CLIENT_ERROR: no such subnet"},
			contract.OutcomeBuildFault, contract.ClassInfrastructure,
		},
		"timed out in the queue": {
			"CodeBuild's queue is not the work's failure",
			Facts{Build: build.StateTimedOut, Queued: true, Row: RowInProgress},
			contract.OutcomeQueueTimedOut, contract.ClassInfrastructure,
		},
		"stopped by a stranger": {
			"somebody pressed stop in the console: trying again would defy them",
			Facts{Build: build.StateStopped, Row: RowInProgress},
			contract.OutcomeCancelled, contract.ClassNone,
		},
		"stopped by a stranger, worker released": {
			"the same, where the worker noticed in time",
			Facts{Build: build.StateStopped, Row: RowFailed, Result: interrupted},
			contract.OutcomeCancelled, contract.ClassNone,
		},
		"cancelled": {
			"we asked for the stop and know why",
			Facts{Build: build.StateStopped, Row: RowInProgress, Stop: contract.OutcomeCancelled},
			contract.OutcomeCancelled, contract.ClassNone,
		},
		"stopped at its deadline": {
			"we asked for the stop because it took too long",
			Facts{Build: build.StateStopped, Row: RowFailed, Result: interrupted, Stop: contract.OutcomeTimedOut},
			contract.OutcomeTimedOut, contract.ClassWork,
		},
		"tests red just before the stop": {
			"an outcome that the worker reached is kept",
			Facts{Build: build.StateStopped, Row: RowFailed, Result: red, Stop: contract.OutcomeCancelled},
			contract.OutcomeTestsFailed, contract.ClassWork,
		},
		"build unknown to CodeBuild": {
			"nothing is known but that it is over",
			Facts{Row: RowInProgress},
			contract.OutcomeWorkerLost, contract.ClassInfrastructure,
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := Classify(c.facts)
			if diff := cmp.Diff([]string{string(c.outcome), string(c.class)}, []string{string(v.Name), string(v.Name.Class())}); diff != "" {
				t.Errorf("%s:\n%s", c.why, diff)
			}
			if v.Message == "" {
				t.Error("a person reads no message")
			}
		})
	}
}

// Facts without a released row and passed gates may never be read as success.
func TestClassifyNeverInventsSuccess(t *testing.T) {
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
		for _, row := range []RowState{RowComplete, RowFailed, RowInProgress, RowGone} {
			for _, r := range results {
				for _, stop := range []contract.Outcome{"", contract.OutcomeCancelled, contract.OutcomeTimedOut} {
					e := Facts{Build: b, Row: row, Result: r, Stop: stop}
					earned := row == RowComplete && r != nil && r.Succeeded()
					if got := Classify(e).Name == contract.OutcomeSucceeded; got != earned && row == RowComplete {
						t.Errorf("%+v: success is %t, earned %t", e, got, earned)
					} else if got && row != RowComplete {
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

func TestClassifyRequested(t *testing.T) {
	request := &StopCause{contract.OutcomeCancelled, "spec.cancel is set."}
	red := resultWith(contract.OutcomeTestsFailed, contract.GateFailed, contract.GateNotMeasured)
	for name, c := range map[string]struct {
		why     string
		facts   Facts
		request *StopCause
		want    Outcome
	}{
		"none":    {"the table alone decides", Facts{Build: build.StateFault, Row: RowInProgress}, nil, Outcome{Name: contract.OutcomeBuildFault, Message: "CodeBuild failed to run the build."}},
		"by it":   {"a person reads what to do to go on", Facts{Build: build.StateFault, Row: RowInProgress}, request, Outcome{Name: contract.OutcomeCancelled, Message: "spec.cancel is set."}},
		"reached": {"an outcome that the worker reached is kept", Facts{Build: build.StateFailed, Row: RowFailed, Result: red}, request, Outcome{Name: contract.OutcomeTestsFailed, Message: red.Message, Result: red}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, ClassifyRequested(c.facts, c.request)); diff != "" {
				t.Errorf("%s:\n%s", c.why, diff)
			}
		})
	}
}

func TestProcessesTrigger(t *testing.T) {
	for _, c := range []struct {
		why  string
		last bool
		name contract.Outcome
		want bool
	}{
		{"the work failed and is not tried again", true, contract.OutcomeTestsFailed, true},
		{"standing still, it is not tried again by itself", false, contract.OutcomeNoProgress, true},
		{"the work is tried again", false, contract.OutcomeTestsFailed, false},
		{"the infrastructure's failure is never final for the trigger", true, contract.OutcomeWorkerLost, false},
		{"a person may trigger it again", true, contract.OutcomeCancelled, false},
	} {
		if got := ProcessesTrigger(&v1alpha1.Attempt{Last: c.last}, Outcome{Name: c.name}); got != c.want {
			t.Errorf("%s: got %t", c.why, got)
		}
	}
}

// What CodeBuild says of the phase that failed is the only reason that a build without a log has.
func TestTroubleIsSaid(t *testing.T) {
	for _, f := range []Facts{
		{Build: build.StateFailed, Queued: true, Row: RowInProgress, Trouble: "QUEUED: VPC_CLIENT_ERROR: no such subnet"},
		{Build: build.StateFailed, Row: RowInProgress, Trouble: "PROVISIONING: CLIENT_ERROR: no such image"},
		{Build: build.StateFault, Row: RowInProgress, Trouble: "PROVISIONING: INTERNAL: x"},
	} {
		if o := Classify(f); !strings.HasSuffix(o.Message, " CodeBuild says: "+f.Trouble) {
			t.Errorf("%+v: %s", f, o.Message)
		}
	}
}
