// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// WithdrawalPolicy says what becomes of a work item whose card a person moved out of the ready status.
// +kubebuilder:validation:Enum=Cancel;Finish
type WithdrawalPolicy string

const (
	// WithdrawalCancel stops the build of a withdrawn card.
	WithdrawalCancel WithdrawalPolicy = "Cancel"
	// WithdrawalFinish lets the build of a withdrawn card go on to its end.
	WithdrawalFinish WithdrawalPolicy = "Finish"
)

// BranchOrigin is where a card's branch name comes from.
// +kubebuilder:validation:Enum=ProjectField;LinkedBranch;PullRequestHead;Template
type BranchOrigin string

const (
	// BranchFromProjectField reads a text field of the board.
	BranchFromProjectField BranchOrigin = "ProjectField"
	// BranchFromLinkedBranch takes the one branch linked to the card's issue.
	BranchFromLinkedBranch BranchOrigin = "LinkedBranch"
	// BranchFromPullRequestHead takes the head of the pull request that is the card.
	BranchFromPullRequestHead BranchOrigin = "PullRequestHead"
	// BranchFromTemplate makes the name from the card's number and title.
	BranchFromTemplate BranchOrigin = "Template"
)

// BranchRule says how a card names its branch.
// +kubebuilder:validation:XValidation:rule=`!has(self.from) || self.from != 'Template' || self.?template.orValue("") != ""`,fieldPath=".template",message="branch.template is required when branch.from is Template"
type BranchRule struct {
	// From is where the name comes from. Default ProjectField.
	// +kubebuilder:default=ProjectField
	// +optional
	From BranchOrigin `json:"from,omitempty"`

	// Field is the name of the board's text field that holds the branch. Default "Branch". It counts only with
	// from: ProjectField.
	// +kubebuilder:default="Branch"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +optional
	Field string `json:"field,omitempty"`

	// Template makes a branch name of a card; `<number>` stands for the card's number and `<slug>` for its title
	// in lower case, with every run of other characters than letters and digits as one hyphen. It counts only
	// with from: Template.
	// +kubebuilder:validation:MaxLength=200
	// +optional
	Template string `json:"template,omitempty"`
}

// WriteBack names the statuses that a card is given as its work goes on. An empty one sets none.
type WriteBack struct {
	// Started is set when the build has been started.
	// +kubebuilder:validation:MaxLength=128
	// +optional
	Started string `json:"started,omitempty"`
	// Succeeded is set when the work was done and every gate was passed.
	// +kubebuilder:validation:MaxLength=128
	// +optional
	Succeeded string `json:"succeeded,omitempty"`
	// Failed is set when the work failed and is not tried again.
	// +kubebuilder:validation:MaxLength=128
	// +optional
	Failed string `json:"failed,omitempty"`
}

