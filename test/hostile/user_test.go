// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package hostile

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/worker/process"
)

// made counts the users that this process made.
var made atomic.Int32

// newUser makes a user for one test, with a home of its own, and removes it afterwards. Everything of a user is ended by
// the worker, so tests share none.
func newUser(t *testing.T) *user.User {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Fatal("this attack needs root, to run the worker as it runs in a build: run the tests in a container as root")
	}
	if _, err := exec.LookPath("useradd"); err != nil {
		t.Fatal("this attack needs a user of its own, and there is no useradd: install the package passwd (or shadow-utils)")
	}
	name := fmt.Sprintf("kw%d-%d", os.Getpid(), made.Add(1))
	run(t, "useradd", "--create-home", "--shell", "/bin/sh", name)
	t.Cleanup(func() {
		if u, err := user.Lookup(name); err == nil {
			const nobodys = 64999
			_, err := process.KillUser(uidOf(t, u), nobodys)
			must(t, err)
		}
		out, err := exec.Command("userdel", "--force", "--remove", name).CombinedOutput()
		if _, there := user.Lookup(name); there == nil {
			t.Errorf("userdel %s: %v\n%s", name, err, out)
		}
	})
	u, err := user.Lookup(name)
	must(t, err)
	return u
}

func uidOf(t *testing.T, u *user.User) uint32 {
	t.Helper()
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	must(t, err)
	return uint32(uid)
}

// run runs a command that has to succeed, and returns what it wrote.
func run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// openTemp is a directory that other users may pass through.
func openTemp(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "kiro-worker-hostile-")
	must(t, err)
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	must(t, os.Chmod(dir, 0o755))
	return dir
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// ownerOf is the number of a file's owner.
func ownerOf(info os.FileInfo) uint32 {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0
	}
	return stat.Uid
}
