// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/worker/agent/preset"
	"github.com/kiro-worker/kiro-worker/internal/worker/process"
)

// Spec is one run of an agent on one task.
type Spec struct {
	// Preset is how the agent is run; empty is preset.Kiro.
	Preset string
	// Harness is the generation of Kiro's harness; empty is preset.DefaultHarness.
	Harness string
	// Command is the templates of preset.Command.
	Command []string
	// Home is the agent's home directory, which Env names too.
	Home string
	// Resume goes on with the session of the run before, where the agent can.
	Resume bool

	// Task is what to work on.
	Task Task
	// SpecPath is the spec's directory, relative to Dir.
	SpecPath string
	// Prompt is what the agent is asked; empty is Prompt(SpecPath, Task).
	Prompt string

	// Dir is the checkout.
	Dir string
	// Env is the agent's whole environment, as NAME=value; nothing is inherited.
	Env []string
	// Credential is the user that the agent runs as. Nil is the caller's own.
	Credential *process.Credential
	// Output is the file that the agent's output is appended to, as it is: redact it before it goes anywhere. What it
	// writes to standard error follows when the run is over; until then it is in Errors.
	Output string
	// Errors is the file of standard error. It is emptied before the run, and gone after it.
	Errors string
	// MaxOutput bounds each of those files, in bytes. Zero is process.DefaultMaxOutput.
	MaxOutput int64
	// Timeout is for this task, and Silence for the longest time without output. Zero is none.
	Timeout, Silence time.Duration
	// Grace is the end of Timeout: so long before it the agent is told, by SIGTERM, that its time is over.
	Grace time.Duration
	// Clock measures them. Nil is the real one.
	Clock clock.WithTicker
}

// Outcome is what was observed of a run. It is not whether the task is done: an agent's exit code is 0 also after
// its tools were refused. That is measured at the diff, the task's box and the tests.
type Outcome struct {
	process.Result
	preset.Findings
	// meaning is what the exit code says, where the agent documents it.
	meaning string
}

// Suspicious says in a few words why the run is not to be trusted; empty if nothing is known against it. It is not redacted.
func (o Outcome) Suspicious() string {
	switch {
	case o.End == process.EndTimedOut:
		return "the agent ran out of time"
	case o.End == process.EndSilent:
		return "the agent wrote nothing for too long and was ended"
	case o.End == process.EndCancelled:
		return "the agent was interrupted"
	case o.Signal != "":
		return fmt.Sprintf("the agent was ended by a signal (%s)", o.Signal)
	case o.ExitCode != 0:
		return fmt.Sprintf("the agent ended with exit code %d%s%s", o.ExitCode, o.meaning, because(o.Failed))
	case o.Failed != "":
		return "the agent says that it failed" + because(o.Failed)
	case o.Denied > 0:
		return fmt.Sprintf("the agent was denied a tool %d times", o.Denied)
	default:
		return ""
	}
}

func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}

// errNotExecutable says what to do about a program that the system refuses to execute. The worker may be allowed what
// the agent's user is not: a program that was installed under root's home is found and cannot be run.
var errNotExecutable = errors.New("the program is there, but the agent's user cannot execute it: install it where every user " +
	"may read and execute it and pass through all directories on the way (chmod o+rx), for this machine's architecture, with the interpreter that its first line names")

// cannotBeExecuted reports whether the system refused to execute a program. It would on every task.
func cannotBeExecuted(err error) bool {
	var refused *fs.PathError
	if !errors.As(err, &refused) || refused.Op != "fork/exec" {
		return false
	}
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOEXEC) || errors.Is(err, syscall.ENOTDIR)
}

// Run runs the agent on a task. An error means that it could not be run at all; an error that is terminal would come
// again on every task.
func Run(ctx context.Context, spec Spec) (Outcome, error) {
	if spec.Prompt == "" {
		spec.Prompt = Prompt(spec.SpecPath, spec.Task)
	}
	args, err := CommandLine(spec.Preset, preset.Call{
		SpecPath: spec.SpecPath, TaskID: spec.Task.ID, TaskTitle: spec.Task.Title, Prompt: spec.Prompt,
		Harness: spec.Harness, Command: spec.Command, Home: spec.Home, Resume: spec.Resume,
	})
	if err != nil {
		return Outcome{}, fault.NewTerminal(fault.CodeInvalidConfiguration, fmt.Errorf("making the agent's command: %w", err))
	}
	if err := os.RemoveAll(spec.Errors); err != nil {
		return Outcome{}, fmt.Errorf("running the agent: %w", err)
	}
	from := int64(0)
	if info, err := os.Stat(spec.Output); err == nil {
		from = info.Size()
	}
	result, err := process.Run(ctx, process.Spec{
		Args: args, Dir: spec.Dir, Env: spec.Env, Credential: spec.Credential, Stdout: spec.Output, Stderr: spec.Errors,
		MaxOutput: spec.MaxOutput, Timeout: max(spec.Timeout-spec.Grace, 0), Grace: spec.Grace, Silence: spec.Silence, Clock: spec.Clock,
	})
	switch {
	case errors.Is(err, process.ErrNotFound):
		return Outcome{}, fault.NewTerminal(fault.CodeInvalidConfiguration, fmt.Errorf("running the agent: %w", err))
	case cannotBeExecuted(err):
		return Outcome{}, fault.NewTerminal(fault.CodeInvalidConfiguration, fmt.Errorf("running the agent: %w: %w", errNotExecutable, err))
	case err != nil:
		return Outcome{}, fmt.Errorf("running the agent: %w", err)
	}
	return observe(spec, from, result)
}

// observe reads what a run left.
func observe(spec Spec, from int64, result process.Result) (Outcome, error) {
	dialect, err := preset.Of(spec.Preset)
	if err != nil {
		return Outcome{}, err
	}
	listener := dialect.Listen()
	quiet, err := listen(listener, spec.Output, from, spec.Errors)
	if err != nil {
		return Outcome{}, err
	}
	if err := os.Remove(spec.Errors); err != nil {
		return Outcome{}, fmt.Errorf("keeping the agent's output: %w", err)
	}
	outcome := Outcome{Result: result, Findings: listener.Findings(preset.Exit{
		ByItself: result.End == process.EndExited && result.Signal == "", Code: result.ExitCode, Quiet: quiet,
	})}
	if meaning := dialect.Traits().ExitCodes[result.ExitCode]; meaning != "" {
		outcome.meaning = " (" + meaning + ")"
	}
	return outcome, nil
}
