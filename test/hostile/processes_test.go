// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package hostile

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/worker/process"
	"github.com/kiro-worker/kiro-worker/internal/worker/sandbox"
)

// newSandbox is a sandbox for a user made for the test, with an empty checkout.
func newSandbox(t *testing.T, u *user.User) (s *sandbox.Sandbox, dir string) {
	t.Helper()
	dir = openTemp(t)
	tree := filepath.Join(dir, "checkout")
	must(t, os.Mkdir(tree, 0o755))
	s = sandbox.New(sandbox.Options{User: u.Username, Dir: dir, Tree: tree, Environ: os.Environ(), Clock: clock.RealClock{}, Since: time.Now()})
	must(t, s.GiveTree())
	return s, dir
}

// processesOf are the living processes of a user.
func processesOf(t *testing.T, uid string) []string {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	must(t, err)
	var found []string
	for _, entry := range entries {
		if _, err := strconv.Atoi(entry.Name()); err != nil {
			continue
		}
		text, err := os.ReadFile("/proc/" + entry.Name() + "/status")
		if err != nil || strings.Contains(string(text), "\nState:\tZ") {
			continue
		}
		if strings.Contains(string(text), "\nUid:\t"+uid+"\t") {
			found = append(found, entry.Name())
		}
	}
	return found
}

// perl is what forks fast enough; git depends on it, so it is in every image that the worker runs in.
func perl(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("perl"); err != nil {
		t.Fatal("this attack is written in Perl, and there is none: install the package perl")
	}
}

// Nothing that a program left behind is there when the next one begins, however it hides.
func TestNoSurvivorOfASweep(t *testing.T) {
	perl(t)
	cases := map[string]struct{ why, script string }{
		"ForksAndExits": {"A process whose number is another one before anybody can kill it.",
			`fork and exit while 1`},
		"ManyThatForkAndExit": {"Many of those.",
			`fork for 1..4; while (1) { my $p = fork; exit if $p; setpgrp; }`},
		"KillsItsKiller": {"One that ends everything of its own user all the time, and so whoever took that user to end it.",
			`$SIG{CHLD} = "IGNORE"; fork for 1..2; while (1) { fork and exit; kill 9, -1; }`},
		"Sleeps":         {"One that left its group and its session and cleared its environment.", `sleep 300`},
		"IgnoresSignals": {"One that ignores what it can.", `$SIG{$_} = "IGNORE" for qw(HUP TERM INT QUIT); sleep 1 while 1`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			u := newUser(t)
			s, dir := newSandbox(t, u)
			must(t, os.WriteFile(filepath.Join(dir, "attack.pl"), []byte("use POSIX; fork and exit; POSIX::setsid(); open STDOUT, '>', '/dev/null'; "+c.script), 0o644))
			for round := range 10 {
				_, err := s.Run(t.Context(), "env -i perl "+filepath.Join(dir, "attack.pl"), filepath.Join(dir, "out"), time.Minute)
				must(t, err)
				must(t, s.EndAll())
				if left := processesOf(t, u.Uid); len(left) > 0 {
					t.Fatalf("round %d: %s\nit is still there: %v", round, c.why, left)
				}
			}
		})
	}
}

// What is ended is only the user's: not root's, and not another's.
func TestSweepEndsNobodyElse(t *testing.T) {
	mine, other := newUser(t), newUser(t)
	s, _ := newSandbox(t, mine)
	bystander := exec.CommandContext(t.Context(), "setpriv", "--reuid", other.Uid, "--regid", other.Gid, "--clear-groups", "sleep", "300")
	must(t, bystander.Start())
	root := exec.CommandContext(t.Context(), "sleep", "300")
	must(t, root.Start())
	time.Sleep(100 * time.Millisecond) // setpriv becomes the other user
	must(t, s.EndAll())
	for _, cmd := range []*exec.Cmd{bystander, root} {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", cmd.Process.Pid))
		if err != nil || strings.Contains(string(text), "\nState:\tZ") {
			t.Errorf("%v was ended", cmd.Args)
		}
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
}

// A setuid program in the build image gives the agent nothing.
func TestAgentGainsNoRights(t *testing.T) {
	u := newUser(t)
	s, dir := newSandbox(t, u)
	setuid := filepath.Join(dir, "id")
	run(t, "cp", run(t, "which", "id"), setuid)
	must(t, os.Chmod(setuid, 0o4755|os.ModeSetuid))
	out := filepath.Join(dir, "out")
	result, err := s.Run(t.Context(), setuid+" -u", out, time.Minute)
	must(t, err)
	text, err := os.ReadFile(out)
	must(t, err)
	if result.End != process.EndExited || strings.TrimSpace(string(text)) != u.Uid {
		t.Errorf("it ran as %q, want %s", text, u.Uid)
	}
}