// GitHubSource is a GitHub Project (v2).
type GitHubSource struct {
	// Owner is the login of the user or organisation that the project belongs to.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=100
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?$`
	// +required
	Owner string `json:"owner"`

	// ProjectNumber is the number in the project's address.
	// +kubebuilder:validation:Minimum=1
	// +required
	ProjectNumber int32 `json:"projectNumber"`

	// APIURL is the REST address of a GitHub Enterprise Server, "https://HOST/api/v3". Default
	// "https://api.github.com". A custom address must be on the manager's --allowed-endpoints list.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() in ['http', 'https']",message="apiURL must be an http(s) URL"
	// +optional
	APIURL string `json:"apiURL,omitempty"`

	// StatusField is the name of the single-select field whose value makes a card eligible. Default "Status".
	// +kubebuilder:default="Status"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +optional
	StatusField string `json:"statusField,omitempty"`

	// ReadyStatus is the option of that field that makes a card eligible. Default "For Implementation".
	// +kubebuilder:default="For Implementation"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +optional
	ReadyStatus string `json:"readyStatus,omitempty"`

	// Query is a filter in the board's own filter syntax that GitHub applies before it answers, for example
	// "label:backend". What it leaves out is never withdrawn. Empty filters by the ready status alone.
	// +kubebuilder:validation:MaxLength=512
	// +optional
	Query string `json:"query,omitempty"`

	// Repositories is the allow list of repositories, as "owner/name", whose cards are worked on. Empty allows
	// every repository that the credentials can read.
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MaxLength=141
	// +kubebuilder:validation:items:Pattern=`^[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?/[A-Za-z0-9._-]+$`
	// +listType=set
	// +optional
	Repositories []string `json:"repositories,omitempty"`

	// Credentials read the board and the repositories, and set the cards' statuses.
	// +required
	Credentials Credentials `json:"credentials"`
}

// WorkSourceSpec says which board is polled, which cards are eligible, and where their work runs.
type WorkSourceSpec struct {
	// EnvironmentRef names the WorkEnvironment that the cards' builds run in.
	// +required
	EnvironmentRef LocalObjectReference `json:"environmentRef"`

	// Interval is the time between two polls, 15s to 24h. Default by the environment's tier: 5m for test and
	// staging, 15m for production.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('15s') && duration(self) <= duration('24h')",message="interval must be 15s to 24h"
	// +optional
	Interval *metav1.Duration `json:"interval,omitempty"`

	// PollTimeout is how long one poll may take, 1s to 15m. Default 2m.
	// +kubebuilder:default="2m"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1s') && duration(self) <= duration('15m')",message="pollTimeout must be 1s to 15m"
	// +optional
	PollTimeout *metav1.Duration `json:"pollTimeout,omitempty"`

	// Suspend stops the polling. Items that exist already go on.
	// +optional
	Suspend bool `json:"suspend,omitempty"`

	// GitHub is the board.
	// +required
	GitHub GitHubSource `json:"github"`

	// Branch says how a card names its branch.
	// +kubebuilder:default={from: ProjectField, field: Branch}
	// +optional
	Branch BranchRule `json:"branch,omitzero"`

	// SpecPath is where a card's spec files lie in its repository; `<branch>` stands for the branch. Default
	// ".kiro/specs/<branch>".
	// +kubebuilder:default=".kiro/specs/<branch>"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('/') && !self.startsWith('-') && !self.split('/').exists(s, s == '..' || s == '.' || s == '')",message="specPath must be a relative path without a leading '/' or '-', '..', '.' or empty parts"
	// +optional
	SpecPath string `json:"specPath,omitempty"`

	// WriteBack names the statuses that cards are given as their work goes on. Absent sets none.
	// +optional
	WriteBack *WriteBack `json:"writeBack,omitempty"`

	// OnWithdrawn says what becomes of an item whose card was moved to a status that is neither the ready one
	// nor one of writeBack's. Default Cancel.
	// +kubebuilder:default=Cancel
	// +optional
	OnWithdrawn WithdrawalPolicy `json:"onWithdrawn,omitempty"`
}

// SkippedCards counts the cards of the last poll that no item was made of, for one reason.
type SkippedCards struct {
	// Reason is why, in one CamelCase word.
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason"`
	// Count is the number of cards.
	Count int32 `json:"count"`
	// Examples names up to three of the cards and says what to do.
	// +kubebuilder:validation:MaxItems=3
	// +kubebuilder:validation:items:MaxLength=256
	// +listType=atomic
	// +optional
	Examples []string `json:"examples,omitempty"`
}

// CardCounts is what the last complete poll saw, in numbers of cards.
type CardCounts struct {
	// Seen is the number of cards on the board.
	Seen int32 `json:"seen"`
	// Eligible is the number of cards that have an item.
	Eligible int32 `json:"eligible"`
	// Skipped is the number of cards in the ready status that no item was made of.
	Skipped int32 `json:"skipped"`
}

// ResolvedBoard holds the ids that the board's names stand for.
type ResolvedBoard struct {
	// ProjectID is the board's node id.
	// +kubebuilder:validation:MaxLength=128
	ProjectID string `json:"projectID"`
	// StatusFieldID is the status field's node id.
	// +kubebuilder:validation:MaxLength=128
	StatusFieldID string `json:"statusFieldID"`
	// ReadyOptionID is the id of the ready status.
	// +kubebuilder:validation:MaxLength=128
	ReadyOptionID string `json:"readyOptionID"`
	// Title is the board's title.
	// +kubebuilder:validation:MaxLength=256
	// +optional
	Title string `json:"title,omitempty"`
}

// RateLimit is what the board's service last said of our budget.
type RateLimit struct {
	// Remaining is the number of points left.
	Remaining int32 `json:"remaining"`
	// ResetAt is when the full budget is back.
	// +optional
	ResetAt *metav1.Time `json:"resetAt,omitempty"`
}

// WorkSourceStatus tells how the polling goes.
type WorkSourceStatus struct {
	// ObservedGeneration is the generation of the spec that this status is of.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// Conditions of the source. See condition_types.go.
	// +kubebuilder:validation:MaxItems=16
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// LastPollTime is the start of the last poll that read the whole board.
	// +optional
	LastPollTime *metav1.Time `json:"lastPollTime,omitempty"`
	// NextPollTime is when the board is read next.
	// +optional
	NextPollTime *metav1.Time `json:"nextPollTime,omitempty"`
	// Cards is what the last complete poll saw.
	// +optional
	Cards *CardCounts `json:"cards,omitempty"`
	// Skipped says, by reason, which cards in the ready status no item was made of.
	// +kubebuilder:validation:MaxItems=16
	// +listType=map
	// +listMapKey=reason
	// +optional
	Skipped []SkippedCards `json:"skipped,omitempty"`
	// Board holds the ids that the spec's names were resolved to.
	// +optional
	Board *ResolvedBoard `json:"board,omitempty"`
	// RateLimit is what GitHub last said of the credentials' budget.
	// +optional
	RateLimit *RateLimit `json:"rateLimit,omitempty"`
	// LastHandledReconcileAt is the last value of the reconcile annotation that was acted on.
	// +kubebuilder:validation:MaxLength=128
	// +optional
	LastHandledReconcileAt string `json:"lastHandledReconcileAt,omitempty"`
}

// WorkSource is a board whose cards become WorkItems. It owns them: to delete it stops their builds and deletes them.
// To stop polling and let them go on, set spec.suspend.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=ws,categories=kiro
// +kubebuilder:selectablefield:JSONPath=`.spec.environmentRef.name`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Environment",type=string,JSONPath=`.spec.environmentRef.name`
// +kubebuilder:printcolumn:name="Seen",type=integer,JSONPath=`.status.cards.seen`
// +kubebuilder:printcolumn:name="Eligible",type=integer,JSONPath=`.status.cards.eligible`
// +kubebuilder:printcolumn:name="Skipped",type=integer,JSONPath=`.status.cards.skipped`
// +kubebuilder:printcolumn:name="Last Poll",type=date,JSONPath=`.status.lastPollTime`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
type WorkSource struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec is what is asked for.
	// +required
	Spec WorkSourceSpec `json:"spec"`
	// Status is what was seen.
	// +optional
	Status WorkSourceStatus `json:"status,omitzero"`
}

// WorkSourceList is a list of WorkSources.
// +kubebuilder:object:root=true
type WorkSourceList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []WorkSource `json:"items"`
}
