// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

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

// AWSAccess says which AWS account and region an environment is in, and how it is reached.
type AWSAccess struct {
	// Region is the AWS region of the CodeBuild project and the bucket, and of the lock table unless lock.region names
	// another.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:Pattern=`^[a-z]{2,4}(-[a-z]+)+-[0-9]$`
	// +required
	Region string `json:"region"`

	// RoleARN is the IAM role that the manager assumes. Default: none; the manager's own identity is used. Secrets
	// Manager is read only where a role is named. The manager refuses to work without a role in namespaces that its
	// --own-identity-namespaces does not name.
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:Pattern=`^(arn:aws[a-z-]*:iam::[0-9]{12}:role/[A-Za-z0-9/_+=,.@-]+)?$`
	// +optional
	RoleARN string `json:"roleARN,omitempty"`

	// ExternalID is the external id that the manager sends when it assumes the role; the role's trust policy should
	// require it. Default "<cluster>/<namespace>", so that one namespace cannot use the role of another. Any other is
	// refused unless the manager's --external-ids lists it for the namespace.
	// +kubebuilder:validation:MaxLength=1224
	// +kubebuilder:validation:Pattern=`^([\w+=,.@:/-]{2,})?$`
	// +optional
	ExternalID string `json:"externalID,omitempty"`

	// EndpointURL replaces the addresses of AWS's services, for a compatible server. Default: AWS's own. It must be on
	// the manager's --allowed-endpoints list.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() in ['http', 'https']",message="endpointURL must be an http(s) URL"
	// +optional
	EndpointURL string `json:"endpointURL,omitempty"`
}

