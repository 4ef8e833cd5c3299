// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/term"
	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/logging"
	"github.com/kiro-worker/kiro-worker/internal/redact"
	"github.com/kiro-worker/kiro-worker/internal/tracing"
	"github.com/kiro-worker/kiro-worker/internal/worker"
)

// runPhase runs one phase of a build, with everything real.
func runPhase(ctx context.Context, f *flags, out, errs io.Writer) worker.ExitCode {
	parameters, err1 := contract.ParametersFrom(os.LookupEnv)
	build, err2 := buildFrom(os.LookupEnv)
	if err := errors.Join(err1, err2); err != nil {
		_, _ = fmt.Fprintln(errs, "kiro-worker:", err)
		return worker.ExitUsage
	}
	options, done, err := baseOptions(f, f.directory(build), out)
	if err != nil {
		_, _ = fmt.Fprintln(errs, "kiro-worker:", err)
		return worker.ExitInfrastructure
	}
	defer done()
	options.Parameters, options.Build = parameters, build
	if options.Ports, err = newPorts(ctx, parameters); err != nil {
		options.Log.Error(err, "The build's clients could not be made")
		return worker.ExitInfrastructure
	}
	options.Traces, err = tracing.Join(ctx, "kiro-worker", version, parameters.LockID, parameters.TraceParent, os.LookupEnv)
	if err != nil {
		logging.Warn(options.Log, "No spans are sent by this build; the controller tells when its stages ran", logging.KeyError, err.Error())
	}
	options.Connect = func(p contract.Parameters) (worker.Forge, worker.Remote, error) {
		return newForge(p, options.Ports.Secrets, options.Redactor)
	}
	return worker.Run(ctx, options, worker.Phase(f.phase))
}

// uuid is what is in a build's id; it becomes part of paths and keys.
var uuid = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)

// buildFrom reads what CodeBuild says of the build.
func buildFrom(lookup func(string) (string, bool)) (worker.Build, error) {
	get := func(name string) string { v, _ := lookup(name); return v }
	b := worker.Build{ARN: get("CODEBUILD_BUILD_ARN"), URL: get("CODEBUILD_BUILD_URL"), SourceDir: get("CODEBUILD_SRC_DIR")}
	if get("AWS_ENDPOINT_URL") == "" {
		b.Region = get("AWS_REGION")
	}
	_, b.UUID, _ = strings.Cut(get("CODEBUILD_BUILD_ID"), ":")
	if b.ARN == "" || !uuid.MatchString(b.UUID) {
		return worker.Build{}, errors.New("CODEBUILD_BUILD_ARN and CODEBUILD_BUILD_ID are not set: this runs inside CodeBuild; on a checkout use --local")
	}
	started, err := strconv.ParseInt(get("CODEBUILD_START_TIME"), 10, 64)
	if err != nil {
		return worker.Build{}, errors.New("CODEBUILD_START_TIME is not a number of milliseconds")
	}
	b.StartedAt = time.UnixMilli(started).UTC()
	return b, nil
}

// baseOptions are what a build and a local run have in common. done flushes the log.
func baseOptions(f *flags, dir string, out io.Writer) (o worker.Options, done func(), err error) {
	if err := os.MkdirAll(dir, 0o711); err != nil { //nolint:gosec // agents pass through to their own directories
		return o, nil, err
	}
	executable, err := os.Executable()
	if err != nil {
		return o, nil, err
	}
	buildLog := filepath.Join(dir, "build.log")
	file, err := os.OpenFile(buildLog, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return o, nil, err
	}
	redactor := redact.New(redact.Options{Known: environmentSecrets()})
	lines, kept := redact.NewLineWriter(out, redactor), redact.NewLineWriter(file, redactor)
	format, err := logging.FormatFor(f.logFormat, isTerminal(out))
	var log logr.Logger
	if err == nil {
		// What is kept is read by machines, whoever watches.
		log, err = logging.NewTo(f.logLevel, logging.Sink{Writer: lines, Format: format}, logging.Sink{Writer: kept, Format: logging.FormatJSON})
	}
	if err != nil {
		_ = file.Close()
		return o, nil, err
	}
	o = worker.Options{
		Dir: dir, AgentUser: f.agentUser, Environ: os.Environ(), Executable: executable, Version: version,
		NPMCache: os.Getenv(envNPMCache), BuildLog: buildLog, Redactor: redactor, Log: logr.Logger.WithName(log, "worker"), Clock: clock.RealClock{}, Random: rand.Float64,
	}
	return o, func() { _, _, _ = lines.Close(), kept.Close(), file.Close() }, nil
}

// envNPMCache is where CodeBuild puts the archive of npm's cache, and takes it from, where the project has one (docs/adr/0021).
const envNPMCache = "KIRO_WORKER_NPM_CACHE"

func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// environmentSecrets are the values in the worker's own environment that nobody must see.
func environmentSecrets() []string {
	values := tracing.Secrets(os.LookupEnv)
	for _, name := range []string{"AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "KIRO_API_KEY", "GITHUB_TOKEN", "GH_TOKEN"} {
		if v := os.Getenv(name); v != "" {
			values = append(values, v)
		}
	}
	return values
}
