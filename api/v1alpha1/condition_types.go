// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import "github.com/kiro-worker/kiro-worker/internal/contract"

// Condition types. All but Reconciling, Stalled and Overdue are good when True; those three are present only while
// they are True. Reconciling and Stalled follow kstatus. The pages in docs/api say what a person does about each.
const (
	// ConditionReady of a source or an environment: it can be used, which never depends on the outcome of an item. Of
	// a work item it mirrors Succeeded.
	ConditionReady = "Ready"
	// ConditionReconciling of a work item: it waits or runs, and goes on by itself.
	ConditionReconciling = "Reconciling"
	// ConditionStalled of any kind: nothing will happen until a person does something.
	ConditionStalled = "Stalled"
	// ConditionOverdue of a work item: a wait lasts longer than it should. The item goes on all the same; the reason
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
	// ConditionConcluded of a work item: the lock is released, and the outcome is recorded and reported.
	ConditionConcluded = "Concluded"
	// ConditionSucceeded of a work item: True if the work is done and every gate passed, False if not, Unknown until
	// it has ended. Its reason is the outcome.
	ConditionSucceeded = "Succeeded"

	// ConditionBoardReachable of a source: the last poll read the whole board.
	ConditionBoardReachable = "BoardReachable"
	// ConditionBoardResolved of a source: the board, its status field and the ready status were found.
	ConditionBoardResolved = "BoardResolved"
	// ConditionEnvironmentReady of a source: its environment can be used.
	ConditionEnvironmentReady = "EnvironmentReady"

	// ConditionLockTableReady of an environment: the table exists, with the right key and TTL attribute. With the
	// reason InvalidConfiguration it can be used, but another environment works on one of its repositories through another
	// table, so nothing keeps their builds apart.
	ConditionLockTableReady = "LockTableReady"
	// ConditionProjectReady of an environment: the CodeBuild project exists. With the reason InvalidConfiguration it can
	// be used, but its settings should be corrected: its auto-retry is on, or its limit of builds is below concurrency.
	ConditionProjectReady = "ProjectReady"
	// ConditionBucketReady of an environment: the bucket exists and can be reached.
	ConditionBucketReady = "BucketReady"
	// ConditionSecretsReady of an environment: the secrets that its builds read exist. The controller does not read them.
	ConditionSecretsReady = "SecretsReady"
	// ConditionNotificationsReady of an environment: the topics and queues that the ends of items are sent to exist, and can be
	// reached.
	ConditionNotificationsReady = "NotificationsReady"
	// ConditionDegraded of an environment, negative: its infrastructure fails, so that its items are tried one at a time, with
	// growing waits, until one ends otherwise or the environment is changed. Present only while it is True. Its reason is what
	// the last attempts ended as.
	ConditionDegraded = "Degraded"
)

