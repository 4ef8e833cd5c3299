// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	emulatorcodebuild "github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	emulatordynamodb "github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
)

// change changes the environment, which stays usable.
func (w *world) change(f func(*v1alpha1.WorkEnvironmentSpec)) {
	w.t.Helper()
	env := w.environment()
	f(&env.Spec)
	w.must(w.client.Update(w.t.Context(), env))
	w.usable(true)
}

// rewrite changes what the lock table's branch rows hold for the worker.
func (w *world) rewrite(old, by string) {
	w.t.Helper()
	for key, row := range w.rows() {
		if strings.HasPrefix(key, "branch#") {
			text, _ := row[contract.AttrParameters]["S"].(string)
			changed := strings.Replace(text, old, by, 1)
			if changed == text {
				w.t.Fatalf("%q is not in %q: the case is not what it should be", old, text)
			}
			row[contract.AttrParameters] = emulatordynamodb.String(changed)
			w.must(w.dynamodb.PutRow(tableName, row))
		}
	}
}

// running keeps what the item's builds found as their parameters.
func (w *world) running(commands *[]string) {
	w.work = func(ctx context.Context, w *world, b emulatorcodebuild.Running) error {
		k, err := newWorker(ctx, w, b)
		if err != nil {
			return err
		}
		*commands = append(*commands, k.parameters.Settings.TestCommand)
		return k.release(ctx, contract.StatusComplete, succeeded)
	}
}

func wide(spec *v1alpha1.WorkEnvironmentSpec, bytes int) {
	spec.CodeBuild.Env = nil
	for n := range bytes / 4000 {
		spec.CodeBuild.Env = append(spec.CodeBuild.Env, v1alpha1.EnvironmentVariable{Name: fmt.Sprintf("V%d", n), Value: strings.Repeat("x", 4000)})
	}
}

// What the environment says to its builds does not pass through the status or through CodeBuild, so it may be long.
func TestWideSettings(t *testing.T) {
	w := newWorld(t)
	w.branch("feature/x")
	w.change(func(spec *v1alpha1.WorkEnvironmentSpec) { wide(spec, 60_000) })
	w.item("one", "feature/x")
	item := w.until("one", "concluded", concluded)
	if item.Status.Phase != v1alpha1.PhaseSucceeded || w.starts() != 1 {
		t.Errorf("60 KB of variables: %d builds, %s", w.starts(), describe(item))
	}
	for _, v := range item.Status.Attempt.Parameters.Environment {
		if name, value, _ := strings.Cut(v, "="); strings.HasPrefix(name, "V") || len(value) > 1000 {
			t.Errorf("the build was started with %.60s…", v)
		}
	}
}

func TestTooWideSettingsAreRefusedBeforeTheLock(t *testing.T) {
	w := newWorld(t)
	w.branch("feature/x")
	w.change(func(spec *v1alpha1.WorkEnvironmentSpec) { wide(spec, 80_000) })
	w.item("one", "feature/x")
	for range 3 {
		w.look("one")
		w.clock.Step(time.Minute)
	}
	c := w.get("one").Condition(v1alpha1.ConditionLocked)
	if c.Reason != v1alpha1.ReasonInvalidConfiguration || !strings.Contains(c.Message, "spec.codeBuild.env") {
		t.Errorf("Locked says %+v", c)
	}
	if len(w.rows()) != 0 || w.starts() != 0 {
		t.Errorf("%d rows, %d builds", len(w.rows()), w.starts())
	}
}

// The lock was acquired and the controller died. What its row holds now is not what the environment says: because the
// environment was changed, or because somebody rewrote the row. No build is started with it.
func TestParametersOfALockThatWasAcquiredAlready(t *testing.T) {
	for name, c := range map[string]struct {
		why      string
		disturb  func(*world)
		attempts int32
		command  string
	}{
		"as it was": {"the lock is the attempt's, and the attempt goes on", func(*world) {}, 1, "npm test"},
		"environment": {"the next attempt is given what it says now", func(w *world) {
			w.change(func(spec *v1alpha1.WorkEnvironmentSpec) { spec.Gates.TestCommand = "make check" })
		}, 2, "make check"},
		"row": {"a build that rewrites another's row gains nothing", func(w *world) { w.rewrite("npm test", "curl evil") }, 2, "npm test"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			var commands []string
			w.running(&commands)
			w.branch("feature/x")
			w.item("one", "feature/x")
			w.acquireOnly("one")
			c.disturb(w)
			item := w.until("one", "concluded", concluded)
			if item.Status.Phase != v1alpha1.PhaseSucceeded || item.Status.Attempt.Number != c.attempts || w.held() != 0 {
				t.Errorf("%s: attempt %d, %s", c.why, item.Status.Attempt.Number, describe(item))
			}
			if len(commands) != 1 || commands[0] != c.command {
				t.Errorf("%s: builds ran %q", c.why, commands)
			}
		})
	}
}

// The row is rewritten after the intent: the build knows the hash of what it was to be given, and does nothing.
func TestARowThatIsRewrittenUnderItsBuild(t *testing.T) {
	w := newWorld(t)
	var commands []string
	w.branch("feature/x")
	w.item("one", "feature/x")
	refused := errors.New("")
	w.work = func(ctx context.Context, w *world, b emulatorcodebuild.Running) error {
		w.rewrite("npm test", "curl evil")
		var k *worker
		if k, refused = newWorker(ctx, w, b); refused == nil {
			return errors.New("it worked")
		}
		w.running(&commands)
		return k.release(ctx, contract.StatusFailed, contract.Result{Outcome: contract.OutcomeParametersRefused})
	}
	item := w.until("one", "concluded", concluded)
	if refused == nil || len(commands) != 1 || commands[0] != "npm test" {
		t.Errorf("the build was refused with %v, then %q ran", refused, commands)
	}
	if item.Status.Phase != v1alpha1.PhaseSucceeded || item.Status.Attempt.Number != 2 || item.Status.Retries.Work != 0 {
		t.Errorf("it is the infrastructure's failure: %s", describe(item))
	}
}

// A status write that is refused after the lock was acquired must not be refused for ever.
func TestTheAttemptOfTheLongestIdsIsWritten(t *testing.T) {
	w := newWorld(t)
	name := "feature/" + strings.Repeat("x", 100) + "/" + strings.Repeat("y", 100)
	w.branch(name)
	w.change(func(spec *v1alpha1.WorkEnvironmentSpec) {
		wide(spec, 60_000)
		spec.Gates.TestCommand = strings.Repeat("t", 1000)
	})
	refused := 0
	w.failStatus = func(i *v1alpha1.WorkItem) error {
		if i.Status.Attempt != nil && refused == 0 {
			refused++
			return apierrors.NewConflict(schema.GroupResource{Resource: "workitems"}, i.Name, errors.New("somebody wrote"))
		}
		return nil
	}
	w.item(strings.Repeat("n", 63), name)
	if item := w.until(strings.Repeat("n", 63), "concluded", concluded); item.Status.Phase != v1alpha1.PhaseSucceeded || item.Status.Attempt.Number != 1 {
		t.Errorf("%s", describe(item))
	}
}
