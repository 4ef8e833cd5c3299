// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import "github.com/kiro-worker/kiro-worker/internal/contract"

// Condition types. All but Reconciling, Stalled and Overdue are good when True. Those are present only while they are
// True; Reconciling and Stalled follow kstatus.
const (
	// ConditionReady of a source or an environment: it is usable. Of a work item it mirrors Succeeded.
	// Readiness of a source or an environment never depends on any item's result.
	ConditionReady = "Ready"
	// ConditionReconciling of a work item: it is queued or running, and will go on by itself.
	ConditionReconciling = "Reconciling"
	// ConditionStalled of any kind: nothing will happen until a person does something.
	ConditionStalled = "Stalled"
	// ConditionOverdue of a work item: what it is at takes longer than it should. It goes on all the same; its reason
	// says which deadline has passed.
	ConditionOverdue = "Overdue"

	// ConditionAccepted of a work item: branch, spec files and an open pull request exist.
	ConditionAccepted = "Accepted"
	// ConditionAdmitted of a work item: it is its turn in the queue.
	ConditionAdmitted = "Admitted"
	// ConditionLocked of a work item: its attempt holds a slot and the branch.
	ConditionLocked = "Locked"
	// ConditionBuildStarted of a work item: its attempt's build exists.
	ConditionBuildStarted = "BuildStarted"
	// ConditionBuildFinished of a work item: its attempt's build is over, and its last request has settled.
	ConditionBuildFinished = "BuildFinished"
	// ConditionConcluded of a work item: the lock is free, the outcome is recorded and told.
	ConditionConcluded = "Concluded"
	// ConditionSucceeded of a work item: True if the work was done and every gate passed, False if not, Unknown
	// until it is known. Its reason is the outcome.
	ConditionSucceeded = "Succeeded"

	// ConditionBoardReachable of a source: the last poll read the whole board.
	ConditionBoardReachable = "BoardReachable"
	// ConditionBoardResolved of a source: the board, its status field and the ready status were found.
	ConditionBoardResolved = "BoardResolved"
	// ConditionEnvironmentReady of a source: its environment is usable.
	ConditionEnvironmentReady = "EnvironmentReady"

	// ConditionLockTableReady of an environment: the table is there, with the right key and TTL attribute.
	ConditionLockTableReady = "LockTableReady"
	// ConditionProjectReady of an environment: the CodeBuild project is there. With the reason InvalidConfiguration it
	// can be used and is not as it should be: its auto-retry is on, which builds are started without all the same.
	ConditionProjectReady = "ProjectReady"
	// ConditionBucketReady of an environment: the bucket can be written to.
	ConditionBucketReady = "BucketReady"
)

// Reasons of conditions that are True. None of them is Succeeded: that word is the work's.
const (
	// ReasonRequirementsMet of Accepted: branch, spec files and an open pull request are there.
	ReasonRequirementsMet = "RequirementsMet"
	// ReasonTurnReached of Admitted: it is the item's turn.
	ReasonTurnReached = "TurnReached"
	// ReasonLockAcquired of Locked: the attempt holds its slot and the branch.
	ReasonLockAcquired = "LockAcquired"
	// ReasonStarted of BuildStarted: CodeBuild took the build on.
	ReasonStarted = "Started"
	// ReasonReported of Concluded: the lock is free, and board, pull request and notifications have the outcome.
	ReasonReported = "Reported"
	// ReasonUsable of an environment's conditions and of EnvironmentReady: it can be used.
	ReasonUsable = "Usable"
	// ReasonPolled of BoardReachable and a source's Ready: the last poll read the whole board.
	ReasonPolled = "Polled"
	// ReasonResolved of BoardResolved: board, status field and ready status were found.
	ReasonResolved = "Resolved"
)

