// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Card is the card on a board that a work item was made of.
type Card struct {
	// Provider of the board. Only "github" is known.
	// +kubebuilder:validation:Enum=github
	// +required
	Provider string `json:"provider"`
	// ID is the board item's node id. The work item's name is a function of it.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +required
	ID string `json:"id"`
	// ContentID is the node id of the issue or pull request that the card shows.
	// +kubebuilder:validation:MaxLength=128
	// +optional
	ContentID string `json:"contentID,omitempty"`
	// Number of the issue or pull request.
	// +kubebuilder:validation:Minimum=0
	// +optional
	Number int64 `json:"number,omitempty"`
	// URL of the issue or pull request.
	// +kubebuilder:validation:MaxLength=512
	// +optional
	URL string `json:"url,omitempty"`
	// Title of the card.
	// +kubebuilder:validation:MaxLength=256
	// +optional
	Title string `json:"title,omitempty"`
	// CreatedAt is when the issue or pull request was made. The oldest is worked on first.
	// +optional
	CreatedAt *metav1.Time `json:"createdAt,omitempty"`
}

// WorkItemSpec is what is to be worked on.
type WorkItemSpec struct {
	// EnvironmentRef names the WorkEnvironment that the build runs in.
	// +required
	EnvironmentRef LocalObjectReference `json:"environmentRef"`

	// SourceRef names the WorkSource that made this item. Absent when it was made by hand.
	// +optional
	SourceRef *LocalObjectReference `json:"sourceRef,omitempty"`

	// Card is the card to be implemented. Absent when the item was made by hand.
	// +optional
	Card *Card `json:"card,omitempty"`

	// TriggeredAt is when a person decided that this is to be worked on. A later time triggers it once more. Default, for
	// an item made by hand: its creation.
	// +optional
	TriggeredAt *metav1.Time `json:"triggeredAt,omitempty"`

	// Repository is "owner/name".
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=141
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?/[A-Za-z0-9._-]+$`
	// +required
	Repository string `json:"repository"`

	// Branch is the feature branch, without "refs/heads/". What git refuses as a branch name is refused here.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=244
	// +kubebuilder:validation:Pattern=`^[^\x00-\x20\x7f~^:?*\[\\]+$`
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('-') && !self.startsWith('refs/') && self != '@' && self != 'HEAD' && !self.contains('..') && !self.contains('@{') && !self.endsWith('.') && !self.split('/').exists(s, s == '' || s.startsWith('.') || s.endsWith('.lock'))",message="branch must be a name that git takes: no leading '-' or 'refs/', no '..', '@{' or '//', no part that begins with '.' or ends with '.lock', no '/' or '.' at the end"
	// +required
	Branch string `json:"branch"`

	// SpecPath is the folder of the spec files in the repository. Default ".kiro/specs/<branch>".
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="self == '' || (!self.startsWith('/') && !self.startsWith('-') && !self.split('/').exists(s, s == '..' || s == '.' || s == ''))",message="specPath must be a relative path without a leading '/' or '-', '..', '.' or empty parts"
	// +optional
	SpecPath string `json:"specPath,omitempty"`

	// PullRequest is the number of the pull request. Default: the open one from this branch.
	// +kubebuilder:validation:Minimum=1
	// +optional
	PullRequest *int64 `json:"pullRequest,omitempty"`

	// Priority in the queue, -1000 to 1000. Higher is first. Default 0.
	// +kubebuilder:default=0
	// +kubebuilder:validation:Minimum=-1000
	// +kubebuilder:validation:Maximum=1000
	// +optional
	Priority int32 `json:"priority,omitempty"`

	// Cancel stops the work: a running build is stopped, and the lock is released once it is over.
	// +optional
	Cancel bool `json:"cancel,omitempty"`

	// Timeout is how long the build may run, 5m to 36h. Default: the environment's.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('5m') && duration(self) <= duration('36h') && duration(self).getSeconds() % 60 == 0",message="timeout must be 5m to 36h, in whole minutes"
	// +optional
	Timeout *metav1.Duration `json:"timeout,omitempty"`
}

// Phase sums a work item up for people. No decision reads it.
// +kubebuilder:validation:Enum=Pending;Waiting;Queued;Starting;Running;Concluding;Succeeded;Failed;Cancelled
type Phase string

const (
	// PhasePending has not been looked at.
	PhasePending Phase = "Pending"
	// PhaseWaiting waits for its branch, spec files or pull request.
	PhaseWaiting Phase = "Waiting"
	// PhaseQueued waits for its turn or a slot.
	PhaseQueued Phase = "Queued"
	// PhaseStarting holds the lock; its build has not been started for sure.
	PhaseStarting Phase = "Starting"
	// PhaseRunning has a build that is not over.
	PhaseRunning Phase = "Running"
	// PhaseConcluding has a build that is over, and is being wound up.
	PhaseConcluding Phase = "Concluding"
	// PhaseSucceeded passed every gate.
	PhaseSucceeded Phase = "Succeeded"
	// PhaseFailed failed and is not tried again.
	PhaseFailed Phase = "Failed"
	// PhaseCancelled was cancelled by a person.
	PhaseCancelled Phase = "Cancelled"
)

// AcceptedWork is what acceptance found and pinned.
type AcceptedWork struct {
	// Commit is the head of the branch, in hex. The build's checkout is at it or descends from it.
	// +kubebuilder:validation:MaxLength=64
	Commit string `json:"commit"`
	// RepositoryID is the forge's own id of the repository, which a rename leaves as it is.
	RepositoryID int64 `json:"repositoryID"`
	// ForgeHost is the host that the repository lies on.
	// +kubebuilder:validation:MaxLength=253
	ForgeHost string `json:"forgeHost"`
	// PullRequest is the number of the open pull request.
	PullRequest int64 `json:"pullRequest"`
	// PullRequestURL is its address.
	// +kubebuilder:validation:MaxLength=512
	// +optional
	PullRequestURL string `json:"pullRequestURL,omitempty"`
	// SpecPath is the folder of the spec files.
	// +kubebuilder:validation:MaxLength=512
	SpecPath string `json:"specPath"`
	// Time of the look.
	// +optional
	Time *metav1.Time `json:"time,omitempty"`
}

// QueuePosition says since when and why an item waits.
type QueuePosition struct {
	// Since is when the item began to wait.
	// +optional
	Since *metav1.Time `json:"since,omitempty"`
	// Reason it waits for.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	Reason string `json:"reason,omitempty"`
}

// FrozenParameters is what an attempt was given when it began. A change of the environment counts from the next
// attempt; what stopping and releasing need is all here, so that neither reads the environment.
type FrozenParameters struct {
	// Repository is "owner/name".
	// +kubebuilder:validation:MaxLength=141
	Repository string `json:"repository"`
	// Branch that is worked on.
	// +kubebuilder:validation:MaxLength=244
	Branch string `json:"branch"`
	// SpecPath is the folder of the spec files.
	// +kubebuilder:validation:MaxLength=512
	SpecPath string `json:"specPath"`
	// Commit that the checkout is at or descends from.
	// +kubebuilder:validation:MaxLength=64
	Commit string `json:"commit"`
	// PullRequest is its number.
	PullRequest int64 `json:"pullRequest"`
	// AWS says which account and region the attempt runs in.
	AWS AWSAccess `json:"aws"`
	// LockRegion is the region of the lock table.
	// +kubebuilder:validation:MaxLength=32
	LockRegion string `json:"lockRegion"`
	// TableName of the lock table.
	// +kubebuilder:validation:MaxLength=255
	TableName string `json:"tableName"`
	// LeaseDuration is how long a lease lasts without a sign of life.
	LeaseDuration metav1.Duration `json:"leaseDuration"`
	// ProjectName of the CodeBuild project.
	// +kubebuilder:validation:MaxLength=150
	ProjectName string `json:"projectName"`
	// ProjectARN of the CodeBuild project.
	// +kubebuilder:validation:MaxLength=512
	ProjectARN string `json:"projectARN"`
	// SlotKey, BranchKey and CardKey are the rows of the lock.
	// +kubebuilder:validation:MaxLength=1024
	SlotKey string `json:"slotKey"`
	// BranchKey is the row of the branch.
	// +kubebuilder:validation:MaxLength=1024
	BranchKey string `json:"branchKey"`
	// CardKey is the row that records what was processed.
	// +kubebuilder:validation:MaxLength=1024
	CardKey string `json:"cardKey"`
	// Timeout of the build.
	Timeout metav1.Duration `json:"timeout"`
	// QueuedTimeout of the build in CodeBuild's queue.
	QueuedTimeout metav1.Duration `json:"queuedTimeout"`
	// StartRetry is how a start that CodeBuild refused is tried again.
	// +optional
	StartRetry *Retry `json:"startRetry,omitempty"`
	// Environment is every variable that the build is given beyond the project's own, as NAME=value. None holds a
	// secret's value.
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MaxLength=8321
	// +listType=atomic
	// +optional
	Environment []string `json:"environment,omitempty"`
}

// BuildStatus is what CodeBuild last said of a build.
type BuildStatus struct {
	// ID is CodeBuild's id, "project:uuid".
	// +kubebuilder:validation:MaxLength=256
	ID string `json:"id"`
	// ARN of the build, which names its region and account too.
	// +kubebuilder:validation:MaxLength=512
	ARN string `json:"arn"`
	// Status is CodeBuild's: IN_PROGRESS, SUCCEEDED, FAILED, FAULT, TIMED_OUT or STOPPED.
	// +kubebuilder:validation:MaxLength=32
	// +optional
	Status string `json:"status,omitempty"`
	// Phase is CodeBuild's current phase.
	// +kubebuilder:validation:MaxLength=32
	// +optional
	Phase string `json:"phase,omitempty"`
	// Provisioned is true once the build has left CodeBuild's queue.
	// +optional
	Provisioned bool `json:"provisioned,omitempty"`
	// LogsURL opens the build's log in the console. It is known from PROVISIONING on.
	// +kubebuilder:validation:MaxLength=1024
	// +optional
	LogsURL string `json:"logsURL,omitempty"`
	// LogGroup and LogStream name the log in CloudWatch Logs.
	// +kubebuilder:validation:MaxLength=512
	// +optional
	LogGroup string `json:"logGroup,omitempty"`
	// LogStream names the log's stream.
	// +kubebuilder:validation:MaxLength=512
	// +optional
	LogStream string `json:"logStream,omitempty"`
	// StartTime is when CodeBuild took the build on.
	// +optional
	StartTime *metav1.Time `json:"startTime,omitempty"`
	// EndTime is when the build was over.
	// +optional
	EndTime *metav1.Time `json:"endTime,omitempty"`
	// OverSince is when this controller first saw that the build is over; release waits a settling time from it.
	// +optional
	OverSince *metav1.MicroTime `json:"overSince,omitempty"`
	// NotFoundSince is when CodeBuild first said that it does not know the build.
	// +optional
	NotFoundSince *metav1.Time `json:"notFoundSince,omitempty"`
	// NotFoundTimes is how often it said so in a row, at different times.
	// +optional
	NotFoundTimes int32 `json:"notFoundTimes,omitempty"`
	// NotFoundLastTime is when it last said so.
	// +optional
	NotFoundLastTime *metav1.MicroTime `json:"notFoundLastTime,omitempty"`
}

// Progress is what the worker last told of itself.
type Progress struct {
	// Stage is the pipeline's stage.
	// +kubebuilder:validation:MaxLength=32
	// +optional
	Stage string `json:"stage,omitempty"`
	// TasksDone is the number of the spec's tasks that are done.
	// +optional
	TasksDone int32 `json:"tasksDone,omitempty"`
	// TasksTotal is the number of the spec's tasks.
	// +optional
	TasksTotal int32 `json:"tasksTotal,omitempty"`
	// Tasks is both, as "done/total".
	// +kubebuilder:validation:MaxLength=24
	// +optional
	Tasks string `json:"tasks,omitempty"`
	// FailedStage is the stage that failed; empty while none has.
	// +kubebuilder:validation:MaxLength=32
	// +optional
	FailedStage string `json:"failedStage,omitempty"`
	// Tests is what the tests gave.
	// +optional
	Tests *TestCounts `json:"tests,omitempty"`
	// Coverage is what was measured.
	// +optional
	Coverage *CoverageSummary `json:"coverage,omitempty"`
	// ObservedTime is when the controller last wrote this down. Progress is written at most every few seconds.
	// +optional
	ObservedTime *metav1.MicroTime `json:"observedTime,omitempty"`
	// HeartbeatTime is the worker's last sign of life, as of ObservedTime.
	// +optional
	HeartbeatTime *metav1.Time `json:"heartbeatTime,omitempty"`
}

// AttemptDeadlines says by when what has to have happened.
type AttemptDeadlines struct {
	// StartBy is when the attempt is given up if no build could be started.
	// +optional
	StartBy *metav1.Time `json:"startBy,omitempty"`
	// ProvisionBy is when the build is stopped if it has not left CodeBuild's queue.
	// +optional
	ProvisionBy *metav1.Time `json:"provisionBy,omitempty"`
	// RunBy is when the build is stopped if it is not over.
	// +optional
	RunBy *metav1.Time `json:"runBy,omitempty"`
}

// Attempt is one try at a work item: one lock, one outcome.
type Attempt struct {
	// Number of the attempt, from 1. It never starts again.
	// +kubebuilder:validation:Minimum=1
	Number int32 `json:"number"`
	// LockID is a hash of the object's UID and the attempt's number.
	// +kubebuilder:validation:MaxLength=64
	LockID string `json:"lockID"`
	// Fence grows with every taking of the branch.
	Fence int64 `json:"fence"`
	// Last is true if a work failure in this attempt processes the trigger.
	Last bool `json:"last"`
	// Trigger is the trigger that the attempt works on.
	Trigger metav1.Time `json:"trigger"`
	// IntentTime is when the start of a build was decided, before the first call. Absent until then: no build can
	// exist.
	// +optional
	IntentTime *metav1.MicroTime `json:"intentTime,omitempty"`
	// StartCalls is how often CodeBuild was asked to start a build and gave none.
	// +optional
	StartCalls int32 `json:"startCalls,omitempty"`
	// Parameters is what the attempt was given.
	Parameters FrozenParameters `json:"parameters"`
	// Build is the attempt's build. Absent until one is known.
	// +optional
	Build *BuildStatus `json:"build,omitempty"`
	// Progress is what the worker last told.
	// +optional
	Progress Progress `json:"progress,omitzero"`
	// Deadlines of the attempt.
	// +optional
	Deadlines AttemptDeadlines `json:"deadlines,omitzero"`
	// StopRequestedTime is when CodeBuild first took the wish that the build stop.
	// +optional
	StopRequestedTime *metav1.MicroTime `json:"stopRequestedTime,omitempty"`
	// StopReason is why it was asked to stop.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	StopReason string `json:"stopReason,omitempty"`
	// StopAgainTime is when the build is asked to stop again, if it still runs.
	// +optional
	StopAgainTime *metav1.MicroTime `json:"stopAgainTime,omitempty"`
	// StopRefusal is why the build could not be asked to stop the last time; empty if it could.
	// +kubebuilder:validation:MaxLength=512
	// +optional
	StopRefusal string `json:"stopRefusal,omitempty"`
	// BoardStatus is the status that the card was last given for this attempt.
	// +kubebuilder:validation:MaxLength=128
	// +optional
	BoardStatus string `json:"boardStatus,omitempty"`
	// PullRequestNotified is true once the controller has told the pull request how the attempt ended, because the build could not.
	// +optional
	PullRequestNotified bool `json:"pullRequestNotified,omitempty"`
	// Outcome is the attempt's end; empty while it is not over.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	Outcome string `json:"outcome,omitempty"`
	// EndTime is when the attempt was over.
	// +optional
	EndTime *metav1.Time `json:"endTime,omitempty"`
}

// PastAttempt sums up an attempt that was cut short or failed.
type PastAttempt struct {
	// Number of the attempt.
	Number int32 `json:"number"`
	// Outcome is its end, a reason of the Succeeded condition.
	// +kubebuilder:validation:MaxLength=64
	Outcome string `json:"outcome"`
	// Message says more.
	// +kubebuilder:validation:MaxLength=512
	// +optional
	Message string `json:"message,omitempty"`
	// BuildARN is its build's.
	// +kubebuilder:validation:MaxLength=512
	// +optional
	BuildARN string `json:"buildARN,omitempty"`
	// Counted is true if it counts against the tries of the work or of the infrastructure.
	// +optional
	Counted bool `json:"counted,omitempty"`
	// Time is when it was over.
	// +optional
	Time *metav1.Time `json:"time,omitempty"`
}

// RetryCounts is how many attempts of this trigger failed, by whose failure it was.
type RetryCounts struct {
	// Work is the number of attempts whose work failed.
	// +optional
	Work int32 `json:"work,omitempty"`
	// Infrastructure is the number of attempts that the infrastructure failed.
	// +optional
	Infrastructure int32 `json:"infrastructure,omitempty"`
	// NotBefore is when the next attempt may begin.
	// +optional
	NotBefore *metav1.Time `json:"notBefore,omitempty"`
}

// Result is what the work came to.
type Result struct {
	// Commit is the branch's head after the work, in hex.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	Commit string `json:"commit,omitempty"`
	// Tests is what the tests gave.
	// +optional
	Tests *TestCounts `json:"tests,omitempty"`
	// Coverage is what was measured.
	// +optional
	Coverage *CoverageSummary `json:"coverage,omitempty"`
	// ArtifactsURL is where logs, reports and diffs lie, as s3://bucket/prefix/.
	// +kubebuilder:validation:MaxLength=1024
	// +optional
	ArtifactsURL string `json:"artifactsURL,omitempty"`
	// PullRequestURL is the pull request's address.
	// +kubebuilder:validation:MaxLength=512
	// +optional
	PullRequestURL string `json:"pullRequestURL,omitempty"`
	// LogsURL opens the build's log in the console.
	// +kubebuilder:validation:MaxLength=1024
	// +optional
	LogsURL string `json:"logsURL,omitempty"`
}

// Summary is what a line of "kubectl get workitems" shows beside the phase.
type Summary struct {
	// Title of the card, cut to 40 characters.
	// +kubebuilder:validation:MaxLength=40
	// +optional
	Title string `json:"title,omitempty"`
	// Stage is the worker's stage that failed; while none has, the one that runs or ran last.
	// +kubebuilder:validation:MaxLength=32
	// +optional
	Stage string `json:"stage,omitempty"`
	// Coverage is the measured line coverage; where the report has no lines, statements, functions or branches, in
	// this order, with their name.
	// +kubebuilder:validation:MaxLength=32
	// +optional
	Coverage string `json:"coverage,omitempty"`
}

// WorkItemStatus tells everything about a work item.
type WorkItemStatus struct {
	// ObservedGeneration is the generation of the spec that this status is of.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// Phase sums the item up, for people only.
	// +optional
	Phase Phase `json:"phase,omitempty"`
	// Summary is what a list shows of the item, for people only.
	// +optional
	Summary Summary `json:"summary,omitzero"`
	// Conditions of the item. See condition_types.go.
	// +kubebuilder:validation:MaxItems=16
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// CorrelationID stands in the item's status, the build's environment, the worker's logs and the pull request.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	CorrelationID string `json:"correlationID,omitempty"`
	// ObservedTrigger is the trigger that this status is of.
	// +optional
	ObservedTrigger *metav1.Time `json:"observedTrigger,omitempty"`
	// Accepted is what acceptance found.
	// +optional
	Accepted *AcceptedWork `json:"accepted,omitempty"`
	// Queue says since when and why the item waits.
	// +optional
	Queue *QueuePosition `json:"queue,omitempty"`
	// Attempt is the current attempt, or the last.
	// +optional
	Attempt *Attempt `json:"attempt,omitempty"`
	// Retries counts the failed attempts of this trigger.
	// +optional
	Retries RetryCounts `json:"retries,omitzero"`
	// PastAttempts are the last five that ended without being the last word.
	// +kubebuilder:validation:MaxItems=5
	// +listType=map
	// +listMapKey=number
	// +optional
	PastAttempts []PastAttempt `json:"pastAttempts,omitempty"`
	// Notified names the environment's notification rules that were sent the end of this trigger, and "deadLetterQueueURL"
	// for the dead-letter queue.
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=63
	// +listType=set
	// +optional
	Notified []string `json:"notified,omitempty"`
	// Result is what the work came to.
	// +optional
	Result *Result `json:"result,omitempty"`
	// StartTime is when the first attempt of this trigger began.
	// +optional
	StartTime *metav1.Time `json:"startTime,omitempty"`
	// CompletionTime is when the trigger was processed, or given up.
	// +optional
	CompletionTime *metav1.Time `json:"completionTime,omitempty"`
}

// WorkItem is one card to be implemented. What it works on may change until an attempt exists, then not.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=wi,categories=kiro
// +kubebuilder:selectablefield:JSONPath=`.spec.environmentRef.name`
// +kubebuilder:selectablefield:JSONPath=`.spec.branch`
// +kubebuilder:selectablefield:JSONPath=`.status.phase`
// +kubebuilder:printcolumn:name="Phase",type=string,JSONPath=`.status.phase`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Title",type=string,JSONPath=`.status.summary.title`
// +kubebuilder:printcolumn:name="Stage",type=string,JSONPath=`.status.summary.stage`
// +kubebuilder:printcolumn:name="Tasks",type=string,JSONPath=`.status.attempt.progress.tasks`
// +kubebuilder:printcolumn:name="Coverage",type=string,JSONPath=`.status.summary.coverage`
// +kubebuilder:printcolumn:name="Branch",type=string,JSONPath=`.spec.branch`
// +kubebuilder:printcolumn:name="PR",type=integer,JSONPath=`.status.accepted.pullRequest`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Build",type=string,priority=1,JSONPath=`.status.attempt.build.id`
// +kubebuilder:printcolumn:name="Attempt",type=integer,priority=1,JSONPath=`.status.attempt.number`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status) || !has(oldSelf.status.attempt) || self.spec.repository == oldSelf.spec.repository",fieldPath=".spec.repository",message="repository cannot change once an attempt exists; make another WorkItem"
// +kubebuilder:validation:XValidation:rule="!has(oldSelf.status) || !has(oldSelf.status.attempt) || self.spec.branch == oldSelf.spec.branch",fieldPath=".spec.branch",message="branch cannot change once an attempt exists; make another WorkItem"
// +kubebuilder:validation:XValidation:rule=`!has(oldSelf.status) || !has(oldSelf.status.attempt) || (has(self.spec.specPath) ? self.spec.specPath : "") == (has(oldSelf.spec.specPath) ? oldSelf.spec.specPath : "")`,fieldPath=".spec.specPath",message="specPath cannot change once an attempt exists; make another WorkItem"
type WorkItem struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec is what is to be worked on.
	// +required
	Spec WorkItemSpec `json:"spec"`
	// Status tells everything about it.
	// +optional
	Status WorkItemStatus `json:"status,omitzero"`
}

// WorkItemList is a list of WorkItems.
// +kubebuilder:object:root=true
type WorkItemList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []WorkItem `json:"items"`
}
