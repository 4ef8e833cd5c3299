// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// ticks is a shell command that ticks tasks in tasks.md.
func ticks(numbers string) string {
	return `sed -i 's/\[ \] \([` + numbers + `]\.\)/[x] \1/' ` + testSpec + "/tasks.md; "
}

// tries is the beginning of a script that counts its tries at a task in $n. The count lies beside the checkout.
const tries = `echo >> "$HOME/tries-$1"; n=$(wc -l < "$HOME/tries-$1"); `

const testDiff = "artifacts/test/b-1/diffs/changes.diff"

// What an agent does to tasks.md beyond its own task is never believed.
func TestBoxesOfOtherTasks(t *testing.T) {
	open3 := "- [x] 2. Add the cart\n- [ ] 3. Empty the cart\n"
	cases := map[string]struct {
		why, script string
		outcome     contract.Outcome
		message     string
		list        string // in tasks.md on the branch
		note        string
	}{
		"TicksAhead": {
			why:    "A task that was ticked by another one's run is still to be worked on, and is.",
			script: `[ "$1" = 2 ] && ` + ticks("23") + `echo "$1" > f$1`, outcome: contract.OutcomeSucceeded,
			list: "- [x] 2. Add the cart\n- [x] 3. Empty the cart\n", note: "Task 2: the agent also changed the boxes of 3",
		},
		"TicksAheadAndRests": {
			why:    "If then nothing is done for it, it is not done; nor does the next attempt take it for done.",
			script: `[ "$1" = 3 ] && exit 0; ` + ticks("23") + `echo "$1" > f$1`, outcome: contract.OutcomeAgentFailed,
			message: "task 3 (Empty the cart) is not done: the agent changed nothing", list: open3, note: "the boxes of 3; they were put back",
		},
		"TakesTasksOut": {
			why:    "A list that is shorter is not one that is done.",
			script: `sed -i '/3\./d' ` + testSpec + `/tasks.md; ` + ticks("2") + `echo "$1" > f$1`, outcome: contract.OutcomeAgentFailed,
			message: "removed or rewrote tasks in tasks.md: 3", list: "- [ ] 2. Add the cart\n- [ ] 3. Empty the cart\n",
		},
		"OpensAgain": {
			why:    "A task that is done stays done.",
			script: `sed -i 's/\[x\]/[ ]/' ` + testSpec + `/tasks.md; echo "$1" > f$1`, outcome: contract.OutcomeSucceeded,
			list: "- [x] 1. Done before\n- [x] 2. Add the cart\n- [x] 3. Empty the cart\n", note: "the boxes of 1",
		},
		"Prose": {
			why:    "Words between the tasks are the agent's to write.",
			script: "sed -i \"s/\\[ \\] \\($1\\.\\)/[x] \\1/\" " + testSpec + "/tasks.md; " + `echo "Notes on $1." >> ` + testSpec + `/tasks.md; echo "$1" > f$1`, outcome: contract.OutcomeSucceeded,
			list: "- [x] 3. Empty the cart\nNotes on 2.\nNotes on 3.\n",
		},
		"AddsTasks": {
			why:    "Tasks that nobody approved are not worked on, and that is said.",
			script: `[ "$1" = 2 ] && echo "- [x] 4. More" >> ` + testSpec + `/tasks.md; echo "$1" > f$1`, outcome: contract.OutcomeSucceeded,
			list: "- [x] 3. Empty the cart\n- [ ] 4. More\n", note: "The agent added tasks, which were not worked on: 4 More",
		},
		"Splits": {
			why:    "A task that was split is done when its parts are.",
			script: `sed -i 's/^\(.*2\. .*\)$/\1\n  - [x] 2.1 One\n  - [ ] 2.2 Two/' ` + testSpec + `/tasks.md; echo "$1" > f$1`, outcome: contract.OutcomeAgentFailed,
			message: "split the task into parts and left some of them open", list: "- [ ] 2. Add the cart\n- [ ] 3. Empty the cart\n",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.options.Parameters.Settings.AgentCommand = shell(c.script)
			w.codebuild(t.Context())
			_, result := w.row()
			if result.Outcome != c.outcome || !strings.Contains(result.Message, c.message) {
				t.Errorf("%s\ngot %+v\n%s", c.why, result, w.log)
			}
			if list := w.file(testSpec + "/tasks.md"); !strings.Contains(list, c.list) {
				t.Errorf("%s\nthe branch's list is\n%s", c.why, list)
			}
			if !strings.Contains(w.body(), c.note) {
				t.Errorf("%s\nthe pull request lacks the note %q:\n%s", c.why, c.note, w.body())
			}
		})
	}
}

