// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package process runs one program that is not trusted to end: a coding agent, a repository's tests. What it is, and what
// its exit code means, is the caller's.
//
// Its output goes to files and never through a pipe: a grandchild that outlives the program keeps a pipe open, and
// whoever reads it waits for ever. The program leads a process group of its own, and the whole group is ended when
// the program is, whether it exited, ran out of time, fell silent or was cancelled. It is given exactly the
// environment that its Spec has, standard input is empty, and its output files are bounded. It ends with the process that
// runs it, on Linux also where that one is killed.
package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"k8s.io/utils/clock"
)

// Defaults of a Spec.
const (
	// DefaultMaxOutput is the most bytes that an output file keeps.
	DefaultMaxOutput = 64 << 20
	// DefaultGrace is how long the group has between SIGTERM and SIGKILL.
	DefaultGrace = 5 * time.Second
	// DefaultPoll is how often output and time are looked at.
	DefaultPoll = 250 * time.Millisecond
)

// Credential is the user that a program runs as. Only root can run a program as another user.
type Credential struct {
	UID, GID uint32
	// Groups are the supplementary groups. Empty drops the caller's.
	Groups []uint32
}

// Spec says what to run, and within which bounds.
type Spec struct {
	// Args are the program and its arguments. A program without a slash is looked up in PATH as Env has it; no
	// shell is involved.
	Args []string
	// Dir is the working directory.
	Dir string
	// Env is the whole environment, as NAME=value. Nothing is inherited.
	Env []string
	// Stdout is the file that standard output is appended to. It is made, readable by its owner only, if absent.
	Stdout string
	// Stderr is the same for standard error. Empty sends it where Stdout goes.
	Stderr string
	// MaxOutput is the most bytes that each file keeps: the head and the newest part, with a line in between that
	// says how much was left out. Zero is DefaultMaxOutput.
	MaxOutput int64
	// Timeout ends the program. Zero leaves that to the context.
	Timeout time.Duration
	// Silence ends the program if it has written nothing for so long. Zero switches the watchdog off.
	Silence time.Duration
	// Grace is the time between SIGTERM and SIGKILL. Zero is DefaultGrace.
	Grace time.Duration
	// Credential is the user to run as. Nil is the caller's own.
	Credential *Credential
	// Clock measures all of the above. Nil is the real one.
	Clock clock.WithTicker
}

// End says why a program is no longer running.
type End string

const (
	// EndExited ended by itself, whatever its exit code.
	EndExited End = "exited"
	// EndTimedOut was ended because its time was over.
	EndTimedOut End = "timed out"
	// EndSilent was ended because it wrote nothing for too long.
	EndSilent End = "silent"
	// EndCancelled was ended because the context was.
	EndCancelled End = "cancelled"
)

// Result is how a program ended.
type Result struct {
	// End says why it is over.
	End End
	// ExitCode is the program's, or -1 if a signal ended it.
	ExitCode int
	// Signal is the name of the signal that ended it; empty if none did.
	Signal string
	// Duration is how long it ran.
	Duration time.Duration
	// OutputBytes is how much it wrote, including what was left out of the files.
	OutputBytes int64
	// LeftBehind is how many processes it left running. They were ended.
	LeftBehind int
}

// ErrNotFound says that the program is not there.
var ErrNotFound = errors.New("program not found")

// Run runs a program to its end, and then ends whatever it left behind. An error means that it could not be run; a
// program that ran and failed is a Result.
func Run(ctx context.Context, spec Spec) (Result, error) {
	spec = spec.withDefaults()
	if len(spec.Args) == 0 || spec.Args[0] == "" {
		return Result{}, errors.New("no program to run")
	}
	path, err := lookPath(spec.Args[0], spec.Dir, spec.Env)
	if err != nil {
		return Result{}, err
	}
	outputs, err := openOutputs(spec)
	if err != nil {
		return Result{}, err
	}
	defer outputs.close()

	r, err := start(path, spec, outputs)
	if err != nil {
		return Result{}, fmt.Errorf("starting %q: %w", spec.Args[0], err)
	}
	return r.wait(ctx), nil
}

func (s Spec) withDefaults() Spec {
	if s.MaxOutput <= 0 {
		s.MaxOutput = DefaultMaxOutput
	}
	if s.Grace <= 0 {
		s.Grace = DefaultGrace
	}
	if s.Clock == nil {
		s.Clock = clock.RealClock{}
	}
	return s
}

// start starts the program in a process group of its own.
func start(path string, spec Spec, outputs *outputs) (*running, error) {
	devNull, err := os.Open(os.DevNull)
	if err != nil {
		return nil, err
	}
	defer func() { _ = devNull.Close() }()
	mark, err := newMark()
	if err != nil {
		return nil, err
	}
	cmd := command(path, spec, mark)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = devNull, outputs.stdout.file, outputs.stderr.file
	exited, err := startTied(cmd)
	if err != nil {
		return nil, err
	}
	return &running{
		spec: spec, cmd: cmd, outputs: outputs, mark: mark,
		group: cmd.Process.Pid, started: spec.Clock.Now(), exited: exited,
	}, nil
}
