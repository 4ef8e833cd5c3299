// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	githubemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

// keys are secrets by their ARNs.
type keys map[string]string

func (k keys) Read(_ context.Context, arn string) (string, error) {
	if arn == "arn:denied" {
		return "", fault.NewTerminal(fault.CodeAccessDenied, errors.New("AccessDeniedException"))
	}
	if v, ok := k[arn]; ok {
		return v, nil
	}
	return "", fault.NewTerminal(fault.CodeCredentialsInvalid, errors.New("it does not exist in this account and region; create it, or correct the ARN"))
}

// kiroCLI puts a kiro-cli on the path that answers whoami.
func kiroCLI(t *testing.T, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "kiro-cli"), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

func lookOf(w *world) contract.Look {
	return contract.Look{
		ID: "0123456789abcdef", Environment: "test", LocksTableName: "locks", Bucket: "artifacts",
		GitHubTokenSecretARN: "arn:github", AgentSecretARN: "arn:agent", AgentPreset: "kiro", Repositories: []string{w.options.Parameters.Repository},
	}
}

// TestLook: what the build will need is tried, and each thing has its line, whatever becomes of the others.
func TestLook(t *testing.T) {
	cases := map[string]struct {
		plant func(w *world, l *contract.Look)
		kiro  string
		fails string   // the check that fails; empty is none
		says  []string // in its line
	}{
		"all good":             {plant: func(*world, *contract.Look) {}},
		"the token is missing": {func(_ *world, l *contract.Look) { l.GitHubTokenSecretARN = "arn:gone" }, "", "token", []string{"create it", "build's role"}},
		"the token for git is missing": {
			func(_ *world, l *contract.Look) { l.GitSecretARN = "arn:gone" }, "", "git token", []string{"create it"},
		},
		"the token may only read": {func(w *world, _ *contract.Look) {
			rights := githubemulator.AllRights()
			rights.Contents = githubemulator.Read
			w.github.AddToken(testToken, "bot", rights)
		}, "", "push", []string{"may not push", "write access"}},
		"the token is revoked":                   {func(w *world, _ *contract.Look) { w.github.RevokeToken(testToken) }, "", "push", []string{"is refused", "gitSecretARN"}},
		"there is no such repository":            {func(_ *world, l *contract.Look) { l.Repositories = []string{"acme/gone"} }, "", "push", []string{"acme/gone", "cannot see it"}},
		"the bucket takes nothing":               {func(w *world, _ *contract.Look) { w.bucket.fail = errors.New("access denied") }, "", "bucket", []string{"s3:PutObject", "test/*"}},
		"the agent's key is missing":             {func(_ *world, l *contract.Look) { l.AgentSecretARN = "arn:gone" }, "", "agent", []string{"create it"}},
		"the agent's key is refused":             {func(*world, *contract.Look) {}, "echo 'error: not logged in' >&2; exit 1", "agent", []string{"missing or refused", "agentSecretARN"}},
		"another agent cannot be asked":          {func(_ *world, l *contract.Look) { l.AgentPreset = "command" }, "exit 1", "", nil},
		"another agent's program is not there":   {func(_ *world, l *contract.Look) { l.AgentPreset = "codex" }, "exit 1", "agent", []string{"codex is not in the build's image", "spec.agent.preset"}},
		"a command's program is there":           {func(_ *world, l *contract.Look) { l.AgentPreset, l.AgentProgram = "command", "sh" }, "exit 1", "", nil},
		"a command's program is not there":       {func(_ *world, l *contract.Look) { l.AgentPreset, l.AgentProgram = "command", "/opt/agent" }, "exit 1", "agent", []string{"/opt/agent is not in"}},
		"a command's program is in the checkout": {func(_ *world, l *contract.Look) { l.AgentPreset, l.AgentProgram = "command", "./agent" }, "exit 1", "", nil},
		"the agent's secret is of another form":  {func(w *world, l *contract.Look) { l.AgentPreset = "aider" }, "exit 1", "agent", []string{"JSON object"}},
		"no repository is named":                 {func(_ *world, l *contract.Look) { l.Repositories = nil }, "", "", nil},
		"an agent's key is not required":         {func(_ *world, l *contract.Look) { l.AgentSecretARN = "" }, "", "", nil},
		"a secret of the tests may not be read": {func(_ *world, l *contract.Look) {
			l.SecretEnv = []contract.SecretVariable{{Name: "OK_TOKEN", SecretARN: "arn:agent"}, {Name: "NPM_TOKEN", SecretARN: "arn:denied"}}
		}, "", "secretEnv NPM_TOKEN", []string{"secretsmanager:GetSecretValue", "kms:Decrypt", "secrets.secretEnv", "build's role"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			script := tc.kiro
			if script == "" {
				script = "echo 'Logged in with an API key'"
			}
			kiroCLI(t, script)
			w.options.Environ = os.Environ()
			w.options.Ports.Secrets = keys{"arn:github": testToken, "arn:agent": "agent-key-123456"}
			w.options.Ports.Lock = nil // it has no lock to claim
			l := lookOf(w)
			tc.plant(w, &l)
			report := Look(t.Context(), w.options, l)
			var failed []string
			for _, line := range report.Lines {
				if line.Message == "" {
					t.Errorf("the line %s says nothing", line.Check)
				}
				if strings.Contains(line.Message, "agent-key-123456") || strings.Contains(line.Message, testToken) {
					t.Errorf("a line shows a secret: %s", line.Message)
				}
				if line.OK {
					continue
				}
				failed = append(failed, line.Check)
				for _, text := range tc.says {
					if !strings.Contains(line.Message, text) {
						t.Errorf("the line does not say %q: %s", text, line.Message)
					}
				}
			}
			if got := strings.Join(failed, ", "); got != tc.fails {
				t.Errorf("failed: %q, want %q: %+v", got, tc.fails, report.Lines)
			}
		})
	}
}

