// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/worker/process"
)

func newSandbox(t *testing.T, change func(*Options)) *Sandbox {
	t.Helper()
	o := Options{User: "no-such-user", Dir: sharedTemp(t), Environ: []string{"PATH=" + os.Getenv("PATH"), "AWS_SECRET_ACCESS_KEY=x"}, Clock: clock.RealClock{}}
	o.Tree = filepath.Join(o.Dir, "checkout")
	must(t, os.MkdirAll(o.Tree, 0o755))
	change(&o)
	return New(o)
}

func TestCredentialSaysWhyThereIsNone(t *testing.T) {
	cases := map[string]struct {
		why    string
		change func(*Options)
		off    string // where the tests run as root; elsewhere that is the reason
	}{
		"Local":  {"A local run never changes the user.", func(o *Options) { o.Local = true }, "a local run works with its caller's rights"},
		"NoUser": {"An image without the user is named so.", func(*Options) {}, `there is no user "no-such-user" in the build image`},
		"Root":   {"Root is no other user.", func(o *Options) { o.User = "root" }, `the user "root" is root`},
	}
	for name, c := range cases {
		want := c.off
		if os.Geteuid() != 0 && name != "Local" {
			want = "the worker is not root"
		}
		if got, off := newSandbox(t, c.change).Credential(); got != nil || !strings.Contains(off, want) {
			t.Errorf("%s: %s got %+v, %q", name, c.why, got, off)
		}
	}
}

func TestRunHidesTheWorkersEnvironment(t *testing.T) {
	cases := map[string]struct {
		why    string
		change func(*Options)
		seen   bool
	}{
		"Build": {"A build's programs see nothing of the worker's.", func(*Options) {}, false},
		"Local": {"A developer's own programs see all of the developer's.", func(o *Options) { o.Local = true }, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := newSandbox(t, c.change)
			output := filepath.Join(s.options.Dir, "out")
			result, err := s.Run(t.Context(), "env", output, time.Minute)
			if err != nil || result.End != process.EndExited || result.ExitCode != 0 {
				t.Fatalf("%+v, %v", result, err)
			}
			text, err := os.ReadFile(output)
			must(t, err)
			entries := strings.Split(string(text), "\n")
			if got := slices.Contains(entries, "AWS_SECRET_ACCESS_KEY=x"); got != c.seen {
				t.Errorf("%s\n%s", c.why, text)
			}
			if !c.seen && !slices.Contains(entries, "HOME="+filepath.Join(s.options.Dir, "home")) {
				t.Errorf("it has no home of its own:\n%s", text)
			}
		})
	}
}

func TestRunSaysWhyTheContextEnded(t *testing.T) {
	stopped := errors.New("stopped")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(stopped)
	s := newSandbox(t, func(*Options) {})
	if _, err := s.Run(ctx, "sleep 60", filepath.Join(s.options.Dir, "out"), time.Minute); !errors.Is(err, stopped) {
		t.Errorf("got %v", err)
	}
}
