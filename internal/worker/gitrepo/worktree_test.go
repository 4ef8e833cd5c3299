// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/redact"
)

// lab is a repository and its checkout, with one commit of the given files.
type lab struct {
	t     *testing.T
	repo  *Repository
	tree  *WorkTree
	first string
}

func newLab(t *testing.T, files map[string]string) lab {
	t.Helper()
	dir := t.TempDir()
	l := lab{t: t}
	l.repo, l.tree = Open(Options{Dir: filepath.Join(dir, "repository.git"), Tree: filepath.Join(dir, "checkout"), Branch: "work", Environ: os.Environ()})
	must(t, l.repo.Create(t.Context()))
	l.write(files)
	tree, err := l.tree.Snapshot(t.Context())
	must(t, err)
	l.first, err = l.repo.Commit(t.Context(), tree, "Begin", time.Unix(1_700_000_000, 0))
	must(t, err)
	return l
}

func (l lab) write(files map[string]string) {
	l.t.Helper()
	for name, text := range files {
		must(l.t, l.tree.WriteFile(name, []byte(text)))
	}
}

// person runs git in the checkout as somebody who works there.
func (l lab) person(dir string, args ...string) string {
	l.t.Helper()
	cmd := exec.CommandContext(l.t.Context(), "git", append([]string{"-c", "user.name=a", "-c", "user.email=a@b"}, args...)...)
	cmd.Dir, cmd.Env = filepath.Join(l.tree.Dir(), dir), append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		l.t.Fatalf("git %s: %v\n%s", args[0], err, out)
	}
	return strings.TrimSpace(string(out))
}

func TestStageAndCommit(t *testing.T) {
	l := newLab(t, map[string]string{"kept.txt": "kept\n", "gone.txt": "gone\n", "edited.txt": "1\n2\n", ".gitignore": "out/\n"})
	l.write(map[string]string{"edited.txt": "1\n3\n4\n", "new.txt": "new\n", "out/ignored.txt": "x", "node_modules/x.js": "x"})
	must(t, l.tree.RemoveFile("gone.txt"))
	tree, changed, err := l.tree.Stage(t.Context())
	must(t, err)
	if diff := cmp.Diff([]string{"edited.txt", "gone.txt", "new.txt"}, changed); diff != "" {
		t.Errorf("changed paths -want +got:\n%s", diff)
	}
	commit, err := l.repo.Commit(t.Context(), tree, "Go on", time.Unix(1_700_000_060, 0))
	must(t, err)
	if ok, err := l.repo.Descends(t.Context(), l.first, commit); !ok || err != nil {
		t.Errorf("the commit does not follow the first: %t, %v", ok, err)
	}
	if ok, err := l.repo.Descends(t.Context(), strings.Repeat("ab", 20), commit); ok || err != nil {
		t.Errorf("a commit that does not exist is no ancestor: %t, %v", ok, err)
	}
	changes, err := l.repo.Changes(t.Context(), l.first, commit)
	must(t, err)
	want := []Change{{Path: "edited.txt", Added: 2, Removed: 1}, {Path: "gone.txt", Removed: 1}, {Path: "new.txt", Added: 1}}
	if diff := cmp.Diff(want, changes); diff != "" {
		t.Errorf("changes -want +got:\n%s", diff)
	}
	var patch strings.Builder
	must(t, l.repo.WriteDiff(t.Context(), &patch, l.first, commit))
	if !strings.Contains(patch.String(), "+new") {
		t.Errorf("the diff lacks the work:\n%s", patch.String())
	}
	must(t, l.tree.Reset(t.Context(), l.first))
	if text, err := l.tree.ReadFile("edited.txt", 100); err != nil || string(text) != "1\n2\n" {
		t.Errorf("reset left %q, %v", text, err)
	}
}

func TestStageRefusesWhatIsNoFile(t *testing.T) {
	l := newLab(t, map[string]string{"a.txt": "a\n"})
	must(t, l.tree.RemoveFile("a.txt"))
	must(t, syscall.Mkfifo(filepath.Join(l.tree.Dir(), "a.txt"), 0o600))
	l.write(map[string]string{"b.txt": "b\n"})
	if _, _, err := l.tree.Stage(t.Context()); !errors.Is(err, ErrNotStaged) || !strings.Contains(err.Error(), "a.txt") {
		t.Errorf("a pipe cannot be committed, and is to be named: %v", err)
	}
	if _, changed, err := l.tree.StageAnyway(t.Context()); err != nil || len(changed) == 0 {
		t.Errorf("what can be added is added to look at: %v, %v", changed, err)
	}
}

