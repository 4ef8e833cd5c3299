// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

// buildDir is the build's own directory: the git directory, the checkout, the state, and what programs write.
type buildDir string

// The files that programs write their output to.
const (
	agentLog = "agent.log"
	setupLog = "setup.log"
	// agentErrors holds what a run of the agent wrote to standard error, until that follows in agentLog.
	agentErrors = "agent-errors.log"
)

// testLog is the file of the n-th test command, n from 0.
func testLog(n int) string { return fmt.Sprintf("tests-%d.log", n) }

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
