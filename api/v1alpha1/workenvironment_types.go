// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Tier says how much depends on an environment.
// +kubebuilder:validation:Enum=test;staging;production
type Tier string

const (
	// TierTest is for trying things out.
	TierTest Tier = "test"
	// TierStaging is for rehearsals.
	TierStaging Tier = "staging"
	// TierProduction is for the repositories that matter.
	TierProduction Tier = "production"
)

// GitHubAPI says which GitHub server the repositories are on.
type GitHubAPI struct {
	// APIURL is the REST address of a GitHub Enterprise Server, "https://HOST/api/v3". Default
	// "https://api.github.com". Another address must be on the manager's --allowed-endpoints list. It counts for items
	// made by hand; the items of a WorkSource use the source's address.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() in ['http', 'https']",message="apiURL must be an http(s) URL"
	// +optional
	APIURL string `json:"apiURL,omitempty"`
}

// OnDelete is what becomes of an environment's items when it is deleted.
// +kubebuilder:validation:Enum=Wait;Cancel
type OnDelete string

const (
	// OnDeleteWait lets builds go on and items wait.
	OnDeleteWait OnDelete = "Wait"
	// OnDeleteCancel stops the builds and ends the items.
	OnDeleteCancel OnDelete = "Cancel"
)

// Steering is the Kiro Power whose steering files are brought into every checkout.
type Steering struct {
	// Source is the address of a git repository, or of a .zip, .tar.gz or .tgz archive, over HTTPS and without
	// credentials, because logs show it.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="isURL(self) && (url(self).getScheme() == 'https' || (url(self).getScheme() == 'http' && url(self).getHostname() in ['127.0.0.1', 'localhost']))",message="source must be an https URL: what is read from it steers the agent"
	// +kubebuilder:validation:XValidation:rule="!self.contains('?') && !self.contains('#')",message="source must have no query and no fragment: it is shown in logs, and a signed address is a secret"
	// +kubebuilder:validation:XValidation:rule="!self.matches('^[^/]*//[^/?#]*@')",message="source must not hold credentials: remove what is before the '@'"
	// +required
	Source string `json:"source"`
	// Ref is the branch, tag or commit of the git repository. Default: its default branch.
	// +kubebuilder:validation:MaxLength=244
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('-') && !self.contains('..') && self.matches('^[A-Za-z0-9_./-]*$')",message="ref must be a branch, tag or commit name"
	// +optional
	Ref string `json:"ref,omitempty"`
	// Path is the folder of the Power inside the source. Default: its root.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="self == '' || (!self.startsWith('/') && !self.startsWith('-') && !self.split('/').exists(s, s == '..'))",message="path must be a relative path without a leading '/' or '-' or '..'"
	// +kubebuilder:validation:Pattern=`^[^\x00-\x1f\x7f]*$`
	// +optional
	Path string `json:"path,omitempty"`
	// Inclusion says when the agent reads steering files of the Power that do not say so in their front matter: always,
	// auto (where their first heading fits what is asked) or manual (where they are named). Default: they stay as they
	// are, which to Kiro is always.
	// +optional
	Inclusion SteeringInclusion `json:"inclusion,omitempty"`
}

// SteeringInclusion is when the agent reads a steering file.
// +kubebuilder:validation:Enum=always;auto;manual
type SteeringInclusion string

