// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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

	// TotalTimeout is how long the agent may work on all tasks of an attempt together, 1m to 36h. Default: what the
	// build's timeout leaves once a reserve for tests, pull request and upload is kept.
	// +kubebuilder:validation:Type=string
	// +kubebuilder:validation:MaxLength=32
	// +kubebuilder:validation:XValidation:rule="duration(self) >= duration('1m') && duration(self) <= duration('36h')",message="totalTimeout must be 1m to 36h"
	// +optional
	TotalTimeout *metav1.Duration `json:"totalTimeout,omitempty"`
}
