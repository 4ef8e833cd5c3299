// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

const conflict = "<<<<<<< HEAD\nours\n=======\ntheirs\n>>>>>>> main\n"

// person is a clone of the branch in which a person works with git itself.
type person struct {
	w   *world
	dir string
}

func (w *world) person() person {
	w.t.Helper()
	p := person{w: w, dir: w.t.TempDir()}
	address := strings.Replace(w.github.CloneURL(testRepository), "://", "://x-access-token:"+testToken+"@", 1)
	p.git("clone", "--quiet", "--branch", w.branch, address, ".")
	return p
}

func (p person) git(args ...string) {
	p.w.t.Helper()
	cmd := exec.CommandContext(p.w.t.Context(), "git", append([]string{"-c", "user.name=Ann", "-c", "user.email=ann@example.test"}, args...)...)
	cmd.Dir, cmd.Env = p.dir, append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		p.w.t.Fatalf("git %s: %v\n%s", args[0], err, out)
	}
}

// rewrites makes a history of the branch in which nothing is what it was, without pushing it.
func (p person) rewrites() {
	p.w.t.Helper()
	p.git("checkout", "--quiet", "--orphan", "rewritten")
	p.w.must(os.WriteFile(filepath.Join(p.dir, "theirs.txt"), []byte("theirs"), 0o600))
	p.git("add", "--all")
	p.git("commit", "--quiet", "-m", "Begin again")
}

// force is the command that puts it in the branch's place.
func (p person) force() []string {
	return []string{"push", "--quiet", "--force", "origin", "HEAD:refs/heads/" + p.w.branch}
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

// An agent that merges may end in the middle of it.
func TestAgentLeavesAMergeUnresolved(t *testing.T) {
	const merge = `g() { git -c user.name=a -c user.email=a@b "$@"; }; b=$(git symbolic-ref --short HEAD)
g checkout -q -b other$1$n; echo theirs > README.md; g commit -q -a -m x; g checkout -q "$b"; echo ours > README.md; g commit -q -a -m y
g merge other$1$n && exit 1; git ls-files --unmerged | grep -q README.md || exit 1; echo "$1" > f$1; `
	cases := map[string]struct {
		why, script string
		outcome     contract.Outcome
		message     string
	}{
		"Left":            {"Half a merge is no work that is done.", merge + ticks("2"), contract.OutcomeAgentFailed, "a merge was left unresolved, with conflict marks in README.md"},
		"ResolvedLater":   {"The next try may resolve it.", tries + `[ $n = 1 ] || { echo both > README.md; echo "$1" > f$1; exit 0; }; ` + merge, contract.OutcomeSucceeded, ""},
		"OnlyIndexIsLeft": {"What the agent's own index says counts for nothing; the files do.", merge + `echo both > README.md`, contract.OutcomeSucceeded, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			before := w.head()
			w.options.Parameters.Settings.AgentCommand, w.options.Parameters.Settings.RetryAgentTask = shell(c.script), quick(2)
			w.codebuild(t.Context())
			row, result := w.row()
			if result.Outcome != c.outcome || !strings.Contains(result.Message, c.message) {
				t.Fatalf("%s\ngot %s %+v\n%s\n%s", c.why, row.Status, result, w.log, w.bucket.objects["artifacts/test/b-1/logs/kiro-cli.log"])
			}
			if c.outcome == contract.OutcomeSucceeded {
				if w.file("README.md") != "both\n" {
					t.Errorf("%s\nthe branch has %q", c.why, w.file("README.md"))
				}
				return
			}
			if w.head() != before {
				t.Errorf("%s\nit was pushed", c.why)
			}
			if !strings.Contains(w.bucket.objects[testDiff], "+<<<<<<< ") {
				t.Errorf("%s\nthe diff must show it", c.why)
			}
		})
	}
}

