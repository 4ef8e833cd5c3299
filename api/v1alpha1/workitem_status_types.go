// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
	// Tokens are those of all tasks that the agent says went in and out, what was read from a cache among them.
	// +optional
	Tokens int64 `json:"tokens,omitempty"`
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
	// Tokens of the task.
	// +optional
	Tokens int64 `json:"tokens,omitempty"`
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
	// Usage is what the item's attempts have used, over all its triggers.
	// +optional
	Usage *Usage `json:"usage,omitempty"`
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