func TestOpenNested(t *testing.T) {
	l := newLab(t, map[string]string{"a.txt": "a\n", ".gitignore": "cache/\n"})
	l.write(map[string]string{"sub/app/f.txt": "f\n", "cache/dep/x.txt": "x\n"})
	for _, dir := range []string{"sub/app", "cache/dep"} {
		l.person(dir, "init", "--quiet")
		l.person(dir, "add", ".")
		l.person(dir, "commit", "--quiet", "-m", "x")
	}
	names, err := l.tree.OpenNested(t.Context())
	must(t, err)
	if diff := cmp.Diff([]string{"sub/app/"}, names); diff != "" {
		t.Errorf("opened -want +got:\n%s", diff)
	}
	_, changed, err := l.tree.Stage(t.Context())
	must(t, err)
	if diff := cmp.Diff([]string{"sub/app/f.txt"}, changed); diff != "" {
		t.Errorf("changed paths -want +got:\n%s", diff)
	}
	if _, err := os.Stat(filepath.Join(l.tree.Dir(), "cache/dep/.git")); err != nil {
		t.Errorf("what git ignores is left alone: %v", err)
	}
}

// What is written into the view has no effect, and is gone with the next one.
func TestShow(t *testing.T) {
	l := newLab(t, map[string]string{"a.txt": "a\n"})
	must(t, l.tree.Show(t.Context()))
	if got := l.person("", "log", "--format=%s"); got != "Begin" {
		t.Errorf("the view shows %q", got)
	}
	if got := l.person("", "status", "--porcelain"); got != "" {
		t.Errorf("a fresh checkout is clean, got %q", got)
	}
	hook := filepath.Join(l.tree.Dir(), ".git", "hooks", "post-index-change")
	must(t, os.MkdirAll(filepath.Dir(hook), 0o755))
	must(t, os.WriteFile(hook, []byte("#!/bin/sh\ntouch ../touched\n"), 0o755))
	l.person("", "checkout", "--quiet", "-b", "other")
	l.write(map[string]string{"b.txt": "b\n"})
	l.person("", "add", "--all")
	l.person("", "commit", "--quiet", "-m", "Not ours")
	must(t, os.RemoveAll(filepath.Join(l.tree.Dir(), "..", "touched")))
	if _, _, err := l.tree.Stage(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(l.tree.Dir(), "..", "touched")); err == nil {
		t.Error("a hook of the view was run by the worker")
	}
	must(t, l.tree.Show(t.Context()))
	if got := l.person("", "log", "--format=%s"); got != "Begin" {
		t.Errorf("what was committed in the view is still there: %q", got)
	}
	if _, err := os.Stat(hook); err == nil {
		t.Error("a hook is still there")
	}
}

func TestScan(t *testing.T) {
	const secret = "s3cr3t-Value-1"
	l := newLab(t, map[string]string{"old.txt": secret + "\n"})
	l.write(map[string]string{"old.txt": secret + "\nmore\n", "new.txt": "key=" + secret + "\n"})
	tree, _, err := l.tree.Stage(t.Context())
	must(t, err)
	found, err := l.repo.Scan(t.Context(), tree, redact.New(redact.Options{Known: []string{secret}}).NewFinder)
	must(t, err)
	if diff := cmp.Diff(Findings{Secrets: []string{"new.txt"}}, found); diff != "" {
		t.Errorf("only what is added counts, -want +got:\n%s", diff)
	}
	l.write(map[string]string{"old.txt": secret + "\n", "new.txt": "", secret + "/empty": "", "a-" + secret + ".txt": "x\n"})
	tree, _, err = l.tree.Stage(t.Context())
	must(t, err)
	commit, err := l.repo.Commit(t.Context(), tree, "Go on", time.Unix(1_700_000_060, 0))
	must(t, err)
	found, err = l.repo.scanFrom(t.Context(), l.first, commit, redact.New(redact.Options{Known: []string{secret}}).NewFinder)
	must(t, err)
	if diff := cmp.Diff(Findings{Secrets: []string{"a-" + secret + ".txt", secret + "/empty"}}, found); diff != "" {
		t.Errorf("a name is pushed like a line, -want +got:\n%s", diff)
	}
	must(t, l.tree.RemoveFile(secret+"/empty"))
	must(t, l.tree.RemoveFile("a-"+secret+".txt"))
	tree, _, err = l.tree.Stage(t.Context())
	must(t, err)
	found, err = l.repo.Scan(t.Context(), tree, redact.New(redact.Options{Known: []string{secret}}).NewFinder)
	must(t, err)
	if diff := cmp.Diff(Findings{}, found); diff != "" {
		t.Errorf("whoever removes it is let, -want +got:\n%s", diff)
	}
}
