// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package agent_test

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/agent"
)

func ids(tasks []agent.Task) string {
	names := make([]string, 0, len(tasks))
	for _, t := range tasks {
		names = append(names, t.ID)
	}
	return strings.Join(names, " ")
}

// kiroList is what Kiro's own planner writes.
const kiroList = `# Implementation Plan

- [x] 1. Set up project structure
  - Create directories
  - _Requirements: 1.1_

- [ ] 2. Implement data models
- [x] 2.1 Create interfaces
  - Write TypeScript interfaces
- [ ] 2.2 Implement User model
- [ ]* 2.3 Write property tests

- [-] 3. Create storage
  - [ ] 3.1 Write connection utilities
  - [ ]* 3.2 Write unit tests

- [ ]* 4. Polish
  - [ ] 4.1 Add icons
`

func TestParseTasks(t *testing.T) {
	got, err := agent.ParseTasks([]byte(kiroList))
	if err != nil {
		t.Fatal(err)
	}
	want := []agent.Task{
		{ID: "1", Title: "Set up project structure", State: agent.Done, Leaf: true, Line: 3},
		{ID: "2", Title: "Implement data models", State: agent.InProgress, Line: 7},
		{ID: "2.1", Title: "Create interfaces", State: agent.Done, Parent: "2", Leaf: true, Line: 8},
		{ID: "2.2", Title: "Implement User model", State: agent.Open, Parent: "2", Leaf: true, Line: 10},
		{ID: "2.3", Title: "Write property tests", State: agent.Open, Optional: true, Parent: "2", Leaf: true, Line: 11},
		{ID: "3", Title: "Create storage", State: agent.Open, Line: 13},
		{ID: "3.1", Title: "Write connection utilities", State: agent.Open, Parent: "3", Leaf: true, Line: 14},
		{ID: "3.2", Title: "Write unit tests", State: agent.Open, Optional: true, Parent: "3", Leaf: true, Line: 15},
		{ID: "4", Title: "Polish", State: agent.Open, Optional: true, Line: 17},
		{ID: "4.1", Title: "Add icons", State: agent.Open, Parent: "4", Leaf: true, Line: 18},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(agent.Task{})); diff != "" {
		t.Errorf("tasks (-want +got):\n%s", diff)
	}
	if got := ids(agent.OpenTasks(got)); got != "2.2 3.1" {
		t.Errorf("open tasks are %q; optional ones and parts of them are not worked on", got)
	}
	if diff := cmp.Diff(contract.Tasks{Done: 2, Total: 4}, agent.Count(got)); diff != "" {
		t.Errorf("count of required leaves (-want +got):\n%s", diff)
	}
}

