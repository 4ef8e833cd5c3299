// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/kiro-worker/kiro-worker/internal/worker"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

func TestArguments(t *testing.T) {
	cases := map[string]struct {
		why  string
		args []string
		code worker.ExitCode
		says string
	}{
		"None":         {"Somebody looks what it is.", nil, worker.ExitUsage, "Usage"},
		"Version":      {"The buildspec's first command.", []string{"version"}, worker.ExitOK, "kiro-worker dev"},
		"Help":         {"Asked for, help is no error.", []string{"--help"}, worker.ExitOK, "Usage"},
		"Unknown":      {"A misspelt command.", []string{"rum"}, worker.ExitUsage, "unknown command"},
		"NoPhase":      {"A run of what?", []string{"run"}, worker.ExitUsage, "--phase"},
		"BadPhase":     {"A misspelt phase must not look like one with nothing to do.", []string{"run", "--phase", "prebuild"}, worker.ExitUsage, "unknown phase"},
		"Both":         {"Which one?", []string{"run", "--phase", "build", "--local", "."}, worker.ExitUsage, "exclude"},
		"Rest":         {"A forgotten dash.", []string{"run", "--phase", "build", "x"}, worker.ExitUsage, "unexpected"},
		"Threshold":    {"More than everything cannot be covered.", []string{"run", "--local", ".", "--coverage-threshold", "101"}, worker.ExitUsage, "0 to 100"},
		"NoBuild":      {"Outside of CodeBuild it says so.", []string{"run", "--phase", "build"}, worker.ExitUsage, "builds are started by the controller"},
		"NoSpecs":      {"A directory without a spec.", []string{"run", "--local", t.TempDir()}, worker.ExitUsage, "write a spec"},
		"NoCredential": {"git's helper is for git.", []string{gitrepo.CredentialCommand}, worker.ExitUsage, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Setenv("ENVIRONMENT", "")
			var out, errs bytes.Buffer
			if code := dispatch(c.args, strings.NewReader(""), &out, &errs); code != c.code {
				t.Errorf("%s\nexit code %d, want %d", c.why, code, c.code)
			}
			if text := out.String() + errs.String(); !strings.Contains(text, c.says) {
				t.Errorf("%s\nit says %q", c.why, text)
			}
		})
	}
}

func TestBuildFrom(t *testing.T) {
	good := map[string]string{"CODEBUILD_BUILD_ARN": "arn", "CODEBUILD_BUILD_ID": "p:0-a", "CODEBUILD_START_TIME": "1700000000000"}
	cases := map[string]struct {
		why, name, value string
		ok               bool
	}{
		"Good":      {"As CodeBuild sets them.", "CODEBUILD_BUILD_URL", "https://x", true},
		"NoARN":     {"Without it nothing could be claimed.", "CODEBUILD_BUILD_ARN", "", false},
		"Traversal": {"The id becomes part of paths and keys.", "CODEBUILD_BUILD_ID", "p:../../x", false},
		"NoProject": {"An id has two parts.", "CODEBUILD_BUILD_ID", "x", false},
		"NoTime":    {"The time-out counts from it.", "CODEBUILD_START_TIME", "now", false},
	}
	for name, c := range cases {
		b, err := buildFrom(func(n string) (string, bool) {
			if n == c.name {
				return c.value, true
			}
			v, ok := good[n]
			return v, ok
		})
		if (err == nil) != c.ok || c.ok && (b.UUID != "0-a" || b.StartedAt.UnixMilli() != 1_700_000_000_000) {
			t.Errorf("%s: %s got %+v, %v", name, c.why, b, err)
		}
	}
}

func TestLocalRun(t *testing.T) {
	dir := t.TempDir()
	for name, text := range sample() {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("TMPDIR", t.TempDir())
	args := []string{"run", "--local", dir, "--spec", specPath, "--agent", "command", "--test-command", "sh test.sh", "--log-level", "error"}
	for _, a := range []string{"sh", "-c", `echo x > work-$1.txt`, "agent", "{{.TaskID}}"} {
		args = append(args, "--agent-command", a)
	}
	var out, errs bytes.Buffer
	if code := dispatch(args, strings.NewReader(""), &out, &errs); code != worker.ExitOK {
		t.Fatalf("exit code %d\n%s\n%s", code, out.String(), errs.String())
	}
	for _, want := range []string{"outcome   Succeeded", "tasks     2 of 2 done", "tests     1 of 1 passed", "coverage  lines      90.00%"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not say %q:\n%s", want, out.String())
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, specPath, "tasks.md"))
	if err != nil || strings.Contains(string(text), "[ ]") {
		t.Errorf("the boxes are ticked in the checkout: %q, %v", text, err)
	}
	if _, err := os.Stat(filepath.Join(dir, ".git")); err == nil {
		t.Error("a checkout is no business of ours beyond its files")
	}
}

// The buildspec and the phases are one protocol.
func TestBuildspec(t *testing.T) {
	text, err := os.ReadFile("../../config/codebuild/buildspec.yml")
	if err != nil {
		t.Fatal(err)
	}
	var spec struct {
		Version any `json:"version"`
		Phases  map[string]struct {
			Commands []string `json:"commands"`
			Finally  []string `json:"finally"`
		} `json:"phases"`
	}
	if err := yaml.Unmarshal(text, &spec); err != nil {
		t.Fatal(err)
	}
	for _, phase := range []worker.Phase{worker.PhasePreBuild, worker.PhaseBuild, worker.PhasePostBuild} {
		if got := strings.Join(spec.Phases[string(phase)].Commands, "\n"); got != "kiro-worker run --phase "+string(phase) {
			t.Errorf("%s runs %q", phase, got)
		}
	}
	for _, phase := range []string{"pre_build", "post_build"} {
		if got := strings.Join(spec.Phases[phase].Finally, "\n"); got != "kiro-worker run --phase "+string(worker.PhaseFinally) {
			t.Errorf("a failed %s must be cleaned up after; its finally runs %q", phase, got)
		}
	}
}
