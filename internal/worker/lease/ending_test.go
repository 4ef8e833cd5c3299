// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package lease

import (
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

func TestEnding(t *testing.T) {
	good := contract.Result{Outcome: contract.OutcomeSucceeded, TestsGate: contract.GatePassed, CoverageGate: contract.GatePassed}
	trigger := time.UnixMilli(5)
	cases := map[string]struct {
		why       string
		result    contract.Result
		last      bool
		status    contract.RowStatus
		processed bool
	}{
		"Success":            {"A success processes the trigger.", good, false, contract.StatusComplete, true},
		"Work":               {"A work failure that is to be retried does not.", contract.Result{Outcome: contract.OutcomeTestsFailed}, false, contract.StatusFailed, false},
		"WorkLast":           {"The last one does.", contract.Result{Outcome: contract.OutcomeTestsFailed}, true, contract.StatusFailed, true},
		"NoProgress":         {"No attempt follows one that stands still, so it processes the trigger whatever was frozen.", contract.Result{Outcome: contract.OutcomeNoProgress}, false, contract.StatusFailed, true},
		"InfrastructureLast": {"The infrastructure's failure never does.", contract.Result{Outcome: contract.OutcomeInternalError}, true, contract.StatusFailed, false},
		"Ungated":            {"A success without its gates is none.", contract.Result{Outcome: contract.OutcomeSucceeded, TestsGate: contract.GatePassed}, true, contract.StatusFailed, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			e := EndingOf(c.result, "{}", contract.Parameters{LastAttempt: c.last, Trigger: trigger})
			if e.Status != c.status || (e.Trigger != nil) != c.processed {
				t.Errorf("%s\ngot %+v", c.why, e)
			}
		})
	}
}