func TestParseTasksIsTolerant(t *testing.T) {
	cases := []struct {
		why, text  string
		open, done string
	}{
		{"the plain form", "- [ ] 1. A\n- [x] 2. B\n", "1", "2"},
		{"other bullets and a capital X", "* [ ] 1. A\n+ [X] 2. B\n1. [ ] 3. C\n", "1 3", "2"},
		{"Windows line ends", "- [ ] 1. A\r\n- [x] 2. B\r\n", "1", "2"},
		{"line ends of carriage returns alone", "- [ ] 1. A\r- [x] 2. B\r", "1", "2"},
		{"a byte order mark before the first task", "\ufeff- [ ] 1. A\n- [x] 2. B\n", "1", "2"},
		{"full-width digits", "- [ ] １．A\n- [x] ２. B\n", "1", "2"},
		{"no line end at the end", "- [ ] 1. A\n- [x] 2. B", "1", "2"},
		{"an empty box is open", "- [] 1. A\n", "1", ""},
		{"a box with a tick", "- [✓] 1. A\n- [ ] 2. B\n", "2", "1"},
		{"in progress is open: an attempt may have died in it", "- [-] 1. A\n", "1", ""},
		{"a parent ticked while its part is open hides nothing", "- [x] 1. A\n  - [ ] 1.1 B\n", "1.1", ""},
		{"a parent left open is done when its parts are", "- [ ] 1. A\n  - [x] 1.1 B\n", "", "1 1.1"},
		{"a parent with optional parts only is its own work", "- [ ] 1. A\n  - [ ]* 1.1 B\n", "1", ""},
		{"three levels", "- [ ] 1. A\n  - [ ] 1.1 B\n    - [ ] 1.1.1 C\n    - [x] 1.1.2 D\n", "1.1.1", "1.1.2"},
		{"parts that are not indented belong by their number", "- [ ] 1. A\n- [ ] 1.1 B\n", "1.1", ""},
		{"headings with boxes below", "## Task 1: A\n\n- [x] 1.1 B\n- [ ] 1.2 C\n\n## Task 2: D\n\nText.\n", "1.2 2", "1.1"},
		{"boxes without a number below a heading are its details", "## Task 1: A\n- [x] a\n- [x] b\n## Task 2: B\n- [x] a\n- [ ] b\n", "2", "1"},
		{"a section within a task stays within it", "## Task 1: A\n### Acceptance\n- [x] a\n", "", "1"},
		{"a section beside a task is not part of it", "## Task 1: A\n- [x] a\n## Notes\n- [ ] b\n", "#2", "1"},
		{"a heading can have a box", "### [x] Task 1: A\n### [ ] Task 2: B\n", "2", "1"},
		{"a list without any number is named by place", "- [ ] A\n- [x] B\n- [ ] C\n", "#1 #3", "#2"},
		{"a number used twice is made unique", "- [x] 1. A\n- [ ] 1. B\n", "1#2", "1"},
		{"parts belong to the nearer of two with one number", "- [x] 1. A\n\n- [ ] 1. B\n  - [ ] 1.1 C\n- [x] 2. D\n", "1.1", "1 2"},
		{"bold titles, and the word Task", "- [ ] **1. A**\n- [ ] Task 2: B\n- [ ] 3) C\n", "1 2 3", ""},
		{"an optional mark behind the number", "- [ ] 1.* A\n- [ ] 2. B\n", "2", ""},
		{"examples in fences and comments are none", "```\n- [ ] 9. X\n```\n<!--\n- [ ] 8. X\n-->\n- [ ] 1. A\n", "1", ""},
		{"links and footnotes are no boxes", "- [a](b)\n- [1] note\n- [ ] 1. A\n", "1", ""},
		{"invalid UTF-8 is dropped and not passed on", "- [ ] 1. A\xff\n", "1", ""},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			tasks, err := agent.ParseTasks([]byte(c.text))
			if err != nil {
				t.Fatal(err)
			}
			if got := ids(agent.OpenTasks(tasks)); got != c.open {
				t.Errorf("open: %q; want %q", got, c.open)
			}
			var done []agent.Task
			for _, task := range tasks {
				if task.State == agent.Done {
					done = append(done, task)
				}
			}
			if got := ids(done); got != c.done {
				t.Errorf("done: %q; want %q", got, c.done)
			}
		})
	}
}

func TestParseTasksRefuses(t *testing.T) {
	cases := []struct{ why, text string }{
		{"an empty file", ""},
		{"a text without tasks: an agent that was given none would be done at once", "# Plan\n\nLater.\n"},
		{"a binary file", "- [ ] 1. A\x00\n"},
		{"a file that is too long", strings.Repeat("- [ ] 1. A\n", 100_000)},
		{"more tasks than anybody would write", strings.Repeat("- [ ] A\n", 1001)},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			if tasks, err := agent.ParseTasks([]byte(c.text)); err == nil {
				t.Errorf("got %d tasks; want an error", len(tasks))
			}
		})
	}
}

