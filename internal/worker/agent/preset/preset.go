// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package preset

import (
	"fmt"
	"slices"
	"strings"
)

// The names of the presets, as spec.agent.preset of a WorkEnvironment has them.
const (
	Kiro            = "kiro"
	KiroExecuteTask = "kiro-execute-task"
	ClaudeCode      = "claude-code"
	Codex           = "codex"
	AmazonQ         = "amazon-q"
	Aider           = "aider"
	Command         = "command"
)

// Agent is one coding agent's dialect.
type Agent interface {
	// Traits are what is so in every run.
	Traits() Traits
	// Arguments are the program and its arguments for one run. None of them passes through a shell.
	Arguments(Call) ([]string, error)
	// LoggedOut reads the answer to Traits.Probe. It says what is wrong with the credentials; empty if nothing is known
	// against them.
	LoggedOut(Answer) string
	// Listen returns what reads the output of one run.
	Listen() Listener
}

// Listener reads what one run writes, in pieces of bounded length: a piece without a newline at its end goes on in the next
// one of the same stream. Terminal codes are taken out before.
type Listener interface {
	// Hear takes a piece of a line.
	Hear(Stream, []byte)
	// Findings are what was heard, once the run is over.
	Findings(Exit) Findings
}

// Stream is where a piece was written to.
type Stream int

// The two streams of a program.
const (
	Stdout Stream = iota
	Stderr
)

// Traits are what is so in every run of an agent.
type Traits struct {
	// Program has to be in the build's image; empty is the first element of spec.agent.command.
	Program string
	// Probe are the arguments with which the program says who is logged in. Empty: it cannot be asked, and the first task
	// finds out.
	Probe []string
	// Key is the variable in which it takes a key. Empty: it takes several kinds, so its secret has to be a JSON object.
	Key string
	// Own are names that its secret may set although they begin like those that no secret may set.
	Own []string
	// TicksBoxes: it ticks the boxes of the tasks that it did, so an open box means that the task is not done.
	TicksBoxes bool
	// TellsUsage: a run that worked says what it cost.
	TellsUsage bool
	// Sessions are the places below its home that hold its sessions. Empty: it cannot resume one.
	Sessions []string
	// Litter are names, as patterns, of what it leaves at the top of the checkout for itself: never a task's work.
	Litter []string
	// ExitCodes are what its documented codes mean.
	ExitCodes map[int]string
}

// Call is one run of an agent on one task.
type Call struct {
	// SpecPath is the spec's directory, relative to the repository; TaskID the task's number, TaskTitle its text in one line.
	SpecPath, TaskID, TaskTitle string
	// Prompt asks in plain words to do this task and no other.
	Prompt string
	// Harness is the generation of Kiro's harness; empty is the newest.
	Harness string
	// Command are the templates of the preset command.
	Command []string
	// Home is the agent's home directory.
	Home string
	// Resume goes on with the session of the run before.
	Resume bool
}

// Answer is what a probe gave.
type Answer struct {
	ExitCode int
	// Text is the beginning of what it printed on both streams.
	Text string
}

// Exit is how a run ended.
type Exit struct {
	// ByItself: no signal and no limit ended it.
	ByItself bool
	Code     int
	// Quiet: it wrote nothing to standard output.
	Quiet bool
}

// Findings are what a run says of itself. None of it makes a task done.
type Findings struct {
	// Ended: it said itself that its turn ran to an end.
	Ended bool
	// Credits, Tokens and Seconds are what it says that its turn cost; zero where it does not say.
	Credits float64
	Tokens  int64
	Seconds float64
	// Denied is how many tools it was denied, and DeniedLines the first few, cut. They are not redacted.
	Denied      int
	DeniedLines []string
	// Failed is what it says itself against its turn, cut. It is not redacted.
	Failed string
	// Refused is the first text that says that the credentials are none, cut. It is not redacted, and counts only where
	// Idle is true and the checkout is as it was: the tests of a program that is about access print words like it.
	Refused string
	// Idle: there is no sign that it did anything.
	Idle bool
}

// agents are the presets, in the order in which they are named to people.
var agents = []struct {
	name string
	Agent
}{
	{Kiro, kiro{}},
	{KiroExecuteTask, executeTask{}},
	{ClaudeCode, claudeCode{}},
	{Codex, codex{}},
	{AmazonQ, amazonQ{}},
	{Aider, aider{}},
	{Command, command{}},
}

// Names are the names of all presets.
func Names() []string {
	var names []string
	for _, a := range agents {
		names = append(names, a.name)
	}
	return names
}

// Of is the preset of a name; the empty name is Kiro's.
func Of(name string) (Agent, error) {
	if name == "" {
		name = Kiro
	}
	for _, a := range agents {
		if a.name == name {
			return a.Agent, nil
		}
	}
	return nil, fmt.Errorf("unknown agent preset %.64q: use one of %s", name, strings.Join(Names(), ", "))
}

// CanResume reports whether the agent of a preset can go on with an earlier session.
func CanResume(name string) bool {
	i := slices.IndexFunc(agents, func(a struct {
		name string
		Agent
	}) bool {
		return a.name == name
	})
	return i >= 0 && len(agents[i].Traits().Sessions) > 0
}
