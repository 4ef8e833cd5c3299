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
	// BlockedBy are the open issues that GitHub says block the card's issue, as the last poll found them. Filled in only where
	// the source's dependencies.blockedBy is Wait. The item waits until none of them is in its way.
	// +kubebuilder:validation:MaxItems=50
	// +listType=atomic
	// +optional
	BlockedBy []Blocker `json:"blockedBy,omitempty"`
}

// Blocker is an open issue that blocks a card.
type Blocker struct {
	// Issue is the blocking issue, as "owner/name#number".
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=160
	// +kubebuilder:validation:Pattern=`^[^\x00-\x1f\x7f]*$`
	// +required
	Issue string `json:"issue"`
	// WorkItem is the name of the item that works on the issue, whether or not it exists yet. Absent if the source has none and
	// the issue's card is not in the ready status: then the issue blocks until it is closed.
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`
	// +optional
	WorkItem string `json:"workItem,omitempty"`
}

// DependencyGoal is what an item that is depended on has to reach.
// +kubebuilder:validation:Enum=Succeeded;Merged
type DependencyGoal string

const (
	// DependencySucceeded: the item succeeded.
	DependencySucceeded DependencyGoal = "Succeeded"
	// DependencyMerged: the item succeeded, and its pull request was merged.
	DependencyMerged DependencyGoal = "Merged"
)

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

	// DependsOn are the names of items, in the same namespace, that have to reach dependenciesUntil before this one starts. A
	// running attempt is not stopped by a change. A WorkSource never changes it: what its board says is in card.blockedBy.
	// +kubebuilder:validation:MaxItems=50
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=253
	// +kubebuilder:validation:items:Pattern=`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`
	// +listType=set
	// +optional
	DependsOn []string `json:"dependsOn,omitempty"`

	// DependenciesUntil is what the items of dependsOn and card.blockedBy have to reach: Succeeded, or Merged, which also waits
	// until their pull requests were merged. Default Succeeded. A WorkSource with dependencies sets its own.
	// +optional
	DependenciesUntil DependencyGoal `json:"dependenciesUntil,omitempty"`

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
