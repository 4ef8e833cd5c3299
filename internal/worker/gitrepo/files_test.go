// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func TestWriteFileReplaces(t *testing.T) {
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
			_, w := Open(Options{Tree: tree})
			must(t, w.WriteFile(name, []byte("new")))
			text, err := w.ReadFile(name, 100)
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

func TestReadFileRefusesWhatIsNoFile(t *testing.T) {
	tree := t.TempDir()
	must(t, syscall.Mkfifo(filepath.Join(tree, "pipe"), 0o600))
	must(t, os.Mkdir(filepath.Join(tree, "dir"), 0o755))
	_, w := Open(Options{Tree: tree})
	for _, name := range []string{"pipe", "dir"} {
		if text, err := w.ReadFile(name, 100); err == nil || err.Error() != errIrregular.Error() {
			t.Errorf("%s: got %q, %v", name, text, err)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestSpecBehindALink(t *testing.T) {
	tree := t.TempDir()
	_, w := Open(Options{Tree: tree})
	must(t, os.MkdirAll(filepath.Join(tree, ".kiro", "specs"), 0o755))
	must(t, os.WriteFile(filepath.Join(tree, ".kiro", "specs", "tasks.md"), []byte("- [ ] 1. Begin"), 0o600))
	secret := filepath.Join(t.TempDir(), "secret")
	must(t, os.WriteFile(secret, []byte("# secret"), 0o600))
	must(t, os.WriteFile(filepath.Join(tree, "..", "state.json"), []byte("{}"), 0o600))
	must(t, os.Symlink(secret, filepath.Join(tree, "link.md")))
	must(t, os.Symlink(".kiro", filepath.Join(tree, "inner")))
	cases := map[string]string{
		"File": "link.md", "Directory": "inner/specs/tasks.md", "Dots": "../state.json", "Absolute": secret, "Folder": ".kiro",
	}
	for name, place := range cases {
		if text, err := w.ReadFile(place, 1<<20); err == nil {
			t.Errorf("%s was read: %q", name, text)
		}
	}
	if err := w.WriteFile("inner/specs/x.md", []byte("x")); err == nil {
		t.Error("a link was written through")
	}
	if err := w.RemoveFile("../state.json"); err == nil {
		t.Error("a file outside was removed")
	}
}
