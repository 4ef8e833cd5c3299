// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Tier is how much depends on an environment. Defaults and alarm thresholds follow from it.
// +kubebuilder:validation:Enum=test;staging;production
type Tier string

const (
	// TierTest is for trying things out.
	TierTest Tier = "test"
	// TierStaging is for rehearsal.
	TierStaging Tier = "staging"
	// TierProduction is for the repositories that matter.
	TierProduction Tier = "production"
)

// AWSAccess says which account and region an environment lies in, and how it is reached.
type AWSAccess struct {
	// Region of the lock table, the CodeBuild project and the bucket.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:Pattern=`^[a-z]{2,4}(-[a-z]+)+-[0-9]$`
	// +required
	Region string `json:"region"`

	// RoleARN is the IAM role to assume. Empty uses the manager's own identity.
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:Pattern=`^(arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9/_+=,.@-]+)?$`
	// +optional
	RoleARN string `json:"roleARN,omitempty"`

	// ExternalID is what the role's trust policy asks for. Default "<cluster>/<namespace>", so that one
	// namespace cannot use another's role.
	// +kubebuilder:validation:MaxLength=1224
	// +kubebuilder:validation:Pattern=`^([\w+=,.@:/-]{2,})?$`
	// +optional
	ExternalID string `json:"externalID,omitempty"`

	// EndpointURL replaces AWS's endpoints, for a compatible server. It must be on the manager's
	// --allowed-endpoints list.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() in ['http', 'https']",message="endpointURL must be an http(s) URL"
	// +optional
	EndpointURL string `json:"endpointURL,omitempty"`
}

// LockTable is the DynamoDB table that holds the locks. Its partition key is `lockKey` (String) and its TTL attribute is
// `deleteAt`. Environments that can touch the same repository must share one table: two builds are kept apart only by
// rows of the same table.
type LockTable struct {
	// TableName of the table.
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=255
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9_.-]+$`
	// +required
	TableName string `json:"tableName"`

	// Region of the table. Default: aws.region. Set it when builds run in another region than the one that holds the
	// table: every environment that can touch the same repository must name the same table in the same region.
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:Pattern=`^([a-z]{2,4}(-[a-z]+)+-[0-9])?$`
	// +optional
	Region string `json:"region,omitempty"`

	// LeaseDuration is how long a lock is valid without a heartbeat of its build, 5m to 48h. Default 90m. The worker
	// renews the lease every 30 seconds and starts no push that could outlive it; a push may take two minutes. An expired
	// lock is only reclaimed after CodeBuild said that its build is over.
	// +kubebuilder:default="90m"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('5m') && duration(self) <= duration('48h')",message="leaseDuration must be 5m to 48h"
	// +optional
	LeaseDuration *metav1.Duration `json:"leaseDuration,omitempty"`
}

// EnvironmentVariable is a plain variable that every build of the environment is given.
type EnvironmentVariable struct {
	// Name of the variable. The prefixes CODEBUILD_ and AWS_ and the names of the worker's own parameters are
	// refused.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:Pattern=`^[A-Za-z_][A-Za-z0-9_]*$`
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('CODEBUILD_') && !self.startsWith('AWS_') && !self.startsWith('KIRO_WORKER_')",message="name must not begin with CODEBUILD_, AWS_ or KIRO_WORKER_"
	// +required
	Name string `json:"name"`
	// Value of the variable. It is visible in the console: secrets belong in credentials.
	// +kubebuilder:validation:MaxLength=4096
	// +optional
	Value string `json:"value,omitempty"`
}

// CodeBuildProject is the project that builds run in.
type CodeBuildProject struct {
	// ProjectName of the CodeBuild project.
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=150
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9][A-Za-z0-9_-]+$`
	// +required
	ProjectName string `json:"projectName"`

	// Timeout is how long a build may run, 5m to 36h, in whole minutes. Default 60m.
	// +kubebuilder:default="60m"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('5m') && duration(self) <= duration('36h') && duration(self).getSeconds() % 60 == 0",message="timeout must be 5m to 36h, in whole minutes"
	// +optional
	Timeout *metav1.Duration `json:"timeout,omitempty"`

	// QueuedTimeout is how long a build may wait in CodeBuild's own queue, 5m to 8h. Default 20m.
	// +kubebuilder:default="20m"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('5m') && duration(self) <= duration('8h') && duration(self).getSeconds() % 60 == 0",message="queuedTimeout must be 5m to 8h, in whole minutes"
	// +optional
	QueuedTimeout *metav1.Duration `json:"queuedTimeout,omitempty"`

	// Env holds plain variables that every build is given.
	// +kubebuilder:validation:MaxItems=50
	// +listType=map
	// +listMapKey=name
	// +optional
	Env []EnvironmentVariable `json:"env,omitempty"`
}

