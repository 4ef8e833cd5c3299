// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

func TestWriteTreeReplaces(t *testing.T) {
	const name = "dir/file"
	cases := map[string]struct {
		why  string
		put  func(t *testing.T, place, other string)
		mode os.FileMode
	}{
		"Nothing": {"Directories are made on the way.", func(*testing.T, string, string) {}, 0o644},
		"File": {"A file keeps its mode.", func(t *testing.T, place, _ string) {
			must(t, os.WriteFile(place, []byte("a longer text that was there before"), 0o600))
		}, 0o600},
		"Pipe": {"A pipe has no reader: writing into it would wait for ever.", func(t *testing.T, place, _ string) {
			must(t, syscall.Mkfifo(place, 0o600))
		}, 0o644},
		"HardLink": {"What is linked to is another's file, and stays as it is.", func(t *testing.T, place, other string) {
			must(t, os.Link(other, place))
		}, 0o600},
		"LeftOver": {"Nor is something in the way that was put where the new file is made.", func(t *testing.T, place, other string) {
			must(t, os.Link(other, place+nextSuffix))
		}, 0o644},
	}
	for title, c := range cases {
		t.Run(title, func(t *testing.T) {
			tree, other := t.TempDir(), filepath.Join(t.TempDir(), "other")
			must(t, os.WriteFile(other, []byte("other"), 0o600))
			place := filepath.Join(tree, name)
			if title != "Nothing" {
				must(t, os.Mkdir(filepath.Dir(place), 0o755))
			}
			c.put(t, place, other)
			j := &job{repo: &repository{git: git{tree: tree}}}
			must(t, j.writeTree(name, []byte("new")))
			text, err := j.readTree(name, 100)
			if err != nil || string(text) != "new" {
				t.Errorf("%s\ngot %q, %v", c.why, text, err)
			}
			if info, err := os.Stat(place); err != nil || info.Mode().Perm() != c.mode {
				t.Errorf("%s\nmode %v, %v", c.why, info.Mode(), err)
			}
			if text, err := os.ReadFile(other); err != nil || string(text) != "other" {
				t.Errorf("%s\nanother's file holds %q now", c.why, text)
			}
			if entries, err := os.ReadDir(filepath.Dir(place)); err != nil || len(entries) != 1 {
				t.Errorf("%s\nsomething was left beside it: %v", c.why, entries)
			}
		})
	}
}

func TestReadTreeRefusesWhatIsNoFile(t *testing.T) {
	tree := t.TempDir()
	must(t, syscall.Mkfifo(filepath.Join(tree, "pipe"), 0o600))
	must(t, os.Mkdir(filepath.Join(tree, "dir"), 0o755))
	j := &job{repo: &repository{git: git{tree: tree}}}
	for _, name := range []string{"pipe", "dir"} {
		if text, err := j.readTree(name, 100); err == nil || err.Error() != errIrregular.Error() {
			t.Errorf("%s: got %q, %v", name, text, err)
		}
	}
}

// The setup looks at the lock file before the tests too. Were a pipe opened, the build would hang until its time-out,
// with its heartbeats going on.
func TestAPipeInPlaceOfTheLockFile(t *testing.T) {
	w := newWorld(t)
	w.options.Parameters.Settings.AgentCommand = shell(`[ -e package-lock.json ] || mkfifo package-lock.json; echo "$1" > f$1`)
	w.codebuild(t.Context())
	if _, result := w.row(); result.Outcome != contract.OutcomeSucceeded {
		t.Errorf("%+v\n%s", result, w.log)
	}
}
