// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker"
)

// keepReport is how long a report is of use to whoever asked for it.
const keepReport = 24 * time.Hour

// onlyLooks reports whether this build was started by `manager doctor --build`.
func onlyLooks() bool { return os.Getenv(contract.EnvLook) != "" }

// runLook makes all checks in the first phase, and writes what they found where the doctor reads it. Its exit code ends the
// build as failed where a check is not ok; the other phases have nothing to do.
func runLook(ctx context.Context, f *flags, out, errs io.Writer) worker.ExitCode {
	if worker.Phase(f.phase) != worker.PhasePreBuild {
		return worker.ExitOK
	}
	look, err1 := contract.ParseLook(os.Getenv(contract.EnvLook))
	build, err2 := buildFrom(os.LookupEnv)
	if err := errors.Join(err1, err2); err != nil {
		_, _ = fmt.Fprintln(errs, "kiro-worker:", err)
		return worker.ExitUsage
	}
	o, done, err := baseOptions(f, f.directory(build), out)
	if err != nil {
		_, _ = fmt.Fprintln(errs, "kiro-worker:", err)
		return worker.ExitInfrastructure
	}
	defer done()
	o.Build = build
	parameters := contract.Parameters{
		LocksTableName: look.LocksTableName, LockRegion: look.LockRegion, GitHubTokenSecretARN: look.GitHubTokenSecretARN,
		Frozen: contract.Frozen{GitHubAPIURL: look.GitHubAPIURL, GitSecretARN: look.GitSecretARN},
	}
	o.Ports, err = newPorts(ctx, parameters)
	if err == nil {
		o.Ports.Forge, o.Ports.Remote, err = newForge(parameters, o.Ports.Secrets, o.Redactor)
	}
	if err != nil {
		o.Log.Error(err, "The build's clients could not be made")
		return worker.ExitInfrastructure
	}
	report := worker.Look(ctx, o, look)
	code := worker.ExitOK
	for _, line := range report.Lines {
		if !line.OK {
			code = worker.ExitInfrastructure
		}
		o.Log.Info("Looked", "check", line.Check, "ok", line.OK, "detail", line.Message)
	}
	if err := writeReport(ctx, o.Ports, look, report); err != nil {
		o.Log.Error(err, "The report could not be written: the build's role needs dynamodb:UpdateItem on the lock table's rows branch#*")
		return worker.ExitInfrastructure
	}
	return code
}

func writeReport(ctx context.Context, ports worker.Ports, look contract.Look, report contract.LookReport) error {
	text, err := json.Marshal(report)
	if err != nil {
		return fmt.Errorf("encoding the report: %w", err)
	}
	return ports.Notes.WriteNote(ctx, contract.LookKey(look.ID), string(text), time.Now().Add(keepReport))
}