// BuildCredentials names the Secrets Manager secrets that the build reads at run time. No secret's value is
// ever given to a build.
type BuildCredentials struct {
	// GitHubTokenSecretARN is the secret with the token or App key for GitHub's API.
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:Pattern=`^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+$`
	// +required
	GitHubTokenSecretARN string `json:"githubTokenSecretARN"`

	// GitSecretARN is the secret with the token for git's fetches and pushes. Default: the one for the API.
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:Pattern=`^(arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+)?$`
	// +optional
	GitSecretARN string `json:"gitSecretARN,omitempty"`

	// AgentSecretARN is the secret with the agent's key, KIRO_API_KEY for Kiro. Empty gives the agent none.
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:Pattern=`^(arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+)?$`
	// +optional
	AgentSecretARN string `json:"agentSecretARN,omitempty"`
}

// GitHubAPI says which GitHub the environment's repositories lie on.
type GitHubAPI struct {
	// APIURL is the REST address of a GitHub Enterprise Server, "https://HOST/api/v3". Default
	// "https://api.github.com". A custom address must be on the manager's --allowed-endpoints list. Items of a
	// WorkSource use that source's address.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() in ['http', 'https']",message="apiURL must be an http(s) URL"
	// +optional
	APIURL string `json:"apiURL,omitempty"`
}

// Steering is the Kiro Power whose steering files every checkout is brought up to.
type Steering struct {
	// Source is a git repository's or an archive's HTTPS address, without credentials: it is shown in logs.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() in ['http', 'https']",message="source must be an http(s) URL"
	// +kubebuilder:validation:XValidation:rule="!self.contains('?') && !self.contains('#')",message="source must have no query and no fragment: it is shown in logs, and a signed address is a secret"
	// +kubebuilder:validation:XValidation:rule="!self.matches('^[^/]*//[^/?#]*@')",message="source must not hold credentials: take what stands before the '@' out of it"
	// +required
	Source string `json:"source"`
	// Ref is the branch, tag or commit of a git repository. Default: its default branch.
	// +kubebuilder:validation:MaxLength=244
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('-') && !self.contains('..') && self.matches('^[A-Za-z0-9_./-]*$')",message="ref must be a branch, tag or commit name"
	// +optional
	Ref string `json:"ref,omitempty"`
	// Path of the Power inside the source. Default: its root.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="self == '' || (!self.startsWith('/') && !self.startsWith('-') && !self.split('/').exists(s, s == '..'))",message="path must be a relative path without a leading '/' or '-' or '..'"
	// +optional
	Path string `json:"path,omitempty"`
}

// Gates are the checks that must be measured and passed. Not measured is failed.
type Gates struct {
	// CoverageThreshold is the least coverage in percent; lines, functions, branches and statements are each
	// held against it. Default 80.
	// +kubebuilder:default=80
	// +optional
	CoverageThreshold *Percentage `json:"coverageThreshold,omitempty"`

	// TestCommand runs the tests. It is split into words as a shell would, but no shell runs it. Default
	// "npm test".
	// +kubebuilder:default="npm test"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	// +optional
	TestCommand string `json:"testCommand,omitempty"`

	// SetupCommand brings in what the tests need, before the agent starts. Empty runs "npm ci" where a
	// package-lock.json with dependencies lies in the repository, and nothing elsewhere.
	// +kubebuilder:validation:MaxLength=1024
	// +optional
	SetupCommand string `json:"setupCommand,omitempty"`

	// TestResults are paths, relative to the repository, at which the test command leaves its results (Jest or
	// Vitest JSON, JUnit XML, TAP, `go test -json`). Default: the places that these tools write to.
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="self.all(p, !p.startsWith('/') && !p.startsWith('-') && !p.split('/').exists(s, s == '..'))",message="testResults must be relative paths without a leading '/' or '-' or '..'"
	// +listType=atomic
	// +optional
	TestResults []string `json:"testResults,omitempty"`

	// CoverageReports are paths, relative to the repository, at which the test command leaves its coverage.
	// Default: the places that the common tools write to.
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="self.all(p, !p.startsWith('/') && !p.startsWith('-') && !p.split('/').exists(s, s == '..'))",message="coverageReports must be relative paths without a leading '/' or '-' or '..'"
	// +listType=atomic
	// +optional
	CoverageReports []string `json:"coverageReports,omitempty"`

	// TestTimeout is how long the test command may run, 10s to 8h. Default 15m.
	// +kubebuilder:default="15m"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('10s') && duration(self) <= duration('8h')",message="testTimeout must be 10s to 8h"
	// +optional
	TestTimeout *metav1.Duration `json:"testTimeout,omitempty"`
}

