// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// WithdrawalPolicy says what happens to a work item when a person moves its card out of the ready status.
// +kubebuilder:validation:Enum=Cancel;Finish
type WithdrawalPolicy string

const (
	// WithdrawalCancel stops the build of a withdrawn card.
	WithdrawalCancel WithdrawalPolicy = "Cancel"
	// WithdrawalFinish lets the build of a withdrawn card run to its end.
	WithdrawalFinish WithdrawalPolicy = "Finish"
)

// BranchOrigin is where the name of a card's branch comes from.
// +kubebuilder:validation:Enum=ProjectField;LinkedBranch;PullRequestHead;Template
type BranchOrigin string

const (
	// BranchFromProjectField reads a text field of the board.
	BranchFromProjectField BranchOrigin = "ProjectField"
	// BranchFromLinkedBranch uses the one branch that is linked to the card's issue.
	BranchFromLinkedBranch BranchOrigin = "LinkedBranch"
	// BranchFromPullRequestHead uses the head of the pull request that is the card.
	BranchFromPullRequestHead BranchOrigin = "PullRequestHead"
	// BranchFromTemplate makes the name from the card's number and title.
	BranchFromTemplate BranchOrigin = "Template"
)

// BranchRule says how a card names its branch.
// +kubebuilder:validation:XValidation:rule=`!has(self.from) || self.from != 'Template' || self.?template.orValue("") != ""`,fieldPath=".template",message="branch.template is required when branch.from is Template"
type BranchRule struct {
	// From is where the name comes from: ProjectField (a text field of the board), LinkedBranch (the one branch linked
	// to the issue), PullRequestHead (the head of the pull request that is the card) or Template. Default ProjectField.
	// +kubebuilder:default=ProjectField
	// +optional
	From BranchOrigin `json:"from,omitempty"`

	// Field is the name of the board's text field that holds the branch. Default "Branch". Used only with from:
	// ProjectField.
	// +kubebuilder:default="Branch"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:Pattern=`^[^\x00-\x1f\x7f]*$`
	// +optional
	Field string `json:"field,omitempty"`

	// Template is a branch name in which `<number>` stands for the card's number, and `<slug>` for its title in lower
	// case with a hyphen for every run of characters other than letters and digits. Required with from: Template;
	// ignored without.
	// +kubebuilder:validation:MaxLength=200
	// +kubebuilder:validation:Pattern=`^[^\x00-\x1f\x7f]*$`
	// +optional
	Template string `json:"template,omitempty"`
}

// WriteBack names the statuses that a card is given while its work goes on. An empty one sets none. A card that a
// person has moved elsewhere is left there.
type WriteBack struct {
	// Started is the status that a card is given once its build runs. Default: none.
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:Pattern=`^[^\x00-\x1f\x7f]*$`
	// +optional
	Started string `json:"started,omitempty"`
	// Succeeded is the status that a card is given when its item ends as Succeeded. Default: none.
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:Pattern=`^[^\x00-\x1f\x7f]*$`
	// +optional
	Succeeded string `json:"succeeded,omitempty"`
	// Failed is the status that a card is given when its item ends otherwise, unless the card was withdrawn or the item
	// deleted. Default: none.
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:Pattern=`^[^\x00-\x1f\x7f]*$`
	// +optional
	Failed string `json:"failed,omitempty"`
}

// BlockedByPolicy says what GitHub's relation "blocked by" means to a card.
// +kubebuilder:validation:Enum=Ignore;Wait
type BlockedByPolicy string

const (
	// BlockedByIgnore does not read the relation.
	BlockedByIgnore BlockedByPolicy = "Ignore"
	// BlockedByWait has a card wait for the issues that block it.
	BlockedByWait BlockedByPolicy = "Wait"
)

