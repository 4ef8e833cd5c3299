// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package process

import (
	"context"
	"os/exec"
	"syscall"
	"time"
)

// running is a started program.
type running struct {
	spec    Spec
	cmd     *exec.Cmd
	outputs *outputs
	mark    string
	group   int
	started time.Time
	exited  <-chan struct{}
}

// wait returns when the program and everything that it started are over.
func (r *running) wait(ctx context.Context) Result {
	end := r.watch(ctx)
	if end != EndExited {
		r.terminate()
	}
	left := r.sweep()
	r.outputs.trim()

	state := r.cmd.ProcessState
	result := Result{
		End: end, ExitCode: state.ExitCode(), Duration: r.spec.Clock.Since(r.started),
		OutputBytes: r.outputs.written(), LeftBehind: left,
	}
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		result.Signal = status.Signal().String()
	}
	return result
}

// watch waits for the program's end, or for a reason to end it.
func (r *running) watch(ctx context.Context) End {
	ticker := r.spec.Clock.NewTicker(DefaultPoll)
	defer ticker.Stop()
	heard, size := r.started, int64(0)
	for {
		select {
		case <-r.exited:
			return EndExited
		case <-ctx.Done():
			return EndCancelled
		case <-ticker.C():
		}
		now := r.spec.Clock.Now()
		r.outputs.trim()
		if written := r.outputs.written(); written != size {
			heard, size = now, written
		}
		switch {
		case r.spec.Timeout > 0 && now.Sub(r.started) >= r.spec.Timeout:
			return EndTimedOut
		case r.spec.Silence > 0 && now.Sub(heard) >= r.spec.Silence:
			return EndSilent
		}
	}
}

// terminate asks the group to end, and makes it end if it does not.
func (r *running) terminate() {
	signalGroup(r.group, syscall.SIGTERM)
	timer := r.spec.Clock.NewTimer(r.spec.Grace)
	defer timer.Stop()
	select {
	case <-r.exited:
	case <-timer.C():
		signalGroup(r.group, syscall.SIGKILL)
		<-r.exited
	}
}

// sweep ends what the program left behind: the rest of its group at once, as nobody waits for its result any more,
// and whatever left the group, where the system can find it. It returns how many there were.
func (r *running) sweep() int {
	left := len(strays(r.group, r.mark))
	signalGroup(r.group, syscall.SIGKILL)
	// A process can start another between being seen and being killed, so look until there is none. The bound is for
	// one that forks faster than it can be killed.
	for range 20 {
		found := strays(r.group, r.mark)
		if len(found) == 0 {
			break
		}
		for _, pid := range found {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	return left
}

// signalGroup sends a signal to a whole process group. A group that is gone is what is wanted.
func signalGroup(group int, sig syscall.Signal) {
	if group > 1 {
		_ = syscall.Kill(-group, sig)
	}
}
