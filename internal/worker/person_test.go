// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// person is a clone of the branch in which a person works with git itself.
type person struct {
	w   *world
	dir string
}

func (w *world) person() person {
	w.t.Helper()
	p := person{w: w, dir: w.t.TempDir()}
	address := strings.Replace(w.github.CloneURL(testRepository), "://", "://x-access-token:"+testToken+"@", 1)
	p.git("clone", "--quiet", "--branch", w.branch, address, ".")
	return p
}

func (p person) git(args ...string) {
	p.w.t.Helper()
	cmd := exec.CommandContext(p.w.t.Context(), "git", append([]string{"-c", "user.name=Ann", "-c", "user.email=ann@example.test"}, args...)...)
	cmd.Dir, cmd.Env = p.dir, append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "GIT_TERMINAL_PROMPT=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		p.w.t.Fatalf("git %s: %v\n%s", args[0], err, out)
	}
}

// rewrites makes a history of the branch in which nothing is what it was, without pushing it.
func (p person) rewrites() {
	p.w.t.Helper()
	p.git("checkout", "--quiet", "--orphan", "rewritten")
	p.w.must(os.WriteFile(filepath.Join(p.dir, "theirs.txt"), []byte("theirs"), 0o600))
	p.git("add", "--all")
	p.git("commit", "--quiet", "-m", "Begin again")
}

// force is the command that puts it in the branch's place.
func (p person) force() []string {
	return []string{"push", "--quiet", "--force", "origin", "HEAD:refs/heads/" + p.w.branch}
}
