// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// AgentHarness is a generation of Kiro's harness.
// +kubebuilder:validation:Enum=v2;v3
type AgentHarness string

// AgentPreset is a known way to run a coding agent.
// +kubebuilder:validation:Enum=kiro;kiro-execute-task;claude-code;codex;amazon-q;aider;command
type AgentPreset string

const (
	// AgentKiro runs `kiro-cli chat` without a person.
	AgentKiro AgentPreset = "kiro"
	// AgentKiroExecuteTask runs `kiro execute-task`.
	AgentKiroExecuteTask AgentPreset = "kiro-execute-task"
	// AgentClaudeCode runs `claude -p`.
	AgentClaudeCode AgentPreset = "claude-code"
	// AgentCodex runs `codex exec`.
	AgentCodex AgentPreset = "codex"
	// AgentAmazonQ runs `q chat`.
	AgentAmazonQ AgentPreset = "amazon-q"
	// AgentAider runs `aider`.
	AgentAider AgentPreset = "aider"
	// AgentCommand runs the program in agent.command.
	AgentCommand AgentPreset = "command"
)

// AgentResume says whether an agent goes on with its session.
// +kubebuilder:validation:Enum=Never;Tasks
type AgentResume string

const (
	// ResumeNever begins a session for each task.
	ResumeNever AgentResume = "Never"
	// ResumeTasks goes on with the session from task to task of an attempt.
	ResumeTasks AgentResume = "Tasks"
)

// AgentPrompt says where the template of the agent's prompt is. Its placeholders are {{.Instructions}} (what the agent is asked
// without a template), {{.TaskID}}, {{.TaskTitle}}, {{.SpecPath}}, {{.Branch}} and {{.Repository}}; an unknown one is refused.
// +kubebuilder:validation:XValidation:rule="has(self.configMapKeyRef) != has(self.file)",message="set exactly one of configMapKeyRef and file"
type AgentPrompt struct {
	// ConfigMapKeyRef names a key of a ConfigMap in the environment's namespace, of at most 16 KiB. It is read when an attempt
	// begins, and checked with the environment. The chart's value prompts.configMaps lets the manager read it.
	// +optional
	ConfigMapKeyRef *ConfigMapKey `json:"configMapKeyRef,omitempty"`

	// File is a path in the repository, whose default branch has the template: at most 16 KiB. The agent must not change it.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('/') && !self.startsWith('-') && !self.split('/').exists(s, s == '..' || s == '.' || s == '')",message="file must be a relative path without '..', or a leading '/' or '-'"
	// +kubebuilder:validation:Pattern=`^[^\x00-\x1f\x7f*?\[\]\\]*$`
	// +optional
	File string `json:"file,omitempty"`
}

// ConfigMapKey is a key of a ConfigMap.
type ConfigMapKey struct {
	// Name of the ConfigMap.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$`
	// +required
	Name string `json:"name"`
	// Key in its data.
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]+$`
	// +required
	Key string `json:"key"`
}

// Agent says which coding agent implements the tasks.
// +kubebuilder:validation:XValidation:rule="!has(self.prompt) || !has(self.preset) || self.preset != 'kiro-execute-task'",fieldPath=".prompt",message="preset kiro-execute-task takes no prompt: remove agent.prompt"
// +kubebuilder:validation:XValidation:rule="!has(self.prompt) || !has(self.preset) || self.preset != 'command' || !has(self.command) || self.command.exists(c, c.contains('.Prompt'))",fieldPath=".prompt",message="agent.prompt does nothing unless an element of agent.command has {{.Prompt}}"
// +kubebuilder:validation:XValidation:rule="!has(self.resume) || self.resume == 'Never' || !has(self.preset) || !(self.preset in ['command', 'kiro-execute-task'])",fieldPath=".resume",message="agent.resume: presets command and kiro-execute-task have no session that could be resumed"
// +kubebuilder:validation:XValidation:rule="!has(self.preset) || self.preset != 'command' || (has(self.command) && size(self.command) > 0)",fieldPath=".command",message="agent.command is required when agent.preset is command"
type Agent struct {
	// Preset is how the agent is run: kiro (`kiro-cli chat`), kiro-execute-task (`kiro execute-task`), claude-code
	// (`claude -p`), codex (`codex exec`), amazon-q (`q chat`), aider (`aider`) or command (any program). The program has to be
	// in the build image. Default kiro.
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

	// Prompt says where a template of the team's own for the agent's prompt is. Default: the worker's own words.
	// +optional
	Prompt *AgentPrompt `json:"prompt,omitempty"`

	// Resume says whether the agent goes on with its session from task to task of an attempt, so that it need not read
	// everything again: Never or Tasks. With Tasks, what one task's agent leaves where it keeps its sessions is the next one's.
	// Default Never.
	// +optional
	Resume AgentResume `json:"resume,omitempty"`

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

	// KeepUnfinished commits and pushes what the agent had done of a task when its time was over, as an unfinished commit;
	// the task stays open, and the next attempt goes on from there. Default false: it is only in the artifacts.
	// +optional
	KeepUnfinished bool `json:"keepUnfinished,omitempty"`

	// Repair says how often the agent is asked to repair what tests and coverage showed, before the attempt fails.
	// +optional
	// +structType=atomic
	Repair Repair `json:"repair,omitzero"`
}

// Repair says how often the agent is asked to repair.
type Repair struct {
	// Rounds is how often in an attempt the agent is asked again after red tests or low coverage, 0 to 5, with what failed
	// as its input and as long as the build's time suffices. Each round is a commit of its own, and tests and coverage are
	// measured anew after it. 0 is never. An agent that cannot be given a prompt has no rounds. Default 2.
	// +kubebuilder:default=2
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=5
	// +optional
	Rounds *int32 `json:"rounds,omitempty"`
}