// Reasons of conditions that are True. None of them is Succeeded: that word is for the work.
const (
	// ReasonRequirementsMet of Accepted: branch, spec files and an open pull request exist.
	ReasonRequirementsMet = "RequirementsMet"
	// ReasonTurnReached of Admitted: it is the item's turn.
	ReasonTurnReached = "TurnReached"
	// ReasonLockAcquired of Locked: the attempt holds its slot and the branch.
	ReasonLockAcquired = "LockAcquired"
	// ReasonStarted of BuildStarted: CodeBuild accepted the build.
	ReasonStarted = "Started"
	// ReasonReported of Concluded: the lock is released, and board, pull request and notifications have the outcome.
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
	// ReasonPending: it was not looked at yet.
	ReasonPending = "Pending"
	// ReasonSuspended: spec.suspend is set.
	ReasonSuspended = "Suspended"
	// ReasonAccessDenied: the credentials lack a permission; the message names it.
	ReasonAccessDenied = "AccessDenied"
	// ReasonUnauthorized: the credentials were refused.
	ReasonUnauthorized = "Unauthorized"
	// ReasonCredentialsInvalid: the secret does not exist, or its content is not what is needed.
	ReasonCredentialsInvalid = "CredentialsInvalid"
	// ReasonEndpointNotAllowed: an address is not on the manager's --allowed-endpoints list.
	ReasonEndpointNotAllowed = "EndpointNotAllowed"
	// ReasonRateLimited: the service asked to wait.
	ReasonRateLimited = "RateLimited"
	// ReasonUnreachable: the service did not answer, or did not answer in its protocol.
	ReasonUnreachable = "Unreachable"
	// ReasonInvalidAnswer: the service's answer could not be read.
	ReasonInvalidAnswer = "InvalidAnswer"
	// ReasonNotFound: what is referred to does not exist.
	ReasonNotFound = "NotFound"
	// ReasonInvalidConfiguration: what is referred to has settings that do not work here.
	ReasonInvalidConfiguration = "InvalidConfiguration"
	// ReasonEnvironmentNotFound: the WorkEnvironment does not exist.
	ReasonEnvironmentNotFound = "EnvironmentNotFound"
	// ReasonEnvironmentNotReady: the WorkEnvironment cannot be used now.
	ReasonEnvironmentNotReady = "EnvironmentNotReady"
	// ReasonEnvironmentDeleting: the WorkEnvironment is being deleted.
	ReasonEnvironmentDeleting = "EnvironmentDeleting"
	// ReasonSourceNotFound: the WorkSource does not exist.
	ReasonSourceNotFound = "SourceNotFound"
	// ReasonTriggerAhead: the item's triggeredAt is more than 5 minutes ahead.
	ReasonTriggerAhead = "TriggerAhead"
	// ReasonInUse: items still use the object that is being deleted.
	ReasonInUse = "InUse"
	// ReasonAnotherInstallation, of an event only: two installations are to work on one environment, and the one that was
	// there first does.
	ReasonAnotherInstallation = "AnotherInstallation"
	// ReasonError: something else went wrong; the message says what. It is tried again.
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
	// ReasonPollIncomplete: the poll was cut short; no item was made or withdrawn.
	ReasonPollIncomplete = "PollIncomplete"
)

// Reasons why a card in the ready status was skipped, in status.skipped of a source.
const (
	// ReasonDraftCard: a draft belongs to no repository.
	ReasonDraftCard = "DraftCard"
	// ReasonRedactedCard: the credentials cannot see the card's content.
	ReasonRedactedCard = "RedactedCard"
	// ReasonBranchMissing: the card names no branch.
	ReasonBranchMissing = "BranchMissing"
	// ReasonBranchAmbiguous: the card names several branches.
	ReasonBranchAmbiguous = "BranchAmbiguous"
	// ReasonBranchInvalid: git would refuse the name of the branch.
	ReasonBranchInvalid = "BranchInvalid"
	// ReasonRepositoryNotAllowed: the repository is not on the source's list.
	ReasonRepositoryNotAllowed = "RepositoryNotAllowed"
	// ReasonOwnedByAnother: an item of that name exists and is not this source's; it is left alone.
	ReasonOwnedByAnother = "OwnedByAnother"
	// ReasonItemRefused: the item could not be written as the card asks: the API server refused it, or an attempt has frozen its
	// branch; the example says which.
	ReasonItemRefused = "ItemRefused"
)

// Reasons of Accepted=False. Each is a wait: the forge is asked again, whether or not the card changed.
const (
	// ReasonRepositoryNotFound: the repository does not exist, or the credentials cannot see it.
	ReasonRepositoryNotFound = "RepositoryNotFound"
	// ReasonBranchNotFound: the branch does not exist.
	ReasonBranchNotFound = "BranchNotFound"
	// ReasonDefaultBranch: the branch is the repository's default branch, which is refused.
	ReasonDefaultBranch = "DefaultBranch"
	// ReasonProtectedBranch: the branch is protected, which is refused.
	ReasonProtectedBranch = "ProtectedBranch"
	// ReasonSpecNotFound: spec files are missing; the message names them.
	ReasonSpecNotFound = "SpecNotFound"
	// ReasonSpecEmpty: a spec file is empty, or tasks.md has no task.
	ReasonSpecEmpty = "SpecEmpty"
	// ReasonPullRequestNotFound: no pull request comes from the branch.
	ReasonPullRequestNotFound = "PullRequestNotFound"
	// ReasonPullRequestClosed: the pull request is closed or merged.
	ReasonPullRequestClosed = "PullRequestClosed"
	// ReasonPullRequestFromFork: the pull request comes from a fork, whose branch cannot be pushed to.
	ReasonPullRequestFromFork = "PullRequestFromFork"
	// ReasonDependencyPending: an item that this one depends on has not succeeded, or was not merged, yet.
	ReasonDependencyPending = "DependencyPending"
	// ReasonDependencyFailed: an item that this one depends on ended without success, or its pull request was closed without
	// being merged.
	ReasonDependencyFailed = "DependencyFailed"
	// ReasonDependencyNotFound: an item that this one depends on does not exist.
	ReasonDependencyNotFound = "DependencyNotFound"
	// ReasonDependencyCycle: items depend on each other in a circle; the message names them.
	ReasonDependencyCycle = "DependencyCycle"
	// ReasonBlockedByIssue: an open issue that the source has no item of blocks the card's issue.
	ReasonBlockedByIssue = "BlockedByIssue"
	// ReasonPullRequestAmbiguous: several open pull requests come from the branch, and the item names none.
	ReasonPullRequestAmbiguous = "PullRequestAmbiguous"
)

