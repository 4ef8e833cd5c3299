// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package standin_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/local/demo/standin"
)

const design = "# Design\n\n```js task=1 file=src/a.js\nexport const a = 1;\n```\n\n```js\nignored();\n```\n\n" +
	"```js task=2 file=src/b.js\nexport const b = 2;\n```\n```js task=1 file=c.js\nexport const c = 3;\n```\n" +
	"```js task=9 file=../escape.js\nboo();\n```\n"

const tasks = "# Tasks\n\n- [ ] 1. One\n- [ ] 10. Ten\n- [-] 2 Two\n- [ ] 9. Nine\n"

func TestDo(t *testing.T) {
	cases := map[string]struct {
		why   string
		task  string
		files map[string]string // written
		tasks string
		err   string
	}{
		"One": {
			why: "every block of the task is written, no other, and its own box is ticked", task: "1",
			files: map[string]string{"src/a.js": "export const a = 1;\n", "c.js": "export const c = 3;\n"},
			tasks: strings.Replace(tasks, "- [ ] 1. ", "- [x] 1. ", 1),
		},
		"Begun": {
			why: "a task that was begun is ticked as well", task: "2",
			files: map[string]string{"src/b.js": "export const b = 2;\n"},
			tasks: strings.Replace(tasks, "- [-] 2 ", "- [x] 2 ", 1),
		},
		"NoBlock": {why: "a stand-in thinks nothing up, and says so", task: "10", tasks: tasks, err: "no code block for task 10"},
		"Escape":  {why: "nothing outside the repository is written", task: "9", tasks: tasks, err: "../escape.js"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			spec := filepath.Join(dir, ".kiro", "specs", "x")
			if err := os.MkdirAll(spec, 0o755); err != nil {
				t.Fatal(err)
			}
			for file, text := range map[string]string{"design.md": design, "tasks.md": tasks} {
				if err := os.WriteFile(filepath.Join(spec, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			var out bytes.Buffer
			err := standin.Do(dir, ".kiro/specs/x", tc.task, &out)
			if (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) {
				t.Fatalf("%s: error %v, want %q", tc.why, err, tc.err)
			}
			if err == nil && !strings.HasPrefix(out.String(), "stand-in agent: ") {
				t.Errorf("it does not say what it is: %q", out.String())
			}
			for file, want := range tc.files {
				got, err := os.ReadFile(filepath.Join(dir, file))
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, string(got)); diff != "" {
					t.Errorf("%s: %s (-want +got):\n%s", tc.why, file, diff)
				}
			}
			got, err := os.ReadFile(filepath.Join(spec, "tasks.md"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.tasks, string(got)); diff != "" {
				t.Errorf("%s: tasks.md (-want +got):\n%s", tc.why, diff)
			}
		})
	}
}

func TestRepair(t *testing.T) {
	const design = "# Design\n\n```js repair=\"adds up\" file=src/a.js\nexport const a = 2;\n```\n"
	for name, c := range map[string]struct {
		why, prompt, want string
	}{
		"Failed":      {"what failed is read in the data of the prompt", "Repair that.\n\n| a test that adds up\n", "export const a = 2;\n"},
		"NotData":     {"words outside of the data are no failure", "Repair what adds up.\n| another test\n", ""},
		"NothingMore": {"it changes nothing that the design does not spell out", "| another test\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "design.md"), []byte(design), 0o600); err != nil {
				t.Fatal(err)
			}
			var out bytes.Buffer
			if err := standin.Repair(dir, ".", c.prompt, &out); err != nil {
				t.Fatal(err)
			}
			if got, _ := os.ReadFile(filepath.Join(dir, "src", "a.js")); string(got) != c.want {
				t.Errorf("%s: got %q, want %q\n%s", c.why, got, c.want, out.String())
			}
		})
	}
}