// DependencyRule says what the source's items wait for.
type DependencyRule struct {
	// BlockedBy says whether a card waits for the open issues that GitHub says block its issue: Wait or Ignore. One that the
	// source has an item of blocks until that reaches until; another, until it is closed. Wait costs one point of GitHub's
	// budget a poll for each hundred cards that wait to be worked on, and needs a server that has the relation. Default
	// Ignore.
	// +kubebuilder:default=Ignore
	// +optional
	BlockedBy BlockedByPolicy `json:"blockedBy,omitempty"`
	// Until is what the items that others depend on have to reach: Succeeded, or Merged, which also waits until their pull
	// requests were merged. Default Succeeded.
	// +kubebuilder:default=Succeeded
	// +optional
	Until DependencyGoal `json:"until,omitempty"`
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
	// "https://api.github.com". Another address must be on the manager's --allowed-endpoints list.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() in ['http', 'https']",message="apiURL must be an http(s) URL"
	// +optional
	APIURL string `json:"apiURL,omitempty"`

	// StatusField is the name of the single-select field whose value makes a card eligible. Default "Status".
	// +kubebuilder:default="Status"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:Pattern=`^[^\x00-\x1f\x7f]*$`
	// +optional
	StatusField string `json:"statusField,omitempty"`

	// ReadyStatus is the option of that field that makes a card eligible. Default "For Implementation".
	// +kubebuilder:default="For Implementation"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:Pattern=`^[^\x00-\x1f\x7f]*$`
	// +optional
	ReadyStatus string `json:"readyStatus,omitempty"`

	// Query is a filter, in the syntax of the board's own filter, that GitHub applies before it answers, for example
	// "label:backend". A card that it leaves out gets no item, and is not withdrawn for that. Default: the cards in the ready
	// status, where statusField is "Status"; the whole board is read with another field, and on a server that knows no filter.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:Pattern=`^[^\x00-\x1f\x7f]*$`
	// +optional
	Query string `json:"query,omitempty"`

	// Repositories lists the repositories, as "owner/name", whose cards are worked on. Default: every repository that
	// the credentials can read.
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MaxLength=141
	// +kubebuilder:validation:items:Pattern=`^[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?/[A-Za-z0-9._-]+$`
	// +listType=set
	// +optional
	Repositories []string `json:"repositories,omitempty"`

	// Credentials are used to read the board and the repositories, to set the statuses of cards, and to comment on pull
	// requests.
	// +required
	Credentials Credentials `json:"credentials"`
}

// WorkSourceSpec says which board is polled, which cards are eligible, and where their work runs.
type WorkSourceSpec struct {
	// EnvironmentRef names the WorkEnvironment, in the same namespace, that the builds run in.
	// +required
	EnvironmentRef LocalObjectReference `json:"environmentRef"`

	// Interval is the time between two polls, 15s to 24h; up to a tenth of it is taken off at random. Default by the
	// environment's tier: 5m for test and staging, 15m for production.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('15s') && duration(self) <= duration('24h')",message="interval must be 15s to 24h"
	// +optional
	Interval *metav1.Duration `json:"interval,omitempty"`

	// PollTimeout is how long one poll may take, 1s to 15m. Default 2m. A poll that takes longer changes nothing and is
	// tried again.
	// +kubebuilder:default="2m"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1s') && duration(self) <= duration('15m')",message="pollTimeout must be 1s to 15m"
	// +optional
	PollTimeout *metav1.Duration `json:"pollTimeout,omitempty"`

	// Suspend, set to true, stops the polling. Items that exist go on. Default false.
	// +optional
	Suspend bool `json:"suspend,omitempty"`

	// GitHub is the board.
	// +required
	GitHub GitHubSource `json:"github"`

	// Branch says how a card names its branch. Default: the board's text field "Branch".
	// +kubebuilder:default={from: ProjectField, field: Branch}
	// +optional
	Branch BranchRule `json:"branch,omitzero"`

	// SpecPath is the folder of a card's spec files in its repository; `<branch>` stands for the name of the branch.
	// Default ".kiro/specs/<branch>".
	// +kubebuilder:default=".kiro/specs/<branch>"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:Pattern=`^[^\x00-\x1f\x7f]*$`
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('/') && !self.startsWith('-') && !self.split('/').exists(s, s == '..' || s == '.' || s == '')",message="specPath must be a relative path without a leading '/' or '-', '..', '.' or empty parts"
	// +optional
	SpecPath string `json:"specPath,omitempty"`

	// Dependencies says what items wait for beside what their cards need. Absent: GitHub's relation "blocked by" is not read,
	// and each item's own dependenciesUntil counts.
	// +optional
	Dependencies *DependencyRule `json:"dependencies,omitempty"`

	// WriteBack names the statuses that cards are given while their work goes on. Absent: cards are never moved.
	// +optional
	WriteBack *WriteBack `json:"writeBack,omitempty"`

	// TriggersPerDay is how often a card may be set to the ready status within a day (UTC) and be worked on each time, 1 to
	// 100. Beyond it the item waits until the next day (UTC): something else than a person may set the card back again and again.
	// Tries after a failure, and kubectl workitem retry, do not count. Default 5.
	// +kubebuilder:default=5
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	// +optional
	TriggersPerDay *int32 `json:"triggersPerDay,omitempty"`

	// Budget bounds what the work of this board's cards may use, beside the environment's own budget. An item over it waits, and
	// says until when. Default: no bounds.
	// +optional
	Budget *Budget `json:"budget,omitempty"`

	// OnWithdrawn says what happens to an item whose card was moved to a status that is neither the ready one nor one
	// of writeBack's: Cancel stops its build, Finish lets a running build end. An item that only waits is withdrawn
	// either way. Default Cancel.
	// +kubebuilder:default=Cancel
	// +optional
	OnWithdrawn WithdrawalPolicy `json:"onWithdrawn,omitempty"`

	// FollowUp says which of what people left on the pull request is worked off where a card is triggered whose tasks are
	// all done.
	// +optional
	// +structType=atomic
	FollowUp FollowUp `json:"followUp,omitzero"`
}

