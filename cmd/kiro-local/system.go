// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/kiro-worker/kiro-worker/internal/local/demo"
)

// withSystem starts the demo's system in a directory of its own, with the programs that are beside this one, and runs what
// is to be done with it. Afterwards, or when a person ends it, everything that was started is stopped. Where the code is
// zero and nothing failed, what nobody needs any more is removed.
func withSystem(o demo.Options, run func(context.Context, *demo.System) (int, error)) (code int, err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	unlock, err := demo.PrepareDir(o.Dir)
	if err != nil {
		return 0, err
	}
	defer unlock()
	self, err := selfPath()
	if err != nil {
		return 0, err
	}
	o.Bin, o.Launch, o.Say = filepath.Dir(self), true, func(line string) { fmt.Println("starting", line) }
	system, err := demo.Start(ctx, o)
	// A panic comes through here as well, so that nothing is left behind.
	defer func() {
		if err = errors.Join(err, system.Close()); err == nil && code == 0 {
			err = system.Tidy()
		}
	}()
	if err != nil {
		return 0, interrupted(ctx, err)
	}
	if code, err = run(ctx, system); err != nil {
		return 0, interrupted(ctx, err)
	}
	return code, nil
}

// interrupted says it plainly if a person ended the demo.
func interrupted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errors.New("interrupted; everything that was started is stopped")
	}
	return err
}

// selfPath is this program's own path: the other programs are beside it.
func selfPath() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", fmt.Errorf("finding this program: %w", err)
	}
	if self, err = filepath.EvalSymlinks(self); err != nil {
		return "", fmt.Errorf("finding this program: %w", err)
	}
	return self, nil
}