// AgentPreset is a known way to run a coding agent.
// +kubebuilder:validation:Enum=kiro;kiro-execute-task;command
type AgentPreset string

const (
	// AgentKiro runs `kiro-cli chat` headless.
	AgentKiro AgentPreset = "kiro"
	// AgentKiroExecuteTask runs `kiro execute-task`.
	AgentKiroExecuteTask AgentPreset = "kiro-execute-task"
	// AgentCommand runs any program.
	AgentCommand AgentPreset = "command"
)

// Agent says which coding agent implements the tasks.
// +kubebuilder:validation:XValidation:rule="!has(self.preset) || self.preset != 'command' || (has(self.command) && size(self.command) > 0)",fieldPath=".command",message="agent.command is required when agent.preset is command"
type Agent struct {
	// Preset is how the agent is run. Default kiro.
	// +kubebuilder:default=kiro
	// +optional
	Preset AgentPreset `json:"preset,omitempty"`

	// Command is the program and its arguments; each is a template with .SpecPath, .TaskID, .TaskTitle and
	// .Prompt. It counts only with preset: command.
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MaxLength=4096
	// +listType=atomic
	// +optional
	Command []string `json:"command,omitempty"`

	// TaskTimeout is how long the agent may work on one task, 10s to 8h. Default 20m.
	// +kubebuilder:default="20m"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('10s') && duration(self) <= duration('8h')",message="taskTimeout must be 10s to 8h"
	// +optional
	TaskTimeout *metav1.Duration `json:"taskTimeout,omitempty"`

	// SilenceTimeout is how long the agent may write nothing before it counts as hung, 10s to 8h. Default 10m.
	// +kubebuilder:default="10m"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('10s') && duration(self) <= duration('8h')",message="silenceTimeout must be 10s to 8h"
	// +optional
	SilenceTimeout *metav1.Duration `json:"silenceTimeout,omitempty"`
}

