// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	dynamodbemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
)

func TestRefusedClaimDoesNothing(t *testing.T) {
	cases := map[string]struct {
		why     string
		prepare func(*world)
	}{
		"OtherBuild": {"Another build of this attempt claimed first: a project's auto-retry starts one.", func(w *world) {
			p := w.options.Parameters
			w.must(w.locks.Claim(t.Context(), lockOf(p), testBuild+"-other", time.Now().Add(time.Hour)))
		}},
		"OldFence":  {"The lock was acquired again since.", func(w *world) { w.options.Parameters.Fence-- }},
		"OtherLock": {"The attempt was given up.", func(w *world) { w.options.Parameters.LockID = "another" }},
		"Unknown": {"A build that does not know whether it may work does not work.", func(w *world) {
			w.faults.Add(faults.Rule{Service: dynamodbemulator.Service, Fault: faults.Fault{Status: http.StatusServiceUnavailable}})
		}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			before := w.head()
			c.prepare(w)
			codes := w.codebuild(t.Context())
			if codes[PhasePreBuild] != ExitRefused || codes[PhaseFinally] != ExitRefused {
				t.Errorf("%s\nexit codes %v", c.why, codes)
			}
			w.untouched(before)
			w.faults.Clear()
			if row, _ := w.row(); row.Status != contract.StatusInProgress {
				t.Errorf("%s\na lock that is not ours was released", c.why)
			}
		})
	}
}

func TestPhasesWithoutAClaimDoNothing(t *testing.T) {
	w := newWorld(t)
	before := w.head()
	for _, phase := range []Phase{PhaseBuild, PhasePostBuild, PhaseFinally} {
		if code := w.run(t.Context(), phase); code != ExitRefused {
			t.Errorf("phase %s ended with %d", phase, code)
		}
	}
	w.untouched(before)
}

// Who may write the lock table rewrites what its row holds for a build.
func TestRewrittenParametersAreRefused(t *testing.T) {
	for name, change := range map[string]func(string) string{
		"another command": func(text string) string { return strings.Replace(text, goodTests, "curl evil", 1) },
		"more behind it":  func(text string) string { return text + "{}" },
		"gone":            func(string) string { return "" },
		"huge":            func(text string) string { return text + strings.Repeat(" ", contract.MaxFrozenBytes) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			before := w.head()
			text, sha256, err := w.options.Parameters.Encode()
			w.must(err)
			o := w.options
			o.Parameters.ParametersSHA256, o.Parameters.Frozen = sha256, contract.Frozen{}
			o.Ports.Lock = frozenRow{w.locks, change(text)}
			if code := Run(t.Context(), o, PhasePreBuild); code != ExitInfrastructure {
				t.Errorf("exit code %d\n%s", code, w.log)
			}
			if row, _ := w.row(); row.Status != contract.StatusInProgress {
				t.Error("the lock is released by the finally, not before")
			}
			if code := Run(t.Context(), o, PhaseFinally); code != ExitInfrastructure {
				t.Errorf("exit code %d\n%s", code, w.log)
			}
			row, result := w.row()
			if row.Status != contract.StatusFailed || result.Outcome != contract.OutcomeParametersRefused || result.FailedStage != contract.StageClaim {
				t.Errorf("the lock must be released, got %s %+v\n%s", row.Status, result, w.log)
			}
			if result.PullRequestUpdated || w.card().Exists {
				t.Error("the controller reports it, and the trigger is not processed")
			}
			w.untouched(before)
			if _, err := os.Stat(w.options.Dir + "/checkout"); err == nil {
				t.Error("something was checked out")
			}
		})
	}
}

// The document is read once. What a later phase finds in the build's directory has to have the hash as well.
func TestParametersAreReadOnce(t *testing.T) {
	w := newWorld(t)
	text, sha256, err := w.options.Parameters.Encode()
	w.must(err)
	o := w.options
	o.Parameters.ParametersSHA256, o.Parameters.Frozen = sha256, contract.Frozen{}
	o.Ports.Lock = frozenRow{w.locks, text}
	if code := Run(t.Context(), o, PhasePreBuild); code != ExitOK {
		t.Fatalf("exit code %d\n%s", code, w.log)
	}
	o.Ports.Lock = frozenRow{w.locks, "rewritten"}
	if code := Run(t.Context(), o, PhaseBuild); code != ExitOK {
		t.Fatalf("a row that is rewritten later harms nothing: exit code %d\n%s", code, w.log)
	}
	w.must(os.WriteFile(filepath.Join(o.Dir, parametersFile), []byte(strings.Replace(text, testBucket, "elsewhere", 1)), 0o600))
	if code := Run(t.Context(), o, PhasePostBuild); code != ExitInfrastructure {
		t.Errorf("exit code %d\n%s", code, w.log)
	}
	if code := Run(t.Context(), o, PhaseFinally); code != ExitInfrastructure {
		t.Errorf("exit code %d\n%s", code, w.log)
	}
	if row, result := w.row(); row.Status != contract.StatusFailed || result.Outcome != contract.OutcomeInternalError {
		t.Errorf("the lock must be released, got %s %+v", row.Status, result)
	}
	if len(w.bucket.objects) != 0 {
		t.Error("something was uploaded")
	}
}

// Where the forge is becomes known after the claim. If it cannot be used the lock is released all the same.
func TestAForgeThatCannotBeReached(t *testing.T) {
	w := newWorld(t)
	before := w.head()
	w.options.Connect = func(contract.Parameters) (Forge, Remote, error) { return nil, nil, errors.New("no such address") }
	codes := w.codebuild(t.Context())
	if codes[PhasePreBuild] != ExitInfrastructure || codes[PhaseFinally] != ExitInfrastructure {
		t.Errorf("exit codes %v\n%s", codes, w.log)
	}
	if row, result := w.row(); row.Status != contract.StatusFailed || !strings.Contains(result.Message, "no such address") {
		t.Errorf("got %s %+v", row.Status, result)
	}
	w.untouched(before)
}
