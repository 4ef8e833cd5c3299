// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"errors"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

func TestOutcomesAndExitCodes(t *testing.T) {
	cases := map[contract.Outcome]ExitCode{
		contract.OutcomeSucceeded: ExitOK, contract.OutcomeTestsFailed: ExitWork, contract.OutcomeTimedOut: ExitWork, contract.OutcomeCheckoutFailed: ExitWork,
		contract.OutcomeInternalError: ExitInfrastructure, contract.OutcomeUploadFailed: ExitInfrastructure, contract.OutcomeSteeringFailed: ExitInfrastructure,
		contract.OutcomeInterrupted: ExitInterrupted, "": ExitOK,
	}
	for outcome, want := range cases {
		if got := exitCode(&State{Result: contract.Result{Outcome: outcome}}); got != want {
			t.Errorf("%q ends with %d, want %d", outcome, got, want)
		}
	}
	if outcome, _ := outcomeOf(t.Context(), contract.StageCheckout, errors.New("network")); outcome != contract.OutcomeInternalError {
		t.Errorf("a network that is down is not the work's failure, got %s", outcome)
	}
	if outcome, _ := outcomeOf(t.Context(), contract.StageUpload, errors.New("network")); outcome != contract.OutcomeUploadFailed {
		t.Errorf("got %s", outcome)
	}
}