// Artifacts says where builds leave their logs, reports and diffs.
type Artifacts struct {
	// Bucket is the name of the S3 bucket.
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9][a-z0-9.-]+[a-z0-9]$`
	// +required
	Bucket string `json:"bucket"`
}

// RetryPolicies says what is tried again, and how. What is absent follows the documented default.
type RetryPolicies struct {
	// Infrastructure is how an attempt that the infrastructure failed (a FAULT, throttling, a lost worker) is followed by
	// the next. Such failures are never held against the work. Default 5 tries, base 30s, doubling to 15m.
	// +optional
	Infrastructure *Retry `json:"infrastructure,omitempty"`
	// Work is how an attempt whose work failed (tests red, coverage low, agent gave up) is followed by the next.
	// Default 1 try: none.
	// +optional
	Work *Retry `json:"work,omitempty"`
	// Git is how the worker's fetches and pushes are tried again. Default 5 tries, base 1s, doubling to 30s.
	// +optional
	Git *Retry `json:"git,omitempty"`
	// GitHub is how the worker's calls of GitHub's API are tried again. Default 4 tries, base 1s, doubling to 30s.
	// +optional
	GitHub *Retry `json:"github,omitempty"`
	// S3 is how the worker's uploads are tried again. Default 4 tries, base 1s, doubling to 30s.
	// +optional
	S3 *Retry `json:"s3,omitempty"`
	// DynamoDB is how the worker's claim and release of its lock are tried again; the controller repeats its own
	// operations for as long as it takes. Default 5 tries, base 100ms, doubling to 5s.
	// +optional
	DynamoDB *Retry `json:"dynamoDB,omitempty"`
	// StartBuild is how the start of a build that CodeBuild refused for now is tried again. Default: base 5s,
	// doubling to 60s, for two minutes.
	// +optional
	StartBuild *Retry `json:"startBuild,omitempty"`
	// AgentTask is how a task that the agent did not finish is tried again. Default 2 tries, base 1s.
	// +optional
	AgentTask *Retry `json:"agentTask,omitempty"`
}

// Retention says how long finished items are kept. An item is only deleted when its card is no longer
// eligible as well.
type Retention struct {
	// Succeeded is how long a succeeded item is kept, 1m to 8760h. Default 72h.
	// +kubebuilder:default="72h"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m') && duration(self) <= duration('8760h')",message="succeeded must be 1m to 8760h"
	// +optional
	Succeeded *metav1.Duration `json:"succeeded,omitempty"`
	// Failed is how long a failed or cancelled item is kept, 1m to 8760h. Default 336h.
	// +kubebuilder:default="336h"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m') && duration(self) <= duration('8760h')",message="failed must be 1m to 8760h"
	// +optional
	Failed *metav1.Duration `json:"failed,omitempty"`
}

// NotificationType is a service that notifications are sent to.
// +kubebuilder:validation:Enum=SNS;SQS
type NotificationType string

const (
	// NotificationSNS publishes to an Amazon SNS topic.
	NotificationSNS NotificationType = "SNS"
	// NotificationSQS sends to an Amazon SQS queue.
	NotificationSQS NotificationType = "SQS"
)

// NotificationRule says which ends of items are sent where.
// +kubebuilder:validation:XValidation:rule="self.type != 'SNS' || (has(self.topicARN) && !has(self.queueURL))",message="a rule of type SNS needs topicARN, and no queueURL"
// +kubebuilder:validation:XValidation:rule="self.type != 'SQS' || (has(self.queueURL) && !has(self.topicARN))",message="a rule of type SQS needs queueURL, and no topicARN"
type NotificationRule struct {
	// Name of the rule. An item's status names the rules that were notified, never their addresses.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	// +required
	Name string `json:"name"`
	// Type is the service: SNS or SQS.
	// +required
	Type NotificationType `json:"type"`
	// TopicARN is the SNS topic, in the topic's own region. Required with type SNS.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:Pattern=`^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]+$`
	// +optional
	TopicARN string `json:"topicARN,omitempty"`
	// QueueURL is the SQS queue. Required with type SQS.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() in ['http', 'https']",message="queueURL must be an http(s) URL"
	// +optional
	QueueURL string `json:"queueURL,omitempty"`
	// On lists the phases that are sent: Succeeded, Failed, Cancelled. Default: Failed.
	// +kubebuilder:default={Failed}
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=3
	// +kubebuilder:validation:items:Enum=Succeeded;Failed;Cancelled
	// +listType=set
	// +optional
	On []string `json:"on,omitempty"`
}

// WorkEnvironmentSpec says where builds run and what they must pass.
type WorkEnvironmentSpec struct {
	// Tier is how much depends on this environment. Default test.
	// +kubebuilder:default=test
	// +optional
	Tier Tier `json:"tier,omitempty"`

	// AWS says which account and region the environment lies in.
	// +required
	AWS AWSAccess `json:"aws"`

	// Lock is the table of the locks.
	// +required
	Lock LockTable `json:"lock"`

	// CodeBuild is the project that builds run in.
	// +required
	CodeBuild CodeBuildProject `json:"codeBuild"`

	// Concurrency is how many builds may run at once, 1 to 50. Default 1. It can be lowered while builds run.
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=50
	// +optional
	Concurrency *int32 `json:"concurrency,omitempty"`

	// Credentials names the secrets that the build reads.
	// +required
	Credentials BuildCredentials `json:"credentials"`

	// GitHub says which GitHub hand-made items' repositories lie on.
	// +optional
	GitHub GitHubAPI `json:"github,omitzero"`

	// Steering is the Kiro Power that checkouts are brought up to. Absent skips that stage, and says so.
	// +optional
	Steering *Steering `json:"steering,omitempty"`

	// Gates are the checks that the work must pass.
	// +kubebuilder:default={}
	// +optional
	Gates Gates `json:"gates,omitzero"`

	// Agent says which coding agent implements the tasks.
	// +kubebuilder:default={preset: kiro}
	// +optional
	Agent Agent `json:"agent,omitzero"`

	// Artifacts says where builds leave their logs, reports and diffs.
	// +required
	Artifacts Artifacts `json:"artifacts"`

	// Retry says what is tried again, and how.
	// +optional
	Retry RetryPolicies `json:"retry,omitzero"`

	// Retention says how long finished items are kept.
	// +kubebuilder:default={}
	// +optional
	Retention Retention `json:"retention,omitzero"`

	// Notifications are the rules by which the end of an item is reported to topics and queues. Default: none.
	// +kubebuilder:validation:MaxItems=8
	// +listType=map
	// +listMapKey=name
	// +optional
	Notifications []NotificationRule `json:"notifications,omitempty"`

	// DeadLetterQueueURL is the SQS queue that an item that failed for good is also sent to. Empty sends none.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="self == '' || (isURL(self) && url(self).getScheme() in ['http', 'https'])",message="deadLetterQueueURL must be an http(s) URL"
	// +optional
	DeadLetterQueueURL string `json:"deadLetterQueueURL,omitempty"`
}

// SlotStatus is one slot that is in use.
type SlotStatus struct {
	// Slot is the slot's number, from 0.
	Slot int32 `json:"slot"`
	// WorkItem is what holds it, as "namespace/name" of the holder's cluster.
	// +kubebuilder:validation:MaxLength=512
	WorkItem string `json:"workItem"`
	// BuildARN is the build that claimed it; empty until one did.
	// +kubebuilder:validation:MaxLength=512
	// +optional
	BuildARN string `json:"buildARN,omitempty"`
	// ExpiresAt is the end of the lease.
	// +optional
	ExpiresAt *metav1.Time `json:"expiresAt,omitempty"`
}

// QueuedItem is one item that waits for a slot.
type QueuedItem struct {
	// Name of the WorkItem.
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`
	// Priority of the item.
	Priority int32 `json:"priority"`
	// Since is when it began to wait.
	// +optional
	Since *metav1.Time `json:"since,omitempty"`
}

