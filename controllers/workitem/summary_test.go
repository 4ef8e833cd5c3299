// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	emulatorcodebuild "github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// A wait that lasts a day is reported once, and ends nothing.
func TestALongWaitIsReportedOnce(t *testing.T) {
	w := newWorld(t)
	w.item("one", "feature/x")
	w.look("one")
	w.clock.Step(policy.AcceptanceOverdue)
	for range 3 {
		w.look("one")
	}
	item := w.get("one")
	if c := item.Condition(v1alpha1.ConditionOverdue); c.Reason != v1alpha1.ReasonAcceptanceOverdue || item.Finished() {
		t.Errorf("after a day: %s", describe(item))
	}
	if !w.happened(v1alpha1.ReasonAcceptanceOverdue) || w.happened(v1alpha1.ReasonAcceptanceOverdue) {
		t.Error("it is not reported exactly once")
	}
	w.branch("feature/x")
	item = w.until("one", "concluded", concluded)
	if item.Status.Phase != v1alpha1.PhaseSucceeded || item.Condition(v1alpha1.ConditionOverdue).Type != "" {
		t.Errorf("once it is there: %s", describe(item))
	}
}

func TestTitleOf(t *testing.T) {
	for name, c := range map[string]struct{ why, title, want string }{
		"short":   {"it fits", "Add a login page", "Add a login page"},
		"just":    {"40 characters are not cut", strings.Repeat("x", 40), strings.Repeat("x", 40)},
		"long":    {"a list has room for 40 characters", strings.Repeat("x", 41), strings.Repeat("x", 39) + "…"},
		"umlauts": {"characters are counted and not bytes, and stay whole", strings.Repeat("ü", 41), strings.Repeat("ü", 39) + "…"},
		"hostile": {"a title cannot write to a person's terminal", "Fix\x1b[31m it\nnow", "Fix[31m it now"},
		"empty":   {"a card may have none", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			item := itemOnBranch("x")
			item.Spec.Card = &v1alpha1.Card{Title: c.title}
			if got := titleOf(item); got != c.want {
				t.Errorf("%s: got %q, want %q", c.why, got, c.want)
			}
		})
	}
	if got := titleOf(itemOnBranch("x")); got != "" {
		t.Errorf("an item made by hand is called %q", got)
	}
}

func TestStageOf(t *testing.T) {
	for name, c := range map[string]struct {
		why    string
		change func(*v1alpha1.WorkItem)
		want   string
	}{
		"runs":            {"the current one", func(*v1alpha1.WorkItem) {}, "upload"},
		"failed":          {"the one that failed, and not the last that ran", func(i *v1alpha1.WorkItem) { i.Status.Attempt.Progress.FailedStage = "test" }, "test"},
		"no attempt":      {"nothing runs", func(i *v1alpha1.WorkItem) { i.Status.Attempt = nil }, ""},
		"triggered again": {"what the trigger before came to is history", func(i *v1alpha1.WorkItem) { i.Status.ObservedTrigger.Time = noon.Add(time.Hour) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			item := running(itemOnBranch("x"))
			trigger := metav1.NewTime(noon)
			item.Status.ObservedTrigger, item.Status.Attempt.Trigger = &trigger, trigger
			item.Status.Attempt.Progress.Stage = "upload"
			c.change(item)
			if got := stageOf(item); got != c.want {
				t.Errorf("%s: got %q, want %q", c.why, got, c.want)
			}
		})
	}
}

func TestCoverageColumn(t *testing.T) {
	for name, c := range map[string]struct {
		why      string
		progress *v1alpha1.CoverageSummary
		result   *v1alpha1.CoverageSummary
		want     string
	}{
		"lines":        {"what most reports have", &v1alpha1.CoverageSummary{Lines: "87.5%", Statements: "90%"}, nil, "87.5%"},
		"statements":   {"Go counts statements", &v1alpha1.CoverageSummary{Statements: "87.5%", Branches: "3%"}, nil, "87.5% statements"},
		"functions":    {"better than nothing", &v1alpha1.CoverageSummary{Functions: "50%", Branches: "3%"}, nil, "50% functions"},
		"branches":     {"better than nothing", &v1alpha1.CoverageSummary{Branches: "3%"}, nil, "3% branches"},
		"the result's": {"it is the last", &v1alpha1.CoverageSummary{Lines: "1%"}, &v1alpha1.CoverageSummary{Lines: "2%"}, "2%"},
		"not measured": {"nothing is shown that was not measured", nil, nil, ""},
		"no metric":    {"nothing is shown that was not measured", &v1alpha1.CoverageSummary{}, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			item := running(itemOnBranch("x"))
			trigger := metav1.NewTime(noon)
			item.Status.ObservedTrigger, item.Status.Attempt.Trigger = &trigger, trigger
			item.Status.Attempt.Progress.Coverage = c.progress
			if c.result != nil {
				item.Status.Result = &v1alpha1.Result{Coverage: c.result}
			}
			if got := coverageColumn(item); got != c.want {
				t.Errorf("%s: got %q, want %q", c.why, got, c.want)
			}
		})
	}
}

// What a list shows of an item that failed: the stage that failed, although the worker went on to upload and clean up.
func TestTheSummaryOfAFailedItem(t *testing.T) {
	w := newWorld(t)
	w.work = func(ctx context.Context, w *world, b emulatorcodebuild.Running) error {
		k, err := newWorker(ctx, w, b)
		if err != nil {
			return err
		}
		now := w.clock.Now()
		if err := w.table.Heartbeat(ctx, k.Lock, b.ARN, now, now.Add(time.Hour), lock.Progress{Stage: contract.StageCleanup}); err != nil {
			return err
		}
		statements := 71.25
		return k.release(ctx, contract.StatusFailed, contract.Result{
			Outcome: contract.OutcomeTestsFailed, FailedStage: contract.StageTest, TestsGate: contract.GateFailed,
			Coverage: &contract.Coverage{Statements: &statements}, PullRequestUpdated: true,
		})
	}
	w.branch("feature/x")
	w.item("one", "feature/x", func(i *v1alpha1.WorkItem) {
		i.Spec.Card = &v1alpha1.Card{Provider: "github", ID: "PVTI_1", Title: "Let people reset their password by e-mail, twice"}
	})
	item := w.until("one", "concluded", concluded)
	want := v1alpha1.Summary{Title: "Let people reset their password by e-ma…", Stage: "test", Coverage: "71.25% statements"}
	if diff := cmp.Diff(want, item.Status.Summary); diff != "" {
		t.Error(diff)
	}
	if got := item.Status.Attempt.Progress; got.FailedStage != "test" || got.Stage != "cleanup" {
		t.Errorf("progress says stage %q, failed stage %q", got.Stage, got.FailedStage)
	}
}
