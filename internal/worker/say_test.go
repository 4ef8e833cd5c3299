// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	githubemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/worker/repofile"
)

// onDefault puts a file on the default branch, and lets the repository have a say.
func (w *world) onDefault(name, text string) {
	w.t.Helper()
	_, err := w.github.PushFiles(testRepository, "main", githubemulator.Text(map[string]string{name: text}), "Say how")
	w.must(err)
	w.options.Parameters.Settings.RepositoryFile = true
}

// What the default branch says counts, and the pull request shows it; where the environment says it itself, that stays.
func TestTheRepositoryHasASay(t *testing.T) {
	w := newWorld(t, func(f map[string]string) { f["more.sh"] = "echo more-tests-ran\n" })
	w.onDefault(repofile.Path, "version: 1\nsetup: sh -c 'echo setup-of-the-repository'\ntests: {commands: [sh more.sh], results: [other.json]}\ncoverage: {threshold: 81}\n")
	w.codebuild(t.Context())
	_, result := w.row()
	if result.Outcome != contract.OutcomeSucceeded {
		t.Fatalf("got %+v\n%s", result, w.log)
	}
	log := w.bucket.objects["artifacts/test/b-1/logs/build.log"]
	for _, text := range []string{"setup-of-the-repository", "more-tests-ran"} {
		if !strings.Contains(log, text) {
			t.Errorf("the log does not show %q:\n%s", text, log)
		}
	}
	head, _ := w.github.BranchHead(testRepository, "main")
	for _, text := range []string{"Settings of .kiro/worker.yaml at the default branch's " + head[:12], "`tests.commands: sh more.sh, beside the environment&#39;s`", "tests.results is not used", "threshold 81%"} {
		if plain := strings.ReplaceAll(text, "&#39;", "'"); !strings.Contains(w.body(), text) && !strings.Contains(w.body(), plain) {
			t.Errorf("the pull request does not show %q:\n%s", text, w.body())
		}
	}
	if metadata := w.bucket.objects["artifacts/test/b-1/metadata.json"]; !strings.Contains(metadata, `"coverageThreshold": 81`) || !strings.Contains(metadata, `"repositorySettings"`) {
		t.Errorf("metadata.json does not show it:\n%s", metadata)
	}
}

// A file that is wrong fails the work before an agent is paid for, and says which line to mend.
func TestARepositorysFileThatIsWrong(t *testing.T) {
	cases := map[string]struct{ why, text, says string }{
		"Unknown":  {"A key that nobody knows does nothing; better to say so.", "version: 1\ncoverage:\n  treshold: 90\n", `.kiro/worker.yaml of the default branch: line 3: unknown key "treshold" in coverage`},
		"Weaker":   {"A gate cannot be made weaker.", "version: 1\ncoverage: {threshold: 10}\n", "it can be raised here, and not lowered"},
		"Broken":   {"No YAML.", "{", "it is not YAML"},
		"Enormous": {"It is not even read.", strings.Repeat("#", 20000), "it has 20000 bytes; at most 16384 are allowed"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.onDefault(repofile.Path, c.text)
			before := w.head()
			codes := w.codebuild(t.Context())
			_, result := w.row()
			if result.Outcome != contract.OutcomeValidationFailed || result.Outcome.Class() != contract.ClassWork || codes[PhaseFinally] != ExitWork || !strings.Contains(result.Message, c.says) {
				t.Errorf("%s\ngot %+v\n%s", c.why, result, w.log)
			}
			if w.head() != before || !strings.Contains(w.body(), "ValidationFailed") {
				t.Errorf("the agent was run, or the pull request does not say why:\n%s", w.body())
			}
		})
	}
}

