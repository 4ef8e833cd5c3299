// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package preset

import (
	"errors"
	"fmt"
	"strings"
	"text/template"
)

const (
	// maxArgument bounds one argument, in bytes; Linux takes at most 128 KiB.
	maxArgument = 64 << 10
	// maxArguments bounds their number.
	maxArguments = 256
)

// command runs any program. Of what it prints nothing is known, so it is judged by what it changes alone.
type command struct{}

// Traits has Kiro's variable for a key that stands alone, and its codes for a hint: it is Kiro's program that such commands
// most often wrap.
func (command) Traits() Traits { return Traits{Key: "KIRO_API_KEY", ExitCodes: kiroCodes} }

// Arguments expands spec.agent.command. Each element is a template by itself, so whatever a task's title holds, it stays
// within its argument.
func (command) Arguments(c Call) ([]string, error) {
	if len(c.Command) == 0 {
		return nil, errors.New("the agent's preset is \"command\", but no command is given: set spec.agent.command of the WorkEnvironment")
	}
	if len(c.Command) > maxArguments {
		return nil, fmt.Errorf("the agent's command has %d arguments; at most %d are allowed", len(c.Command), maxArguments)
	}
	args := make([]string, 0, len(c.Command))
	for n, line := range c.Command {
		arg, err := expand(line, c)
		if err != nil {
			return nil, fmt.Errorf("argument %d of the agent's command, %q: %w", n, line, err)
		}
		args = append(args, arg)
	}
	return args, nil
}

func (command) LoggedOut(Answer) string { return "" }

func (command) Listen() Listener { return &deniedOnly{} }

func expand(line string, c Call) (string, error) {
	t, err := template.New("argument").Option("missingkey=error").Parse(line)
	if err != nil {
		return "", err
	}
	out := limited{limit: maxArgument}
	values := struct{ SpecPath, TaskID, TaskTitle, Prompt string }{c.SpecPath, c.TaskID, c.TaskTitle, c.Prompt}
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