// TestLookWithoutAnAgent: an image without kiro-cli is said before the first task finds out.
func TestLookWithoutAnAgent(t *testing.T) {
	w := newWorld(t)
	w.options.Ports.Secrets = keys{"arn:github": testToken, "arn:agent": "agent-key-123456"}
	t.Setenv("PATH", t.TempDir())
	for _, line := range Look(t.Context(), w.options, lookOf(w)).Lines {
		if line.Check == "agent" && (line.OK || !strings.Contains(line.Message, "add it to the image")) {
			t.Errorf("it says %+v", line)
		}
	}
}

// TestMayPush: what a server that is no git server, or that sends elsewhere, is answered with.
func TestMayPush(t *testing.T) {
	var elsewhere []string
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		elsewhere = append(elsewhere, r.Header.Get("Authorization"))
	}))
	defer other.Close()
	cases := map[string]struct {
		handler http.HandlerFunc
		says    string
	}{
		"a web page":     {func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) }, "no git server"},
		"a server error": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }, "status 502"},
		"another host":   {func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL, http.StatusFound) }, "given no token"},
		"a rename": {func(w http.ResponseWriter, r *http.Request) {
			if user, _, ok := r.BasicAuth(); r.URL.Path == "/new/info/refs" && ok && user == "u" {
				_, _ = w.Write([]byte("001f# service=git-receive-pack\n0000"))
				return
			}
			http.Redirect(w, r, "/new/info/refs", http.StatusMovedPermanently)
		}, ""},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(tc.handler)
			defer server.Close()
			err := mayPush(t.Context(), server.URL+"/acme/app.git", "u", "p")
			if (err == nil) != (tc.says == "") || err != nil && !strings.Contains(err.Error(), tc.says) {
				t.Errorf("got %v", err)
			}
		})
	}
	if diff := cmp.Diff([]string(nil), elsewhere); diff != "" {
		t.Errorf("the token was sent elsewhere: %s", diff)
	}
}
