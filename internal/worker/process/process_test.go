// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package process_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	testclock "k8s.io/utils/clock/testing"

	"github.com/kiro-worker/kiro-worker/internal/worker/process"
)

// shell runs a script with the least environment that finds the system's tools.
func shell(t *testing.T, script string) process.Spec {
	t.Helper()
	dir := t.TempDir()
	return process.Spec{
		Args: []string{"/bin/sh", "-c", script}, Dir: dir,
		Env:    []string{"PATH=/usr/local/bin:/usr/bin:/bin"},
		Stdout: filepath.Join(dir, "out.log"),
		Grace:  200 * time.Millisecond,
	}
}

func contents(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestRunReportsHowTheProgramEnded(t *testing.T) {
	cases := []struct {
		why, script  string
		want         process.Result
		stdout       string
		spec         func(*process.Spec)
		stderrApart  bool
		wantedStderr string
	}{
		{
			why:    "a program that ends by itself is exited, and its output is in the file",
			script: "echo hello; echo world >&2",
			want:   process.Result{End: process.EndExited, OutputBytes: 12},
			stdout: "hello\nworld\n",
		},
		{
			why:    "an exit code is a result and no error: what it means is for the caller to decide",
			script: "exit 3",
			want:   process.Result{End: process.EndExited, ExitCode: 3},
		},
		{
			why:    "a signal is given by name, so that a killed test run does not look like a failed one",
			script: "kill -SEGV $$",
			want:   process.Result{End: process.EndExited, ExitCode: -1, Signal: syscall.SIGSEGV.String()},
		},
		{
			why:    "standard input is empty: a program that asks a question ends instead of waiting for ever",
			script: "cat; echo end",
			want:   process.Result{End: process.EndExited, OutputBytes: 4},
			stdout: "end\n",
		},
		{
			why:          "standard error can be kept apart, so that it cannot break a report on standard output",
			script:       "echo report; echo noise >&2",
			want:         process.Result{End: process.EndExited, OutputBytes: 13},
			stdout:       "report\n",
			stderrApart:  true,
			wantedStderr: "noise\n",
		},
		{
			why:    "a program that runs out of time is ended",
			script: "echo started; exec sleep 60",
			spec:   func(s *process.Spec) { s.Timeout = 300 * time.Millisecond },
			want:   process.Result{End: process.EndTimedOut, ExitCode: -1, Signal: syscall.SIGTERM.String(), OutputBytes: 8},
			stdout: "started\n",
		},
		{
			why:    "one that ignores SIGTERM is killed",
			script: "trap '' TERM; echo started; while :; do sleep 1; done",
			spec:   func(s *process.Spec) { s.Timeout = 300 * time.Millisecond },
			want:   process.Result{End: process.EndTimedOut, ExitCode: -1, Signal: syscall.SIGKILL.String(), OutputBytes: 8},
			stdout: "started\n",
		},
		{
			why:    "one that has nothing more to say is ended: it may wait for an answer that never comes",
			script: "echo started; exec sleep 60",
			spec:   func(s *process.Spec) { s.Silence = 300 * time.Millisecond },
			want:   process.Result{End: process.EndSilent, ExitCode: -1, Signal: syscall.SIGTERM.String(), OutputBytes: 8},
			stdout: "started\n",
		},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			spec := shell(t, c.script)
			if c.spec != nil {
				c.spec(&spec)
			}
			if c.stderrApart {
				spec.Stderr = filepath.Join(spec.Dir, "err.log")
			}
			got, err := process.Run(t.Context(), spec)
			if err != nil {
				t.Fatal(err)
			}
			got.Duration, got.LeftBehind = 0, 0
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("result (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.stdout, contents(t, spec.Stdout)); diff != "" {
				t.Errorf("standard output (-want +got):\n%s", diff)
			}
			if c.stderrApart {
				if diff := cmp.Diff(c.wantedStderr, contents(t, spec.Stderr)); diff != "" {
					t.Errorf("standard error (-want +got):\n%s", diff)
				}
			}
		})
	}
}

// A program that writes now and then is alive, however long it takes. The clock is ours: each line that the program
// is seen to write lets the next half of the silence pass, so nothing depends on the machine's speed.
func TestSilenceIsMeasuredFromTheLastOutput(t *testing.T) {
	clock := testclock.NewFakeClock(time.Unix(1000, 0))
	spec := shell(t, "for i in 1 2 3 4 5 6; do while [ ! -e go$i ]; do sleep 0.01; done; echo line; done; exec sleep 60")
	spec.Clock, spec.Silence, spec.Grace = clock, 10*time.Second, time.Minute

	done := make(chan process.Result, 1)
	go func() {
		r, err := process.Run(context.Background(), spec)
		if err != nil {
			t.Error(err)
		}
		done <- r
	}()
	for i := 1; i <= 6; i++ {
		if err := os.WriteFile(filepath.Join(spec.Dir, "go"+strconv.Itoa(i)), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		waitFor(t, func() bool { b, _ := os.ReadFile(spec.Stdout); return len(b) == 5*i })
		select {
		case r := <-done:
			t.Fatalf("ended after %d lines: %+v", i, r)
		default:
		}
		clock.Step(time.Second)
	}
	var r process.Result
	waitFor(t, func() bool {
		clock.Step(time.Second)
		select {
		case r = <-done:
			return true
		default:
			return false
		}
	})
	if r.End != process.EndSilent || r.Duration < 16*time.Second {
		t.Errorf("got %q after %s; want it silent, 10s after the sixth line", r.End, r.Duration)
	}
}

func TestCancellingEndsTheProgram(t *testing.T) {
	spec := shell(t, "echo started; exec sleep 60")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan process.Result, 1)
	go func() {
		r, err := process.Run(ctx, spec)
		if err != nil {
			t.Error(err)
		}
		done <- r
	}()
	waitFor(t, func() bool { b, _ := os.ReadFile(spec.Stdout); return len(b) > 0 })
	cancel()
	if got := <-done; got.End != process.EndCancelled {
		t.Fatalf("got %+v; want it cancelled", got)
	}
}