// FollowUpPolicy says when something on a pull request is worked off.
// +kubebuilder:validation:Enum=Never;OnTrigger
type FollowUpPolicy string

const (
	// FollowUpNever leaves it alone.
	FollowUpNever FollowUpPolicy = "Never"
	// FollowUpOnTrigger works it off when a person triggers the card.
	FollowUpOnTrigger FollowUpPolicy = "OnTrigger"
)

// FollowUp says which of what people left on a pull request is worked off.
type FollowUp struct {
	// Reviews are the conversations of reviews that nobody resolved, and the texts of reviews that ask for changes, of
	// people who may write to the repository: OnTrigger or Never. Default OnTrigger.
	// +kubebuilder:default=OnTrigger
	// +optional
	Reviews FollowUpPolicy `json:"reviews,omitempty"`
}

// SkippedCards counts, for one reason, the cards in the ready status that have no item, or whose item could not follow
// them.
type SkippedCards struct {
	// Reason is why, in one CamelCase word, such as BranchMissing.
	// +kubebuilder:validation:MaxLength=64
	Reason string `json:"reason"`
	// Count is the number of cards.
	Count int32 `json:"count"`
	// Examples names up to three of the cards, with what to do about each.
	// +kubebuilder:validation:MaxItems=3
	// +kubebuilder:validation:items:MaxLength=256
	// +listType=atomic
	// +optional
	Examples []string `json:"examples,omitempty"`
}

// CardCounts is what the last complete poll saw, in numbers of cards.
type CardCounts struct {
	// Seen is the number of cards that were read: those that match the query, or its default.
	Seen int32 `json:"seen"`
	// Eligible is the number of cards in the ready status that have an item.
	Eligible int32 `json:"eligible"`
	// Skipped is the number of cards in the ready status that were skipped; status.skipped says why.
	Skipped int32 `json:"skipped"`
}

// ResolvedBoard holds the ids that the names in the spec stand for.
type ResolvedBoard struct {
	// ProjectID is the node id of the board.
	// +kubebuilder:validation:MaxLength=128
	ProjectID string `json:"projectID"`
	// StatusFieldID is the node id of the status field.
	// +kubebuilder:validation:MaxLength=128
	StatusFieldID string `json:"statusFieldID"`
	// ReadyOptionID is the id of the ready status.
	// +kubebuilder:validation:MaxLength=128
	ReadyOptionID string `json:"readyOptionID"`
	// Title is the title of the board.
	// +kubebuilder:validation:MaxLength=256
	// +optional
	Title string `json:"title,omitempty"`
}

// RateLimit is what GitHub last said about the budget of the credentials.
type RateLimit struct {
	// Remaining is the number of GraphQL points that are left.
	Remaining int32 `json:"remaining"`
	// ResetAt is when the full budget is available again.
	// +optional
	ResetAt *metav1.Time `json:"resetAt,omitempty"`
}

// WorkSourceStatus says how the polling goes.
type WorkSourceStatus struct {
	// ObservedGeneration is the generation of the spec that this status belongs to; -1 until the manager has looked at the
	// object.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// Conditions say what can be used: EnvironmentReady, BoardResolved and BoardReachable. Ready is True if all three
	// are. Stalled is present only while a person has to act.
	// +kubebuilder:validation:MaxItems=16
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// LastPollTime is when the last poll that read the whole board began.
	// +optional
	LastPollTime *metav1.Time `json:"lastPollTime,omitempty"`
	// NextPollTime is when the board is read next.
	// +optional
	NextPollTime *metav1.Time `json:"nextPollTime,omitempty"`
	// Cards is what the last complete poll saw.
	// +optional
	Cards *CardCounts `json:"cards,omitempty"`
	// Skipped says, by reason, which cards in the ready status were skipped.
	// +kubebuilder:validation:MaxItems=16
	// +listType=map
	// +listMapKey=reason
	// +optional
	Skipped []SkippedCards `json:"skipped,omitempty"`
	// Board holds the ids that the names in the spec stand for.
	// +optional
	Board *ResolvedBoard `json:"board,omitempty"`
	// RateLimit is what GitHub last said about the budget of the credentials.
	// +optional
	RateLimit *RateLimit `json:"rateLimit,omitempty"`
	// LastHandledReconcileAt is the last value of the annotation kiro-worker.io/reconcile-at that was acted on.
	// +kubebuilder:validation:MaxLength=128
	// +optional
	LastHandledReconcileAt string `json:"lastHandledReconcileAt,omitempty"`
}

// WorkSource is a board whose cards become WorkItems. It owns them: deleting it stops their builds and deletes them. To
// stop the polling and let them go on, set spec.suspend.
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

	// Spec says which board is polled, and where its work runs.
	// +required
	Spec WorkSourceSpec `json:"spec"`
	// Status says how the polling goes.
	// +kubebuilder:default={"observedGeneration":-1}
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
