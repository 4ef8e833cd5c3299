// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/worker/agent/preset"
)

// CommandLine is the program and its arguments for one run; no shell is involved.
func CommandLine(name string, call preset.Call) ([]string, error) {
	// These are arguments of their own, where a leading dash would make them an option.
	for _, v := range []string{call.SpecPath, call.TaskID, call.Prompt} {
		if strings.HasPrefix(v, "-") {
			return nil, fmt.Errorf("%.80q begins with a dash: the agent would read it as an option", v)
		}
	}
	dialect, err := preset.Of(name)
	if err != nil {
		return nil, err
	}
	args, err := dialect.Arguments(call)
	if err != nil {
		return nil, err
	}
	if args[0] == "" {
		return nil, errors.New("the agent's command has no program")
	}
	for n := range args {
		// A program cannot be given a zero byte.
		args[n] = strings.ReplaceAll(args[n], "\x00", "")
	}
	return args, nil
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