// LockTable is the DynamoDB table that holds the locks. Its partition key is `lockKey` (String), and its TTL attribute
// is `deleteAt`. Environments that can work on the same repository must share one table: only rows of the same table
// keep two builds apart.
type LockTable struct {
	// TableName is the name of the table.
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=255
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9_.-]+$`
	// +required
	TableName string `json:"tableName"`

	// Region is the AWS region of the table. Default: aws.region. Set it when builds run in another region than the one
	// that has the table.
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:Pattern=`^([a-z]{2,4}(-[a-z]+)+-[0-9])?$`
	// +optional
	Region string `json:"region,omitempty"`

	// LeaseDuration is how long a lock is valid without a heartbeat of its build, 5m to 48h. Default 90m. The worker
	// renews the lease every 30 seconds, and starts no push, upload or call that could take longer than the lease
	// lasts. An expired lock is reclaimed only after CodeBuild has said that its build is over. A change counts from
	// the next attempt.
	// +kubebuilder:default="90m"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('5m') && duration(self) <= duration('48h')",message="leaseDuration must be 5m to 48h"
	// +optional
	LeaseDuration *metav1.Duration `json:"leaseDuration,omitempty"`
}

// EnvironmentVariable is a plain variable that what runs in the environment's builds is given.
type EnvironmentVariable struct {
	// Name of the variable. Names that begin with CODEBUILD_, AWS_ or KIRO_WORKER_, and the names of the worker's own
	// variables, are refused.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:Pattern=`^[A-Za-z_][A-Za-z0-9_]*$`
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('CODEBUILD_') && !self.startsWith('AWS_') && !self.startsWith('KIRO_WORKER_')",message="name must not begin with CODEBUILD_, AWS_ or KIRO_WORKER_"
	// +required
	Name string `json:"name"`
	// Value of the variable, at most 4096 characters. Everybody who may see the build in the AWS console can read it,
	// so put no secret here.
	// +kubebuilder:validation:MaxLength=4096
	// +optional
	Value string `json:"value,omitempty"`
}

// CodeBuildProject is the CodeBuild project that builds run in.
type CodeBuildProject struct {
	// ProjectName is the name of the project, in the environment's account and region.
	// +kubebuilder:validation:MinLength=2
	// +kubebuilder:validation:MaxLength=150
	// +kubebuilder:validation:Pattern=`^[A-Za-z0-9][A-Za-z0-9_-]+$`
	// +required
	ProjectName string `json:"projectName"`

	// Timeout is how long a build may run, 5m to 36h, in whole minutes. Default 60m. A work item may name its own. A
	// change counts from the next attempt.
	// +kubebuilder:default="60m"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('5m') && duration(self) <= duration('36h') && duration(self).getSeconds() % 60 == 0",message="timeout must be 5m to 36h, in whole minutes"
	// +optional
	Timeout *metav1.Duration `json:"timeout,omitempty"`

	// QueuedTimeout is how long a build may wait in CodeBuild's own queue, 5m to 8h, in whole minutes. Default 20m. A
	// change counts from the next attempt.
	// +kubebuilder:default="20m"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('5m') && duration(self) <= duration('8h') && duration(self).getSeconds() % 60 == 0",message="queuedTimeout must be 5m to 8h, in whole minutes"
	// +optional
	QueuedTimeout *metav1.Duration `json:"queuedTimeout,omitempty"`

	// Env lists plain variables that the setup command, the agent and the tests are given. The worker itself and git are
	// not: set their proxy and certificates on the CodeBuild project. Default: none.
	// +kubebuilder:validation:MaxItems=50
	// +listType=map
	// +listMapKey=name
	// +optional
	Env []EnvironmentVariable `json:"env,omitempty"`
}

// BuildCredentials names the secrets in AWS Secrets Manager that the build reads while it runs. The controller never
// passes the value of a secret to a build.
// +kubebuilder:validation:XValidation:rule="!has(self.agentSecretARN) || size(self.agentSecretARN) == 0 || (!self.agentSecretARN.startsWith(self.githubTokenSecretARN) && !self.githubTokenSecretARN.startsWith(self.agentSecretARN) && (!has(self.gitSecretARN) || size(self.gitSecretARN) == 0 || (!self.agentSecretARN.startsWith(self.gitSecretARN) && !self.gitSecretARN.startsWith(self.agentSecretARN))))",fieldPath=".agentSecretARN",message="agentSecretARN must be another secret than githubTokenSecretARN and gitSecretARN: the agent is given it in plain text"
type BuildCredentials struct {
	// GitHubTokenSecretARN is the ARN of the secret with the token or App key for GitHub's API: a token, or a JSON
	// object with `token`, or with `appID`, `installationID` and `privateKey`. The controller reads it too, for items
	// that were made by hand.
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:Pattern=`^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+$`
	// +required
	GitHubTokenSecretARN string `json:"githubTokenSecretARN"`

	// GitSecretARN is the ARN of the secret with the token or App key for git's fetches and pushes. Default: the same
	// as githubTokenSecretARN.
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:Pattern=`^(arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+)?$`
	// +optional
	GitSecretARN string `json:"gitSecretARN,omitempty"`

	// AgentSecretARN is the ARN of the secret with the agent's key (KIRO_API_KEY for Kiro), or with a JSON object of
	// the agent's variables. It must be another secret than the other two: the agent is given it in plain text. Default:
	// none; the agent is given no key.
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:Pattern=`^(arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+)?$`
	// +optional
	AgentSecretARN string `json:"agentSecretARN,omitempty"`
}

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

// Steering is the Kiro Power whose steering files are brought into every checkout.
type Steering struct {
	// Source is the address of a git repository, or of a .zip, .tar.gz or .tgz archive, over HTTPS and without
	// credentials, because logs show it.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() in ['http', 'https']",message="source must be an http(s) URL"
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
	// +optional
	Path string `json:"path,omitempty"`
}

// Gates are the checks that must be measured and passed. What is not measured has failed.
type Gates struct {
	// CoverageThreshold is the lowest coverage that passes, 0 to 100 percent. Default 80. Each of lines, functions,
	// branches and statements that the report has is compared with it.
	// +kubebuilder:default=80
	// +optional
	CoverageThreshold *Percentage `json:"coverageThreshold,omitempty"`

	// TestCommand runs the tests. Default "npm test". Each line is one command, up to eight; they run side by side, and
	// all must pass. A line is split into words as a shell does it, but no shell runs it.
	// +kubebuilder:default="npm test"
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=1024
	// +optional
	TestCommand string `json:"testCommand,omitempty"`

	// SetupCommand installs what the tests need, before the agent starts. Default: "npm ci" where the repository has a
	// package-lock.json with dependencies, and nothing elsewhere.
	// +kubebuilder:validation:MaxLength=1024
	// +optional
	SetupCommand string `json:"setupCommand,omitempty"`

	// TestResults are the paths, relative to the repository, where the test command writes its results (JUnit XML, TAP,
	// `go test -json`, TRX, NUnit or xUnit.net XML, or the JSON of Jest, Vitest, Mocha, Playwright or RSpec); `*` and `**`
	// match as usual. A file that is named must be a report; beside those that a pattern catches, other files may be.
	// Default: the places where these tools usually write.
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="self.all(p, !p.startsWith('/') && !p.startsWith('-') && !p.split('/').exists(s, s == '..'))",message="testResults must be relative paths without a leading '/' or '-' or '..'"
	// +listType=atomic
	// +optional
	TestResults []string `json:"testResults,omitempty"`

	// CoverageReports are the paths, relative to the repository, where the test command writes its coverage; `*` and
	// `**` match as usual. Default: the places where the common tools write.
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="self.all(p, !p.startsWith('/') && !p.startsWith('-') && !p.split('/').exists(s, s == '..'))",message="coverageReports must be relative paths without a leading '/' or '-' or '..'"
	// +listType=atomic
	// +optional
	CoverageReports []string `json:"coverageReports,omitempty"`

	// ProtectedPaths are files that decide what is measured, or what runs elsewhere. If the agent changes one, the attempt
	// fails with ProtectedPathChanged and nothing of that task is pushed, or the change is only named on the pull request.
	// Default: none fails an attempt; well-known files of this kind are named in any case.
	// +kubebuilder:validation:MaxItems=32
	// +listType=atomic
	// +optional
	ProtectedPaths []ProtectedPath `json:"protectedPaths,omitempty"`

	// TestTimeout is how long the test commands may run, 10s to 8h. Default 15m.
	// +kubebuilder:default="15m"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('10s') && duration(self) <= duration('8h')",message="testTimeout must be 10s to 8h"
	// +optional
	TestTimeout *metav1.Duration `json:"testTimeout,omitempty"`

	// MissingMetrics says what becomes of an attempt whose coverage reports lack a metric (lines, functions, branches or
	// statements), or have it for a part of the code only: Ignore says so in the pull request, Fail ends it as
	// CoverageNotMeasured. Reports with neither lines nor statements are never enough. Default Ignore.
	// +optional
	MissingMetrics MissingPolicy `json:"missingMetrics,omitempty"`

	// UncoveredBoxes says what becomes of an attempt whose tasks.md has lines that look like tasks and cannot be read as
	// any: Ignore names them in the pull request, Fail ends it as ValidationFailed before the agent is started. Lists of
	// checks, such as a definition of done, are no tasks and do not count. Default Ignore.
	// +optional
	UncoveredBoxes MissingPolicy `json:"uncoveredBoxes,omitempty"`
}

// OnChange is what a change of a protected path does.
// +kubebuilder:validation:Enum=Fail;Name
type OnChange string

const (
	// OnChangeFail fails the attempt.
	OnChangeFail OnChange = "Fail"
	// OnChangeName names the change on the pull request.
	OnChangeName OnChange = "Name"
)

// ProtectedPath is a part of the repository that the agent is to leave alone.
type ProtectedPath struct {
	// Glob is the pattern of its paths, relative to the repository: `*` matches within a name, `**` any directories, a
	// name without a slash matches in every directory, and a slash at the end everything below.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('/') && !self.split('/').exists(s, s == '..')",message="glob must be a relative path without a leading '/' or '..'"
	// +required
	Glob string `json:"glob"`

	// OnChange is what a change does: `Fail` fails the attempt, `Name` names it on the pull request. Default Fail.
	// +kubebuilder:default=Fail
	// +optional
	OnChange OnChange `json:"onChange,omitempty"`
}

// MissingPolicy says what becomes of an attempt where something that could be measured is not there.
// +kubebuilder:validation:Enum=Ignore;Fail
type MissingPolicy string

const (
	// MissingIgnore says so in the pull request and goes on.
	MissingIgnore MissingPolicy = contract.Ignore
	// MissingFail fails the attempt.
	MissingFail MissingPolicy = contract.Fail
)

// AgentHarness is a generation of Kiro's harness.
// +kubebuilder:validation:Enum=v2;v3
type AgentHarness string

// AgentPreset is a known way to run a coding agent.
// +kubebuilder:validation:Enum=kiro;kiro-execute-task;command
type AgentPreset string

const (
	// AgentKiro runs `kiro-cli chat` without a person.
	AgentKiro AgentPreset = "kiro"
	// AgentKiroExecuteTask runs `kiro execute-task`.
	AgentKiroExecuteTask AgentPreset = "kiro-execute-task"
	// AgentCommand runs the program in agent.command.
	AgentCommand AgentPreset = "command"
)

// Agent says which coding agent implements the tasks.
// +kubebuilder:validation:XValidation:rule="!has(self.preset) || self.preset != 'command' || (has(self.command) && size(self.command) > 0)",fieldPath=".command",message="agent.command is required when agent.preset is command"
type Agent struct {
	// Preset is how the agent is run: kiro (`kiro-cli chat`), kiro-execute-task (`kiro execute-task`) or command (any
	// program). Default kiro.
	// +kubebuilder:default=kiro
	// +optional
	Preset AgentPreset `json:"preset,omitempty"`

	// Harness is the generation of Kiro's harness that preset kiro runs: v3, or v2 for a Kiro CLI in the build image that
	// does not have it yet. Other presets ignore it. Default v3.
	// +optional
	Harness AgentHarness `json:"harness,omitempty"`

	// Command is the program and its arguments, one element each. Each element is a Go template with .SpecPath,
	// .TaskID, .TaskTitle and .Prompt. Required with preset: command; ignored without.
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

	// SilenceTimeout is how long the agent may write nothing before it is stopped as hung, 10s to 8h. Default 10m.
	// +kubebuilder:default="10m"
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('10s') && duration(self) <= duration('8h')",message="silenceTimeout must be 10s to 8h"
	// +optional
	SilenceTimeout *metav1.Duration `json:"silenceTimeout,omitempty"`
}

// Artifacts says where builds put their logs, reports and diffs.
type Artifacts struct {
	// Bucket is the name of the S3 bucket, in the environment's region.
	// +kubebuilder:validation:MinLength=3
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9][a-z0-9.-]+[a-z0-9]$`
	// +required
	Bucket string `json:"bucket"`
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
	// 60s; in any case no longer than two minutes, after which the attempt is abandoned.
	// +optional
	StartBuild *Retry `json:"startBuild,omitempty"`
	// AgentTask says how a task that the agent did not finish is tried again. Default: 2 tries, waits from 1s to 30s.
	// +optional
	AgentTask *Retry `json:"agentTask,omitempty"`
}