func TestMarkDone(t *testing.T) {
	cases := []struct{ why, text, id, want string }{
		{"only the box changes", "# P\r\n- [ ] 1. A  \r\n- [ ] 2. B", "2", "# P\r\n- [ ] 1. A  \r\n- [x] 2. B"},
		{"the last part ticks its parents too", "- [ ] 1. A\n  - [x] 1.1 B\n  - [-] 1.2 C\n", "1.2", "- [x] 1. A\n  - [x] 1.1 B\n  - [x] 1.2 C\n"},
		{"a part that is not the last leaves them", "- [ ] 1. A\n  - [ ] 1.1 B\n  - [ ] 1.2 C\n", "1.2", "- [ ] 1. A\n  - [ ] 1.1 B\n  - [x] 1.2 C\n"},
		{"an optional part holds nothing up", "- [ ] 1. A\n  - [ ]* 1.1 B\n  - [ ] 1.2 C\n", "1.2", "- [x] 1. A\n  - [ ]* 1.1 B\n  - [x] 1.2 C\n"},
		{"an empty box is filled", "- [] 1. A\n", "1", "- [x] 1. A\n"},
		{"a box of several bytes is replaced as a whole", "- [☐] 1. A\n", "1", "- [x] 1. A\n"},
		{"a heading gets a box", "## Task 1: A\n", "1", "## [x] Task 1: A\n"},
		{"a heading's box is ticked", "## [ ] Task 1: A\n", "1", "## [x] Task 1: A\n"},
		{"a byte order mark stays", "\ufeff- [ ] 1. A\n", "1", "\ufeff- [x] 1. A\n"},
		{"what is done stays", "- [x] 1. A\n", "1", "- [x] 1. A\n"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			got, err := agent.MarkDone([]byte(c.text), c.id)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, string(got)); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
		})
	}
	if _, err := agent.MarkDone([]byte("- [ ] 1. A\n"), "7"); err == nil {
		t.Error("a task that is not there was marked")
	}
}

func FuzzParseTasks(f *testing.F) {
	f.Add([]byte(kiroList))
	f.Add([]byte("## [ ] Task 1.2: A\n### X\n- [] b\n"))
	f.Add([]byte("- [ ] 1.* A\n\t- [✓] \n<!-- x\n-->\n```\n- [ ] 1"))
	f.Add([]byte("- [ ]* 1#2\r\n- [ ] 1. \xff\n- [ ] 1. #\n"))
	files, err := filepath.Glob(filepath.Join("testdata", "specs", "*.md"))
	if err != nil || len(files) == 0 {
		f.Fatalf("no seeds: %v", err)
	}
	for _, name := range files {
		f.Add(spec(f, strings.TrimSuffix(filepath.Base(name), ".md")))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		tasks, err := agent.ParseTasks(text)
		if err != nil {
			return
		}
		seen := map[string]bool{}
		for _, task := range tasks {
			if task.ID == "" || seen[task.ID] {
				t.Fatalf("the name %q is empty or not the only one", task.ID)
			}
			if task.Parent != "" && !seen[task.Parent] {
				t.Fatalf("%s is before its parent %s", task.ID, task.Parent)
			}
			if strings.ContainsAny(task.Title, "\r\n") || len(task.Title) > 320 {
				t.Fatalf("title of %s: %q", task.ID, task.Title)
			}
			seen[task.ID] = true
		}
		// Doing the open tasks one after the other must come to an end, with everything done.
		for range tasks {
			open := agent.OpenTasks(tasks)
			if len(open) == 0 {
				break
			}
			marked, err := agent.MarkDone(text, open[0].ID)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Count(marked, []byte("\n")) != bytes.Count(text, []byte("\n")) {
				t.Fatal("marking changed the lines")
			}
			if text = marked; len(text) > 1<<20 {
				return
			}
			if tasks, err = agent.ParseTasks(text); err != nil {
				t.Fatal(err)
			}
		}
		if open := agent.OpenTasks(tasks); len(open) > 0 {
			t.Fatalf("%s stays open although it was marked", ids(open))
		}
	})
}

// A hostile list of the greatest size costs about as much as another.
func BenchmarkParseTasks(b *testing.B) {
	text := []byte(strings.Repeat("# A\n- [ ] a\n", 20_000) + strings.Repeat("## 1.1 B\n- [ ] 1.1.1 b\n", 2000))
	for b.Loop() {
		_, _ = agent.ParseTasks(text)
	}
}