// QueueStatus is what waits in an environment.
type QueueStatus struct {
	// Length is the number of items that wait for a slot.
	Length int32 `json:"length"`
	// OldestSince is since when the one that waits longest has been waiting.
	// +optional
	OldestSince *metav1.Time `json:"oldestSince,omitempty"`
	// First names the first ten, in the order in which they will start.
	// +kubebuilder:validation:MaxItems=10
	// +listType=map
	// +listMapKey=name
	// +optional
	First []QueuedItem `json:"first,omitempty"`
}

// WorkEnvironmentStatus tells whether the environment is usable, and how busy it is.
type WorkEnvironmentStatus struct {
	// ObservedGeneration is the generation of the spec that this status is of.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// Conditions of the environment. See condition_types.go.
	// +kubebuilder:validation:MaxItems=16
	// +listType=map
	// +listMapKey=type
	// +optional
	Conditions []metav1.Condition `json:"conditions,omitempty"`
	// ProjectARN is the ARN of the CodeBuild project.
	// +kubebuilder:validation:MaxLength=512
	// +optional
	ProjectARN string `json:"projectARN,omitempty"`
	// SlotsInUse is the number of slots in use, over every cluster that shares the project.
	SlotsInUse int32 `json:"slotsInUse"`
	// Slots are the slots in use.
	// +kubebuilder:validation:MaxItems=50
	// +listType=map
	// +listMapKey=slot
	// +optional
	Slots []SlotStatus `json:"slots,omitempty"`
	// Queue is what waits for a slot.
	// +optional
	Queue QueueStatus `json:"queue"`
	// LastCheckTime is when the table, the project and the bucket were last looked at.
	// +optional
	LastCheckTime *metav1.Time `json:"lastCheckTime,omitempty"`
}

// WorkEnvironment is where builds run.
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

	// Spec is what is asked for.
	// +required
	Spec WorkEnvironmentSpec `json:"spec"`
	// Status is what was seen.
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