// Retention says how long finished items are kept. An item is deleted only when its card has left the ready status as
// well. Items made by hand are kept until somebody deletes them.
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

// NotificationRule says which ends of items are sent to which address.
// +kubebuilder:validation:XValidation:rule="self.type != 'SNS' || (has(self.topicARN) && !has(self.queueURL))",message="a rule of type SNS needs topicARN, and no queueURL"
// +kubebuilder:validation:XValidation:rule="self.type != 'SQS' || (has(self.queueURL) && !has(self.topicARN))",message="a rule of type SQS needs queueURL, and no topicARN"
type NotificationRule struct {
	// Name of the rule: lower-case letters, digits and hyphens, unique in the environment. The status of an item names
	// the rules that were used, never their addresses.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=63
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([a-z0-9-]*[a-z0-9])?$`
	// +required
	Name string `json:"name"`
	// Type is the service that is used: SNS or SQS.
	// +required
	Type NotificationType `json:"type"`
	// TopicARN is the ARN of the SNS topic. Required with type SNS, forbidden with SQS.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:Pattern=`^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]+$`
	// +optional
	TopicARN string `json:"topicARN,omitempty"`
	// QueueURL is the address of the SQS queue. Required with type SQS, forbidden with SNS.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() in ['http', 'https']",message="queueURL must be an http(s) URL"
	// +optional
	QueueURL string `json:"queueURL,omitempty"`
	// On lists the phases of ended items that are sent: Succeeded, Failed, Cancelled. Default: Failed alone.
	// +kubebuilder:default={Failed}
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=3
	// +kubebuilder:validation:items:Enum=Succeeded;Failed;Cancelled
	// +listType=set
	// +optional
	On []string `json:"on,omitempty"`
}

// WorkEnvironmentSpec says where builds run and what the work must pass.
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

// SlotStatus is one slot that is in use.
type SlotStatus struct {
	// Slot is the number of the slot, from 0.
	Slot int32 `json:"slot"`
	// WorkItem is the item that holds the slot, as "cluster/namespace/name"; it may be in another cluster.
	// +kubebuilder:validation:MaxLength=512
	WorkItem string `json:"workItem"`
	// BuildARN is the build that claimed the lock. Empty until one did.
	// +kubebuilder:validation:MaxLength=512
	// +optional
	BuildARN string `json:"buildARN,omitempty"`
	// ExpiresAt is when the lease ends, unless it is renewed.
	// +optional
	ExpiresAt *metav1.Time `json:"expiresAt,omitempty"`
}

// QueuedItem is one item that waits for a slot.
type QueuedItem struct {
	// Name of the WorkItem.
	// +kubebuilder:validation:MaxLength=253
	Name string `json:"name"`
	// Priority of the WorkItem.
	Priority int32 `json:"priority"`
	// Since is when it began to wait.
	// +optional
	Since *metav1.Time `json:"since,omitempty"`
}

// QueueStatus says which items wait for a slot.
type QueueStatus struct {
	// Length is the number of items that wait for a slot.
	Length int32 `json:"length"`
	// OldestSince is since when the item that has waited longest has been waiting.
	// +optional
	OldestSince *metav1.Time `json:"oldestSince,omitempty"`
	// First lists the first ten items, in the order in which they will start.
	// +kubebuilder:validation:MaxItems=10
	// +listType=map
	// +listMapKey=name
	// +optional
	First []QueuedItem `json:"first,omitempty"`
}

// WorkEnvironmentStatus says whether the environment can be used, and how busy it is.
type WorkEnvironmentStatus struct {
	// ObservedGeneration is the generation of the spec that this status belongs to.
	// +optional
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`
	// Conditions say what can be used: LockTableReady, ProjectReady and BucketReady. Ready is True if all three are.
	// Stalled is present only while a person has to act.
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
	// Slots lists the slots in use.
	// +kubebuilder:validation:MaxItems=50
	// +listType=map
	// +listMapKey=slot
	// +optional
	Slots []SlotStatus `json:"slots,omitempty"`
	// Queue says which items of this environment wait for a slot.
	// +optional
	Queue QueueStatus `json:"queue"`
	// LastCheckTime is when the table, the project and the bucket were last checked.
	// +optional
	LastCheckTime *metav1.Time `json:"lastCheckTime,omitempty"`
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
