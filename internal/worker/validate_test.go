// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

const conflict = "<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> main\n"

func TestValidateOutcomes(t *testing.T) {
	testOutcomes(t, map[string]outcomeCase{
		"SpecMissing": {
			why: "All misses are named at once.",
			files: func(f map[string]string) {
				delete(f, testSpec+"/design.md")
				f[testSpec+"/requirements.md"] = " \n"
			},
			prepare: func(w *world) { w.must(w.github.ClosePullRequest(testRepository, w.pull, false)) },
			outcome: contract.OutcomeValidationFailed, stage: contract.StageValidate,
			message: "requirements.md is empty; .kiro/specs/feature/cart/design.md is missing; pull request #1 is closed", code: ExitWork, processed: true,
		},
		"EmptyTasks": {
			why:     "A tasks.md without tasks is nothing to work on.",
			files:   func(f map[string]string) { f[testSpec+"/tasks.md"] = "# Tasks\n" },
			outcome: contract.OutcomeValidationFailed, stage: contract.StageValidate, message: "no tasks", code: ExitWork, processed: true,
		},
	})
}

func TestConflictsOnTheBranch(t *testing.T) {
	cases := map[string]struct {
		why     string
		files   map[string]string
		outcome contract.Outcome
		stage   contract.Stage
		message string
	}{
		"Spec": {
			why:     "Which of two specs is meant, a person decides, before an agent works on both.",
			files:   map[string]string{testSpec + "/tasks.md": "- [ ] 1. Begin\n" + conflict, testSpec + "/design.md": conflict},
			outcome: contract.OutcomeValidationFailed, stage: contract.StageValidate, message: "tasks.md holds the conflict marks of a merge: resolve it and push",
		},
		"Code": {
			why:     "Code with marks is what its tests make of it.",
			files:   map[string]string{"test.sh": conflict + testScript(4, 0, 90)},
			outcome: contract.OutcomeTestsNotMeasured, stage: contract.StageTest, message: "ended with exit code",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(f map[string]string) { maps.Copy(f, c.files) })
			w.codebuild(t.Context())
			row, result := w.row()
			if row.Status != contract.StatusFailed || result.Outcome != c.outcome || result.FailedStage != c.stage || !strings.Contains(result.Message, c.message) {
				t.Errorf("%s\ngot %s %+v\n%s", c.why, row.Status, result, w.log)
			}
		})
	}
}

// A spec behind a link is not read, wherever the link leads.
func TestSpecThroughALinkIsRefused(t *testing.T) {
	cases := map[string]struct {
		why  string
		link func(w *world, dir string)
	}{
		"Directory": {"A link in place of the spec's directory, to another one of the repository.", func(w *world, dir string) {
			w.must(os.Rename(filepath.Join(dir, testSpec), filepath.Join(dir, "elsewhere")))
			w.must(os.Symlink("../../../elsewhere", filepath.Join(dir, testSpec)))
		}},
		"Parent": {"A link on the way.", func(w *world, dir string) {
			w.must(os.Rename(filepath.Join(dir, ".kiro"), filepath.Join(dir, "elsewhere")))
			w.must(os.Symlink("elsewhere", filepath.Join(dir, ".kiro")))
		}},
		"File": {"A link in place of a file, to the worker's machine.", func(w *world, dir string) {
			w.must(os.Remove(filepath.Join(dir, testSpec, "tasks.md")))
			w.must(os.Symlink("/etc/passwd", filepath.Join(dir, testSpec, "tasks.md")))
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.person()
			c.link(w, p.dir)
			p.git("add", "--all")
			p.git("commit", "--quiet", "-m", "Link the spec")
			p.git("push", "--quiet", "origin", "HEAD")
			before := w.head()
			codes := w.codebuild(t.Context())
			row, result := w.row()
			if row.Status != contract.StatusFailed || result.Outcome != contract.OutcomeValidationFailed || codes[PhaseFinally] != ExitWork ||
				!strings.Contains(result.Message, "tasks.md is a symbolic link, or is behind one; put the file itself into the repository") {
				t.Errorf("%s\ngot %s %+v\n%s", c.why, row.Status, result, w.log)
			}
			if w.head() != before || strings.Contains(w.body(), "root:") {
				t.Errorf("%s\nsomething was done, or shown", c.why)
			}
		})
	}
}
