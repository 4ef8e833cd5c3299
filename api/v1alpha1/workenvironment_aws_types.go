// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
	// Value of the variable, at most 4096 characters. Everybody who may read the lock table can read it, so put no
	// secret here.
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
	// +kubebuilder:validation:MaxLength=640
	// +kubebuilder:validation:Pattern=`^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+$`
	// +required
	GitHubTokenSecretARN string `json:"githubTokenSecretARN"`

	// GitSecretARN is the ARN of the secret with the token or App key for git's fetches and pushes. Default: the same
	// as githubTokenSecretARN.
	// +kubebuilder:validation:MaxLength=640
	// +kubebuilder:validation:Pattern=`^(arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+)?$`
	// +optional
	GitSecretARN string `json:"gitSecretARN,omitempty"`

	// AgentSecretARN is the ARN of the secret with the agent's key (KIRO_API_KEY for Kiro), or with a JSON object of
	// the agent's variables. It must be another secret than the other two: the agent is given it in plain text. Default:
	// none; the agent is given no key.
	// +kubebuilder:validation:MaxLength=640
	// +kubebuilder:validation:Pattern=`^(arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+)?$`
	// +optional
	AgentSecretARN string `json:"agentSecretARN,omitempty"`
}