// Reasons of Admitted=False and Locked=False, and of status.queue.
const (
	// ReasonNoFreeSlot: it waits for a slot: every slot is in use, others are ahead of it, or nothing can start in its
	// environment now, which the environment says.
	ReasonNoFreeSlot = "NoFreeSlot"
	// ReasonBranchHeld: another item works on the branch, or is ahead with the same branch.
	ReasonBranchHeld = "BranchHeld"
	// ReasonForeignRow: a row of the lock table belongs to another program; the message names it.
	ReasonForeignRow = "ForeignRow"
	// ReasonBudgetExhausted: a budget of the environment or the source has not enough left; the message says which, and when it
	// goes on.
	ReasonBudgetExhausted = "BudgetExhausted"
	// ReasonTriggerLimit: the card was set to the ready status more often in a day than the source's spec.triggersPerDay allows.
	ReasonTriggerLimit = "TriggerLimit"
	// ReasonBackingOff: the wait before the next attempt is not over.
	ReasonBackingOff = "BackingOff"
)

// Reasons of BuildStarted and BuildFinished.
const (
	// ReasonCapacity: CodeBuild's limits allow no further build now. Not a failure.
	ReasonCapacity = "Capacity"
	// ReasonStartUnknown: it is not known yet whether a build was started.
	ReasonStartUnknown = "StartUnknown"
	// ReasonStartRefused: CodeBuild refused to start the build; the message says why. It is tried again.
	ReasonStartRefused = "StartRefused"
	// ReasonBuildEnded: the build is over; the message says how it ended.
	ReasonBuildEnded = "BuildEnded"
	// ReasonRunning: the build runs.
	ReasonRunning = "Running"
	// ReasonSettling: the build is over; its last request may still arrive.
	ReasonSettling = "Settling"
	// ReasonStopping: the build was asked to stop.
	ReasonStopping = "Stopping"
	// ReasonWillNotStop: the build was asked to stop and still runs.
	ReasonWillNotStop = "WillNotStop"
	// ReasonStopRefused: the request to stop the build failed; the message says why. It is repeated.
	ReasonStopRefused = "StopRefused"
	// ReasonBuildUnknown: CodeBuild cannot be asked about the build, or does not know it (yet).
	ReasonBuildUnknown = "BuildUnknown"
)

// Reasons of Overdue. None of them ends an item.
const (
	// ReasonAcceptanceOverdue: what the work needs (branch, spec files, pull request) has been missing for a day.
	ReasonAcceptanceOverdue = "AcceptanceOverdue"
	// ReasonQueueOverdue: the item has been in the queue for a day.
	ReasonQueueOverdue = "QueueOverdue"
	// ReasonConcludingOverdue: the build is over, and its lock could not be released for ten minutes. Of Concluded: the
	// outcome could not be reported everywhere within ten minutes.
	ReasonConcludingOverdue = "ConcludingOverdue"
)