// Reasons that fit any condition.
const (
	// ReasonProgressing: it goes on by itself.
	ReasonProgressing = "Progressing"
	// ReasonPending: it was not its turn yet.
	ReasonPending = "Pending"
	// ReasonSuspended: spec.suspend is set.
	ReasonSuspended = "Suspended"
	// ReasonAccessDenied: the credentials lack a right that the message names.
	ReasonAccessDenied = "AccessDenied"
	// ReasonUnauthorized: the credentials were refused.
	ReasonUnauthorized = "Unauthorized"
	// ReasonCredentialsInvalid: the secret is absent, or does not hold what it should.
	ReasonCredentialsInvalid = "CredentialsInvalid"
	// ReasonEndpointNotAllowed: a custom endpoint is not on the manager's allow list.
	ReasonEndpointNotAllowed = "EndpointNotAllowed"
	// ReasonRateLimited: the service asked to wait.
	ReasonRateLimited = "RateLimited"
	// ReasonUnreachable: the service did not answer, or not in its protocol.
	ReasonUnreachable = "Unreachable"
	// ReasonInvalidAnswer: the service's answer could not be read.
	ReasonInvalidAnswer = "InvalidAnswer"
	// ReasonNotFound: what is referred to does not exist.
	ReasonNotFound = "NotFound"
	// ReasonInvalidConfiguration: what is referred to is not as it must be.
	ReasonInvalidConfiguration = "InvalidConfiguration"
	// ReasonEnvironmentNotFound: the WorkEnvironment does not exist.
	ReasonEnvironmentNotFound = "EnvironmentNotFound"
	// ReasonEnvironmentNotReady: the WorkEnvironment is not usable.
	ReasonEnvironmentNotReady = "EnvironmentNotReady"
	// ReasonEnvironmentDeleting: the WorkEnvironment is being deleted.
	ReasonEnvironmentDeleting = "EnvironmentDeleting"
	// ReasonSourceNotFound: the WorkSource does not exist.
	ReasonSourceNotFound = "SourceNotFound"
	// ReasonInUse: items still use the object that is being deleted.
	ReasonInUse = "InUse"
	// ReasonError: something else went wrong; the message says what, and it is tried again.
	ReasonError = "Error"
)

// Reasons of BoardReachable and BoardResolved.
const (
	// ReasonBoardNotFound: no project of that owner and number can be seen with these credentials.
	ReasonBoardNotFound = "BoardNotFound"
	// ReasonStatusFieldNotFound: the board has no single-select field of that name.
	ReasonStatusFieldNotFound = "StatusFieldNotFound"
	// ReasonReadyStatusNotFound: the status field has no such option; it may have been renamed.
	ReasonReadyStatusNotFound = "ReadyStatusNotFound"
	// ReasonPollIncomplete: the poll broke off; nothing was made or withdrawn.
	ReasonPollIncomplete = "PollIncomplete"
)

// Reasons why a card in the ready status was skipped. They stand in a source's status.
const (
	// ReasonDraftCard: a draft belongs to no repository.
	ReasonDraftCard = "DraftCard"
	// ReasonRedactedCard: the credentials cannot see the card's content.
	ReasonRedactedCard = "RedactedCard"
	// ReasonBranchMissing: the card names no branch.
	ReasonBranchMissing = "BranchMissing"
	// ReasonBranchAmbiguous: the card names several branches.
	ReasonBranchAmbiguous = "BranchAmbiguous"
	// ReasonBranchInvalid: git would refuse the branch's name, or the API server the item.
	ReasonBranchInvalid = "BranchInvalid"
	// ReasonRepositoryNotAllowed: the repository is not on the source's list.
	ReasonRepositoryNotAllowed = "RepositoryNotAllowed"
	// ReasonOwnedByAnother: an item of that name belongs to another source, or to nobody; it is never adopted.
	ReasonOwnedByAnother = "OwnedByAnother"
	// ReasonItemRefused: the API server refused the item; the example says why.
	ReasonItemRefused = "ItemRefused"
)

