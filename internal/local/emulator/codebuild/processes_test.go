// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package codebuild_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	clocktesting "k8s.io/utils/clock/testing"

	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
)

// stubborn leaves behind what is hardest to find: children in the background that ignore signals; in sessions of their
// own; with their parent gone; in another directory; with an empty environment. Each writes its number.
const stubborn = `version: 0.2
phases:
  build:
    commands:
      - |
        trap '' TERM INT HUP
        dir="$HOME"
        sh -c 'trap "" TERM HUP; echo $$ >"$1/child"; sleep 600; true' x "$dir" &
        if command -v setsid >/dev/null; then
          setsid sh -c 'trap "" TERM HUP; echo $$ >"$1/session"; sleep 600; true' x "$dir" &
          (setsid sh -c 'echo $$ >"$1/orphan"; sleep 600; true' x "$dir" & )
          (cd / && setsid sh -c 'echo $$ >"$1/elsewhere"; sleep 600; true' x "$dir" & )
          setsid env -i PATH="$PATH" sh -c 'echo $$ >"$1/bare"; sleep 600; true' x "$dir" &
        fi
        for f in $FILES; do while ! [ -s "$dir/$f" ]; do sleep 0.01; done; done
        touch "$dir/ready"
        LAST
`

// survivors starts a stubborn build, lets end do its work, and returns the processes that are left.
func survivors(t *testing.T, s *emulator.Server, c *codebuild.Client, last string, end func(id string)) []string {
	t.Helper()
	files := "child"
	if _, err := exec.LookPath("setsid"); err == nil {
		files = "child session orphan elsewhere bare"
	}
	put(t, s, emulator.Project{
		Buildspec: strings.Replace(stubborn, "LAST", last, 1), Variables: map[string]string{"FILES": files},
	})
	b := startBuild(t, c)
	build, _ := s.Build(*b.Id)
	eventually(t, func() bool {
		_, err := os.Stat(filepath.Join(build.Dir, "home", "ready"))
		return err == nil
	})
	end(*b.Id)
	var left []string
	for _, f := range strings.Fields(files) {
		text, err := os.ReadFile(filepath.Join(build.Dir, "home", f))
		if err != nil {
			t.Fatal(err)
		}
		pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		if alive(pid) {
			left = append(left, fmt.Sprintf("%s %d", f, pid))
		}
	}
	return left
}

// alive reports whether a process runs; one that is dead and not yet reaped by its parent does not.
func alive(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || !strings.Contains(string(stat), ") Z ")
}

