// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
	"github.com/kiro-worker/kiro-worker/internal/worker/process"
)

// buildDir is the build's own directory: the git directory, the checkout, the state, and what programs write.
type buildDir string

// The files that programs write their output to.
const (
	agentLog = "agent.log"
	setupLog = "setup.log"
	nodeLog  = "node-version.log"
	// agentErrors holds what a run of the agent wrote to standard error, until that follows in agentLog.
	agentErrors = "agent-errors.log"
	// runSuffix is behind a log's name: what the run that is going on has written, until that follows in the log.
	runSuffix = ".run"
	// maxLog bounds what a log keeps of all runs, in bytes.
	maxLog = 256 << 20
)

// testLog is the file of the n-th test command, n from 0.
func testLog(n, round int) string {
	if round == 0 {
		return fmt.Sprintf("tests-%d.log", n)
	}
	return fmt.Sprintf("tests-%d-round-%d.log", n, round)
}

// logged runs a program that writes to a file of its own, and then appends that to a log: a program can cut off the file
// that it was given, and with it what earlier ones wrote.
func (d buildDir) logged(name string, run func(output string) (process.Result, error)) (process.Result, error) {
	own := d.path(name + runSuffix)
	if err := os.RemoveAll(own); err != nil {
		return process.Result{}, fmt.Errorf("making a file for the program's output: %w", err)
	}
	result, err := run(own)
	return result, errors.Join(err, d.keepRun(name))
}

// keepRun appends what a run wrote to the log, as much as that has room for.
func (d buildDir) keepRun(name string) error {
	own := d.path(name + runSuffix)
	from, err := os.Open(own)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("keeping the program's output: %w", err)
	}
	defer func() { _ = from.Close() }()
	to, err := os.OpenFile(d.path(name), os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("keeping the program's output: %w", err)
	}
	if info, err := to.Stat(); err == nil && info.Size() < maxLog {
		_, err = io.CopyN(to, from, maxLog-info.Size())
		if err != nil && !errors.Is(err, io.EOF) {
			return errors.Join(fmt.Errorf("keeping the program's output: %w", err), to.Close())
		}
	}
	return errors.Join(to.Close(), os.Remove(own))
}

func (d buildDir) path(name string) string { return filepath.Join(string(d), name) }

// lastOutput is the end of an output file, for a message.
func (d buildDir) lastOutput(name string) string {
	const keep = 1 << 10
	file, err := os.Open(d.path(name))
	if err != nil {
		return ""
	}
	defer func() { _ = file.Close() }()
	if info, err := file.Stat(); err == nil && info.Size() > keep {
		_, _ = file.Seek(-keep, io.SeekEnd)
	}
	text, err := io.ReadAll(io.LimitReader(file, keep))
	if err != nil {
		return ""
	}
	return gitrepo.LastLine(string(text))
}