// Reasons of Accepted=False. Each is a wait: it is looked at again, whether or not the card changed.
const (
	// ReasonRepositoryNotFound: the repository does not exist, or the credentials cannot see it.
	ReasonRepositoryNotFound = "RepositoryNotFound"
	// ReasonBranchNotFound: the branch does not exist.
	ReasonBranchNotFound = "BranchNotFound"
	// ReasonDefaultBranch: work on the default branch is refused.
	ReasonDefaultBranch = "DefaultBranch"
	// ReasonProtectedBranch: work on a protected branch is refused.
	ReasonProtectedBranch = "ProtectedBranch"
	// ReasonSpecNotFound: spec files are missing; the message names them.
	ReasonSpecNotFound = "SpecNotFound"
	// ReasonSpecEmpty: a spec file is empty, or tasks.md has no task.
	ReasonSpecEmpty = "SpecEmpty"
	// ReasonPullRequestNotFound: no pull request comes from the branch.
	ReasonPullRequestNotFound = "PullRequestNotFound"
	// ReasonPullRequestClosed: the pull request is closed or merged.
	ReasonPullRequestClosed = "PullRequestClosed"
	// ReasonPullRequestFromFork: the pull request comes from a fork, whose branch we cannot push to.
	ReasonPullRequestFromFork = "PullRequestFromFork"
	// ReasonPullRequestAmbiguous: several open pull requests come from the branch, and the item names none.
	ReasonPullRequestAmbiguous = "PullRequestAmbiguous"
)

// Reasons of Admitted=False and Locked=False, and of status.queue.
const (
	// ReasonNotFirst: others are before it in the queue.
	ReasonNotFirst = "NotFirst"
	// ReasonNoFreeSlot: every slot is in use.
	ReasonNoFreeSlot = "NoFreeSlot"
	// ReasonBranchHeld: another item works on the branch.
	ReasonBranchHeld = "BranchHeld"
	// ReasonForeignRow: a row of the lock table belongs to another program; the message names it.
	ReasonForeignRow = "ForeignRow"
	// ReasonBackingOff: the next attempt waits for its time.
	ReasonBackingOff = "BackingOff"
)

// Reasons of BuildStarted and BuildFinished.
const (
	// ReasonCapacity: CodeBuild's limits let no build start now. Not a failure.
	ReasonCapacity = "Capacity"
	// ReasonStartUnknown: whether a build started is not known yet.
	ReasonStartUnknown = "StartUnknown"
	// ReasonStartRefused: CodeBuild refused to start the build; the message says why.
	ReasonStartRefused = "StartRefused"
	// ReasonBuildEnded: the build is over; how it ended, the message says.
	ReasonBuildEnded = "BuildEnded"
	// ReasonRunning: the build runs.
	ReasonRunning = "Running"
	// ReasonSettling: the build is over; its last request may still be on its way.
	ReasonSettling = "Settling"
	// ReasonStopping: the build was asked to stop.
	ReasonStopping = "Stopping"
	// ReasonWillNotStop: the build was asked to stop and still runs.
	ReasonWillNotStop = "WillNotStop"
	// ReasonStopRefused: the build is to stop and could not be asked to; the message says why. It is asked again.
	ReasonStopRefused = "StopRefused"
	// ReasonBuildUnknown: CodeBuild cannot be asked about the build; only `kubectl workitem unlock` helps.
	ReasonBuildUnknown = "BuildUnknown"
)

// Reasons of Overdue. None ends an item.
const (
	// ReasonAcceptanceOverdue: what the work needs (branch, spec files, pull request) has been missing for a day.
	ReasonAcceptanceOverdue = "AcceptanceOverdue"
	// ReasonQueueOverdue: the item has stood in the queue for a day.
	ReasonQueueOverdue = "QueueOverdue"
	// ReasonConcludingOverdue: the build is over, and its lock could not be given back for ten minutes. Of Concluded:
	// not everybody could be told of the outcome within ten minutes.
	ReasonConcludingOverdue = "ConcludingOverdue"
)