// eventually waits for what a process does in real time.
func eventually(t *testing.T, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(limit); !cond(); {
		if time.Now().After(deadline) {
			t.Fatal("it did not happen")
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func TestNoProcessSurvives(t *testing.T) {
	clk := clocktesting.NewFakeClock(epoch)
	tests := map[string]struct {
		why  string
		last string
		end  func(t *testing.T, s *emulator.Server, c *codebuild.Client, id string)
	}{
		"End": {
			why: "what a build left in the background ends with its container", last: "true",
			end: func(t *testing.T, s *emulator.Server, _ *codebuild.Client, id string) { gone(t, s, id) },
		},
		"Stop": {
			why: "a stopped build must not go on to push", last: "sleep 600",
			end: func(t *testing.T, s *emulator.Server, c *codebuild.Client, id string) {
				if _, err := c.StopBuild(context.Background(), &codebuild.StopBuildInput{Id: &id}); err != nil {
					t.Fatal(err)
				}
				if b := gone(t, s, id); b.Status != "STOPPED" {
					t.Errorf("status = %s", b.Status)
				}
			},
		},
		"Timeout": {
			why: "nor must one that timed out", last: "sleep 600",
			end: func(t *testing.T, s *emulator.Server, _ *codebuild.Client, id string) {
				clk.Step(time.Hour)
				if b := gone(t, s, id); b.Status != "TIMED_OUT" {
					t.Errorf("status = %s", b.Status)
				}
			},
		},
		"Close": {
			why: "nothing stays behind when the emulator is closed", last: "sleep 600",
			end: func(_ *testing.T, s *emulator.Server, _ *codebuild.Client, _ string) { s.Close() },
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			s, c := serve(t, emulator.Options{Clock: clk})
			if left := survivors(t, s, c, tc.last, func(id string) { tc.end(t, s, c, id) }); len(left) > 0 {
				t.Errorf("%s: still alive: %v", tc.why, left)
			}
		})
	}
}

func TestFinallyDoesNotRunAfterStop(t *testing.T) {
	s, c := serve(t, emulator.Options{})
	put(t, s, emulator.Project{Buildspec: `version: 0.2
phases:
  build:
    commands: ["touch $HOME/ready; sleep 600"]
    finally: ["touch $HOME/finally"]
  post_build:
    commands: ["touch $HOME/finally"]
`})
	b := startBuild(t, c)
	build, _ := s.Build(*b.Id)
	file := func(name string) bool {
		_, err := os.Stat(filepath.Join(build.Dir, "home", name))
		return err == nil
	}
	eventually(t, func() bool { return file("ready") })
	if _, err := c.StopBuild(context.Background(), &codebuild.StopBuildInput{Id: b.Id}); err != nil {
		t.Fatal(err)
	}
	gone(t, s, *b.Id)
	if file("finally") {
		t.Error("commands ran in a build that was stopped")
	}
	if log, err := s.Log(*b.Id); err != nil || strings.Contains(log, "/finally") {
		t.Errorf("%v; the log of a build that was stopped shows further commands:\n%s", err, log)
	}
}

func TestLinger(t *testing.T) {
	clk := clocktesting.NewFakeClock(epoch)
	s, c := serve(t, emulator.Options{Clock: clk, Linger: 5 * time.Second})
	put(t, s, held())
	b := startBuild(t, c)
	waitFor(t, s, *b.Id, in("BUILD"))
	if _, err := c.StopBuild(context.Background(), &codebuild.StopBuildInput{Id: b.Id}); err != nil {
		t.Fatal(err)
	}
	clk.Step(5*time.Second - 1)
	if now, _ := s.Build(*b.Id); !now.Over() || now.Gone {
		t.Errorf("over = %v, gone = %v; want a build that is over and still runs", now.Over(), now.Gone)
	}
	clk.Step(1)
	gone(t, s, *b.Id)
}

// TestEmulatorKilled runs this test's own binary as an emulator and kills it without a chance to clean up.
func TestEmulatorKilled(t *testing.T) {
	const dirVariable = "EMULATOR_TEST_DIR"
	if dir := os.Getenv(dirVariable); dir != "" {
		s, c := serve(t, emulator.Options{DataDir: dir})
		put(t, s, emulator.Project{Buildspec: buildspec("echo $$ >" + dir + "/pid; sleep 600; true")})
		startBuild(t, c)
		select {}
	}
	dir := t.TempDir()
	cmd := exec.Command(os.Args[0], "-test.run=^TestEmulatorKilled$")
	cmd.Env = append(os.Environ(), dirVariable+"="+dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	eventually(t, func() bool {
		text, err := os.ReadFile(filepath.Join(dir, "pid"))
		if err != nil {
			return false
		}
		pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
		return err == nil
	})
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	eventually(t, func() bool { return !alive(pid) })
}

// TestStdin: a command that reads its input finds it empty; it must not eat the commands that follow.
func TestStdin(t *testing.T) {
	s, c := serve(t, emulator.Options{})
	put(t, s, emulator.Project{Buildspec: buildspec("cat", "echo after")})
	b := gone(t, s, *startBuild(t, c).Id)
	if got := output(t, s, b.ID); len(got) != 1 || got[0] != "after" {
		t.Errorf("%s, output %q; want the second command's only", b.Status, got)
	}
	if aws.ToString(get(t, c, b.ID).CurrentPhase) != "COMPLETED" {
		t.Error("the build is not complete")
	}
}