// Somebody who rewrites the branch after it was accepted has it looked at again; nothing is done on it until then.
func TestBranchRewrittenBeforeCheckout(t *testing.T) {
	w := newWorld(t)
	p := w.person()
	p.rewrites()
	p.git(p.force()...)
	theirs := w.head()
	if theirs == w.options.Parameters.Commit {
		t.Fatal("the branch was not rewritten")
	}
	w.options.Parameters.LastAttempt = true
	w.codebuild(t.Context())
	row, result := w.row()
	if row.Status != contract.StatusFailed || result.Outcome != contract.OutcomeCheckoutFailed || !strings.Contains(result.Message, "was rewritten") ||
		!strings.Contains(result.Message, "move the card away and back") {
		t.Errorf("got %s %+v", row.Status, result)
	}
	if w.head() != theirs {
		t.Error("the branch was changed")
	}
	if !strings.Contains(w.body(), "CheckoutFailed") {
		t.Errorf("the pull request was not told:\n%s", w.body())
	}
}

// The same between two tasks: the second is not pushed over it, and not lost; the next attempt goes on from theirs.
func TestBranchRewrittenBetweenTasks(t *testing.T) {
	w := newWorld(t)
	p := w.person()
	p.rewrites()
	push := "git -C '" + p.dir + "' " + strings.Join(p.force(), " ")
	w.options.Parameters.Settings.AgentCommand = shell(`[ "$1" = 3 ] && { ` + push + ` || exit 1; }; echo "task $1" > work-$1.txt`)
	w.codebuild(t.Context())
	row, result := w.row()
	if row.Status != contract.StatusFailed || result.Outcome != contract.OutcomeInternalError || !strings.Contains(result.Message, "moved by somebody else") {
		t.Fatalf("got %s %+v\n%s", row.Status, result, w.log)
	}
	if w.file("theirs.txt") != "theirs" || w.file("work-2.txt") != "" {
		t.Error("their history was overwritten")
	}
	diff := w.bucket.objects[testDiff]
	if !strings.Contains(diff, "+task 2") || !strings.Contains(diff, "+task 3") {
		t.Errorf("the work of both tasks is in the diff, and nowhere else:\n%s", diff)
	}
	if strings.Contains(w.log.String()+w.body(), testToken) {
		t.Error("the token is shown")
	}
	w.options.Parameters.Settings.AgentCommand = goodAgent()
	w.next(2)
	w.codebuild(t.Context())
	if _, result := w.row(); result.Outcome != contract.OutcomeSucceeded || w.file("theirs.txt") != "theirs" || w.file("work-2.txt") == "" {
		t.Errorf("the next attempt: %+v", result)
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
				!strings.Contains(result.Message, "tasks.md is a symbolic link, or lies behind one; put the file itself into the repository") {
				t.Errorf("%s\ngot %s %+v\n%s", c.why, row.Status, result, w.log)
			}
			if w.head() != before || strings.Contains(w.body(), "root:") {
				t.Errorf("%s\nsomething was done, or shown", c.why)
			}
		})
	}
}

// The thresholds are the environment's. An agent that lowers those of the repository gains nothing, and people are
// told where to look.
func TestAgentLowersThresholds(t *testing.T) {
	files := map[string]string{
		"package.json":   `{"scripts":{"test":"jest --coverage"},"jest":{"coverageThreshold":{"global":{"lines":80}}}}`,
		"jest.config.js": "module.exports = { coverageThreshold: { global: { lines: 80 } } };\n",
		".nycrc.json":    `{"check-coverage":true,"lines":80}`,
	}
	w := newWorld(t, func(f map[string]string) {
		maps.Copy(f, files)
		f["test.sh"] = testScript(4, 0, 41)
	})
	w.options.Parameters.LastAttempt = true
	names := slices.Sorted(maps.Keys(files))
	w.options.Parameters.Settings.AgentCommand = shell(`sed -i s/80/1/ ` + strings.Join(names, " ") + `; echo "$1" > f$1`)
	codes := w.codebuild(t.Context())
	row, result := w.row()
	if row.Status != contract.StatusFailed || result.Outcome != contract.OutcomeCoverageTooLow || result.CoverageGate != contract.GateFailed || codes[PhaseFinally] != ExitWork {
		t.Errorf("got %s %+v", row.Status, result)
	}
	if !strings.Contains(result.Message, "coverage is below 80%") {
		t.Errorf("the environment's threshold counts: %s", result.Message)
	}
	_, look, found := strings.Cut(w.body(), "**Look twice:**")
	for _, name := range names {
		if !found || !strings.Contains(look, "`"+name+"`") {
			t.Errorf("%s is not to be looked at twice:\n%s", name, w.body())
		}
	}
}