// A try's success is its own: neither what the one before left, nor what the setup left, is taken for its work.
func TestWhatATryIsMeasuredAgainst(t *testing.T) {
	cases := map[string]struct {
		why, script, setup string
		outcome            contract.Outcome
		message            string
	}{
		"DeniedThenIdle": {
			why:     "The first try's leftovers are no work of the second's.",
			script:  tries + `[ $n = 1 ] || exit 0; echo "$1" > f$1; echo '[denied] fs_write' >&2`,
			outcome: contract.OutcomeAgentFailed, message: "task 2 (Add the cart) is not done: the agent changed nothing and left the box open",
		},
		"TickedAndDeniedThenIdle": {
			why:     "Nor is its tick.",
			script:  tries + `[ $n = 1 ] || exit 0; ` + ticks("23") + `echo '[denied] fs_write' >&2`,
			outcome: contract.OutcomeAgentFailed, message: "task 2 (Add the cart) is not done: the agent changed nothing and left the box open",
		},
		"TookOutThenGood": {
			why:     "A list that the first try spoiled is whole again for the second.",
			script:  tries + `[ $n = 1 ] && { rm -r .kiro; exit 0; }; echo "$1" > f$1; echo half > half-$1`,
			outcome: contract.OutcomeSucceeded,
		},
		"HalfThenHalf": {
			why:     "A try goes on from the files that the one before left.",
			script:  tries + `[ $n = 1 ] && { echo half > half-$1; exit 1; }; [ -e half-$1 ] && echo "$1" > f$1`,
			outcome: contract.OutcomeSucceeded,
		},
		"SetupLeavesFiles": {
			why:    "What installing left behind does not make an idle agent's task done.",
			script: "true", setup: `sh -c "echo x > generated.txt"`,
			outcome: contract.OutcomeAgentFailed, message: "task 2 (Add the cart) is not done: the agent changed nothing and left the box open",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			s := &w.options.Parameters.Settings
			s.AgentCommand, s.SetupCommand, s.RetryAgentTask = shell(c.script), c.setup, quick(2)
			w.codebuild(t.Context())
			_, result := w.row()
			if result.Outcome != c.outcome || !strings.Contains(result.Message, c.message) {
				t.Fatalf("%s\ngot %+v\n%s", c.why, result, w.log)
			}
			if c.outcome != contract.OutcomeSucceeded {
				return
			}
			if w.file("f2") != "2\n" || w.file("half-2") != "half\n" || w.file("half-3") != "half\n" {
				t.Errorf("%s\nthe work of both tries is to be on the branch", c.why)
			}
		})
	}
}

