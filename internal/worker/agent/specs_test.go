// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package agent_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/worker/agent"
)

// spec is a file of testdata/specs.
func spec(t testing.TB, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", "specs", name+".md"))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// What people, their formatters and other planners write is read as they mean it; what is not read is named.
func TestSpecsOfRealRepositories(t *testing.T) {
	cases := []struct {
		name, why string
		open      string // the tasks that are run
		done      string // the tasks that need not be
		strays    string // lines, with ! where it is a check
	}{
		{"fence-behind-a-bullet", "a fence may follow a bullet, so the next one closes it", "1 2 3", "", ""},
		{"fence-behind-a-number", "or a number, and be of tildes", "1 2", "", ""},
		{"prose-that-begins-with-backticks", "backticks behind backticks are no fence", "1 2 3", "", ""},
		{"closing-fence-has-no-info", "a closing fence has nothing behind it, and is as long as the opening one", "1 2", "", ""},
		{"fence-ends-with-its-item", "a fence ends with the list item or the quote that it is in", "1 2 3", "", ""},
		{"fence-too-deep", "indented code is no fence", "1 2", "", ""},
		{"comment-in-a-line", "a comment in the middle of a line hides nothing behind it", "1 2 3", "", ""},
		{"fence-never-closed", "what a fence without an end hides is said", "1", "", "3"},
		{"fence-closed-outside-its-item", "nobody means to open a fence where one of an item is to be closed", "1 2 3", "", ""},
		{"fence-closed-outside-its-quote", "nor of a quote", "1 2", "", ""},
		{"title-begins-with-a-number", "a title may begin with a number", "8", "", ""},
		{"title-begins-with-a-number-in-a-list", "also in a list with numbers", "1 2 #3", "", ""},
		{"bare-numbers", "bare numbers that go on from one to the next are numbers", "2.1 3", "1", ""},
		{"unnumbered-part-beside-numbered", "a part without a number is a part", "2#1", "2.1", ""},
		{"unnumbered-part-beside-numbered-heading", "also under a heading; what the acceptance says is none", "4#1", "4.1", "6!"},
		{"ticked-parent-with-open-unnumbered-part", "a tick too early hides none of the parts", "7#1 8", "7.1", ""},
		{"part-with-a-letter", "a letter puts a part between two others", "5.1a 6B", "5.1 5.2", ""},
		{"bold-underscores", "also by underscores", "1.1 1.2 T-4", "", ""},
		{"bold-numbers", "numbers may be bold", "2.1 2.2 2.3 2.4", "", ""},
		{"identifiers", "identifiers may have letters", "B1 T014 P2-N7 T015 US-2 US-3", "", ""},
		{"names-that-are-no-identifiers", "the names of things are none", "1 2", "", ""},
		{"heading-with-box", "a heading with a box is a task without the word", "2 3.1 3.2 #6", "1", ""},
		{"heading-says-completed", "a heading without a box may say that its task is done", "2 5 6", "1 3 4 7", ""},
		{"heading-done-in-other-words", "in more words; what may be the title's counts as none", "4 5", "1 2 3 6 7", ""},
		{"heading-done-in-part", "what is done in part is not", "3 4 5 6", "1 2 7", ""},
		{"heading-mentions-a-task", "a heading about a task is no second one", "1", "2", "10"},
		{"heading-repeats-a-task", "the boxes under a heading that repeats a task are its steps", "1", "2", ""},
		{"checklists-behind", "lists of checks behind numbered tasks are no tasks", "2", "1", "5! 6! 9"},
		{"checklists-before", "nor before them", "1 2", "", "3! 4!"},
		{"checklists-without-numbers", "where no task has a number, boxes are all there is", "#1 #2", "", ""},
		{"checklists-between", "nor between them; a later phase without numbers is work", "2 #3 #4", "1", "5!"},
		{"numbered-headings", "numbered headings with steps are tasks", "1.1 1.2", "", ""},
		{"numbered-headings-of-a-document", "the heading of the whole list is none", "#1 #2", "", ""},
		{"other-languages", "the word task has translations", "1 2 3 4", "", ""},
		{"star-after-a-blank", "a star may be behind a blank or a backslash", "1.1 5 6", "", ""},
		{"star-before-the-number", "a star before a number needs no blank behind it, unless it is emphasis", "1.1 1.4 1.5", "", ""},
		{"no-blank-behind-the-box", "a box needs no blank behind it", "2 3 5", "1 4", ""},
		{"optional-in-words", "words make nothing optional", "1.2 2 3 4", "1.1", ""},
		{"half-number", "a number between two others stands beside them", "1 1.5 2", "", ""},
		{"boxes-that-are-read-as-nothing", "what looks like a box and is not read is named", "1", "", "2 3 4 5 6 7"},
		{"marks-that-are-no-boxes", "words and letters in place of a box's mark", "1", "", "2 3 4"},
		{"other-boxes", "boxes of other kinds", "1", "", "2 3 4 5"},
		{"blanks-that-are-none", "other blanks", "1 3", "", "2"},
		{"numbered-headings-one-in-prose", "a heading beside tasks that has nothing to tick may be one in prose", "2", "1", "10"},
		{"han-numbers", "numbers as they are written in East Asia", "1 12 2", "", ""},
		{"kiro-plan", "what Kiro writes beside the tasks is left alone", "2.1", "1", ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			text := spec(t, c.name)
			tasks, err := agent.ParseTasks(text)
			if err != nil {
				t.Fatal(err)
			}
			var done []agent.Task
			for _, task := range tasks {
				if task.Leaf && task.State == agent.Done {
					done = append(done, task)
				}
				if strings.Contains(task.Title, "**") {
					t.Errorf("the title %q has stray asterisks", task.Title)
				}
			}
			found, err := agent.Strays(text)
			if err != nil {
				t.Fatal(err)
			}
			var strays []string
			for _, s := range found {
				strays = append(strays, fmt.Sprint(s.Line)+map[bool]string{true: "!"}[s.Check])
			}
			want := []string{c.open, c.done, c.strays}
			if diff := cmp.Diff(want, []string{ids(agent.OpenTasks(tasks)), ids(done), strings.Join(strays, " ")}); diff != "" {
				t.Errorf("%s: open, done, and lines that are named (-want +got):\n%s", c.why, diff)
			}
		})
	}
}