// What is in the file's place and is none.
func TestARepositorysFileThatIsNone(t *testing.T) {
	w := newWorld(t)
	p := w.person()
	p.git("checkout", "--quiet", "main")
	w.must(os.MkdirAll(filepath.Join(p.dir, ".kiro"), 0o700))
	w.must(os.Symlink("../README.md", filepath.Join(p.dir, repofile.Path)))
	p.git("add", "--all")
	p.git("commit", "--quiet", "-m", "Link")
	p.git("push", "--quiet", "origin", "HEAD:refs/heads/main")
	w.options.Parameters.Settings.RepositoryFile = true
	w.codebuild(t.Context())
	if _, result := w.row(); result.Outcome != contract.OutcomeValidationFailed || !strings.Contains(result.Message, "make it a regular file") {
		t.Errorf("got %+v", result)
	}
}

// The work's branch has no say: neither what was pushed there nor what the agent writes counts, and the agent must not write it.
func TestTheWorksBranchHasNoSay(t *testing.T) {
	weaker := "version: 1\ntests: {commands: [sh -c 'echo the-branch-has-a-say']}\n"
	t.Run("Pushed", func(t *testing.T) {
		w := newWorld(t, func(f map[string]string) { f[repofile.Path] = weaker })
		w.options.Parameters.Settings.RepositoryFile = true
		w.codebuild(t.Context())
		if _, result := w.row(); result.Outcome != contract.OutcomeSucceeded {
			t.Fatalf("got %+v\n%s", result, w.log)
		}
		if strings.Contains(w.bucket.objects["artifacts/test/b-1/logs/build.log"], "the-branch-has-a-say") || strings.Contains(w.body(), "Settings of") {
			t.Error("what the work's branch says counts")
		}
	})
	for name, script := range map[string]string{
		"Written": "mkdir -p .kiro; echo 'version: 1' > .kiro/worker.yaml; echo x > f",
		"Edited":  "echo '# x' >> .kiro/worker.yaml; echo x > f",
		"Removed": "rm .kiro/worker.yaml; echo x > f",
		"Linked":  "ln -sf ../README.md .kiro/worker.yaml; echo x > f",
		"Moved":   "git mv -f .kiro/worker.yaml other.yaml; echo x > f",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(f map[string]string) {
				if name != "Written" {
					f[repofile.Path] = "version: 1\n"
				}
			})
			w.onDefault(repofile.Path, "version: 1\ncoverage: {threshold: 80}\n")
			w.options.Parameters.Settings.AgentCommand = shell(script)
			before := w.head()
			w.codebuild(t.Context())
			_, result := w.row()
			if result.Outcome != contract.OutcomeProtectedPathChanged || !strings.Contains(result.Message, repofile.Path) || w.head() != before {
				t.Errorf("got %+v; head moved: %t", result, w.head() != before)
			}
		})
	}
}

// An environment that forbids it looks at nothing, and then even a file that is wrong harms nobody.
func TestTheRepositoryHasNoSayWhereItIsForbidden(t *testing.T) {
	w := newWorld(t)
	w.onDefault(repofile.Path, "nonsense: true\n")
	w.options.Parameters.Settings.RepositoryFile = false
	w.codebuild(t.Context())
	if _, result := w.row(); result.Outcome != contract.OutcomeSucceeded {
		t.Fatalf("got %+v\n%s", result, w.log)
	}
	if _, err := os.Stat(filepath.Join(w.options.Dir, defaultBranchFile)); err == nil {
		t.Error("the default branch was looked at")
	}
}

// On a developer's checkout its own file is tried.
func TestALocalRunReadsItsOwnFile(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{repofile.Path: "version: 1\ntests: {commands: [make e2e]}\n", "README.md": "x"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	o := Options{LocalDir: dir, Dir: t.TempDir()}
	o.Parameters.Settings = contract.Settings{TestCommand: repofile.DefaultTestCommand, RepositoryFile: true}
	got, err := o.heard()
	if err != nil || got.Parameters.Settings.TestCommand != "make e2e" {
		t.Errorf("got %q, %v", got.Parameters.Settings.TestCommand, err)
	}
}
