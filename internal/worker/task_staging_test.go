// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// What an agent leaves that git cannot add is the work's failure: the infrastructure's would be tried five times more.
func TestWhatGitCannotAdd(t *testing.T) {
	cases := map[string]struct{ why, script, complaint string }{
		"Pipe":      {"A file that was tracked is a pipe now.", `rm README.md; mkfifo README.md`, "README.md"},
		"Disguised": {"A name that is .git on some systems is refused by git.", `mkdir 'git~1'; echo x > 'git~1/config'`, "git~1"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.options.Parameters.LastAttempt = true
			w.options.Parameters.Settings.AgentCommand = shell(`echo "work on $1" > f$1; ` + c.script)
			codes := w.codebuild(t.Context())
			row, result := w.row()
			if row.Status != contract.StatusFailed || result.Outcome != contract.OutcomeAgentFailed || codes[PhaseFinally] != ExitWork {
				t.Errorf("%s\ngot %s, %+v", c.why, row.Status, result)
			}
			if !strings.Contains(result.Message, "must be regular files") || !strings.Contains(result.Message, c.complaint) {
				t.Errorf("%s\nwhat it was, and what to do, must be said: %s", c.why, result.Message)
			}
			if diff := w.bucket.objects[testDiff]; !strings.Contains(diff, "+work on 2") {
				t.Errorf("%s\nwhat git could add is to be seen:\n%s", c.why, diff)
			}
		})
	}
}

// Repositories within the checkout, whoever made them, are plain directories of the work.
func TestNestedRepositories(t *testing.T) {
	const git = "git -c user.name=a -c user.email=a@b "
	cases := map[string]struct{ why, script string }{
		"Unborn":    {"git refuses one without a commit altogether.", `mkdir -p sub; git init -q sub/app; echo "$1" > sub/app/f$1`},
		"Committed": {"And takes one with commits for a link to nowhere, without its files.", `mkdir -p sub; cd sub; git init -q app; cd app; echo "$1" > f$1; ` + git + `add .; ` + git + `commit -q -m x`},
		"Deep":      {"One may be in another.", `mkdir -p sub/app; git init -q sub; cd sub; git init -q app; echo "$1" > app/f$1`},
		"InTracked": {"Also where files of the repository's own are.", `mkdir -p sub/app; echo "$1" > sub/app/f$1; cd sub/app; git init -q .; ` + git + `add .; ` + git + `commit -q -m x`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.options.Parameters.Settings.AgentCommand = shell(c.script)
			w.codebuild(t.Context())
			if _, result := w.row(); result.Outcome != contract.OutcomeSucceeded {
				t.Fatalf("%s\n%+v\n%s", c.why, result, w.log)
			}
			if w.file("sub/app/f2") != "2\n" || w.file("sub/app/f3") != "3\n" {
				t.Errorf("%s\nits files are not on the branch:\n%s", c.why, w.bucket.objects[testDiff])
			}
			if !strings.Contains(w.body(), "was made a repository of its own") {
				t.Errorf("%s\nit must be said", c.why)
			}
		})
	}
}

// A cache that git ignores may hold repositories: tools need them as they are.
func TestIgnoredRepositoriesAreLeftAlone(t *testing.T) {
	w := newWorld(t, func(f map[string]string) { f[".gitignore"] += "cache/\n" })
	w.options.Parameters.Settings.AgentCommand = shell(`[ "$1" = 3 ] && { [ -e cache/dep/.git ] || exit 1; }; mkdir -p cache; git init -q cache/dep; echo "$1" > f$1`)
	w.codebuild(t.Context())
	if _, result := w.row(); result.Outcome != contract.OutcomeSucceeded {
		t.Errorf("%+v\n%s", result, w.log)
	}
}
