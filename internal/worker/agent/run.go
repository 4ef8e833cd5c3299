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
	"github.com/kiro-worker/kiro-worker/internal/worker/process"
)

// Spec is one run of an agent on one task.
type Spec struct {
	// Preset is how the agent is run; empty is PresetKiro.
	Preset string
	// Harness is the generation that PresetKiro names; empty is DefaultHarness.
	Harness string
	// Command is the templates of PresetCommand.
	Command []string

	// Task is what to work on.
	Task Task
	// SpecPath is the spec's directory, relative to Dir.
	SpecPath string

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
	// Clock measures them. Nil is the real one.
	Clock clock.WithTicker
}

// Outcome is what was observed of a run. It is not whether the task is done: an agent's exit code is 0 also after
// its tools were refused. That is measured at the diff, the task's box and the tests.
type Outcome struct {
	process.Result
	// Denied is how many lines of standard error say that a tool was denied.
	Denied int
	// DeniedLines are the first few of them, cut. They are not redacted.
	DeniedLines []string
	// Quiet is true of a run that wrote nothing to standard output.
	Quiet bool
	// Closed: the line with what a turn of Kiro cost was written, the only proof that it ran. Credits and Seconds are in it.
	Closed           bool
	Credits, Seconds float64
	// Refused is the first line that says that the credentials are none, cut. It is not redacted.
	Refused string

	lines int // of standard error
}

// Suspicious says in a few words why the run is not to be trusted; empty if nothing is known against it.
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
		return fmt.Sprintf("the agent ended with exit code %d%s", o.ExitCode, meaning(o.ExitCode))
	case o.Denied > 0:
		return fmt.Sprintf("the agent was denied a tool %d times", o.Denied)
	default:
		return ""
	}
}

// meaning is what Kiro's documented exit codes say. Other agents have others, so it is only a hint.
func meaning(code int) string {
	switch code {
	case 2:
		return " (Kiro: wrong arguments)"
	case 3:
		return " (Kiro: an MCP server did not start)"
	case 4:
		return " (Kiro: no such agent)"
	default:
		return ""
	}
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
	args, err := CommandLine(spec.Preset, spec.Harness, spec.Command, Arguments{
		SpecPath: spec.SpecPath, TaskID: spec.Task.ID, TaskTitle: spec.Task.Title, Prompt: Prompt(spec.SpecPath, spec.Task),
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
		MaxOutput: spec.MaxOutput, Timeout: spec.Timeout, Silence: spec.Silence, Clock: spec.Clock,
	})
	switch {
	case errors.Is(err, process.ErrNotFound):
		return Outcome{}, fault.NewTerminal(fault.CodeInvalidConfiguration, fmt.Errorf("running the agent: %w", err))
	case cannotBeExecuted(err):
		return Outcome{}, fault.NewTerminal(fault.CodeInvalidConfiguration, fmt.Errorf("running the agent: %w: %w", errNotExecutable, err))
	case err != nil:
		return Outcome{}, fmt.Errorf("running the agent: %w", err)
	}
	outcome := Outcome{Result: result}
	if outcome.Quiet, err = quiet(spec.Output, from); err != nil {
		return Outcome{}, err
	}
	if err := outcome.look(spec.Errors, spec.Output); err != nil {
		return Outcome{}, err
	}
	if err := os.Remove(spec.Errors); err != nil {
		return Outcome{}, fmt.Errorf("keeping the agent's output: %w", err)
	}
	return outcome, nil
}
