// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// FrozenParameters are the values that an attempt uses from its start to its end. A change of the item or of the
// environment counts from the next attempt. What it takes to stop the build and to release the lock is all here, so
// both work without the environment.
type FrozenParameters struct {
	// Repository is the repository that is worked in, as "owner/name".
	// +kubebuilder:validation:MaxLength=141
	Repository string `json:"repository"`
	// Branch is the branch that is worked on.
	// +kubebuilder:validation:MaxLength=244
	Branch string `json:"branch"`
	// SpecPath is the folder of the spec files, relative to the root of the repository.
	// +kubebuilder:validation:MaxLength=512
	SpecPath string `json:"specPath"`
	// Commit is the commit, in hex, that the checkout is at or descends from.
	// +kubebuilder:validation:MaxLength=64
	Commit string `json:"commit"`
	// PullRequest is the number of the pull request that is updated.
	PullRequest int64 `json:"pullRequest"`
	// AWS is the account and region that the attempt runs in.
	AWS AWSAccess `json:"aws"`
	// LockRegion is the AWS region of the lock table.
	// +kubebuilder:validation:MaxLength=32
	LockRegion string `json:"lockRegion"`
	// TableName is the name of the lock table.
	// +kubebuilder:validation:MaxLength=255
	TableName string `json:"tableName"`
	// LeaseDuration is how long the lock is valid without a heartbeat of the build.
	LeaseDuration metav1.Duration `json:"leaseDuration"`
	// ProjectName is the name of the CodeBuild project.
	// +kubebuilder:validation:MaxLength=150
	ProjectName string `json:"projectName"`
	// ProjectARN is the ARN of the CodeBuild project.
	// +kubebuilder:validation:MaxLength=512
	ProjectARN string `json:"projectARN"`
	// SlotKey is the key of the lock table's row for the slot.
	// +kubebuilder:validation:MaxLength=1024
	SlotKey string `json:"slotKey"`
	// BranchKey is the key of the lock table's row for the branch.
	// +kubebuilder:validation:MaxLength=1024
	BranchKey string `json:"branchKey"`
	// CardKey is the key of the lock table's row that records which trigger was processed.
	// +kubebuilder:validation:MaxLength=1024
	CardKey string `json:"cardKey"`
	// CardIdentity is the key that the card's own budget is counted under, where it is another than cardKey: a retry by hand is
	// recorded as the object's own, and is of the same card.
	// +kubebuilder:validation:MaxLength=1024
	// +optional
	CardIdentity string `json:"cardIdentity,omitempty"`
	// Budgets are the keys of the lock table's rows of budgets that the attempt has drawn from.
	// +kubebuilder:validation:MaxItems=8
	// +kubebuilder:validation:items:MaxLength=1024
	// +listType=atomic
	// +optional
	Budgets []string `json:"budgets,omitempty"`
	// Timeout is how long the build may run.
	Timeout metav1.Duration `json:"timeout"`
	// QueuedTimeout is how long the build may wait in CodeBuild's queue.
	QueuedTimeout metav1.Duration `json:"queuedTimeout"`
	// StartRetry is the environment's retry.startBuild. Absent: its default.
	// +optional
	StartRetry *Retry `json:"startRetry,omitempty"`
	// Environment lists every variable that the build is given in addition to the project's own, as "NAME=value". None
	// holds the value of a secret. What the environment says of gates, agent, steering and retries is in the lock table's
	// row of the branch, as its attribute parameters; here is its SHA-256, without which the worker takes no row's word.
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MaxLength=4224
	// +listType=atomic
	// +optional
	Environment []string `json:"environment,omitempty"`
}

