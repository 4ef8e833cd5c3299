// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package agent_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/worker/agent"
	"github.com/kiro-worker/kiro-worker/internal/worker/agent/preset"
)

// kiro puts a program of that name into a directory, and returns the environment to find it with.
func kiro(t *testing.T, script string) (dir string, env []string) {
	t.Helper()
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "kiro-cli"), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return dir, []string{"PATH=" + dir + ":/usr/bin:/bin"}
}

func TestWhatKiroSaysOfItsTurn(t *testing.T) {
	cases := []struct {
		why, script      string
		closed, nothing  bool
		credits, seconds float64
		refused          bool
		denied           int
	}{
		{why: "the closing line has what the turn cost", script: `echo hello; printf '\033[38;5;8m ▸ Credits: 0.42 • Time: 1m 12s\033[0m\n' >&2`, closed: true, credits: 0.42, seconds: 72},
		{why: "in another form and order", script: `echo 'Time: 9s, 1,5 credits used' >&2`, closed: true, credits: 1.5, seconds: 9},
		{why: "without a time", script: `echo 'Credits used: 3' >&2`, closed: true, credits: 3},
		{why: "a word alone is no cost", script: `echo hello; echo 'credits page added' >&2`},
		{why: "a wrong key ends with 0, says one line and does nothing", script: `echo 'error: Authentication failed: invalid API key' >&2`, nothing: true, refused: true},
		{why: "nothing at all is nothing", script: `printf ' \n\n'`, nothing: true},
		{why: "a run that printed something did something", script: `echo working`},
		{why: "a list of refused commands is a denial", script: `echo ok; echo 'Command rm -rf was rejected because it matches a pattern on the denied list' >&2`, denied: 1},
		{why: "half of these words is none", script: `echo ok; echo 'the order was rejected because it matches nothing' >&2`},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			dir, env := kiro(t, c.script)
			output := filepath.Join(dir, "agent.log")
			if err := os.WriteFile(output, []byte("an earlier task's words\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := agent.Run(t.Context(), agent.Spec{Dir: dir, Env: env, Output: output, Errors: filepath.Join(dir, "errors.log"), Task: agent.Task{ID: "1"}})
			if err != nil {
				t.Fatal(err)
			}
			if got.Ended != c.closed || got.Idle != c.nothing || got.Credits != c.credits || got.Seconds != c.seconds || (got.Refused != "") != c.refused || got.Denied != c.denied {
				t.Errorf("got closed %t, nothing %t, %g credits, %g s, refused %q, denied %d", got.Ended, got.Idle, got.Credits, got.Seconds, got.Refused, got.Denied)
			}
		})
	}
}

func TestProbe(t *testing.T) {
	cases := []struct{ why, preset, script, problem string }{
		{"who is logged in may work", "", `[ "$1" = whoami ] && echo 'Logged in with an API key'`, ""},
		{"a word for it that looks like another is none", "", `echo 'Authenticated as a team'`, ""},
		{"nobody is logged in", "", `echo 'Not logged in' >&2; exit 1`, "exit code 1: Not logged in"},
		{"a wrong key ends with 0", "", `echo 'error: invalid API key' >&2`, "invalid API key"},
		{"without a key it waits for a person", "", `exec sleep 60`, "no answer within"},
		{"a version without the command is asked by its first task", "", `echo "error: unrecognized subcommand 'whoami'" >&2; exit 2`, ""},
		{"another agent is not asked", preset.Command, `exit 1`, ""},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			dir, env := kiro(t, c.script)
			got, err := agent.Probe(t.Context(), agent.ProbeSpec{Preset: c.preset, Dir: t.TempDir(), Env: env, Output: dir, Timeout: 2 * time.Second})
			if err != nil {
				t.Fatal(err)
			}
			if (got == "") != (c.problem == "") || !strings.Contains(got, c.problem) {
				t.Errorf("got %q; want %q", got, c.problem)
			}
			if left, _ := filepath.Glob(filepath.Join(dir, "agent-probe*")); len(left) > 0 {
				t.Errorf("it left %v", left)
			}
		})
	}
	if got, err := agent.Probe(t.Context(), agent.ProbeSpec{Dir: t.TempDir(), Env: []string{"PATH=" + t.TempDir()}, Output: t.TempDir()}); got != "" || err != nil {
		t.Errorf("an agent that is not installed gave %q, %v; its first task says so", got, err)
	}
}
