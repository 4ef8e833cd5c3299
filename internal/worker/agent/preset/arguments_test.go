// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package preset_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/worker/agent/preset"
)

func TestArguments(t *testing.T) {
	call := preset.Call{SpecPath: ".kiro/specs/x", TaskID: "2.1", TaskTitle: "Add $(id); rm -rf / {{.TaskID}}", Prompt: "Do it", Home: "/home/agent"}
	with := func(change func(*preset.Call)) preset.Call {
		c := call
		change(&c)
		return c
	}
	resumed := with(func(c *preset.Call) { c.Resume = true })
	aider := []string{"aider", "--yes-always", "--no-auto-commits", "--no-dirty-commits", "--no-gitignore", "--no-check-update", "--no-show-release-notes",
		"--analytics-disable", "--no-detect-urls", "--no-fancy-input", "--no-pretty",
		"--input-history-file=/home/agent/.aider.input.history", "--chat-history-file=/home/agent/.aider.chat.history.md"}
	work := []string{"--read=.kiro/specs/x/design.md", "--file=.kiro/specs/x/tasks.md", "--message=Do it"}
	cases := []struct {
		why, preset string
		call        preset.Call
		want        []string
		fails       bool
	}{
		{why: "Kiro is the default, and its harness is always named", call: call, want: []string{"kiro-cli", "chat", "--v3", "--no-interactive", "--trust-all-tools", "Do it"}},
		{why: "another harness can be named", preset: preset.Kiro, call: with(func(c *preset.Call) { c.Harness = "v2" }),
			want: []string{"kiro-cli", "chat", "--v2", "--no-interactive", "--trust-all-tools", "Do it"}},
		{why: "Kiro resumes by directory", preset: preset.Kiro, call: resumed, want: []string{"kiro-cli", "chat", "--v3", "--no-interactive", "--trust-all-tools", "--resume", "Do it"}},
		{why: "the other preset of Kiro", preset: preset.KiroExecuteTask, call: call, want: []string{"kiro", "execute-task", "--spec", ".kiro/specs/x", "--task", "2.1"}},
		{why: "events come as they happen: with --output-format json a long turn looks like a program that hangs", preset: preset.ClaudeCode, call: call,
			want: []string{"claude", "-p", "--output-format", "stream-json", "--verbose", "--dangerously-skip-permissions", "Do it"}},
		{why: "Claude Code continues the directory's conversation", preset: preset.ClaudeCode, call: resumed,
			want: []string{"claude", "-p", "--output-format", "stream-json", "--verbose", "--dangerously-skip-permissions", "--continue", "Do it"}},
		{why: "Codex", preset: preset.Codex, call: call, want: []string{"codex", "exec", "--json", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", "Do it"}},
		{why: "Codex resumes the last session", preset: preset.Codex, call: resumed,
			want: []string{"codex", "exec", "--json", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox", "resume", "--last", "Do it"}},
		{why: "Amazon Q", preset: preset.AmazonQ, call: call, want: []string{"q", "chat", "--no-interactive", "--trust-all-tools", "Do it"}},
		{why: "Amazon Q resumes by directory", preset: preset.AmazonQ, call: resumed, want: []string{"q", "chat", "--no-interactive", "--trust-all-tools", "--resume", "Do it"}},
		{why: "Aider commits nothing, and keeps its histories out of the checkout", preset: preset.Aider, call: call, want: append(append([]string{}, aider...), work...)},
		{why: "Aider restores its history", preset: preset.Aider, call: resumed, want: append(append(append([]string{}, aider...), "--restore-chat-history"), work...)},
		{why: "a title stays within its argument, and is no template itself", preset: preset.Command,
			call: with(func(c *preset.Call) {
				c.Command = []string{"./agent", "--title={{.TaskTitle}}", "{{.SpecPath}}/tasks.md"}
			}),
			want: []string{"./agent", "--title=Add $(id); rm -rf / {{.TaskID}}", ".kiro/specs/x/tasks.md"}},
		{why: "a preset that nobody knows", preset: "other", call: call, fails: true},
		{why: "a command that is not given", preset: preset.Command, call: call, fails: true},
		{why: "a field that does not exist", preset: preset.Command, call: with(func(c *preset.Call) { c.Command = []string{"a", "{{.Token}}"} }), fails: true},
		{why: "where the agent's home is, is nobody's business", preset: preset.Command, call: with(func(c *preset.Call) { c.Command = []string{"a", "{{.Home}}"} }), fails: true},
		{why: "a template that does not parse", preset: preset.Command, call: with(func(c *preset.Call) { c.Command = []string{"a", "{{"} }), fails: true},
		{why: "an argument that grows beyond what a program can be given", preset: preset.Command,
			call: with(func(c *preset.Call) { c.Command = []string{"a", `{{printf "%70000s" .TaskID}}`} }), fails: true},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			dialect, err := preset.Of(c.preset)
			var got []string
			if err == nil {
				got, err = dialect.Arguments(c.call)
			}
			if (err != nil) != c.fails {
				t.Fatalf("error %v; want one: %t", err, c.fails)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("arguments (-want +got):\n%s", diff)
			}
		})
	}
}

// What every preset must have so that the worker can do without knowing which it is.
func TestPresets(t *testing.T) {
	for _, name := range preset.Names() {
		dialect, err := preset.Of(name)
		if err != nil {
			t.Fatal(err)
		}
		traits := dialect.Traits()
		if (traits.Program == "") != (name == preset.Command) {
			t.Errorf("%s: its program is %q", name, traits.Program)
		}
		if len(traits.Probe) > 0 && dialect.LoggedOut(preset.Answer{ExitCode: 1, Text: "Not logged in"}) == "" {
			t.Errorf("%s: nobody reads the answer of its probe", name)
		}
		plain, err := dialect.Arguments(preset.Call{SpecPath: "s", TaskID: "1", Prompt: "p", Home: "/h", Command: []string{"x"}})
		if err != nil {
			t.Fatal(err)
		}
		resumed, err := dialect.Arguments(preset.Call{SpecPath: "s", TaskID: "1", Prompt: "p", Home: "/h", Command: []string{"x"}, Resume: true})
		if err != nil {
			t.Fatal(err)
		}
		if can := len(resumed) > len(plain); can != preset.CanResume(name) || can != (len(traits.Sessions) > 0) {
			t.Errorf("%s: whether it resumes is said in one way by its arguments (%t) and in another by its traits (%v)", name, can, traits.Sessions)
		}
		for _, place := range traits.Sessions {
			if strings.HasPrefix(place, "/") || strings.Contains(place, "..") {
				t.Errorf("%s: %s is not below its home", name, place)
			}
		}
	}
}

func TestVariables(t *testing.T) {
	cases := []struct {
		why, preset, secret string
		want                []string
		fails               bool
	}{
		{why: "none sets nothing", preset: preset.Kiro},
		{why: "a plain secret is Kiro's key", preset: preset.Kiro, secret: "k-1\n", want: []string{"KIRO_API_KEY=k-1"}},
		{why: "or that of another", preset: preset.ClaudeCode, secret: "k-1", want: []string{"ANTHROPIC_API_KEY=k-1"}},
		{why: "Codex takes another variable without a person", preset: preset.Codex, secret: "k-1", want: []string{"CODEX_API_KEY=k-1"}},
		{why: "Aider takes keys of many makers, and nobody can tell whose this one is", preset: preset.Aider, secret: "k-1", fails: true},
		{why: "an object sets variables, in a fixed order", preset: preset.Aider, secret: `{"B_KEY":"2","A_KEY":"1"}`, want: []string{"A_KEY=1", "B_KEY=2"}},
		{why: "a secret cannot make the agent load foreign code", preset: preset.Kiro, secret: `{"LD_PRELOAD":"/x.so"}`, fails: true},
		{why: "nor give it the cloud's credentials", preset: preset.Kiro, secret: `{"AWS_PROFILE":"x"}`, fails: true},
		{why: "but for an agent that is let in by its own", preset: preset.AmazonQ, secret: `{"AMAZON_Q_SIGV4":"1","AWS_ACCESS_KEY_ID":"AKIAEXAMPLE"}`,
			want: []string{"AMAZON_Q_SIGV4=1", "AWS_ACCESS_KEY_ID=AKIAEXAMPLE"}},
		{why: "and by no others", preset: preset.AmazonQ, secret: `{"AWS_ROLE_ARN":"x"}`, fails: true},
		{why: "a name that is none", preset: preset.Kiro, secret: `{"a b":"x"}`, fails: true},
		{why: "a key over several lines", preset: preset.Kiro, secret: "a\nb", fails: true},
		{why: "an object of something else", preset: preset.Kiro, secret: `{"A":{"B":1}}`, fails: true},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			dialect, err := preset.Of(c.preset)
			if err != nil {
				t.Fatal(err)
			}
			got, err := preset.Variables(dialect.Traits(), c.secret)
			if (err != nil) != c.fails {
				t.Fatalf("got %v, %v; want an error: %t", got, err, c.fails)
			}
			if err != nil && len(c.secret) > 3 && strings.Contains(err.Error(), c.secret) {
				t.Errorf("the error quotes the secret: %v", err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("variables (-want +got):\n%s", diff)
			}
		})
	}
}
