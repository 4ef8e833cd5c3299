// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package preset_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/worker/agent/preset"
)

// hear has a preset read a transcript, in pieces of a few bytes: where a piece ends must not matter to those that read events.
func hear(t *testing.T, name, transcript string, exit preset.Exit) preset.Findings {
	t.Helper()
	dialect, err := preset.Of(name)
	if err != nil {
		t.Fatal(err)
	}
	listener := dialect.Listen()
	for stream, suffix := range map[preset.Stream]string{preset.Stdout: "-stdout", preset.Stderr: "-stderr"} {
		text, err := os.ReadFile(filepath.Join("testdata", transcript+suffix))
		if err != nil {
			continue
		}
		for line := range bytes.Lines(text) {
			for name != preset.Kiro && name != preset.AmazonQ && name != preset.Aider && len(line) > 100 {
				listener.Hear(stream, line[:100])
				line = line[100:]
			}
			listener.Hear(stream, line)
		}
	}
	return listener.Findings(exit)
}

func TestTranscripts(t *testing.T) {
	well := preset.Exit{ByItself: true}
	failed := preset.Exit{ByItself: true, Code: 1}
	quiet := preset.Exit{ByItself: true, Quiet: true}
	cases := []struct {
		why, preset, transcript string
		exit                    preset.Exit
		want                    preset.Findings
	}{
		{"what the turn cost is in the result; sub-agents count, and what a tool printed is no event", preset.ClaudeCode, "claude-code-done", well,
			preset.Findings{Ended: true, Tokens: 5430, Seconds: 92.5}},
		{"tools that were denied are counted although the turn ended well", preset.ClaudeCode, "claude-code-denied", well,
			preset.Findings{Ended: true, Tokens: 15, Seconds: 4, Denied: 2, DeniedLines: []string{"denied: Bash", "denied: Write"}}},
		{"a wrong key is told by the result", preset.ClaudeCode, "claude-code-refused", failed,
			preset.Findings{Failed: "success: Invalid API key · Fix external API key", Refused: "Invalid API key · Fix external API key", Idle: true, Seconds: 0.3}},
		{"a turn that was cut short has failed, and worked", preset.ClaudeCode, "claude-code-turns", failed,
			preset.Findings{Failed: "error_max_turns:", Tokens: 10, Seconds: 9}},
		{"nothing at all is nothing", preset.ClaudeCode, "none", quiet, preset.Findings{Idle: true}},

		{"tokens are in the last event; what a tool printed is no event", preset.Codex, "codex-done", well, preset.Findings{Ended: true, Tokens: 24885}},
		{"a wrong key is told by the turn's failure", preset.Codex, "codex-refused", failed, preset.Findings{
			Failed:  "exceeded retry limit, last status: 401 Unauthorized, request id: 9a4af5870a31a58e-WAW",
			Refused: "exceeded retry limit, last status: 401 Unauthorized, request id: 9a4af5870a31a58e-WAW", Idle: true}},
		{"a command that was declined is a denial; a connection that was made again is no failure", preset.Codex, "codex-declined", well,
			preset.Findings{Ended: true, Tokens: 12, Denied: 1, DeniedLines: []string{"declined: rm -rf /"}}},
		{"nothing at all is nothing", preset.Codex, "none", quiet, preset.Findings{Idle: true}},

		{"nobody is logged in", preset.AmazonQ, "amazon-q-refused", preset.Exit{ByItself: true, Code: 1, Quiet: true},
			preset.Findings{Refused: "error: You are not logged in, please log in with q login", Idle: true}},
		{"a run that printed something did something", preset.AmazonQ, "none", well, preset.Findings{}},

		{"each answer of the model has a line; numbers are as rounded as they are printed", preset.Aider, "aider-done", well,
			preset.Findings{Ended: true, Tokens: 2100 + 1200 + 12000 + 345}},
		{"a wrong key is told on standard output, with exit code 0", preset.Aider, "aider-refused", well, preset.Findings{
			Refused: `litellm.AuthenticationError: AnthropicException - b'{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"}}'`, Idle: true}},

		{"the closing line has what the turn cost", preset.Kiro, "kiro-done", well, preset.Findings{Ended: true, Credits: 0.42, Seconds: 72}},
		{"a wrong key ends with 0 and does nothing", preset.Kiro, "kiro-refused", quiet,
			preset.Findings{Refused: "error: Authentication failed: invalid API key", Idle: true}},

		{"of any program nothing is known but denied tools", preset.Command, "kiro-refused", quiet, preset.Findings{}},
		{"likewise", preset.KiroExecuteTask, "kiro-done", quiet, preset.Findings{}},
	}
	for _, c := range cases {
		t.Run(c.preset+"/"+c.why, func(t *testing.T) {
			if diff := cmp.Diff(c.want, hear(t, c.preset, c.transcript, c.exit)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

// An event may be as long as the file that a tool read. It is left out, whatever its length, and the ones behind it count.
func TestLongEvents(t *testing.T) {
	for name, last := range map[string]string{
		preset.ClaudeCode: `{"type":"result","subtype":"success","is_error":false,"usage":{"input_tokens":3,"output_tokens":4}}`,
		preset.Codex:      `{"type":"turn.completed","usage":{"input_tokens":3,"output_tokens":4}}`,
	} {
		dialect, err := preset.Of(name)
		if err != nil {
			t.Fatal(err)
		}
		listener := dialect.Listen()
		listener.Hear(preset.Stdout, []byte(`{"type":"assistant","text":"`))
		for range 64 {
			listener.Hear(preset.Stdout, bytes.Repeat([]byte("x"), 64<<10))
		}
		listener.Hear(preset.Stdout, []byte("\"}\n[1]\nnull\n{\"type\":7}\n{\n"+"\n"))
		listener.Hear(preset.Stdout, []byte(last)) // without a newline
		if got := listener.Findings(preset.Exit{ByItself: true}); !got.Ended || got.Tokens != 7 {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestLoggedOut(t *testing.T) {
	cases := []struct {
		why, preset, text string
		code              int
		problem           string
	}{
		{"somebody is logged in", preset.ClaudeCode, `{"loggedIn": true, "authMethod": "api_key"}`, 0, ""},
		{"nobody is", preset.ClaudeCode, `{"loggedIn": false}`, 1, "nobody is logged in"},
		{"of Amazon Bedrock it need not know", preset.ClaudeCode, `{"loggedIn": false, "apiProvider": "bedrock"}`, 1, ""},
		{"in words", preset.ClaudeCode, "Not logged in. Run claude auth login", 1, "Not logged in"},
		{"a version without the command proves nothing", preset.ClaudeCode, "error: unknown command 'auth'", 1, ""},
		{"nor does one that fails in another way", preset.ClaudeCode, "Error: EACCES", 1, ""},
		{"Kiro", preset.Kiro, "Logged in with an API key", 0, ""},
		{"a word for it that looks like another is none", preset.Kiro, "Authenticated as a team", 0, ""},
		{"Kiro with a wrong key", preset.Kiro, "error: invalid API key", 0, "invalid API key"},
		{"Kiro without one", preset.Kiro, "Not logged in", 1, "exit code 1: Not logged in"},
		{"a Kiro without the command", preset.Kiro, "error: unrecognized subcommand 'whoami'", 2, ""},
	}
	for _, c := range cases {
		dialect, err := preset.Of(c.preset)
		if err != nil {
			t.Fatal(err)
		}
		got := dialect.LoggedOut(preset.Answer{ExitCode: c.code, Text: c.text})
		if (got == "") != (c.problem == "") || !strings.Contains(got, c.problem) {
			t.Errorf("%s: got %q; want %q", c.why, got, c.problem)
		}
	}
}
