// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Card is the card on a board that a work item was made from. Its WorkSource fills it in; do not edit it by hand.
type Card struct {
	// Provider is the service that the board is on. Only "github" exists.
	// +kubebuilder:validation:Enum=github
	// +required
	Provider string `json:"provider"`
	// ID is the node id of the board's item. The work item's name is computed from it, so one card never has two items.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:Pattern=`^[^\x00-\x1f\x7f]*$`
	// +required
	ID string `json:"id"`
	// ContentID is the node id of the issue or pull request that the card shows.
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:Pattern=`^[^\x00-\x1f\x7f]*$`
	// +optional
	ContentID string `json:"contentID,omitempty"`
	// Number is the number of the issue or pull request that the card shows.
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=2147483647
	// +optional
	Number int64 `json:"number,omitempty"`
	// URL is the address of the issue or pull request that the card shows.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:Pattern=`^[^\x00-\x1f\x7f]*$`
	// +optional
	URL string `json:"url,omitempty"`
	// Title is the title of the card, cut to 256 bytes.
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:Pattern=`^[^\x00-\x1f\x7f]*$`
	// +optional
	Title string `json:"title,omitempty"`
	// CreatedAt is when the issue or pull request was created. Of items with the same priority, the oldest starts
	// first.
	// +optional
	CreatedAt *metav1.Time `json:"createdAt,omitempty"`
}