// BuildStatus is what CodeBuild last said about a build.
type BuildStatus struct {
	// ID is CodeBuild's id of the build, "project:uuid".
	// +kubebuilder:validation:MaxLength=256
	ID string `json:"id"`
	// ARN of the build. It names the region and the account as well.
	// +kubebuilder:validation:MaxLength=512
	ARN string `json:"arn"`
	// Status is CodeBuild's: IN_PROGRESS, SUCCEEDED, FAILED, FAULT, TIMED_OUT or STOPPED. It is not the outcome of the
	// work.
	// +kubebuilder:validation:MaxLength=32
	// +optional
	Status string `json:"status,omitempty"`
	// Phase is CodeBuild's current phase, such as PROVISIONING or BUILD.
	// +kubebuilder:validation:MaxLength=32
	// +optional
	Phase string `json:"phase,omitempty"`
	// Provisioned is true once the build has left CodeBuild's queue.
	// +optional
	Provisioned bool `json:"provisioned,omitempty"`
	// Trouble is what CodeBuild says of the first phase of the build that failed: its name, a code and a message. A build
	// that failed before PROVISIONING has no log that says more.
	// +kubebuilder:validation:MaxLength=512
	// +optional
	Trouble string `json:"trouble,omitempty"`
	// LogsURL opens the build's log in the AWS console. CodeBuild reports it from the phase PROVISIONING on.
	// +kubebuilder:validation:MaxLength=1024
	// +optional
	LogsURL string `json:"logsURL,omitempty"`
	// LogGroup is the log group of the build's log in CloudWatch Logs.
	// +kubebuilder:validation:MaxLength=512
	// +optional
	LogGroup string `json:"logGroup,omitempty"`
	// LogStream is the stream of the build's log in that group.
	// +kubebuilder:validation:MaxLength=512
	// +optional
	LogStream string `json:"logStream,omitempty"`
	// StartTime is when CodeBuild accepted the build.
	// +optional
	StartTime *metav1.Time `json:"startTime,omitempty"`
	// EndTime is when the build ended, as CodeBuild says.
	// +optional
	EndTime *metav1.Time `json:"endTime,omitempty"`
	// QueuedSeconds is how long the build was in CodeBuild's queue, as CodeBuild says of a build that is over.
	// +optional
	QueuedSeconds int64 `json:"queuedSeconds,omitempty"`
	// OverSince is when this controller first saw that the build is over. Its lock is released one settling time later
	// (the manager's --settling-time, default 40s), unless the build has released it itself.
	// +optional
	OverSince *metav1.MicroTime `json:"overSince,omitempty"`
	// NotFoundSince is when CodeBuild first said that it does not know the build.
	// +optional
	NotFoundSince *metav1.Time `json:"notFoundSince,omitempty"`
	// NotFoundTimes is how often CodeBuild has said so in a row.
	// +optional
	NotFoundTimes int32 `json:"notFoundTimes,omitempty"`
	// NotFoundLastTime is when CodeBuild last said so.
	// +optional
	NotFoundLastTime *metav1.MicroTime `json:"notFoundLastTime,omitempty"`
}

