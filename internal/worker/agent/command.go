// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"errors"
	"fmt"
	"strings"
	"text/template"
)

// The presets.
const (
	// PresetKiro runs `kiro-cli chat` without a person.
	PresetKiro = "kiro"
	// PresetKiroExecuteTask runs `kiro execute-task`.
	PresetKiroExecuteTask = "kiro-execute-task"
	// PresetCommand runs any program.
	PresetCommand = "command"
)

// DefaultHarness is the generation of Kiro's harness that is asked for. It is always named: without it a headless
// run uses an older one than an interactive run does.
const DefaultHarness = "v3"

// maxArgument bounds one argument, in bytes; Linux takes at most 128 KiB.
const maxArgument = 64 << 10

// maxArguments bounds their number.
const maxArguments = 256

// Arguments is what a command's templates can use.
type Arguments struct {
	// SpecPath is the spec's directory, relative to the repository.
	SpecPath string
	// TaskID is the task's number, as "2.1".
	TaskID string
	// TaskTitle is the task's text in one line.
	TaskTitle string
	// Prompt asks an agent in plain words to do this task and no other.
	Prompt string
}

// templates are the presets' command lines.
func templates(preset, harness string, command []string) ([]string, error) {
	switch preset {
	case PresetKiro, "":
		if harness == "" {
			harness = DefaultHarness
		}
		return []string{"kiro-cli", "chat", "--" + harness, "--no-interactive", "--trust-all-tools", "{{.Prompt}}"}, nil
	case PresetKiroExecuteTask:
		return []string{"kiro", "execute-task", "--spec", "{{.SpecPath}}", "--task", "{{.TaskID}}"}, nil
	case PresetCommand:
		if len(command) == 0 {
			return nil, errors.New("the agent's preset is \"command\", but no command is given: set spec.agent.command of the WorkEnvironment")
		}
		return command, nil
	default:
		return nil, fmt.Errorf("unknown agent preset %q: use %q, %q or %q", preset, PresetKiro, PresetKiroExecuteTask, PresetCommand)
	}
}

// CommandLine is the program and its arguments for one task. Each argument is a template by itself, so whatever a
// task's title holds, it stays within its argument; no shell is involved.
func CommandLine(preset, harness string, command []string, values Arguments) ([]string, error) {
	// These are arguments of their own, where a leading dash would make them an option.
	for _, v := range []string{values.SpecPath, values.TaskID} {
		if strings.HasPrefix(v, "-") {
			return nil, fmt.Errorf("%q begins with a dash: the agent would read it as an option", v)
		}
	}
	lines, err := templates(preset, harness, command)
	if err != nil {
		return nil, err
	}
	if len(lines) > maxArguments {
		return nil, fmt.Errorf("the agent's command has %d arguments; at most %d are allowed", len(lines), maxArguments)
	}
	args := make([]string, 0, len(lines))
	for n, line := range lines {
		arg, err := expand(line, values)
		if err != nil {
			return nil, fmt.Errorf("argument %d of the agent's command, %q: %w", n, line, err)
		}
		args = append(args, arg)
	}
	if args[0] == "" {
		return nil, errors.New("the agent's command has no program")
	}
	return args, nil
}

func expand(line string, values Arguments) (string, error) {
	t, err := template.New("argument").Option("missingkey=error").Parse(line)
	if err != nil {
		return "", err
	}
	out := limited{limit: maxArgument}
	if err := t.Execute(&out, values); err != nil {
		return "", err
	}
	// A program cannot be given a zero byte.
	return strings.ReplaceAll(out.String(), "\x00", ""), nil
}

// limited is a builder that refuses to grow without end.
type limited struct {
	strings.Builder
	limit int
}

// Write implements io.Writer.
func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > l.limit {
		return 0, fmt.Errorf("it is longer than %d bytes", l.limit)
	}
	return l.Builder.Write(p)
}

// Prompt asks for one task. What the task says is quoted as data: a title is written by whoever wrote the spec.
func Prompt(specPath string, task Task) string {
	return fmt.Sprintf(`Implement task %s of the spec in %s, and only this task. Its title is: %q

Read requirements.md (or bugfix.md), design.md and tasks.md in that directory first, and follow the steering files
under .kiro/steering. Write or extend the tests that the task calls for, and run them. When the task is complete, tick
its box in tasks.md, and leave the boxes and titles of other tasks as they are. Do not work on other tasks, do not commit, push or change branches, and do not lower any
threshold of tests or coverage. Nobody can answer questions: where something is open, choose what fits the design best
and say so.`, task.ID, specPath, task.Title)
}