// Outcomes: the reasons of Succeeded and of a work item's Ready, and the outcomes of attempts.
const (
	// ReasonSucceeded: every task is done and every gate passed.
	ReasonSucceeded = string(contract.OutcomeSucceeded)
	// ReasonAgentCredentialsInvalid: the agent's credentials are missing or refused. An infrastructure failure.
	ReasonAgentCredentialsInvalid = string(contract.OutcomeAgentCredentialsInvalid)
	// ReasonTestsFailed: tests failed. A work failure.
	ReasonTestsFailed = string(contract.OutcomeTestsFailed)
	// ReasonTestsNotMeasured: no test results were found, which counts as failed. A work failure.
	ReasonTestsNotMeasured = string(contract.OutcomeTestsNotMeasured)
	// ReasonCoverageTooLow: a metric is below the threshold. A work failure.
	ReasonCoverageTooLow = string(contract.OutcomeCoverageTooLow)
	// ReasonCoverageNotMeasured: no coverage was found, which counts as failed. A work failure.
	ReasonCoverageNotMeasured = string(contract.OutcomeCoverageNotMeasured)
	// ReasonProtectedPathChanged: the agent changed a file that gates.protectedPaths protects. A work failure.
	ReasonProtectedPathChanged = string(contract.OutcomeProtectedPathChanged)
	// ReasonNoProgress: a repair, or a whole attempt, left everything as it was; a person has to do something first. A work
	// failure, after which no attempt follows by itself.
	ReasonNoProgress = string(contract.OutcomeNoProgress)
	// ReasonAgentFailed: the agent did not finish its tasks. A work failure.
	ReasonAgentFailed = string(contract.OutcomeAgentFailed)
	// ReasonValidationFailed: spec files or pull request were not as required. A work failure.
	ReasonValidationFailed = string(contract.OutcomeValidationFailed)
	// ReasonCheckoutFailed: the branch could not be checked out, or was rewritten. A work failure.
	ReasonCheckoutFailed = string(contract.OutcomeCheckoutFailed)
	// ReasonSteeringFailed: the steering files could not be brought up to date. An infrastructure failure.
	ReasonSteeringFailed = string(contract.OutcomeSteeringFailed)
	// ReasonPullRequestFailed: the pull request could not be updated. An infrastructure failure.
	ReasonPullRequestFailed = string(contract.OutcomePullRequestFailed)
	// ReasonUploadFailed: artifacts could not be uploaded. An infrastructure failure.
	ReasonUploadFailed = string(contract.OutcomeUploadFailed)
	// ReasonTimedOut: the build ran longer than its timeout. A work failure.
	ReasonTimedOut = string(contract.OutcomeTimedOut)
	// ReasonBuildFault: CodeBuild failed to run the build. An infrastructure failure.
	ReasonBuildFault = string(contract.OutcomeBuildFault)
	// ReasonWorkerLost: the build ended without a result. An infrastructure failure.
	ReasonWorkerLost = string(contract.OutcomeWorkerLost)
	// ReasonWorkerSilent: the worker sent no heartbeat for ten minutes, or never sent one. An infrastructure failure.
	ReasonWorkerSilent = string(contract.OutcomeWorkerSilent)
	// ReasonInterrupted: something outside ended the worker; it is not known what. An infrastructure failure.
	ReasonInterrupted = string(contract.OutcomeInterrupted)
	// ReasonInternalError: the worker failed with an error of its own. An infrastructure failure.
	ReasonInternalError = string(contract.OutcomeInternalError)
	// ReasonQueueTimedOut: the build waited too long in CodeBuild's queue. An infrastructure failure.
	ReasonQueueTimedOut = string(contract.OutcomeQueueTimedOut)
	// ReasonAbandoned: the attempt was given up before a build claimed its lock. It is not counted.
	ReasonAbandoned = string(contract.OutcomeAbandoned)
	// ReasonParametersRefused: the lock table's row holds other parameters than the build was started with. An
	// infrastructure failure.
	ReasonParametersRefused = string(contract.OutcomeParametersRefused)
	// ReasonLeaseLost: the worker lost its lease. An infrastructure failure.
	ReasonLeaseLost = string(contract.OutcomeLeaseLost)
	// ReasonCancelled: a person set spec.cancel, or stopped the build in CodeBuild.
	ReasonCancelled = string(contract.OutcomeCancelled)
	// ReasonWithdrawn: the card was moved out of the ready status.
	ReasonWithdrawn = string(contract.OutcomeWithdrawn)
	// ReasonDeleted: the item was deleted.
	ReasonDeleted = string(contract.OutcomeDeleted)
	// ReasonEnvironmentDeleted: the item's WorkEnvironment was deleted.
	ReasonEnvironmentDeleted = string(contract.OutcomeEnvironmentDeleted)
	// ReasonAlreadyDone: this trigger was processed before, perhaps in another cluster; the result is the recorded one.
	ReasonAlreadyDone = string(contract.OutcomeAlreadyDone)
	// ReasonRetriesExhausted: the infrastructure failed too often; the message names the last failure.
	ReasonRetriesExhausted = string(contract.OutcomeRetriesExhausted)
)
