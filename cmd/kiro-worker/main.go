// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Command kiro-worker runs inside a CodeBuild build: it implements the spec of one work item, stage by stage.
//
//	kiro-worker run --phase pre_build|build|post_build|finally   what the buildspec calls
//	kiro-worker run --local DIR                                  the same on a developer's checkout, without AWS or GitHub
//	kiro-worker version
//
// docs/worker.md has the stages, the exit codes and the environment variables.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/pflag"

	"github.com/kiro-worker/kiro-worker/internal/redact"
	"github.com/kiro-worker/kiro-worker/internal/worker"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

// version is set when the program is built.
var version = "dev"

const usage = `Usage:
  kiro-worker run --phase pre_build|build|post_build|finally
  kiro-worker run --local DIR [--spec PATH] [--agent PRESET]
  kiro-worker version
`

func main() {
	hide()
	os.Exit(int(dispatch(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)))
}

func dispatch(args []string, in io.Reader, out, errs io.Writer) worker.ExitCode {
	if len(args) == 0 {
		_, _ = io.WriteString(errs, usage)
		return worker.ExitUsage
	}
	switch args[0] {
	case "run":
		return run(args[1:], out, errs)
	case gitrepo.CredentialCommand:
		return gitCredential(args[1:], in, out, errs)
	case "version", "--version":
		_, _ = fmt.Fprintf(out, "kiro-worker %s, redaction by the rules of %s\n", version, redact.RulesSource())
		return worker.ExitOK
	case "help", "--help", "-h":
		_, _ = io.WriteString(out, usage)
		return worker.ExitOK
	default:
		_, _ = fmt.Fprintf(errs, "unknown command %q\n%s", args[0], usage)
		return worker.ExitUsage
	}
}

// gitCredential answers git, which calls it as its helper.
func gitCredential(args []string, in io.Reader, out, errs io.Writer) worker.ExitCode {
	if len(args) != 1 {
		return worker.ExitUsage
	}
	if err := gitrepo.AnswerCredential(args[0], in, out); err != nil {
		_, _ = fmt.Fprintln(errs, "kiro-worker:", err)
		return worker.ExitInfrastructure
	}
	return worker.ExitOK
}

func run(args []string, out, errs io.Writer) worker.ExitCode {
	flags := newFlags(errs)
	switch err := flags.parse(args); {
	case errors.Is(err, pflag.ErrHelp):
		return worker.ExitOK
	case err != nil:
		_, _ = fmt.Fprintln(errs, "kiro-worker:", err)
		return worker.ExitUsage
	}
	ctx, stop := interruptible()
	defer stop()
	if flags.local != "" {
		return runLocal(ctx, flags, out, errs)
	}
	if onlyLooks() {
		return runLook(ctx, flags, out, errs)
	}
	return runPhase(ctx, flags, out, errs)
}

// interruptible is a context that SIGTERM and SIGINT end, with a cause that the worker knows.
func interruptible() (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		if _, ok := <-signals; ok {
			cancel(worker.ErrInterrupted)
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(signals)
		cancel(nil)
	}
}
