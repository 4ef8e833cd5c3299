// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

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

	// SetupCommand installs what the tests need, before the agent starts and again before the tests. Default: what the
	// package manager that package.json names in packageManager, or whose lock file is there (npm, pnpm, yarn or bun),
	// installs from its lock file, where there is anything to install; nothing elsewhere.
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
	// +kubebuilder:validation:items:Pattern=`^[^\x00-\x1f\x7f]*$`
	// +listType=atomic
	// +optional
	TestResults []string `json:"testResults,omitempty"`

	// CoverageReports are the paths, relative to the repository, where the test command writes its coverage; `*` and
	// `**` match as usual. Default: the places where the common tools write.
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="self.all(p, !p.startsWith('/') && !p.startsWith('-') && !p.split('/').exists(s, s == '..'))",message="coverageReports must be relative paths without a leading '/' or '-' or '..'"
	// +kubebuilder:validation:items:Pattern=`^[^\x00-\x1f\x7f]*$`
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

	// ChangedLines is the lowest coverage that passes of the lines that the work added or changed, in all its attempts, 0
	// to 100 percent. A changed source file, other than a test, that no coverage report tells of counts as not covered.
	// Needs reports that name lines: LCOV, Istanbul's coverage-final.json, Cobertura, JaCoCo or a Go profile. Default: no
	// such gate.
	// +optional
	ChangedLines *Percentage `json:"changedLines,omitempty"`

	// SecretEnv lists variables for the setup command and the tests whose values are secrets, such as a token of a private
	// package registry. The build reads them from AWS Secrets Manager with its own role; the agent is not given them.
	// Default: none.
	// +kubebuilder:validation:MaxItems=16
	// +listType=map
	// +listMapKey=name
	// +optional
	SecretEnv []SecretVariable `json:"secretEnv,omitempty"`

	// UncoveredBoxes says what becomes of an attempt whose tasks.md has lines that look like tasks and cannot be read as
	// any: Ignore names them in the pull request, Fail ends it as ValidationFailed before the agent is started. Lists of
	// checks, such as a definition of done, are no tasks and do not count. Default Ignore.
	// +optional
	UncoveredBoxes MissingPolicy `json:"uncoveredBoxes,omitempty"`
}

// RepositoryFile says whether a repository has a say in its own work.
// +kubebuilder:validation:Enum=Allow;Forbid
type RepositoryFile string

const (
	// RepositoryFileAllow reads the file.
	RepositoryFileAllow RepositoryFile = "Allow"
	// RepositoryFileForbid does not look at it.
	RepositoryFileForbid RepositoryFile = "Forbid"
)

// SecretVariable is a variable whose value is a secret's.
type SecretVariable struct {
	// Name of the variable. Names that begin with CODEBUILD_, AWS_, KIRO_ or GIT_ are refused, and those that would change
	// which programs run.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:Pattern=`^[A-Za-z_][A-Za-z0-9_]*$`
	// +kubebuilder:validation:XValidation:rule="!['CODEBUILD_', 'AWS_', 'KIRO_', 'GIT_', 'LD_', 'DYLD_'].exists(p, self.startsWith(p)) && !(self in ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TMPDIR', 'NODE_OPTIONS'])",message="name must not begin with CODEBUILD_, AWS_, KIRO_, GIT_, LD_ or DYLD_, nor be one that changes which programs run"
	// +required
	Name string `json:"name"`
	// SecretARN is the ARN of the secret in AWS Secrets Manager whose text is the value. The build's role must be allowed
	// to read it. It must be none of spec.credentials.
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:Pattern=`^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:[A-Za-z0-9/_+=.@-]+$`
	// +required
	SecretARN string `json:"secretARN"`
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
	// +kubebuilder:validation:Pattern=`^[^\x00-\x1f\x7f]*$`
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
