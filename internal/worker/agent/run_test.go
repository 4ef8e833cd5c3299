// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package agent_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/worker/agent"
	"github.com/kiro-worker/kiro-worker/internal/worker/agent/preset"
	"github.com/kiro-worker/kiro-worker/internal/worker/process"
)

func TestCommandLine(t *testing.T) {
	cases := []struct {
		why, preset string
		call        preset.Call
		want        []string
		fails       string
	}{
		{why: "each preset makes its own", preset: preset.Codex, call: preset.Call{Prompt: "Do it"},
			want: []string{"codex", "exec", "--json", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", "Do it"}},
		{why: "a zero byte ends no argument", preset: preset.Command, call: preset.Call{Command: []string{"a", "{{.TaskTitle}}"}, TaskTitle: "x\x00y"}, want: []string{"a", "xy"}},
		{why: "a path that the agent would take for an option", preset: preset.KiroExecuteTask, call: preset.Call{SpecPath: "--upload-pack=x", TaskID: "1"}, fails: "begins with a dash"},
		{why: "a prompt that it would take for one", preset: preset.ClaudeCode, call: preset.Call{Prompt: "--mcp-config x"}, fails: "begins with a dash"},
		{why: "a preset that nobody knows is named, with those that there are", preset: "other", fails: `"other": use one of kiro, kiro-execute-task, claude-code`},
		{why: "a program that is none", preset: preset.Command, call: preset.Call{Command: []string{"{{.Prompt}}"}}, fails: "no program"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			got, err := agent.CommandLine(c.preset, c.call)
			if (err != nil) != (c.fails != "") || err != nil && !strings.Contains(err.Error(), c.fails) {
				t.Fatalf("error %v; want %q", err, c.fails)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("arguments (-want +got):\n%s", diff)
			}
		})
	}
}

func TestRun(t *testing.T) {
	cases := []struct {
		why, script string
		silence     time.Duration
		denied      []string
		count       int
		suspicious  string
	}{
		{why: "an agent that ends well is not suspicious, which is not yet success", script: "echo done"},
		{why: "a denied tool is seen although the exit code is 0, also where the word is coloured",
			script: `printf 'x\n[\033[31mdenied\033[0m] fs_write\n' >&2`, count: 1, denied: []string{"[denied] fs_write"},
			suspicious: "the agent was denied a tool 1 times"},
		{why: "many of them are counted, a few are kept, cut",
			script: `i=0; while [ $i -lt 9 ]; do printf '[denied] %0300d\n' 0 >&2; i=$((i+1)); done`, count: 9,
			denied:     slices.Repeat([]string{"[denied] " + strings.Repeat("0", 191) + "…"}, 5),
			suspicious: "the agent was denied a tool 9 times"},
		{why: "a line without end is looked through in bounded memory", script: "head -c 3000000 /dev/zero | tr '\\0' a >&2; echo '[denied]' >&2", count: 1,
			denied: []string{"PREFIX"}, suspicious: "the agent was denied a tool 1 times"},
		{why: "on standard output it is what the tests of an access rule print", script: "echo '[denied]: no right'"},
		{why: "in other letters it is not Kiro's word", script: "echo '[DENIED]' >&2; echo '[Denied]' >&2"},
		{why: "an exit code is explained", script: "exit 3", suspicious: "the agent ended with exit code 3 (Kiro: an MCP server did not start)"},
		{why: "a hang is distinguished from a failure", script: "exec sleep 60", silence: 300 * time.Millisecond,
			suspicious: "the agent wrote nothing for too long and was ended"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			dir := t.TempDir()
			output := filepath.Join(dir, "agent.log")
			if err := os.WriteFile(output, []byte("[denied] by an earlier task\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := agent.Run(t.Context(), agent.Spec{
				Preset: preset.Command, Command: []string{"/bin/sh", "-c", c.script},
				Task: agent.Task{ID: "1", Title: "T"}, SpecPath: "spec", Dir: dir,
				Env: []string{"PATH=/usr/bin:/bin"}, Output: output, Errors: filepath.Join(dir, "errors.log"), Silence: c.silence,
			})
			if err != nil {
				t.Fatal(err)
			}
			if got.Denied != c.count || got.Suspicious() != c.suspicious {
				t.Errorf("denied %d, suspicious %q; want %d, %q", got.Denied, got.Suspicious(), c.count, c.suspicious)
			}
			if len(c.denied) > 0 && c.denied[0] == "PREFIX" {
				return
			}
			if diff := cmp.Diff(c.denied, got.DeniedLines); diff != "" {
				t.Errorf("lines (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAnAgentThatIsNotInstalledIsTerminal(t *testing.T) {
	dir := t.TempDir()
	_, err := agent.Run(t.Context(), agent.Spec{Dir: dir, Env: []string{"PATH=" + dir}, Output: filepath.Join(dir, "log"), Errors: filepath.Join(dir, "errors")})
	if fault.CodeOf(err) != fault.CodeInvalidConfiguration || !strings.Contains(err.Error(), "kiro-cli") {
		t.Errorf("got %v; want it to be terminal, and to name the program", err)
	}
}

func TestAnAgentThatCannotBeExecutedIsTerminal(t *testing.T) {
	for why, text := range map[string]string{
		"its interpreter is missing":               "#!/no/such/interpreter\n",
		"it is no program of this system's format": "\x7fELF nothing of the kind",
	} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "kiro-cli"), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
		_, err := agent.Run(t.Context(), agent.Spec{Dir: dir, Env: []string{"PATH=" + dir}, Output: filepath.Join(dir, "log"), Errors: filepath.Join(dir, "errors")})
		if fault.CodeOf(err) != fault.CodeInvalidConfiguration || !strings.Contains(err.Error(), "kiro-cli") || !strings.Contains(err.Error(), "chmod o+rx") {
			t.Errorf("%s: got %v; want it to be terminal, to name the program and to say what to do", why, err)
		}
	}
}

// A program under root's home is found by the worker and closed to the agent's user. Only root can try that.
func TestAnAgentBehindAClosedDirectoryIsTerminal(t *testing.T) {
	if os.Geteuid() != 0 {
		return // nobody else can become another user
	}
	dir, err := os.MkdirTemp("", "kiro-worker-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	closed := filepath.Join(dir, "closed")
	for _, err := range []error{os.Chmod(dir, 0o755), os.Mkdir(closed, 0o700), os.WriteFile(filepath.Join(closed, "kiro-cli"), []byte("#!/bin/sh\n"), 0o755)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	_, err = agent.Run(t.Context(), agent.Spec{
		Dir: dir, Env: []string{"PATH=" + closed}, Output: filepath.Join(dir, "log"), Errors: filepath.Join(dir, "errors"),
		Credential: &process.Credential{UID: 65534, GID: 65534},
	})
	if fault.CodeOf(err) != fault.CodeInvalidConfiguration || !strings.Contains(err.Error(), closed) || !strings.Contains(err.Error(), "chmod o+rx") {
		t.Errorf("got %v; want it to be terminal, to name the program and to say what to do", err)
	}
}

func TestOutputHoldsBothStreams(t *testing.T) {
	dir := t.TempDir()
	output, errs := filepath.Join(dir, "agent.log"), filepath.Join(dir, "errors.log")
	for _, script := range []string{"echo out-1; echo err-1 >&2", "echo out-2", "printf err-3 >&2"} {
		_, err := agent.Run(t.Context(), agent.Spec{
			Preset: preset.Command, Command: []string{"/bin/sh", "-c", script}, Dir: dir,
			Env: []string{"PATH=/usr/bin:/bin"}, Output: output, Errors: errs,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(output)
	if err != nil {
		t.Fatal(err)
	}
	want := "out-1\n\n===== standard error\nerr-1\nout-2\n\n===== standard error\nerr-3"
	if diff := cmp.Diff(want, string(text)); diff != "" {
		t.Errorf("output, run by run (-want +got):\n%s", diff)
	}
	if _, err := os.Stat(errs); err == nil {
		t.Error("what was joined is still there, and would be shown twice")
	}
}