// What an agent leaves that git cannot take in is the work's failure: the infrastructure's would be tried five times more.
func TestWhatGitCannotTakeIn(t *testing.T) {
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
				t.Errorf("%s\nwhat git could take in is to be seen:\n%s", c.why, diff)
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
		"Deep":      {"One may lie in another.", `mkdir -p sub/app; git init -q sub; cd sub; git init -q app; echo "$1" > app/f$1`},
		"InTracked": {"Also where files of the repository's own lie.", `mkdir -p sub/app; echo "$1" > sub/app/f$1; cd sub/app; git init -q .; ` + git + `add .; ` + git + `commit -q -m x`},
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

// refusePushes lets GitHub refuse every push with some words.
func (w *world) refusePushes(words string) {
	w.t.Helper()
	hook := filepath.Join(w.gitDir, testRepository+".git", "hooks", "pre-receive")
	w.must(os.MkdirAll(filepath.Dir(hook), 0o755))
	w.must(os.WriteFile(hook, []byte("#!/bin/sh\ncat >&2 <<'X'\n"+words+"\nX\nexit 1\n"), 0o755))
}

// What GitHub refuses for what it holds is refused again each time. What was done is not lost with it.
func TestPushesRefusedForTheirContent(t *testing.T) {
	cases := map[string]struct{ why, words string }{
		"LargeFile": {"A file over GitHub's limit.", "error: GH001: Large files detected. You may want to try Git Large File Storage.\nerror: File big.bin is 120.00 MB; this exceeds GitHub's file size limit of 100.00 MB"},
		"Secret":    {"Push protection found what looks like a secret.", "error: GH013: Repository rule violations found for refs/heads/feature/cart.\n- GITHUB PUSH PROTECTION\n- Push cannot contain secrets"},
		"Hook":      {"A hook of GitHub Enterprise, in its own words.", "policy: no copyright header"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			before := w.head()
			w.refusePushes(c.words)
			codes := w.codebuild(t.Context())
			_, result := w.row()
			if result.Outcome != contract.OutcomeAgentFailed || result.FailedStage != contract.StageAgent || codes[PhaseFinally] != ExitWork {
				t.Errorf("%s\ngot %+v", c.why, result)
			}
			if !strings.Contains(result.Message, "keep files over 100 MB and secrets out of the change") {
				t.Errorf("%s\nwhat to do must be said: %s", c.why, result.Message)
			}
			if diff := w.bucket.objects[testDiff]; !strings.Contains(diff, "+task 2") {
				t.Errorf("%s\nthe work that could not be pushed is in the diff, and nowhere else:\n%s", c.why, diff)
			}
			if w.head() != before {
				t.Error("it was pushed")
			}
		})
	}
}

// A task without a number is named by its place; GitHub must not link its commit to the issue of that number.
func TestTasksByPlaceLinkNothing(t *testing.T) {
	w := newWorld(t, func(f map[string]string) { f[testSpec+"/tasks.md"] = "- [ ] Add the cart\n- [ ] Empty the cart\n" })
	w.codebuild(t.Context())
	if _, result := w.row(); result.Outcome != contract.OutcomeSucceeded {
		t.Fatalf("%+v\n%s", result, w.log)
	}
	j, err := newJob(w.options)
	w.must(err)
	log := w.messages(j.state.Base)
	if strings.Contains(log, "#") || !strings.Contains(log, "Task no. 2: Empty the cart") {
		t.Errorf("messages:\n%s", log)
	}
}

// A task about access control has tests that print what Kiro prints, but not where.
func TestDeniedInATestsOutput(t *testing.T) {
	w := newWorld(t)
	w.options.Parameters.Settings.AgentCommand = shell(`echo 'GET /admin [denied]'; echo 'GET /admin [DENIED]' >&2; echo "$1" > f$1`)
	w.codebuild(t.Context())
	if _, result := w.row(); result.Outcome != contract.OutcomeSucceeded {
		t.Fatalf("%+v\n%s", result, w.log)
	}
	log := w.bucket.objects["artifacts/test/b-1/logs/kiro-cli.log"]
	if strings.Count(log, "[denied]") != 2 || strings.Count(log, "===== standard error\nGET /admin [DENIED]") != 2 {
		t.Errorf("the log must hold both streams of both runs:\n%s", log)
	}
}

// What a run that was killed with its worker wrote to standard error is kept too.
func TestErrorsOfAKilledRunAreKept(t *testing.T) {
	w := newWorld(t)
	j, err := newJob(w.options)
	w.must(err)
	w.must(os.WriteFile(j.path(agentLog), []byte("out\n"), 0o600))
	w.must(os.WriteFile(j.path(agentErrors), []byte("err\n"), 0o600))
	var out strings.Builder
	if err := j.writeAgentLog(t.Context(), &out); err != nil || out.String() != "out\nerr\n" {
		t.Errorf("got %q, %v", out.String(), err)
	}
}
