// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"
)

// lab is the API server of this test binary.
var lab *Lab

func TestMain(m *testing.M) { os.Exit(testMain(m)) }

func testMain(m *testing.M) (code int) {
	log.SetLogger(logr.Discard())
	dir, err := os.MkdirTemp("", "chaosreal-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer func() {
		if code == 0 { // what a failure left is looked at
			_ = os.RemoveAll(dir)
		}
	}()
	// As they are built for production: without the race detector, which would only make them slow.
	build := exec.Command("go", "build", "-buildvcs=false", "-o", dir+string(filepath.Separator), "./cmd/manager", "./cmd/kiro-worker")
	build.Dir = filepath.Join("..", "..")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the programs: %v\n%s", err, out)
		return 1
	}
	lab, err = Open(Options{Bin: dir, Dir: dir})
	defer func() {
		if err := lab.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = max(code, 1)
		}
	}()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// TestCleanRuns: on no way is anything amiss where nobody dies. Those that mostly wait are left to `make chaos-real`.
func TestCleanRuns(t *testing.T) {
	for _, s := range scenarios {
		if s.idle {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			if r := lab.run(t.Context(), s, nil); r.err != nil {
				t.Fatal(r.err)
			}
		})
	}
}

// TestCrashes are the points at which most was lost before there was a protocol; `make chaos-real` has all of them.
func TestCrashes(t *testing.T) {
	for _, p := range []point{
		{"lock acquire", 1, after},
		{"kube PATCH workitems/status", 1, after},
		{"codebuild StartBuild", 1, before},
		{"codebuild StartBuild", 1, after},
		{"codebuild StartBuild", 1, late},
		{"lock claim", 1, late},
		{"kube PATCH workitems/status", 2, before},
	} {
		t.Run(p.String(), func(t *testing.T) {
			t.Parallel()
			r := lab.run(t.Context(), plain.at(p), &p)
			if r.err != nil {
				t.Error(r.err)
			}
			if r.crashes != 1 {
				t.Errorf("the manager died %d times: the point was never reached; %q", r.crashes, r.requests)
			}
		})
	}
}
