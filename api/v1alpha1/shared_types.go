// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// Finalizer keeps a WorkItem until its build is over and its lock is released, and a WorkEnvironment until no
// unfinished item uses it.
const Finalizer = "kiro-worker.io/finalizer"

// ForceDeleteAnnotation, set to "true" on an object that is being deleted, removes its finalizer without waiting for
// its build. An Event then names what may still run.
const ForceDeleteAnnotation = "kiro-worker.io/force-delete"

// ReconcileAnnotation, set to any new value, has the object looked at now. `kubectl annotate worksource NAME
// kiro-worker.io/reconcile-at="$(date)" --overwrite` polls a board at once.
const ReconcileAnnotation = "kiro-worker.io/reconcile-at"

// WithdrawnAnnotation of a WorkItem says that its card was withdrawn: in two polls, the card, read directly, had
// neither the ready status nor one of write-back's. Its value is the trigger that was withdrawn, as RFC 3339. An item
// that was triggered later than that is not withdrawn, so moving the card back wins over an annotation that was set a
// moment too late.
const WithdrawnAnnotation = "kiro-worker.io/withdrawn"

// WithdrawalSuspectedAnnotation of a WorkItem is the time, as RFC 3339, of the poll that first found its card in
// another status. The next poll that finds the same confirms the withdrawal.
const WithdrawalSuspectedAnnotation = "kiro-worker.io/withdrawal-suspected"

// CardVersionAnnotation of a WorkItem is when its card last changed, as RFC 3339, at the time that the branches linked
// to it were read. While the card stays the same, they are not read again.
const CardVersionAnnotation = "kiro-worker.io/card-version"

// LocalObjectReference names an object in the same namespace.
type LocalObjectReference struct {
	// Name of the object, in the same namespace.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`
	// +required
	Name string `json:"name"`
}

// SecretReference names a Kubernetes Secret in the same namespace.
type SecretReference struct {
	// Name of the Secret. It has either the key `token` (a personal access token), or the three keys of a GitHub App:
	// `appID`, `installationID` and `privateKey` (PEM).
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`
	// +required
	Name string `json:"name"`
}

// Credentials says where a GitHub token or App key is read from. Exactly one source is set. A secret that was changed
// is used without a restart.
// +kubebuilder:validation:XValidation:rule="has(self.secretRef) != has(self.secretsManagerARN)",message="credentials needs exactly one of secretRef and secretsManagerARN"
type Credentials struct {
	// SecretRef names a Kubernetes Secret in the same namespace.
	// +optional
	SecretRef *SecretReference `json:"secretRef,omitempty"`

	// SecretsManagerARN is the ARN of a secret in AWS Secrets Manager, which is read with the environment's role. The
	// value is a token, or a JSON object with `token`, or with `appID`, `installationID` and `privateKey`.
	// +kubebuilder:validation:MaxLength=2048
	// +kubebuilder:validation:Pattern=`^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+$`
	// +optional
	SecretsManagerARN string `json:"secretsManagerARN,omitempty"`
}

// Percentage is a number of percent, 0 to 100.
// +kubebuilder:validation:Minimum=0
// +kubebuilder:validation:Maximum=100
type Percentage int32

// TestCounts is what a test run measured, in numbers of test cases.
type TestCounts struct {
	// Total is the number of test cases that were found.
	Total int32 `json:"total"`
	// Passed is the number of test cases that passed.
	Passed int32 `json:"passed"`
	// Failed is the number of test cases that failed or could not be run.
	Failed int32 `json:"failed"`
	// Skipped is the number of test cases that are switched off in their source.
	// +optional
	Skipped int32 `json:"skipped,omitempty"`
}

// CoverageSummary is measured test coverage, in percent with up to two decimals, as a string such as "87.5%". A metric
// that the report does not have is absent.
type CoverageSummary struct {
	// Lines is the coverage of lines, in percent.
	// +kubebuilder:validation:MaxLength=8
	// +optional
	Lines string `json:"lines,omitempty"`
	// Functions is the coverage of functions, in percent.
	// +kubebuilder:validation:MaxLength=8
	// +optional
	Functions string `json:"functions,omitempty"`
	// Branches is the coverage of branches, in percent.
	// +kubebuilder:validation:MaxLength=8
	// +optional
	Branches string `json:"branches,omitempty"`
	// Statements is the coverage of statements, in percent.
	// +kubebuilder:validation:MaxLength=8
	// +optional
	Statements string `json:"statements,omitempty"`
	// ChangedLines is the coverage of the lines that the work changed, in percent. Absent where that is no gate, or there
	// was nothing to measure.
	// +kubebuilder:validation:MaxLength=8
	// +optional
	ChangedLines string `json:"changedLines,omitempty"`
}

// Retry says how often something is tried, and how long the waits in between are. The n-th wait is base * factor^(n-1),
// at most cap, less a random part of up to jitter percent. Each field that is absent keeps the default of its
// operation.
type Retry struct {
	// Tries is how often it is tried in total, 1 to 20; the first try counts.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=20
	// +optional
	Tries *int32 `json:"tries,omitempty"`
	// Base is the wait after the first failure, 100ms to 1h.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('100ms') && duration(self) <= duration('1h')",message="base must be 100ms to 1h"
	// +optional
	Base *metav1.Duration `json:"base,omitempty"`
	// FactorPercent is what each wait is multiplied by to get the next, in percent, 100 to 1000. Default 200, which
	// doubles it.
	// +kubebuilder:validation:Minimum=100
	// +kubebuilder:validation:Maximum=1000
	// +optional
	FactorPercent *int32 `json:"factorPercent,omitempty"`
	// Cap is the longest wait, 100ms to 24h.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('100ms') && duration(self) <= duration('24h')",message="cap must be 100ms to 24h"
	// +optional
	Cap *metav1.Duration `json:"cap,omitempty"`
	// JitterPercent is the largest random part that is taken off a wait, in percent of the wait. Default 20 (dynamoDB:
	// 50).
	// +optional
	JitterPercent *Percentage `json:"jitterPercent,omitempty"`
}
