// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/worker/process"
)

// A link to the worker's own file must not make that file the user's.
func TestGiveTreeGivesNoLinkedFile(t *testing.T) {
	dir := sharedTemp(t)
	tree := filepath.Join(dir, "build", "checkout")
	must(t, os.MkdirAll(filepath.Join(tree, "dir"), 0o755))
	state, own := filepath.Join(dir, "build", "state.json"), filepath.Join(tree, "own")
	must(t, os.WriteFile(state, []byte("{}"), 0o600))
	must(t, os.WriteFile(own, nil, 0o600))
	must(t, os.Link(state, filepath.Join(tree, "dir", "linked")))
	s := New(Options{User: "nobody", Dir: filepath.Join(dir, "build"), Tree: tree})
	must(t, s.GiveTree())
	owner := func(name string) uint32 {
		info, err := os.Stat(name)
		must(t, err)
		stat, ok := info.Sys().(*syscall.Stat_t)
		if !ok {
			t.Fatal("no owner")
		}
		return stat.Uid
	}
	if owner(state) != uint32(os.Geteuid()) {
		t.Error("the worker's state was given away")
	}
	if c, _ := s.Credential(); c != nil && owner(own) != c.UID {
		t.Error("what is in the checkout is the user's")
	}
}

func TestPassable(t *testing.T) {
	dir := t.TempDir()
	place := filepath.Join(dir, "closed", "checkout")
	must(t, os.MkdirAll(place, 0o755))
	must(t, os.Chmod(filepath.Join(dir, "closed"), 0o700))
	err := passable(place, &process.Credential{UID: 65534, GID: 65534})
	if err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("the directory in the way is named, got %v", err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// sharedTemp is a directory that other users may pass through.
func sharedTemp(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "kiro-worker-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}
