// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/worker/lease"
)

// ErrInterrupted is the cause of a context that a signal ended.
var ErrInterrupted = errors.New("the worker was asked to stop")

// failure is an error that says what outcome it makes. Errors without one are the infrastructure's.
type failure struct {
	outcome contract.Outcome
	err     error
}

// Error implements error.
func (f *failure) Error() string { return f.err.Error() }

// Unwrap implements errors.Unwrap.
func (f *failure) Unwrap() error { return f.err }

func failed(outcome contract.Outcome, err error) error { return &failure{outcome: outcome, err: err} }

func failedf(outcome contract.Outcome, format string, args ...any) error {
	return failed(outcome, fmt.Errorf(format, args...))
}

// infrastructureOf is the outcome of an error of the infrastructure, by stage. The stages that are not named have none of
// their own: CheckoutFailed, for one, says that the branch is not as it must be, not that the network was down.
var infrastructureOf = map[contract.Stage]contract.Outcome{
	contract.StageSteer:       contract.OutcomeSteeringFailed,
	contract.StagePullRequest: contract.OutcomePullRequestFailed,
	contract.StageUpload:      contract.OutcomeUploadFailed,
}

// verdictOf is what a stage's error makes of the attempt: its outcome, and what is said to a person.
func verdictOf(ctx context.Context, name contract.Stage, err error) (contract.Outcome, string) {
	var f *failure
	switch {
	case errors.Is(context.Cause(ctx), ErrInterrupted):
		return contract.OutcomeInterrupted, fmt.Sprintf("The build was stopped while stage %s ran.", name)
	case errors.As(err, &f):
		return f.outcome, err.Error()
	}
	outcome, ok := infrastructureOf[name]
	if !ok {
		outcome = contract.OutcomeInternalError
	}
	return outcome, err.Error()
}

func isLost(ctx context.Context, err error) bool {
	return lease.IsLost(err) || lease.IsLost(context.Cause(ctx))
}

// clean makes a message fit for the result: redacted, one line, cut.
func (j *job) clean(message string) string { return fault.Clean(j.redactor.String(message)) }

// ExitCode is how the process ends. docs/worker.md has the table.
type ExitCode int

// The exit codes. Those below 10 are the tool's own; a code tells the work failures and of the infrastructure
// apart for whoever sees nothing but the code.
const (
	ExitOK             ExitCode = 0
	ExitUsage          ExitCode = 2
	ExitWork           ExitCode = 10
	ExitInfrastructure ExitCode = 20
	ExitRefused        ExitCode = 30
	ExitLeaseLost      ExitCode = 31
	ExitInterrupted    ExitCode = 40
)

// exitCode is the code for what is recorded.
func exitCode(s *State) ExitCode {
	switch {
	case s.Over == overRefused:
		return ExitRefused
	case s.Over == overLost:
		return ExitLeaseLost
	case !s.failed():
		return ExitOK
	case s.Result.Outcome == contract.OutcomeInterrupted:
		return ExitInterrupted
	case s.Result.Outcome.Class() == contract.ClassWork:
		return ExitWork
	default:
		return ExitInfrastructure
	}
}
