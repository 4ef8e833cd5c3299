// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package agent_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/worker/agent"
)

func TestConfine(t *testing.T) {
	cases := []struct {
		why, id, before, after string
		want                   string // empty: as the agent left it
		restored               string
		fails                  string
	}{
		{why: "its own box is its to tick", id: "1", before: "- [ ] 1. A\n- [ ] 2. B\n", after: "- [x] 1. A\n- [ ] 2. B\n"},
		{why: "or to mark as begun", id: "1", before: "- [ ] 1. A\n- [ ] 2. B\n", after: "- [-] 1. A\n- [ ] 2. B\n"},
		{why: "a box ticked ahead is put back", id: "1", before: "- [ ] 1. A\n- [ ] 2. B\n- [x] 3. C\n", after: "- [x] 1. A\n- [x] 2. B\n- [x] 3. C\n",
			want: "- [x] 1. A\n- [ ] 2. B\n- [x] 3. C\n", restored: "2"},
		{why: "so is one that was opened again, as it was written", id: "1", before: "- [ ] 1. A\n- [✓] 2. B\n- [-] 3. C\n", after: "- [x] 1. A\n- [ ] 2. B\n- [X] 3. C\n",
			want: "- [x] 1. A\n- [✓] 2. B\n- [-] 3. C\n", restored: "2 3"},
		{why: "another spelling of the same mark is prose", id: "1", before: "- [ ] 1. A\n- [x] 2. B\n- [] 3. C\n", after: "- [x] 1. A\n- [X] 2. B\n- [ ] 3. C\n"},
		{why: "a task's parents and parts are its own", id: "1.1", before: "- [ ] 1. A\n  - [ ] 1.1 B\n    - [ ]* 1.1.1 C\n  - [ ] 1.2 D\n",
			after: "- [x] 1. A\n  - [x] 1.1 B\n    - [x]* 1.1.1 C\n  - [ ] 1.2 D\n"},
		{why: "a sister is not", id: "1.1", before: "- [ ] 1. A\n  - [ ] 1.1 B\n  - [ ] 1.2 D\n", after: "- [x] 1. A\n  - [x] 1.1 B\n  - [x] 1.2 D\n",
			want: "- [x] 1. A\n  - [x] 1.1 B\n  - [ ] 1.2 D\n", restored: "1.2"},
		{why: "nor an optional one", id: "1", before: "- [ ] 1. A\n- [ ]* 2. B\n", after: "- [x] 1. A\n- [x]* 2. B\n", want: "- [x] 1. A\n- [ ]* 2. B\n", restored: "2"},
		{why: "details without a number are its own", id: "1", before: "## Task 1: A\n- [ ] a\n## Task 2: B\n- [ ] b\n", after: "## Task 1: A\n- [x] a\n## Task 2: B\n- [ ] b\n"},
		{why: "another heading's details are not", id: "1", before: "## Task 1: A\n- [ ] a\n## Task 2: B\n- [ ] b\n- [x] c\n", after: "## Task 1: A\n- [x] a\n## Task 2: B\n- [x] b\n- [x] c\n",
			want: "## Task 1: A\n- [x] a\n## Task 2: B\n- [ ] b\n- [x] c\n", restored: "2"},
		{why: "a heading that gets a box is not done by it", id: "1", before: "## Task 1: A\n## Task 2: B\n", after: "## [x] Task 1: A\n## [x] Task 2: B\n",
			want: "## [x] Task 1: A\n## [ ] Task 2: B\n", restored: "2"},
		{why: "prose is left alone", id: "1", before: "# P\n- [ ] 1. A\n  - how\n- [ ] 2. B\n", after: "# Plan\n\n- [x] 1. A, and why so\n  - how it was done\n\nNotes.\n- [ ] 2. B\n  - hint: see 1\n"},
		{why: "Windows line ends come and go", id: "1", before: "- [ ] 1. A\n- [ ] 2. B\n", after: "- [x] 1. A\r\n- [x] 2. B\r\n", want: "- [x] 1. A\r\n- [ ] 2. B\r\n", restored: "2"},
		{why: "what is added is open", id: "1", before: "- [ ] 1. A\n", after: "- [x] 1. A\n- [x] 2. New\n- [ ] 3. Newer\n", want: "- [x] 1. A\n- [ ] 2. New\n- [ ] 3. Newer\n", restored: "2"},
		{why: "its own new parts are its own", id: "1", before: "- [ ] 1. A\n- [ ] 2. B\n", after: "- [x] 1. A\n  - [x] 1.1 X\n  - [ ] 1.2 Y\n- [ ] 2. B\n"},
		{why: "its own parts may go", id: "1", before: "- [ ] 1. A\n  - [ ]* 1.1 X\n- [ ] 2. B\n", after: "- [x] 1. A\n- [ ] 2. B\n"},
		{why: "a second task of the number hides nothing", id: "1", before: "- [ ] 1. A\n- [ ] 2. B\n", after: "- [x] 1. A\n- [ ] 2. B\n- [x] 2. B\n",
			want: "- [x] 1. A\n- [ ] 2. B\n- [ ] 2. B\n", restored: "2#3"},

		{why: "a star that goes with the tick of another task is put back with its box", id: "1.1", before: "- [ ] 1. A\n  - [ ] 1.1 B\n  - [ ]* 1.2 C\n- [ ] 2. D\n",
			after: "- [ ] 1. A\n  - [x] 1.1 B\n  - [x] 1.2 C\n- [ ] 2. D\n", want: "- [ ] 1. A\n  - [x] 1.1 B\n  - [ ]* 1.2 C\n- [ ] 2. D\n", restored: "1.2"},
		{why: "also one behind a blank, with Windows line ends", id: "1", before: "- [ ] 1. A\r\n- [ ] * 2. B\r\n", after: "- [x] 1. A\r\n- [x] 2. B\r\n",
			want: "- [x] 1. A\r\n- [ ] * 2. B\r\n", restored: "2"},
		{why: "and one behind the number, of a task that was not ticked", id: "1", before: "- [ ] 1. A\n- [ ] 2.* B\n", after: "- [x] 1. A\n- [ ] 2. **B**\n",
			want: "- [x] 1. A\n- [ ] 2.* B\n", restored: "2"},
		{why: "a star that a formatter escapes is the same", id: "1", before: "- [ ] 1. A\n- [ ]* 2. B_c\n", after: "* [x] 1. A\n* [ ]\\* 2. B\\_c\n"},
		{why: "a mark behind the parent's title rewrites nothing", id: "5.2", before: "- [-] 5. A\n  - [x] 5.1 B\n  - [ ] 5.2 C\n", after: "- [x] 5. A ✅ COMPLETED\n  - [x] 5.1 B\n  - [x] 5.2 C\n"},
		{why: "nor do other marks, and markup", id: "1.1", before: "- [ ] 1. A b\n  - [ ] 1.1 B\n", after: "- [x] **1. A b** (done)\n  - [x] 1.1 B\n"},
		{why: "nor how far it is, in words", id: "1.1", before: "- [ ] 1. A b\n  - [ ] 1.1 B\n  - [ ] 1.2 C\n- [ ] 2. D\n", after: "- [-] 1. A b (1/2)\n  - [x] 1.1 B\n  - [ ] 1.2 C — in progress\n- [ ] 2. [PENDING] D.\n"},
		{why: "or in other languages, with a date", id: "1.1", before: "- [ ] 1. A\n  - [ ] 1.1 B\n", after: "- [x] 1. A（完了） _(completed 2026-01-02)_\n  - [x] 1.1 B\n"},
		{why: "words behind another heading that say that it is done are taken back", id: "1", before: "## Task 1: A\n## Task 2: B\n", after: "## [x] Task 1: A\n## Task 2: B ✅\n",
			want: "## [x] Task 1: A\n## Task 2: B\n", restored: "2"},
		{why: "a star and a step of one task are named once", id: "1", before: "## [ ] 1. A\n## [ ]* 2. B\n- [ ] b\n", after: "## [x] 1. A\n## [x] 2. B\n- [x] b\n",
			want: "## [x] 1. A\n## [ ]* 2. B\n- [ ] b\n", restored: "2"},
		{why: "a task without a number that is split does not move the others", id: "#1", before: "- [ ] A\n- [ ] B\n", after: "- [x] A\n  - [x] A1\n  - [x] A2\n- [ ] B\n"},
		{why: "a part without a number is a part like others", id: "2#1", before: "- [ ] 2. A\n  - [x] 2.1 B\n  - [ ] C\n- [ ] 3. D\n", after: "- [x] 2. A\n  - [x] 2.1 B\n  - [x] C\n- [x] 3. D\n",
			want: "- [x] 2. A\n  - [x] 2.1 B\n  - [x] C\n- [ ] 3. D\n", restored: "3"},

		{why: "a heading that says that it is done is not done by it", id: "1", before: "## Task 1: A\n## Task 2: B\n", after: "## [x] Task 1: A\n## Task 2: B\n**Status**: COMPLETED\n", fails: "2"},
		{why: "a star that is lost with the title is another task", id: "1", before: "- [ ] 1. A\n- [ ]* 2. B\n", after: "- [x] 1. A\n- [x] 2. C\n", fails: "2"},
		{why: "a task that was removed", id: "1", before: "- [ ] 1. A\n- [ ] 2. B\n- [ ] 3. C\n", after: "- [x] 1. A\n- [ ] 3. C\n", fails: "2"},
		{why: "its own that was removed", id: "1", before: "- [ ] 1. A\n- [ ] 2. B\n", after: "- [ ] 2. B\n", fails: "1"},
		{why: "a number in its title is another task", id: "1", before: "- [ ] 1. A\n- [ ] 2. TLS - 1.2\n", after: "- [x] 1. A\n- [ ] 2. TLS - 1.3\n", fails: "2"},
		{why: "one that is another now", id: "1", before: "- [ ] 1. A\n- [ ] 2. B\n", after: "- [x] 1. A\n- [ ] 2. Nothing\n", fails: "2"},
		{why: "one that is optional now", id: "1", before: "- [ ] 1. A\n- [ ] 2. B\n", after: "- [x] 1. A\n- [ ]* 2. B\n", fails: "2"},
		{why: "its own that is optional now", id: "1", before: "- [ ] 1. A\n- [ ] 2. B\n", after: "- [x]* 1. A\n- [ ] 2. B\n", fails: "1"},
		{why: "its own within another, which would be done with it", id: "2", before: "- [ ] 1. A\n- [ ] 2. B\n", after: "- [ ] 1. A\n  - [x] 2. B\n", fails: "1, 2"},
		{why: "another within its own", id: "1", before: "- [ ] 1. A\n- [ ] 2. B\n", after: "- [x] 1. A\n  - [x] 2. B\n", fails: "2"},
		{why: "one that became an example", id: "1", before: "- [ ] 1. A\n- [ ] 2. B\n", after: "- [x] 1. A\n```\n- [ ] 2. B\n```\n", fails: "2"},
		{why: "one that lost its box", id: "1", before: "- [ ] 1. A\n- [ ] 2. B\n", after: "- [x] 1. A\n- 2. B\n", fails: "2"},
		{why: "a heading that lost its box, with ticked details instead", id: "1", before: "## [ ] Task 1: A\n## [ ] Task 2: B\n- [x] b\n", after: "## [x] Task 1: A\n## Task 2: B\n- [x] b\n", fails: "2"},
		{why: "new details that would make it done", id: "1", before: "## Task 1: A\n## Task 2: B\n", after: "## [x] Task 1: A\n## Task 2: B\n- [x] b\n", fails: "2"},
		{why: "tasks by place that moved: the next would look like another", id: "#1", before: "- [ ] A\n- [ ] B\n", after: "- [x] A\n- [ ] New\n- [ ] B\n", fails: "#2"},
		{why: "a few are named, however many", id: "1", before: "- [ ] 1. A\n- [ ] 2. B\n- [ ] 3. C\n- [ ] 4. D\n- [ ] 5. E\n", after: "- [x] 1. A\n", fails: "2, 3, 4 and others"},
		{why: "a text without any task", id: "1", before: "- [ ] 1. A\n", after: "All done.\n", fails: "no tasks"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			text, restored, err := agent.Confine([]byte(c.before), []byte(c.after), c.id)
			if c.fails != "" {
				if err == nil || !strings.HasSuffix(err.Error(), ": "+c.fails) && !strings.Contains(err.Error(), "has "+c.fails) {
					t.Errorf("got %q, %v; want an error that names %s", text, err, c.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			want := c.want
			if want == "" {
				want = c.after
			}
			if diff := cmp.Diff([]string{want, c.restored}, []string{string(text), strings.Join(restored, " ")}); diff != "" {
				t.Errorf("text, and tasks put back (-want +got):\n%s", diff)
			}
		})
	}
}

// Whatever an agent writes, no other task is done by it, and none is lost.
func FuzzConfine(f *testing.F) {
	f.Add([]byte(kiroList), []byte(strings.ReplaceAll(kiroList, "[ ]", "[x]")), 3)
	f.Add([]byte("## Task 1: A\n- [ ] a\n## [ ] Task 2: B\n- [ ] b\n"), []byte("## [x] Task 1: A\n- [x] a\n## Task 2: B\n- [x] b\n"), 0)
	f.Add([]byte("- [ ] A\n- [✓] B\n"), []byte("- [x] A\n- [] B\n- [x] C\n"), 0)
	f.Add([]byte("- [ ] 1. A\n- [ ] 1. A\n"), []byte("- [x] 1. A\n\t- [x] 1.1 A\n"), 1)
	for _, name := range []string{"star-after-a-blank", "unnumbered-part-beside-numbered", "heading-repeats-a-task", "checklists-between", "half-number"} {
		text := spec(f, name)
		f.Add(text, []byte(strings.NewReplacer("[ ]*", "[x]", "[ ]", "[x]").Replace(string(text))), 1)
	}
	f.Fuzz(func(t *testing.T, before, after []byte, n int) {
		was, err := agent.ParseTasks(before)
		if err != nil {
			return
		}
		open := agent.OpenTasks(was)
		if len(open) == 0 {
			return
		}
		task := open[int(uint(n)%uint(len(open)))]
		text, _, err := agent.Confine(before, after, task.ID)
		if err != nil {
			return
		}
		is, err := agent.ParseTasks(text)
		if err != nil {
			t.Fatal(err)
		}
		still := map[string]bool{}
		for _, o := range agent.OpenTasks(is) {
			still[o.ID] = true
		}
		for _, o := range open {
			if o.ID != task.ID && !still[o.ID] {
				t.Fatalf("%s is open no longer, although only %s was worked on:\n%s", o.ID, task.ID, text)
			}
		}
	})
}
