// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"strings"
	"text/template"
)

const (
	// maxArgument bounds one argument of an agent's command, in bytes; Linux takes at most 128 KiB.
	maxArgument = 64 << 10
	// maxArguments bounds their number.
	maxArguments = 256
)

// CommandValues are what the templates of an agent's own command can name.
type CommandValues struct{ SpecPath, TaskID, TaskTitle, Prompt string }

// ExpandCommand fills the arguments of an agent's command. Each is a template by itself, so whatever a task's title holds, it stays
// within its argument.
func ExpandCommand(command []string, values CommandValues) ([]string, error) {
	if len(command) > maxArguments {
		return nil, fmt.Errorf("the agent's command has %d arguments; at most %d are allowed", len(command), maxArguments)
	}
	args := make([]string, 0, len(command))
	for n, line := range command {
		arg, err := expand(line, values)
		if err != nil {
			return nil, fmt.Errorf("argument %d of the agent's command, %.200q: %w", n, line, err)
		}
		args = append(args, arg)
	}
	return args, nil
}

// CheckCommand says what is wrong with the templates of an agent's command, before there is a task.
func CheckCommand(command []string) error {
	_, err := ExpandCommand(command, CommandValues{SpecPath: ".kiro/specs/feature", TaskID: "1", TaskTitle: "A title", Prompt: "A prompt"})
	return err
}

func expand(line string, values CommandValues) (string, error) {
	t, err := template.New("argument").Option("missingkey=error").Parse(line)
	if err != nil {
		return "", err
	}
	out := limited{limit: maxArgument}
	if err := t.Execute(&out, values); err != nil {
		return "", err
	}
	return out.String(), nil
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