func TestWhatIsLeftBehindIsEnded(t *testing.T) {
	cases := []struct{ why, script string }{
		{"a child in the group", "sleep 61 & echo $! > pid; exit 0"},
		{"a child that ignores signals", "(trap '' TERM HUP; exec sleep 62) & echo $! > pid; exit 0"},
		{"a daemon that left the group and the session", "setsid sh -c 'echo $$ > pid; exec sleep 63' & while [ ! -s pid ]; do sleep 0.01; done"},
		{"the child of a program that was itself ended", "sleep 64 & echo $! > pid; sleep 64"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			spec := shell(t, c.script)
			spec.Timeout = time.Second
			got, err := process.Run(t.Context(), spec)
			if err != nil {
				t.Fatal(err)
			}
			pid, err := strconv.Atoi(strings.TrimSpace(contents(t, filepath.Join(spec.Dir, "pid"))))
			if err != nil {
				t.Fatal(err)
			}
			waitFor(t, func() bool { return dead(pid) })
			if got.End == process.EndExited && got.LeftBehind == 0 {
				t.Errorf("%+v does not say that something was left", got)
			}
		})
	}
}

// dead is true of a process that is gone or only waits to be reaped by a parent that is not ours.
func dead(pid int) bool {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || strings.Contains(string(b), ") Z ")
}

func TestLongOutputIsCutInTheMiddle(t *testing.T) {
	spec := shell(t, "echo first; i=0; while [ $i -lt 4000 ]; do echo $i; i=$((i+1)); done; sleep 0.6; echo last")
	spec.MaxOutput = 4096
	got, err := process.Run(t.Context(), spec)
	if err != nil {
		t.Fatal(err)
	}
	text := contents(t, spec.Stdout)
	if len(text) > 4200 {
		t.Errorf("the file has %d bytes; at most about 4096 were allowed", len(text))
	}
	if !strings.HasPrefix(text, "first\n0\n1\n") || !strings.HasSuffix(text, "3999\nlast\n") || !strings.Contains(text, "bytes left out") {
		t.Errorf("head, tail or mark are missing:\n%.200s\n[...]\n%s", text, text[max(0, len(text)-200):])
	}
	if want := int64(len("first\nlast\n") + 10*2 + 90*3 + 900*4 + 3000*5); got.OutputBytes != want {
		t.Errorf("%d bytes are said to be written; want %d", got.OutputBytes, want)
	}
}

func TestOnlyTheGivenEnvironmentIsSeen(t *testing.T) {
	t.Setenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/secret")
	spec := shell(t, "env")
	spec.Env = append(spec.Env, "GIVEN=yes")
	if _, err := process.Run(t.Context(), spec); err != nil {
		t.Fatal(err)
	}
	text := contents(t, spec.Stdout)
	if strings.Contains(text, "AWS_") || !strings.Contains(text, "GIVEN=yes\n") {
		t.Errorf("the program saw:\n%s", text)
	}
}

func TestAProgramThatCannotBeRunIsAnError(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "npm"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		why  string
		args []string
		path string
	}{
		{"a name that is not in PATH", []string{"no-such-program"}, "/usr/bin:/bin"},
		{"a relative entry of PATH is not looked into: the repository could put a program there", []string{"npm"}, "."},
		{"an empty entry of PATH means the same", []string{"npm"}, ""},
		{"a path that does not exist", []string{"./missing"}, "/bin"},
		{"a directory is no program", []string{"/"}, "/bin"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			_, err := process.Run(t.Context(), process.Spec{
				Args: c.args, Dir: dir, Env: []string{"PATH=" + c.path}, Stdout: filepath.Join(dir, "out"),
			})
			if !errors.Is(err, process.ErrNotFound) {
				t.Errorf("got %v; want ErrNotFound", err)
			}
		})
	}
}

func TestKillUserEndsAllOfAUser(t *testing.T) {
	if os.Getuid() != 0 {
		t.Log("running as an ordinary user: only the refusal to find others is checked")
		if n, err := process.KillUser(54321, 54322); n != 0 || err != nil {
			t.Errorf("%d processes of a user who does not exist were ended (%v)", n, err)
		}
		return
	}
	spec := shell(t, "echo begun; while [ ! -e stop ]; do sleep 0.05; done")
	// Another user must be able to enter the directory.
	for d := spec.Dir; d != "/" && d != os.TempDir(); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	spec.Credential = &process.Credential{UID: 54321, GID: 54321}
	done := make(chan process.Result, 1)
	go func() {
		r, err := process.Run(context.Background(), spec)
		if err != nil {
			t.Error(err)
		}
		done <- r
	}()
	waitFor(t, func() bool {
		text, err := os.ReadFile(spec.Stdout)
		return err == nil && len(text) > 0
	})
	if n, err := process.KillUser(54321, 54322); n == 0 || err != nil {
		t.Fatalf("%d ended, %v", n, err)
	}
	if r := <-done; r.Signal != syscall.SIGKILL.String() {
		t.Errorf("got %+v; want it killed", r)
	}
}

// waitFor polls, with a bound that only a hang reaches.
func waitFor(t *testing.T, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatal("it did not happen within 30 s")
		}
		time.Sleep(5 * time.Millisecond)
	}
}
