// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"

	"github.com/go-logr/logr"
)

// Keys of log lines, beside those of package logging.
const (
	keyDuration  = "seconds"
	keyReason    = "reason"
	keyWhat      = "what"
	keyTry       = "try"
	keyWait      = "wait"
	keyProcesses = "processes"
	keyTask      = "task"
	keyRound     = "round"
	keyCommit    = "commit"
	keyOutcome   = "outcome"
	keyPhase     = "phase"
	keyVersion   = "version"
	keyFiles     = "files"
	keyBytes     = "bytes"
	keyRefused   = "refused"
	keyCommand   = "command"
	keyExitCode  = "exitCode"
	keyObject    = "object"
	keyTests     = "tests"
	keyTasks     = "tasks"
	keyCoverage  = "coverage"
	keyUser      = "user"
)

func logContext(ctx context.Context, log logr.Logger) context.Context {
	return logr.NewContext(ctx, log)
}

func logOf(ctx context.Context) logr.Logger { return logr.FromContextOrDiscard(ctx) }