// WorkItemSpec says what is to be worked on.
type WorkItemSpec struct {
	// EnvironmentRef names the WorkEnvironment, in the same namespace, that the build runs in. A change counts from the
	// next attempt.
	// +required
	EnvironmentRef LocalObjectReference `json:"environmentRef"`

	// SourceRef names the WorkSource that made this item and whose credentials read the repository. Absent in an item
	// made by hand: then the environment's credentials.githubTokenSecretARN is used.
	// +optional
	SourceRef *LocalObjectReference `json:"sourceRef,omitempty"`

	// Card is the card to be implemented. Absent in an item made by hand.
	// +optional
	Card *Card `json:"card,omitempty"`

	// TriggeredAt is when a person decided that this is to be worked on; for a card, when its status became the ready
	// one. Each value is worked on once. A later value starts the item again, after an attempt that runs has ended.
	// Default, for an item made by hand: its creation time.
	// +optional
	TriggeredAt *metav1.Time `json:"triggeredAt,omitempty"`

	// Repository is the repository to work in, as "owner/name". It cannot change once an attempt exists.
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=141
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?/[A-Za-z0-9._-]+$`
	// +required
	Repository string `json:"repository"`

	// Branch is the feature branch to work on, without "refs/heads/": any name that git accepts, but not the default
	// branch nor a protected one. It cannot change once an attempt exists.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=244
	// +kubebuilder:validation:Pattern=`^[^\x00-\x20\x7f~^:?*\[\\]+$`
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('-') && !self.startsWith('refs/') && self != '@' && self != 'HEAD' && !self.contains('..') && !self.contains('@{') && !self.endsWith('.') && !self.split('/').exists(s, s == '' || s.startsWith('.') || s.endsWith('.lock'))",message="branch must be a name that git takes: no leading '-' or 'refs/', no '..', '@{' or '//', no part that begins with '.' or ends with '.lock', no '/' or '.' at the end"
	// +required
	Branch string `json:"branch"`

	// SpecPath is the folder of the spec files, relative to the root of the repository. Default ".kiro/specs/<branch>".
	// It cannot change once an attempt exists.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:Pattern=`^[^\x00-\x1f\x7f]*$`
	// +kubebuilder:validation:XValidation:rule="self == '' || (!self.startsWith('/') && !self.startsWith('-') && !self.split('/').exists(s, s == '..' || s == '.' || s == ''))",message="specPath must be a relative path without a leading '/' or '-', '..', '.' or empty parts"
	// +optional
	SpecPath string `json:"specPath,omitempty"`

	// PullRequest is the number of the pull request to update. Default: the one open pull request from this branch.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=2147483647
	// +optional
	PullRequest *int64 `json:"pullRequest,omitempty"`

	// Priority is the item's rank in the queue, -1000 to 1000. The highest starts first, and of equals the oldest.
	// Default 0. A WorkSource never changes it.
	// +kubebuilder:default=0
	// +kubebuilder:validation:Minimum=-1000
	// +kubebuilder:validation:Maximum=1000
	// +optional
	Priority int32 `json:"priority,omitempty"`

	// Cancel, set to true, stops the work: a running build is stopped, its lock is released once it is over, and the
	// item ends as Cancelled. Default false. To work on the item again, set cancel to false and triggeredAt to now.
	// +optional
	Cancel bool `json:"cancel,omitempty"`

	// Timeout is how long the build may run, 5m to 36h, in whole minutes. Default: the environment's codeBuild.timeout.
	// A change counts from the next attempt.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('5m') && duration(self) <= duration('36h') && duration(self).getSeconds() % 60 == 0",message="timeout must be 5m to 36h, in whole minutes"
	// +optional
	Timeout *metav1.Duration `json:"timeout,omitempty"`
}

// Phase sums up a work item for people. No decision depends on it.
// +kubebuilder:validation:Enum=Pending;Waiting;Queued;Starting;Running;Concluding;Succeeded;Failed;Cancelled
type Phase string

const (
	// PhasePending was not looked at yet.
	PhasePending Phase = "Pending"
	// PhaseWaiting waits for its branch, spec files or pull request.
	PhaseWaiting Phase = "Waiting"
	// PhaseQueued waits for its turn or for a slot.
	PhaseQueued Phase = "Queued"
	// PhaseStarting holds its lock; no build is known yet.
	PhaseStarting Phase = "Starting"
	// PhaseRunning has a build that is not over.
	PhaseRunning Phase = "Running"
	// PhaseConcluding has a build that is over; its lock is being released, or its outcome is being reported.
	PhaseConcluding Phase = "Concluding"
	// PhaseSucceeded passed every gate.
	PhaseSucceeded Phase = "Succeeded"
	// PhaseFailed failed, and is not tried again.
	PhaseFailed Phase = "Failed"
	// PhaseCancelled was ended by a person.
	PhaseCancelled Phase = "Cancelled"
)

// AcceptedWork is what the accept step found and pinned.
type AcceptedWork struct {
	// Commit is the head of the branch when it was accepted, in hex. The build works on this commit or on one that
	// descends from it.
	// +kubebuilder:validation:MaxLength=64
	Commit string `json:"commit"`
	// RepositoryID is GitHub's own id of the repository. It stays the same when the repository is renamed.
	RepositoryID int64 `json:"repositoryID"`
	// ForgeHost is the host of the repository, such as "github.com".
	// +kubebuilder:validation:MaxLength=253
	ForgeHost string `json:"forgeHost"`
	// PullRequest is the number of the open pull request.
	PullRequest int64 `json:"pullRequest"`
	// PullRequestURL is the address of that pull request.
	// +kubebuilder:validation:MaxLength=512
	// +optional
	PullRequestURL string `json:"pullRequestURL,omitempty"`
	// SpecPath is the folder of the spec files, relative to the root of the repository.
	// +kubebuilder:validation:MaxLength=512
	SpecPath string `json:"specPath"`
	// Time is when all this was found.
	// +optional
	Time *metav1.Time `json:"time,omitempty"`
}

// QueuePosition says since when, and why, an item waits.
type QueuePosition struct {
	// Since is when the item began to wait in the queue.
	// +optional
	Since *metav1.Time `json:"since,omitempty"`
	// Reason is why it waits, such as NoFreeSlot or BranchHeld.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	Reason string `json:"reason,omitempty"`
}

// Result is what came out of the work.
type Result struct {
	// Commit is the head of the branch after the work, in hex.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	Commit string `json:"commit,omitempty"`
	// Tests is what the test run measured, in numbers of test cases.
	// +optional
	Tests *TestCounts `json:"tests,omitempty"`
	// Coverage is the test coverage that was measured, in percent.
	// +optional
	Coverage *CoverageSummary `json:"coverage,omitempty"`
	// Agent is what the agent says that its work cost in this attempt. Absent where it does not say.
	// +optional
	Agent *AgentCost `json:"agent,omitempty"`
	// ArtifactsURL is where the logs, reports and diffs are, as "s3://bucket/prefix/".
	// +kubebuilder:validation:MaxLength=1024
	// +optional
	ArtifactsURL string `json:"artifactsURL,omitempty"`
	// PullRequestURL is the address of the pull request.
	// +kubebuilder:validation:MaxLength=512
	// +optional
	PullRequestURL string `json:"pullRequestURL,omitempty"`
	// LogsURL opens the build's log in the AWS console.
	// +kubebuilder:validation:MaxLength=1024
	// +optional
	LogsURL string `json:"logsURL,omitempty"`
}

// AgentCost is what an agent says that its work cost.
type AgentCost struct {
	// Credits are those of all tasks, such as "12.5".
	// +kubebuilder:validation:MaxLength=24
	// +optional
	Credits string `json:"credits,omitempty"`
	// Seconds are those of all tasks.
	// +optional
	Seconds int64 `json:"seconds,omitempty"`
	// Tasks are the costs of each task of the attempt, of the first 50.
	// +kubebuilder:validation:MaxItems=50
	// +listType=atomic
	// +optional
	Tasks []TaskCost `json:"tasks,omitempty"`
}

// TaskCost is what an agent says that a task cost, over all tries.
type TaskCost struct {
	// Task is the task's number.
	// +kubebuilder:validation:MaxLength=64
	Task string `json:"task"`
	// Credits of the task, such as "1.25".
	// +kubebuilder:validation:MaxLength=24
	// +optional
	Credits string `json:"credits,omitempty"`
	// Seconds of the task.
	// +optional
	Seconds int64 `json:"seconds,omitempty"`
}

// Summary is what "kubectl get workitems" shows of an item beside its phase and reason.
type Summary struct {
	// Title is the title of the card, cut to 40 characters.
	// +kubebuilder:validation:MaxLength=40
	// +optional
	Title string `json:"title,omitempty"`
	// Stage is the worker's stage that failed or, while none has, the one that runs or ran last.
	// +kubebuilder:validation:MaxLength=32
	// +optional
	Stage string `json:"stage,omitempty"`
	// Coverage is the measured coverage of lines or, where the report has none, of statements, functions or branches,
	// in this order, followed by the metric's name.
	// +kubebuilder:validation:MaxLength=32
	// +optional
	Coverage string `json:"coverage,omitempty"`
}

// WorkItemStatus says everything that is known about a work item.
type WorkItemStatus struct {
	// ObservedGeneration is the generation of the spec that this status belongs to; -1 until the manager has looked at the
	// object.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// Phase sums up the item in one word, for people. No decision depends on it.
	// +optional
	Phase Phase `json:"phase,omitempty"`
	// Summary is what a list shows of the item, for people. No decision depends on it.
	// +optional
	// +structType=atomic
	Summary Summary `json:"summary,omitzero"`
	// Conditions say how far the item is: Accepted, Admitted, Locked, BuildStarted, BuildFinished, Concluded, and
	// Succeeded, whose reason is the outcome. Ready mirrors Succeeded. Reconciling, Stalled and Overdue are present
	// only while they are True.
	// +kubebuilder:validation:MaxItems=16
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// CorrelationID names this item in the controller's and the worker's logs, in the build's variables, in commits and
	// in the pull request.
	// +kubebuilder:validation:MaxLength=64
	// +optional
	CorrelationID string `json:"correlationID,omitempty"`
	// ObservedTrigger is the triggeredAt that this status belongs to.
	// +optional
	ObservedTrigger *metav1.Time `json:"observedTrigger,omitempty"`
	// Accepted is what the accept step found: commit, repository and pull request. Absent while something is missing.
	// +optional
	// +structType=atomic
	Accepted *AcceptedWork `json:"accepted,omitempty"`
	// Queue says since when, and why, the item waits in the queue. Absent while it does not.
	// +optional
	// +structType=atomic
	Queue *QueuePosition `json:"queue,omitempty"`
	// Attempt is the attempt that runs, or else the last one.
	// +optional
	Attempt *Attempt `json:"attempt,omitempty"`
	// Retries counts the failed attempts of this trigger.
	// +optional
	// +structType=atomic
	Retries RetryCounts `json:"retries,omitzero"`
	// PastAttempts are the last five attempts that others followed, oldest first.
	// +kubebuilder:validation:MaxItems=5
	// +listType=atomic
	// +optional
	PastAttempts []PastAttempt `json:"pastAttempts,omitempty"`
	// Notified lists the names of the environment's notification rules by which the end of this trigger was sent, and
	// "deadLetterQueueURL" if it was sent to the dead-letter queue.
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=63
	// +listType=set
	// +optional
	Notified []string `json:"notified,omitempty"`
	// Result is what came out of the work: commit, tests, coverage and addresses. Absent until the item ends.
	// +optional
	Result *Result `json:"result,omitempty"`
	// StartTime is when the first attempt of this trigger acquired its lock.
	// +optional
	StartTime *metav1.Time `json:"startTime,omitempty"`
	// CompletionTime is when the outcome of this trigger was known.
	// +optional
	CompletionTime *metav1.Time `json:"completionTime,omitempty"`
}

// WorkItem is one card to be implemented, on one branch of one repository. Its status says how far it is and how it
// ended.
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

	// Spec says what is to be worked on.
	// +required
	Spec WorkItemSpec `json:"spec"`
	// Status says everything that is known about it.
	// +kubebuilder:default={"observedGeneration":-1}
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