func TestOptionalInWords(t *testing.T) {
	tasks, err := agent.ParseTasks(spec(t, "optional-in-words"))
	if err != nil {
		t.Fatal(err)
	}
	if got := ids(agent.OptionalInWords(tasks)); got != "1.2 2 4" {
		t.Errorf("got %q; want the tasks that say so, and no other", got)
	}
}

func TestOpenSteps(t *testing.T) {
	tasks, err := agent.ParseTasks([]byte("- [x] 1. A\n  - [ ] a\n- [x] 2. B\n  - [x] b\n- [ ] 3. C\n  - [ ] c\n"))
	if err != nil {
		t.Fatal(err)
	}
	if got := ids(agent.OpenSteps(tasks)); got != "1" {
		t.Errorf("got %q; want the task that is ticked with an open step", got)
	}
}

// The number of steps says which boxes belong to a task: all of them must be there after it was ticked.
func TestStepsOfATask(t *testing.T) {
	for name, id := range map[string]string{"title-begins-with-a-number": "8", "numbered-headings": "1.1", "heading-repeats-a-task": "1", "identifiers": "B1"} {
		text := spec(t, name)
		marked, err := agent.MarkDone(text, id)
		if err != nil {
			t.Fatal(err)
		}
		tasks, err := agent.ParseTasks(marked)
		if err != nil {
			t.Fatal(err)
		}
		if task, ok := agent.Find(tasks, id); !ok || task.State != agent.Done {
			t.Errorf("%s: %s is %q after it was ticked:\n%s", name, id, task.State, marked)
		}
	}
}
