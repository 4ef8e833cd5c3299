// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"
)

// stopTimeout is how long the manager may take to end after it was asked to.
const stopTimeout = 10 * time.Second

// program is a program of ours that runs beside us.
type program struct {
	cmd  *exec.Cmd
	log  *os.File
	done chan struct{} // closed when it ended
	err  error

	killed atomic.Bool // on purpose
}

// startProgram starts a program that writes to a log file. It dies with this process.
func startProgram(path, log string, env []string, args ...string) (*program, error) {
	f, err := os.Create(log)
	if err != nil {
		return nil, fmt.Errorf("making the log of %s: %w", filepath.Base(path), err)
	}
	// Not CommandContext: it would kill, where an orderly end is wanted.
	cmd := exec.Command(path, args...) //nolint:noctx // see above
	cmd.Env, cmd.Stdout, cmd.Stderr, cmd.SysProcAttr = env, f, f, dieWithParent()
	if err := cmd.Start(); err != nil {
		_ = f.Close()
		return nil, fmt.Errorf("starting %s: %w", filepath.Base(path), err)
	}
	p := &program{cmd: cmd, log: f, done: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		_ = f.Close()
		close(p.done)
	}()
	return p, nil
}

// stop ends the program: with a request first, and by force if that does not help.
func (p *program) stop() error {
	if p == nil {
		return nil
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(stopTimeout):
	}
	err := p.cmd.Process.Kill()
	<-p.done
	return errors.Join(fmt.Errorf("%s did not end within %s and was killed", filepath.Base(p.cmd.Path), stopTimeout), err)
}

// kill ends the program at once, as a machine that dies does.
func (p *program) kill() {
	p.killed.Store(true)
	_ = p.cmd.Process.Kill()
	<-p.done
}

// watch returns a context that ends, with the reason, when the program does.
func (p *program) watch(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	if p == nil { // somebody else's
		return ctx, func() { cancel(context.Canceled) }
	}
	go func() {
		select {
		case <-p.done:
			if p.killed.Load() {
				return
			}
			cancel(fmt.Errorf("%s ended by itself (%w); its log is %s", filepath.Base(p.cmd.Path), p.err, p.log.Name()))
		case <-ctx.Done():
		}
	}()
	return ctx, func() { cancel(context.Canceled) }
}