// Progress is what the worker last reported with its heartbeat.
type Progress struct {
	// Stage is the stage of the worker's pipeline that runs, or ran last, such as "agent" or "test".
	// +kubebuilder:validation:MaxLength=32
	// +optional
	Stage string `json:"stage,omitempty"`
	// TasksDone is the number of the spec's tasks that are done.
	// +optional
	TasksDone int32 `json:"tasksDone,omitempty"`
	// TasksTotal is the number of the spec's tasks.
	// +optional
	TasksTotal int32 `json:"tasksTotal,omitempty"`
	// Tasks is both numbers as "done/total".
	// +kubebuilder:validation:MaxLength=24
	// +optional
	Tasks string `json:"tasks,omitempty"`
	// OpenTasks are the numbers of the tasks that were not done when the attempt ended, the first 50. Empty while it runs.
	// +kubebuilder:validation:MaxItems=50
	// +kubebuilder:validation:items:MaxLength=64
	// +listType=atomic
	// +optional
	OpenTasks []string `json:"openTasks,omitempty"`
	// FailedStage is the first stage that failed. Empty while none has.
	// +kubebuilder:validation:MaxLength=32
	// +optional
	FailedStage string `json:"failedStage,omitempty"`
	// Tests is what the test run measured, in numbers of test cases.
	// +optional
	Tests *TestCounts `json:"tests,omitempty"`
	// Coverage is the test coverage that was measured, in percent.
	// +optional
	Coverage *CoverageSummary `json:"coverage,omitempty"`
	// Rounds are the repair rounds of the attempt, the last of which may be under way.
	// +kubebuilder:validation:MaxItems=5
	// +listType=atomic
	// +optional
	Rounds []RepairRound `json:"rounds,omitempty"`
	// ObservedTime is when the controller last wrote this progress. It writes at most once per the manager's
	// --progress-interval, default 15s.
	// +optional
	ObservedTime *metav1.MicroTime `json:"observedTime,omitempty"`
	// HeartbeatTime is the worker's last heartbeat, as of observedTime. The worker sends one every 30 seconds; not each
	// is written here.
	// +optional
	HeartbeatTime *metav1.Time `json:"heartbeatTime,omitempty"`
}

// RepairRound is one repair by the agent within an attempt, after red tests or low coverage.
type RepairRound struct {
	// Outcome is what the attempt would have ended as without the round, such as TestsFailed.
	// +kubebuilder:validation:MaxLength=64
	Outcome string `json:"outcome"`
	// End is what became of it: Repaired, StillRed, Unchanged, Refused (it did away with tests, and was taken back) or
	// AgentFailed. Empty while it is under way, and where the build was cut short in it.
	// +kubebuilder:validation:MaxLength=32
	// +optional
	End string `json:"end,omitempty"`
	// Reason says so in one line.
	// +kubebuilder:validation:MaxLength=256
	// +optional
	Reason string `json:"reason,omitempty"`
	// Commit is the round's own, in hex. Empty if nothing was committed.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	Commit string `json:"commit,omitempty"`
}

// AttemptDeadlines says when the controller acts if an attempt takes too long.
type AttemptDeadlines struct {
	// StartBy is when the attempt is abandoned if no build could be started: two minutes after intentTime.
	// +optional
	StartBy *metav1.Time `json:"startBy,omitempty"`
	// ProvisionBy is when the build is stopped if it is still in CodeBuild's queue: queuedTimeout and ten minutes after
	// its start.
	// +optional
	ProvisionBy *metav1.Time `json:"provisionBy,omitempty"`
	// RunBy is when the build is stopped if it is not over: queuedTimeout, timeout and ten minutes after its start.
	// +optional
	RunBy *metav1.Time `json:"runBy,omitempty"`
}

