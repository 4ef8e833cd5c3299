// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Command manager is the controller: it polls boards, brings work items through their steps and watches their
// builds. It runs in the cluster; agents never do. "manager doctor" looks whether an installation can work, and ends.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"

	"github.com/spf13/pflag"
	"golang.org/x/term"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/kiro-worker/kiro-worker/internal/logging"
	"github.com/kiro-worker/kiro-worker/internal/redact"
	"github.com/kiro-worker/kiro-worker/internal/tracing"
)

// garbagePercent is how much garbage there may be beside what is in use. The heap is mostly the cache of work items, which a
// long queue makes large. Collecting takes a fifth of a busy manager's processor time instead of an eighth, and nothing of an idle
// one's.
const garbagePercent = 50

// keepMemoryLow collects garbage sooner than Go does by itself, unless GOGC says how soon.
func keepMemoryLow(lookup func(string) (string, bool)) {
	if _, ok := lookup("GOGC"); !ok {
		debug.SetGCPercent(garbagePercent)
	}
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		if errors.Is(err, pflag.ErrHelp) {
			return
		}
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) > 0 && args[0] == "doctor" {
		return runDoctor(args[1:])
	}
	o, err := parseOptions(args, os.LookupEnv)
	if err != nil {
		return err
	}
	if o.version {
		fmt.Println(version)
		return nil
	}
	// Whatever an error of a library contains, nothing that looks like a secret gets into the log.
	sink := redact.NewLineWriter(os.Stdout, redact.New(redact.Options{Known: tracing.Secrets(os.LookupEnv)}))
	defer func() { _ = sink.Close() }()
	format, err := logging.FormatFor(o.logFormat, term.IsTerminal(int(os.Stdout.Fd())))
	if err != nil {
		return err
	}
	logger, err := logging.NewTo(o.logLevel, logging.Sink{Writer: sink, Format: format})
	if err != nil {
		return err
	}
	log.SetLogger(logger)
	config, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("finding the cluster: %w", err)
	}
	keepMemoryLow(os.LookupEnv)
	nameTo(config)
	o.limit(config)
	metrics.Registry.MustRegister(buildInfo())
	ctx := log.IntoContext(ctrl.SetupSignalHandler(), logger)
	if err := standBy(ctx, logger, config, o); err != nil {
		return err
	}
	ctx, yield := context.WithCancelCause(ctx)
	defer yield(nil)
	mgr, err := newManager(ctx, config, o, yield)
	if err != nil {
		return err
	}
	logger.Info("manager started", keyVersion, version, keyCluster, o.clusterName)
	if err := mgr.Start(ctx); err != nil {
		return err
	}
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause // started again, it stands by
	}
	return nil
}
