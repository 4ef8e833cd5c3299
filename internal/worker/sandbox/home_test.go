// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What is named stays, and what leads there; a link in its place goes, and is not followed.
func TestClearHome(t *testing.T) {
	outside := t.TempDir()
	write := func(name string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	home := filepath.Join(t.TempDir(), "home")
	for _, name := range []string{".claude/projects/a/session.jsonl", ".claude/settings.json", ".bashrc", ".cache/x", ".aider.chat.history.md", "sessions-of-others/x"} {
		write(filepath.Join(home, name))
	}
	write(filepath.Join(outside, "projects", "precious"))
	for link, to := range map[string]string{".local": outside, ".codex": outside} {
		if err := os.Symlink(to, filepath.Join(home, link)); err != nil {
			t.Fatal(err)
		}
	}
	if err := clearHome(home, []string{".claude/projects", ".aider.chat.history.md", ".local/projects", ".codex"}); err != nil {
		t.Fatal(err)
	}
	var left []string
	err := filepath.WalkDir(home, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			left = append(left, strings.TrimPrefix(name, home+"/"))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{".aider.chat.history.md", ".claude/projects/a/session.jsonl"}, left); diff != "" {
		t.Errorf("what is left (-want +got):\n%s", diff)
	}
	if _, err := os.Stat(filepath.Join(outside, "projects", "precious")); err != nil {
		t.Error("a link was followed")
	}
	if err := clearHome(filepath.Join(home, "none"), []string{"x"}); err != nil {
		t.Error(err)
	}
	if err := clearHome(home, nil); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(home); err == nil {
		t.Error("without a place nothing stays")
	}
}
