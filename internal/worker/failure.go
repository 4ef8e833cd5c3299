// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/redact"
	"github.com/kiro-worker/kiro-worker/internal/worker/lease"
	"github.com/kiro-worker/kiro-worker/internal/worker/prbody"
)

// ErrInterrupted is the cause of a context that a signal ended.
var ErrInterrupted = errors.New("the worker was asked to stop")

// isLost reports whether the lease is lost: an error says so, or why the context ended.
func isLost(ctx context.Context, err error) bool {
	return lease.IsLost(err) || lease.IsLost(context.Cause(ctx))
}

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

// outcomeOf is what a stage's error makes of the attempt: its outcome, and a message for people.
func outcomeOf(ctx context.Context, name contract.Stage, err error) (contract.Outcome, string) {
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

// recordFailure records the first failure as the attempt's outcome, and reports whether this is it.
func recordFailure(ctx context.Context, s *State, name contract.Stage, err error, clean cleaner) bool {
	if s.failed() {
		return false
	}
	outcome, message := outcomeOf(ctx, name, err)
	var earlier *stageError
	if errors.As(err, &earlier) {
		name = earlier.stage
	}
	s.fail(name, outcome, clean(message))
	return true
}

// cleaner makes a message fit for the result and for people: redacted, one line, cut.
type cleaner func(string) string

func newCleaner(r *redact.Redactor) cleaner {
	return func(message string) string { return fault.Clean(r.String(message)) }
}

// names cleans names, of at most 200 bytes each.
func (c cleaner) names(names []string) []string {
	out := make([]string, 0, len(names))
	for _, name := range names {
		out = append(out, prbody.Cut(c(name), 200))
	}
	return out
}

// ExitCode is how the process ends. docs/worker.md has the table.
type ExitCode int

// The exit codes. Those below 10 are the tool's own. A code distinguishes a work failure from an infrastructure failure,
// for whoever sees nothing but the code.
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