// Artifacts says where builds put their logs, reports and diffs.
type Artifacts struct {
	// Bucket is the name of the S3 bucket, in the environment's region.
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9][a-z0-9.-]+[a-z0-9]$`
	// +required
	Bucket string `json:"bucket"`
	// KMSKeyARN is the KMS key that each upload asks S3 to encrypt with (SSE-KMS). Default: what the bucket's own default
	// says, which is S3's keys (SSE-S3) unless somebody changed it.
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:Pattern=`^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$`
	// +optional
	KMSKeyARN string `json:"kmsKeyARN,omitempty"`
}

// RetryPolicies says what is tried again, and how. What is absent keeps its default. Unless said otherwise, each wait
// is twice the last, less up to 20 percent at random.
type RetryPolicies struct {
	// Infrastructure says how an attempt that failed because of the infrastructure (a FAULT, throttling, a lost worker)
	// is followed by the next. Default: 5 tries, waits from 30s to 15m. When they are used up, the item ends as
	// RetriesExhausted.
	// +optional
	Infrastructure *Retry `json:"infrastructure,omitempty"`
	// Work says how an attempt that failed because of the work (tests red, coverage low, agent gave up) is followed by
	// the next. Default: 1 try, so none follows; if tries is set higher, waits from 30s to 15m.
	// +optional
	Work *Retry `json:"work,omitempty"`
	// Git says how the worker tries its fetches and pushes again. Default: 5 tries, waits from 1s to 30s.
	// +optional
	Git *Retry `json:"git,omitempty"`
	// GitHub says how the worker tries its calls of GitHub's API again. Default: 4 tries, waits from 1s to 30s.
	// +optional
	GitHub *Retry `json:"github,omitempty"`
	// S3 says how the worker tries its uploads again. Default: 4 tries, waits from 1s to 30s.
	// +optional
	S3 *Retry `json:"s3,omitempty"`
	// DynamoDB says how the worker tries to claim and to release its lock again. Default: 5 tries, waits from 100ms to
	// 5s, less up to 50 percent at random. The controller repeats its own calls for as long as needed.
	// +optional
	DynamoDB *Retry `json:"dynamoDB,omitempty"`
	// StartBuild says how a build that CodeBuild did not start is asked for again. Default: 20 tries, waits from 5s to
	// 60s. A start is tried for two minutes, after which the attempt is abandoned, so base and cap are at most 2m.
	// +kubebuilder:validation:XValidation:rule="(!has(self.base) || duration(self.base) <= duration('2m')) && (!has(self.cap) || duration(self.cap) <= duration('2m'))",message="startBuild: base and cap must be at most 2m, because a start is tried for two minutes"
	// +optional
	StartBuild *Retry `json:"startBuild,omitempty"`
	// AgentTask says how a task that the agent did not finish is tried again. Default: 2 tries, waits from 1s to 30s.
	// +optional
	AgentTask *Retry `json:"agentTask,omitempty"`
}

// Retention says how long finished items are kept. An item is deleted only when its card has left the ready status as
// well, also while its source is suspended.
type Retention struct {
	// Succeeded is how long an item that succeeded is kept, 1m to 8760h. Default 72h.
	// +kubebuilder:default="72h"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m') && duration(self) <= duration('8760h')",message="succeeded must be 1m to 8760h"
	// +optional
	Succeeded *metav1.Duration `json:"succeeded,omitempty"`
	// Failed is how long an item that failed or was cancelled is kept, 1m to 8760h. Default 336h.
	// +kubebuilder:default="336h"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m') && duration(self) <= duration('8760h')",message="failed must be 1m to 8760h"
	// +optional
	Failed *metav1.Duration `json:"failed,omitempty"`
	// MadeByHand is how long an item that no source made is kept, however it ended, 1m to 8760h. Default 720h.
	// +kubebuilder:default="720h"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m') && duration(self) <= duration('8760h')",message="madeByHand must be 1m to 8760h"
	// +optional
	MadeByHand *metav1.Duration `json:"madeByHand,omitempty"`
}

// Queueing is the order in which the items of an environment start.
// +kubebuilder:validation:Enum=Priority;FairBySource
type Queueing string

const (
	// QueueingPriority: the highest priority first, then the oldest card.
	QueueingPriority Queueing = "Priority"
	// QueueingFairBySource: the highest priority first; within one priority, the source whose items use the fewest slots.
	QueueingFairBySource Queueing = "FairBySource"
)

// WorkEnvironmentSpec says where builds run and what the work must pass.
// +kubebuilder:validation:XValidation:rule="!has(self.gates) || !has(self.gates.secretEnv) || self.gates.secretEnv.all(v, !v.secretARN.startsWith(self.credentials.githubTokenSecretARN) && !self.credentials.githubTokenSecretARN.startsWith(v.secretARN) && (!has(self.credentials.gitSecretARN) || size(self.credentials.gitSecretARN) == 0 || (!v.secretARN.startsWith(self.credentials.gitSecretARN) && !self.credentials.gitSecretARN.startsWith(v.secretARN))) && (!has(self.credentials.agentSecretARN) || size(self.credentials.agentSecretARN) == 0 || (!v.secretARN.startsWith(self.credentials.agentSecretARN) && !self.credentials.agentSecretARN.startsWith(v.secretARN))))",fieldPath=".gates.secretEnv",message="gates.secretEnv must name other secrets than spec.credentials: the tests are given them in plain text"
type WorkEnvironmentSpec struct {
	// Tier says how much depends on this environment: test, staging or production. Default test. A WorkSource without
	// an interval polls every 15m in production and every 5m elsewhere. The tier is also part of the artifacts' path
	// and a dimension of the CloudWatch metrics.
	// +kubebuilder:default=test
	// +optional
	Tier Tier `json:"tier,omitempty"`

	// AWS says which AWS account and region the environment is in.
	// +required
	AWS AWSAccess `json:"aws"`

	// Lock is the DynamoDB table that holds the locks.
	// +required
	Lock LockTable `json:"lock"`

	// CodeBuild is the project that builds run in.
	// +required
	CodeBuild CodeBuildProject `json:"codeBuild"`

	// Concurrency is how many builds may run at once in the CodeBuild project, 1 to 50. Default 1. It can be lowered
	// while builds run: they go on, and new ones wait.
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=50
	// +optional
	Concurrency *int32 `json:"concurrency,omitempty"`

	// Queueing is the order in which waiting items start. Priority, the default: the highest priority first, then the oldest
	// card. FairBySource: the highest priority first; within one priority, the source whose items use the fewest slots.
	// +kubebuilder:default=Priority
	// +optional
	Queueing Queueing `json:"queueing,omitempty"`

	// Suspend, set to true, starts no new build. Builds that run go on, and items wait. Default false.
	// +optional
	Suspend bool `json:"suspend,omitempty"`

	// Credentials names the secrets that the build reads.
	// +required
	Credentials BuildCredentials `json:"credentials"`

	// GitHub says which GitHub server the repositories of items made by hand are on.
	// +optional
	GitHub GitHubAPI `json:"github,omitzero"`

	// Steering is the Kiro Power whose steering files are brought into every checkout. Absent: the stage steer does
	// nothing, and its log says so.
	// +optional
	Steering *Steering `json:"steering,omitempty"`

	// Gates are the checks that the work must pass. A change counts from the next attempt.
	// +kubebuilder:default={}
	// +optional
	Gates Gates `json:"gates,omitzero"`

	// RepositoryFile says whether a repository has a say in its own work by the file .kiro/worker.yaml of its default branch: Allow
	// or Forbid. What it says can make gates stricter and never weaker, and runs where the repository's own scripts run anyway.
	// What the work's own branch has there never counts. Forbid: the file is not looked at. Default Allow.
	// +kubebuilder:default=Allow
	// +optional
	RepositoryFile RepositoryFile `json:"repositoryFile,omitempty"`

	// Agent says which coding agent implements the tasks. A change counts from the next attempt.
	// +kubebuilder:default={preset: kiro}
	// +optional
	Agent Agent `json:"agent,omitzero"`

	// Artifacts says where builds put their logs, reports and diffs.
	// +required
	Artifacts Artifacts `json:"artifacts"`

	// Retry says what is tried again, and how.
	// +optional
	Retry RetryPolicies `json:"retry,omitzero"`

	// Budget bounds what the builds of the CodeBuild project may use, over every environment and cluster that has a budget for it
	// in the same lock table. An item over it waits, and says until when. Default: no bounds.
	// +optional
	Budget *Budget `json:"budget,omitempty"`

	// OnDelete says what becomes of the items when this environment is deleted, Wait or Cancel. Default Wait: builds go on to
	// their ends, for which the object waits; items that wait for their turn stay, and go on once an environment of this name
	// exists again. Cancel stops the builds and ends every item as EnvironmentDeleted. It may be changed during the deletion.
	// +kubebuilder:default=Wait
	// +optional
	OnDelete OnDelete `json:"onDelete,omitempty"`

	// Retention says how long finished items are kept.
	// +kubebuilder:default={}
	// +optional
	Retention Retention `json:"retention,omitzero"`

	// Notifications are the rules by which the end of an item is sent to topics and queues. Default: none.
	// +kubebuilder:validation:MaxItems=8
	// +listType=map
	// +listMapKey=name
	// +optional
	Notifications []NotificationRule `json:"notifications,omitempty"`

	// DeadLetterQueueURL is the address of an SQS queue that every item that ends as Failed is sent to, whatever the
	// rules in notifications say. Default: none.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="self == '' || (isURL(self) && url(self).getScheme() in ['http', 'https'])",message="deadLetterQueueURL must be an http(s) URL"
	// +optional
	DeadLetterQueueURL string `json:"deadLetterQueueURL,omitempty"`
}

// WorkEnvironment is where builds run: an AWS account and region, a lock table, a CodeBuild project and a bucket, with
// the gates that the work must pass.
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:shortName=we,categories=kiro
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Reason",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].reason`
// +kubebuilder:printcolumn:name="Tier",type=string,JSONPath=`.spec.tier`
// +kubebuilder:printcolumn:name="Project",type=string,JSONPath=`.spec.codeBuild.projectName`
// +kubebuilder:printcolumn:name="In Use",type=integer,JSONPath=`.status.slotsInUse`
// +kubebuilder:printcolumn:name="Concurrency",type=integer,JSONPath=`.spec.concurrency`
// +kubebuilder:printcolumn:name="Queued",type=integer,JSONPath=`.status.queue.length`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:printcolumn:name="Oldest",type=date,priority=1,JSONPath=`.status.queue.oldestSince`
// +kubebuilder:printcolumn:name="Message",type=string,priority=1,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
type WorkEnvironment struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// Spec says where builds run and what the work must pass.
	// +required
	Spec WorkEnvironmentSpec `json:"spec"`
	// Status says whether the environment can be used, and how busy it is.
	// +kubebuilder:default={"observedGeneration":-1,"slotsInUse":0,"queue":{"length":0}}
	// +optional
	Status WorkEnvironmentStatus `json:"status,omitzero"`
}

// WorkEnvironmentList is a list of WorkEnvironments.
// +kubebuilder:object:root=true
type WorkEnvironmentList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []WorkEnvironment `json:"items"`
}