// Attempt is one try at a work item: one lock, one outcome.
type Attempt struct {
	// Number of the attempt, from 1. It grows over all triggers of the item and is never used twice.
	// +kubebuilder:validation:Minimum=1
	Number int32 `json:"number"`
	// LockID is the id of the attempt's lock: a hash of the object's UID and the number of the attempt.
	// +kubebuilder:validation:MaxLength=64
	LockID string `json:"lockID"`
	// Fence is a number that grows each time the branch's lock is acquired. A build with an older fence can change
	// nothing.
	Fence int64 `json:"fence"`
	// TraceID is the id of the attempt's trace, in hex. Absent where the manager sends no traces.
	// +kubebuilder:validation:MaxLength=32
	// +optional
	TraceID string `json:"traceID,omitempty"`
	// Last is true if no attempt follows when the work fails in this one.
	Last bool `json:"last"`
	// Trigger is the triggeredAt that the attempt works on.
	Trigger metav1.Time `json:"trigger"`
	// IntentTime is when it was decided to start a build, before the first call of StartBuild. While it is absent, no
	// build can exist.
	// +optional
	IntentTime *metav1.MicroTime `json:"intentTime,omitempty"`
	// StartCalls is how often StartBuild was called and no build is known from it.
	// +optional
	StartCalls int32 `json:"startCalls,omitempty"`
	// Parameters are the values that the attempt uses from its start to its end.
	// +structType=atomic
	Parameters FrozenParameters `json:"parameters"`
	// Build is the build of the attempt. Absent until one is known.
	// +optional
	// +structType=atomic
	Build *BuildStatus `json:"build,omitempty"`
	// Progress is what the worker last reported.
	// +optional
	// +structType=atomic
	Progress Progress `json:"progress,omitzero"`
	// Deadlines says when the controller acts if the attempt takes too long.
	// +optional
	Deadlines AttemptDeadlines `json:"deadlines,omitzero"`
	// StopRequestedTime is when CodeBuild first accepted the request to stop the build.
	// +optional
	StopRequestedTime *metav1.MicroTime `json:"stopRequestedTime,omitempty"`
	// StopReason is why the build was asked to stop: the outcome that the attempt has then, such as Cancelled or
	// TimedOut.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	StopReason string `json:"stopReason,omitempty"`
	// StopAgainTime is when the build is asked to stop again, if it still runs.
	// +optional
	StopAgainTime *metav1.MicroTime `json:"stopAgainTime,omitempty"`
	// StopRefusal is why the last request to stop the build failed. Empty if it did not.
	// +kubebuilder:validation:MaxLength=512
	// +optional
	StopRefusal string `json:"stopRefusal,omitempty"`
	// BoardStatus is the last status that the card was given for this attempt, or that a person's move has made
	// unnecessary.
	// +kubebuilder:validation:MaxLength=128
	// +optional
	BoardStatus string `json:"boardStatus,omitempty"`
	// PullRequestNotified is true once the controller has commented on the pull request how the attempt ended, because
	// the build could not.
	// +optional
	PullRequestNotified bool `json:"pullRequestNotified,omitempty"`
	// Outcome is how the attempt ended: one of the reasons of the condition Succeeded, or Abandoned. Empty while the
	// attempt is not over.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	Outcome string `json:"outcome,omitempty"`
	// EndTime is when the attempt ended.
	// +optional
	EndTime *metav1.Time `json:"endTime,omitempty"`
}

// PastAttempt sums up an attempt that another one followed.
type PastAttempt struct {
	// Number of the attempt.
	Number int32 `json:"number"`
	// Outcome is how the attempt ended, such as TestsFailed, BuildFault or Abandoned.
	// +kubebuilder:validation:MaxLength=64
	Outcome string `json:"outcome"`
	// Message says what happened.
	// +kubebuilder:validation:MaxLength=512
	// +optional
	Message string `json:"message,omitempty"`
	// BuildARN is the ARN of the attempt's build. Empty if it had none.
	// +kubebuilder:validation:MaxLength=512
	// +optional
	BuildARN string `json:"buildARN,omitempty"`
	// Counted is true if the attempt counts against retry.work or retry.infrastructure.
	// +optional
	Counted bool `json:"counted,omitempty"`
	// Time is when the attempt ended.
	// +optional
	Time *metav1.Time `json:"time,omitempty"`
}

// RetryCounts counts the failed attempts of this trigger, by whose failure it was.
type RetryCounts struct {
	// Work is the number of attempts that failed because of the work.
	// +optional
	Work int32 `json:"work,omitempty"`
	// Infrastructure is the number of attempts that failed because of the infrastructure.
	// +optional
	Infrastructure int32 `json:"infrastructure,omitempty"`
	// Fingerprint is of what the last attempt that failed because of the work left behind, as its build says. An attempt that
	// leaves the same behind ends the item as NoProgress.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	Fingerprint string `json:"fingerprint,omitempty"`
	// NotBefore is the earliest time at which the next attempt may begin.
	// +optional
	NotBefore *metav1.Time `json:"notBefore,omitempty"`
}
