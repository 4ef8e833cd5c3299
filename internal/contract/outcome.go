// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package contract

// Outcome is how an attempt ended. Its names are the reasons of a work item's Succeeded condition.
type Outcome string

// The outcomes that a worker reports in its result.
const (
	// OutcomeSucceeded: every task is done and every gate passed.
	OutcomeSucceeded Outcome = "Succeeded"
	// OutcomeCheckoutFailed: the branch could not be checked out, or was rewritten.
	OutcomeCheckoutFailed Outcome = "CheckoutFailed"
	// OutcomeValidationFailed: spec files or pull request are not as they were accepted.
	OutcomeValidationFailed Outcome = "ValidationFailed"
	// OutcomeSteeringFailed: the steering files could not be synchronized.
	OutcomeSteeringFailed Outcome = "SteeringFailed"
	// OutcomeAgentFailed: the agent did not finish its tasks.
	OutcomeAgentFailed Outcome = "AgentFailed"
	// OutcomeAgentCredentialsInvalid: the agent's own credentials are missing or refused. No attempt can succeed until a
	// person replaces them, so it is the infrastructure's failure.
	OutcomeAgentCredentialsInvalid Outcome = "AgentCredentialsInvalid"
	// OutcomeTestsFailed: tests are red.
	OutcomeTestsFailed Outcome = "TestsFailed"
	// OutcomeTestsNotMeasured: no test results were found.
	OutcomeTestsNotMeasured Outcome = "TestsNotMeasured"
	// OutcomeCoverageTooLow: a metric is below the threshold.
	OutcomeCoverageTooLow Outcome = "CoverageTooLow"
	// OutcomeCoverageNotMeasured: no coverage was found.
	OutcomeCoverageNotMeasured Outcome = "CoverageNotMeasured"
	// OutcomeProtectedPathChanged: the agent changed a file that the environment protects.
	OutcomeProtectedPathChanged Outcome = "ProtectedPathChanged"
	// OutcomeNoProgress: a repair, or a whole attempt, left everything as it was. Trying again would only cost the same
	// again, so a person has to do something first.
	OutcomeNoProgress Outcome = "NoProgress"
	// OutcomePullRequestFailed: the pull request could not be updated.
	OutcomePullRequestFailed Outcome = "PullRequestFailed"
	// OutcomeUploadFailed: the artifacts could not be uploaded.
	OutcomeUploadFailed Outcome = "UploadFailed"
	// OutcomeTimedOut: the build took too long.
	OutcomeTimedOut Outcome = "TimedOut"
	// OutcomeInterrupted: the worker was ended from outside.
	OutcomeInterrupted Outcome = "Interrupted"
	// OutcomeParametersRefused: the lock's row holds other parameters than the build was started with.
	OutcomeParametersRefused Outcome = "ParametersRefused"
	// OutcomeLeaseLost: the lock is not the worker's any more.
	OutcomeLeaseLost Outcome = "LeaseLost"
	// OutcomeInternalError: the worker met an error of its own.
	OutcomeInternalError Outcome = "InternalError"
)

// The outcomes that only the controller finds.
const (
	// OutcomeBuildFault: CodeBuild failed the build, not the work.
	OutcomeBuildFault Outcome = "BuildFault"
	// OutcomeWorkerLost: the build ended without a result.
	OutcomeWorkerLost Outcome = "WorkerLost"
	// OutcomeWorkerSilent: the worker sent no heartbeat for ten minutes, or never one.
	OutcomeWorkerSilent Outcome = "WorkerSilent"
	// OutcomeQueueTimedOut: the build waited too long in CodeBuild's own queue.
	OutcomeQueueTimedOut Outcome = "QueueTimedOut"
	// OutcomeAbandoned: the attempt was abandoned before a build claimed its lock. It counts for nothing.
	OutcomeAbandoned Outcome = "Abandoned"
	// OutcomeCancelled: a person cancelled the item, or stopped its build.
	OutcomeCancelled Outcome = "Cancelled"
	// OutcomeWithdrawn: the card was moved out of the ready status.
	OutcomeWithdrawn Outcome = "Withdrawn"
	// OutcomeDeleted: the item was deleted.
	OutcomeDeleted Outcome = "Deleted"
	// OutcomeEnvironmentDeleted: the item's environment was deleted.
	OutcomeEnvironmentDeleted Outcome = "EnvironmentDeleted"
	// OutcomeAlreadyDone: the trigger was processed before; the result is the recorded one.
	OutcomeAlreadyDone Outcome = "AlreadyDone"
	// OutcomeRetriesExhausted: the infrastructure failed too often.
	OutcomeRetriesExhausted Outcome = "RetriesExhausted"
)

// AllOutcomes are all outcomes that this version knows.
var AllOutcomes = []Outcome{
	OutcomeSucceeded, OutcomeCheckoutFailed, OutcomeValidationFailed, OutcomeSteeringFailed, OutcomeAgentFailed,
	OutcomeAgentCredentialsInvalid, OutcomeTestsFailed, OutcomeTestsNotMeasured, OutcomeCoverageTooLow,
	OutcomeCoverageNotMeasured, OutcomeProtectedPathChanged, OutcomeNoProgress, OutcomePullRequestFailed, OutcomeUploadFailed, OutcomeTimedOut,
	OutcomeInterrupted, OutcomeLeaseLost, OutcomeInternalError, OutcomeParametersRefused,
	OutcomeBuildFault, OutcomeWorkerLost, OutcomeWorkerSilent, OutcomeQueueTimedOut, OutcomeAbandoned, OutcomeCancelled,
	OutcomeWithdrawn, OutcomeDeleted, OutcomeEnvironmentDeleted, OutcomeAlreadyDone, OutcomeRetriesExhausted,
}

// FailureClass says whose failure an outcome is.
type FailureClass string

const (
	// ClassNone is nobody's failure: a success, or what a person asked for.
	ClassNone FailureClass = ""
	// ClassWork is a work failure: trying the same again is pointless unless the environment says so.
	ClassWork FailureClass = "work"
	// ClassInfrastructure is an infrastructure failure, never held against the work.
	ClassInfrastructure FailureClass = "infrastructure"
)

// Class is whose failure an outcome is. An outcome that this version does not know is the infrastructure's.
func (o Outcome) Class() FailureClass {
	switch o {
	case OutcomeSucceeded, OutcomeAlreadyDone, OutcomeAbandoned:
		return ClassNone
	case OutcomeCheckoutFailed, OutcomeValidationFailed, OutcomeAgentFailed, OutcomeTestsFailed,
		OutcomeTestsNotMeasured, OutcomeCoverageTooLow, OutcomeCoverageNotMeasured, OutcomeProtectedPathChanged,
		OutcomeNoProgress, OutcomeTimedOut:
		return ClassWork
	}
	if o.ByPerson() {
		return ClassNone
	}
	return ClassInfrastructure
}

// Final reports whether no attempt follows by itself, whatever the environment says of retries: nothing would differ.
func (o Outcome) Final() bool { return o == OutcomeNoProgress }

// ByPerson reports whether a person ended the item: by cancelling it, moving its card, or deleting something.
func (o Outcome) ByPerson() bool {
	switch o {
	case OutcomeCancelled, OutcomeWithdrawn, OutcomeDeleted, OutcomeEnvironmentDeleted:
		return true
	}
	return false
}