// Outcomes: the reasons of Succeeded and of a work item's Ready, and the outcomes of attempts.
const (
	// ReasonSucceeded: every task is done and every gate passed.
	ReasonSucceeded = string(contract.OutcomeSucceeded)
	// ReasonTestsFailed: tests are red. A work failure.
	ReasonTestsFailed = string(contract.OutcomeTestsFailed)
	// ReasonTestsNotMeasured: no test results were found, which fails. A work failure.
	ReasonTestsNotMeasured = string(contract.OutcomeTestsNotMeasured)
	// ReasonCoverageTooLow: a metric is below the threshold. A work failure.
	ReasonCoverageTooLow = string(contract.OutcomeCoverageTooLow)
	// ReasonCoverageNotMeasured: no coverage was found, which fails. A work failure.
	ReasonCoverageNotMeasured = string(contract.OutcomeCoverageNotMeasured)
	// ReasonAgentFailed: the agent did not finish its tasks. A work failure.
	ReasonAgentFailed = string(contract.OutcomeAgentFailed)
	// ReasonValidationFailed: spec files or pull request were not as accepted. A work failure.
	ReasonValidationFailed = string(contract.OutcomeValidationFailed)
	// ReasonCheckoutFailed: the branch could not be checked out, or was rewritten. A work failure.
	ReasonCheckoutFailed = string(contract.OutcomeCheckoutFailed)
	// ReasonSteeringFailed: the steering files could not be brought up to date. An infrastructure failure.
	ReasonSteeringFailed = string(contract.OutcomeSteeringFailed)
	// ReasonPullRequestFailed: the pull request could not be updated. An infrastructure failure.
	ReasonPullRequestFailed = string(contract.OutcomePullRequestFailed)
	// ReasonUploadFailed: artifacts could not be uploaded. An infrastructure failure.
	ReasonUploadFailed = string(contract.OutcomeUploadFailed)
	// ReasonTimedOut: the build took too long. A work failure.
	ReasonTimedOut = string(contract.OutcomeTimedOut)
	// ReasonBuildFault: CodeBuild failed the build, not the work. An infrastructure failure.
	ReasonBuildFault = string(contract.OutcomeBuildFault)
	// ReasonWorkerLost: the build ended without a result. An infrastructure failure.
	ReasonWorkerLost = string(contract.OutcomeWorkerLost)
	// ReasonWorkerSilent: the worker gave no sign of life for ten minutes, or never. An infrastructure failure.
	ReasonWorkerSilent = string(contract.OutcomeWorkerSilent)
	// ReasonInterrupted: the worker was ended from outside, by whom is not known. An infrastructure failure.
	ReasonInterrupted = string(contract.OutcomeInterrupted)
	// ReasonInternalError: the worker met an error of its own. An infrastructure failure.
	ReasonInternalError = string(contract.OutcomeInternalError)
	// ReasonQueueTimedOut: the build waited too long in CodeBuild's queue. An infrastructure failure.
	ReasonQueueTimedOut = string(contract.OutcomeQueueTimedOut)
	// ReasonAbandoned: the attempt was given up before a build claimed it. It counts for nothing.
	ReasonAbandoned = string(contract.OutcomeAbandoned)
	// ReasonLeaseLost: the worker's lease was taken away. An infrastructure failure.
	ReasonLeaseLost = string(contract.OutcomeLeaseLost)
	// ReasonCancelled: a person asked for it.
	ReasonCancelled = string(contract.OutcomeCancelled)
	// ReasonWithdrawn: the card was moved out of the ready status.
	ReasonWithdrawn = string(contract.OutcomeWithdrawn)
	// ReasonDeleted: the item was deleted.
	ReasonDeleted = string(contract.OutcomeDeleted)
	// ReasonEnvironmentDeleted: the item's WorkEnvironment was deleted.
	ReasonEnvironmentDeleted = string(contract.OutcomeEnvironmentDeleted)
	// ReasonAlreadyDone: this trigger was processed elsewhere; the result is the recorded one.
	ReasonAlreadyDone = string(contract.OutcomeAlreadyDone)
	// ReasonRetriesExhausted: the infrastructure failed too often; the message names the last failure.
	ReasonRetriesExhausted = string(contract.OutcomeRetriesExhausted)
)
