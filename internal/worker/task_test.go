// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// ticks is a shell command that ticks tasks in tasks.md.
func ticks(numbers string) string {
	return `sed -i 's/\[ \] \([` + numbers + `]\.\)/[x] \1/' ` + testSpec + "/tasks.md; "
}

// tries is the beginning of a script that counts its tries at a task in $n. The count is beside the checkout.
const tries = `echo >> "$HOME/tries-$1"; n=$(wc -l < "$HOME/tries-$1"); `

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

// A try's success is its own: neither what the one before left, nor what the setup left, counts as its work.
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

// A task without a number is named by its place; GitHub must not link its commit to the issue of that number.
func TestTasksByPlaceLinkNothing(t *testing.T) {
	w := newWorld(t, func(f map[string]string) { f[testSpec+"/tasks.md"] = "- [ ] Add the cart\n- [ ] Empty the cart\n" })
	w.codebuild(t.Context())
	if _, result := w.row(); result.Outcome != contract.OutcomeSucceeded {
		t.Fatalf("%+v\n%s", result, w.log)
	}
	log := w.messages(w.state().Base)
	if strings.Contains(log, "#") || !strings.Contains(log, "Task no. 2: Empty the cart") {
		t.Errorf("messages:\n%s", log)
	}
}
