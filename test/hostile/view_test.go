// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package hostile

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

// While the worker makes the view of the repository, the checkout, tasks.md, somebody swaps what is there for links: none
// is followed, and nothing is written through them or given away.
func TestLinksPutIntoTheCheckoutMeanwhile(t *testing.T) {
	perl(t)
	u := newUser(t)
	s, dir := newSandbox(t, u)
	repo, tree := gitrepo.Open(gitrepo.Options{
		Dir: filepath.Join(dir, "repository.git"), Tree: filepath.Join(dir, "checkout"), Branch: "work", Environ: os.Environ(), User: s.TreeUser(),
	})
	must(t, repo.Create(t.Context()))
	must(t, os.WriteFile(filepath.Join(dir, "checkout", "a.txt"), []byte("a\n"), 0o644))
	first, err := tree.Snapshot(t.Context())
	must(t, err)
	_, err = repo.Commit(t.Context(), first, "Begin", time.Now())
	must(t, err)
	must(t, s.GiveTree())

	target := outside(t, 0o600)
	victims := filepath.Dir(target)
	attack := `
my ($tree, $target, $victims) = @ARGV;
chdir $tree or die;
my @names = qw(HEAD config index objects/info/alternates info/exclude refs/heads/work);
while (1) {
  for my $n (@names) { unlink ".git/$n"; symlink $target, ".git/$n"; }
  rename ".git", ".git-old-$$"; symlink $victims, ".git"; unlink ".git";
  rename "objects", "o"; mkdir ".git"; symlink $target, ".git/$names[int rand @names]";
  unlink "a.txt"; symlink $target, "a.txt"; unlink "a.txt"; link $target, "a.txt"; unlink "a.txt";
  mkdir "d"; rename "d", "e$$"; symlink $victims, "d"; unlink "d";
  system "rm", "-rf", ".git-old-$$", "e$$" if rand() < 0.1;
}`
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	cmd := exec.CommandContext(ctx, "setpriv", "--reuid", u.Uid, "--regid", u.Gid, "--clear-groups", "perl", "-e", attack, tree.Dir(), target, victims)
	must(t, cmd.Start())
	for range 150 {
		_ = tree.Show(ctx) // it may fail, and must not follow
		_ = s.GiveTree()
		_ = tree.WriteFile("a.txt", []byte("root's\n"))
		_ = tree.WriteFile("d/b.txt", []byte("root's\n"))
		_, _, _ = tree.StageAnyway(ctx)
	}
	cancel()
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() >= 0 {
		t.Fatalf("the attack ended by itself, so nothing is shown: %v", err)
	}
	must(t, s.EndAll())
	untouched(t, target)
	entries, err := os.ReadDir(victims)
	must(t, err)
	info, err := os.Stat(target)
	must(t, err)
	if len(entries) != 1 || info.Mode().Perm() != 0o600 || ownerOf(info) != 0 {
		t.Errorf("outside are %v, mode %v, owner %d", entries, info.Mode(), ownerOf(info))
	}
	// And once nobody meddles any more, all is well.
	must(t, tree.Show(t.Context()))
}
