// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Command kubectl-workitem is the kubectl plugin for people: `kubectl workitem list`, `show`, `retry`, `cancel`,
// `priority`, `unlock`, `doctor` and `support-bundle`. It does nothing that a person could not do with kubectl and the AWS console; it says in
// plain words what it sees, and refuses what would do harm.
//
// It exits with 0 if all is done, 1 if something failed, 2 if it was called wrongly, 3 if the current state forbids
// what was asked for and nothing was changed, 4 if what was named does not exist, 130 if it was interrupted.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// version is set by the linker.
var version = "dev"

func main() {
	log.SetLogger(logr.Discard()) // logs of libraries are not for the person who calls it
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	a := app{
		in: os.Stdin, out: os.Stdout, errOut: os.Stderr, terminal: isTerminal(os.Stderr),
		clock: clock.RealClock{}, location: time.Local,
	}
	code := a.run(ctx, os.Args[1:])
	stop()
	os.Exit(code)
}

// isTerminal reports whether a person reads what is written there.
func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
