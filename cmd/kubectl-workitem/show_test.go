// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

var update = flag.Bool("update", false, "write the golden files again")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; -update writes it again):\n%s", path, diff)
	}
}

const (
	yes     = metav1.ConditionTrue
	no      = metav1.ConditionFalse
	unknown = metav1.ConditionUnknown
)

// samples are one item for each part of an item's life.
func samples() map[string]*v1alpha1.WorkItem {
	base := func(name string, phase v1alpha1.Phase, conditions ...metav1.Condition) *v1alpha1.WorkItem {
		return &v1alpha1.WorkItem{
			ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: name, CreationTimestamp: *at(-3 * time.Hour)},
			Spec: v1alpha1.WorkItemSpec{
				EnvironmentRef: v1alpha1.LocalObjectReference{Name: "env"}, SourceRef: &v1alpha1.LocalObjectReference{Name: "board"},
				Repository: "acme/shop", Branch: "feature/" + name, TriggeredAt: at(-3 * time.Hour),
				Card: &v1alpha1.Card{Provider: "github", ID: "PVTI_1", Number: 4, Title: "Check\x1b[2Jout", URL: "https://github.com/acme/shop/issues/4"},
			},
			Status: v1alpha1.WorkItemStatus{
				Phase: phase, Summary: v1alpha1.Summary{Title: "Checkout"}, ObservedTrigger: at(-3 * time.Hour), CorrelationID: "0123456789abcdef", Conditions: conditions,
				Accepted: &v1alpha1.AcceptedWork{PullRequest: 12, PullRequestURL: "https://github.com/acme/shop/pull/12"},
			},
		}
	}
	accepted := condition(v1alpha1.ConditionAccepted, yes, v1alpha1.ReasonRequirementsMet, "Branch, spec files and pull request #12 exist.", -175*time.Minute)
	admitted := condition(v1alpha1.ConditionAdmitted, yes, v1alpha1.ReasonTurnReached, "It is this item's turn.", -100*time.Minute)
	locked := condition(v1alpha1.ConditionLocked, yes, v1alpha1.ReasonLockAcquired, "Slot 0 and the branch are held.", -100*time.Minute)
	started := condition(v1alpha1.ConditionBuildStarted, yes, v1alpha1.ReasonStarted, "Build worker:2 was started.", -99*time.Minute)

	waiting := base("waiting", v1alpha1.PhaseWaiting,
		condition(v1alpha1.ConditionReady, unknown, v1alpha1.ReasonSpecNotFound, "tasks.md is missing.", -170*time.Minute),
		condition(v1alpha1.ConditionAccepted, no, v1alpha1.ReasonSpecNotFound, "tasks.md is missing.", -170*time.Minute))
	waiting.Spec.Card, waiting.Spec.SourceRef, waiting.Status.Accepted = nil, nil, nil
	waiting.Status.Summary.Title = ""

	queued := base("queued", v1alpha1.PhaseQueued, accepted,
		condition(v1alpha1.ConditionReady, unknown, v1alpha1.ReasonNoFreeSlot, "Others are ahead of it.", -170*time.Minute),
		condition(v1alpha1.ConditionAdmitted, no, v1alpha1.ReasonNoFreeSlot, "Others are ahead of it.", -170*time.Minute))
	queued.Status.Queue = &v1alpha1.QueuePosition{Since: at(-170 * time.Minute), Reason: v1alpha1.ReasonNoFreeSlot}
	queued.Spec.Priority = -5

	attempt := func() *v1alpha1.Attempt {
		return &v1alpha1.Attempt{
			Number: 2, LockID: "89abcdef0123456789abcdef", Last: true, IntentTime: micro(-100 * time.Minute),
			Parameters: v1alpha1.FrozenParameters{
				AWS:        v1alpha1.AWSAccess{Region: "eu-west-1"},
				ProjectARN: "arn:aws:codebuild:eu-west-1:111122223333:project/worker", BranchKey: "branch#github.com/7#refs/heads/feature/running",
			},
			Build: &v1alpha1.BuildStatus{
				ID: "worker:2", ARN: "arn:aws:codebuild:eu-west-1:111122223333:build/worker:2", Status: "IN_PROGRESS", Phase: "BUILD",
				LogsURL: "https://console.aws.amazon.com/logs/2", StartTime: at(-99 * time.Minute),
			},
			Progress: v1alpha1.Progress{
				Stage: "agent", Tasks: "7/12", HeartbeatTime: at(-20 * time.Second),
				Tests:    &v1alpha1.TestCounts{Total: 40, Passed: 38, Failed: 1, Skipped: 1},
				Coverage: &v1alpha1.CoverageSummary{Lines: "87.5%", Branches: "71%"},
			},
			Deadlines: v1alpha1.AttemptDeadlines{RunBy: at(20 * time.Minute)},
		}
	}
	pastAttempts := []v1alpha1.PastAttempt{{
		Number: 1, Outcome: v1alpha1.ReasonBuildFault, Message: "CodeBuild failed to run the build.", Counted: true,
		BuildARN: "arn:aws:codebuild:eu-west-1:111122223333:build/worker:1", Time: at(-120 * time.Minute),
	}}
	runningItem := base("running", v1alpha1.PhaseRunning, accepted, admitted, locked, started,
		condition(v1alpha1.ConditionReady, unknown, v1alpha1.ReasonRunning, "The build runs.", -99*time.Minute),
		condition(v1alpha1.ConditionSucceeded, unknown, v1alpha1.ReasonRunning, "The build runs.", -99*time.Minute),
		condition(v1alpha1.ConditionBuildFinished, unknown, v1alpha1.ReasonRunning, "The build runs.", -99*time.Minute))
	runningItem.Status.Attempt, runningItem.Status.PastAttempts = attempt(), pastAttempts
	runningItem.Status.Summary.Stage, runningItem.Status.Summary.Coverage = "agent", "87.5%"

	lost := runningItem.DeepCopy()
	lost.Name = "lost"
	lost.Status.Conditions = []metav1.Condition{accepted, admitted, locked, started,
		condition(v1alpha1.ConditionBuildFinished, unknown, v1alpha1.ReasonBuildUnknown, "CodeBuild cannot be asked about the build: access denied.", -50*time.Minute)}

	failed := base("failed", v1alpha1.PhaseFailed, accepted, admitted, locked, started,
		condition(v1alpha1.ConditionReady, no, v1alpha1.ReasonTestsFailed, "3 of 40 tests failed.", -10*time.Minute),
		condition(v1alpha1.ConditionBuildFinished, yes, v1alpha1.ReasonBuildEnded, "The build ended as FAILED.", -10*time.Minute),
		condition(v1alpha1.ConditionSucceeded, no, v1alpha1.ReasonTestsFailed, "3 of 40 tests failed.", -10*time.Minute),
		condition(v1alpha1.ConditionConcluded, yes, v1alpha1.ReasonReported, "The lock is released and the outcome is reported.", -9*time.Minute))
	failed.Status.Attempt, failed.Status.PastAttempts = attempt(), pastAttempts
	failed.Status.Attempt.Outcome, failed.Status.Attempt.EndTime = v1alpha1.ReasonTestsFailed, at(-10*time.Minute)
	failed.Status.Attempt.Build.Status, failed.Status.Attempt.Build.EndTime = "FAILED", at(-10*time.Minute)
	failed.Status.Attempt.Build.Phase, failed.Status.Attempt.Progress.HeartbeatTime = "COMPLETED", at(-11*time.Minute)
	failed.Status.Result = &v1alpha1.Result{
		Commit: "4f5e6d", Tests: &v1alpha1.TestCounts{Total: 40, Passed: 37, Failed: 3}, ArtifactsURL: "s3://artifacts/team/failed/2/",
		LogsURL: "https://console.aws.amazon.com/logs/2",
	}

	// The list shows the stage that failed, and statements where lines were not measured; the attempt's last stage is another.
	failed.Status.Attempt.Progress.Stage, failed.Status.Attempt.Progress.FailedStage = "cleanup", "test"
	failed.Status.Summary.Stage, failed.Status.Summary.Coverage = "test", "87.5% statements"

	succeeded := failed.DeepCopy()
	succeeded.Status.Attempt.Progress.FailedStage, succeeded.Status.Summary.Stage = "", "cleanup"
	succeeded.Name, succeeded.Status.Phase = "succeeded", v1alpha1.PhaseSucceeded
	succeeded.Status.Attempt.Outcome, succeeded.Status.Attempt.Build.Status = v1alpha1.ReasonSucceeded, "SUCCEEDED"
	succeeded.Status.Conditions = []metav1.Condition{
		condition(v1alpha1.ConditionReady, yes, v1alpha1.ReasonSucceeded, "Every gate passed.", -10*time.Minute),
		condition(v1alpha1.ConditionSucceeded, yes, v1alpha1.ReasonSucceeded, "Every gate passed.", -10*time.Minute),
	}

	cancelled := base("cancelled", v1alpha1.PhaseCancelled,
		condition(v1alpha1.ConditionReady, no, v1alpha1.ReasonCancelled, "spec.cancel is set.", -5*time.Minute),
		condition(v1alpha1.ConditionSucceeded, no, v1alpha1.ReasonCancelled, "spec.cancel is set.", -5*time.Minute))
	cancelled.Spec.Cancel = true

	pending := base("pending", "")
	pending.Status = v1alpha1.WorkItemStatus{}

	all := map[string]*v1alpha1.WorkItem{}
	for _, item := range []*v1alpha1.WorkItem{waiting, queued, runningItem, lost, failed, succeeded, cancelled, pending} {
		all[item.Name] = item
	}
	return all
}

func TestShowGolden(t *testing.T) {
	for name, item := range samples() {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			s := story{item: item, now: noon, location: time.UTC}
			if name == "queued" {
				s.place = "2/5"
			}
			s.print(&out)
			golden(t, "show-"+name, out.String())
		})
	}
}

func TestListGolden(t *testing.T) {
	tb := table{
		now: noon, queues: map[client.ObjectKey]v1alpha1.QueueStatus{
			{Namespace: "team", Name: "env"}: {Length: 5, First: []v1alpha1.QueuedItem{{Name: "other"}, {Name: "queued"}}},
		},
	}
	all := samples()
	for _, name := range []string{"cancelled", "failed", "lost", "pending", "queued", "running", "succeeded", "waiting"} {
		tb.items = append(tb.items, *all[name])
	}
	golden(t, "list", tb.String())
	tb.wide, tb.namespaces = true, true
	golden(t, "list-wide", tb.String())
}

func TestPlace(t *testing.T) {
	q := func(length int32, names ...string) v1alpha1.QueueStatus {
		s := v1alpha1.QueueStatus{Length: length}
		for _, name := range names {
			s.First = append(s.First, v1alpha1.QueuedItem{Name: name})
		}
		return s
	}
	for name, tc := range map[string]struct {
		why   string
		phase v1alpha1.Phase
		queue v1alpha1.QueueStatus
		want  string
	}{
		"First":   {"it is next", v1alpha1.PhaseQueued, q(2, "x", "y"), "1/2"},
		"Far":     {"the status names only the first", v1alpha1.PhaseQueued, q(12, "a", "b"), ">2/12"},
		"TooNew":  {"a status from before the item came must not give it a place", v1alpha1.PhaseQueued, q(2, "a", "b"), ""},
		"Running": {"a status from when it waited counts no more", v1alpha1.PhaseRunning, q(2, "x", "y"), ""},
		"Empty":   {"nobody waits", v1alpha1.PhaseQueued, q(0), ""},
	} {
		t.Run(name, func(t *testing.T) {
			item := &v1alpha1.WorkItem{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "x"}}
			item.Spec.EnvironmentRef.Name, item.Status.Phase = "env", tc.phase
			if got := place(item, map[client.ObjectKey]v1alpha1.QueueStatus{{Namespace: "team", Name: "env"}: tc.queue}); got != tc.want {
				t.Errorf("%s: %q, want %q", tc.why, got, tc.want)
			}
		})
	}
}

// TestListAndShow asks the real API server.
func TestListAndShow(t *testing.T) {
	w := newWorld(t)
	if got := w.call("list"); got.code != exitOK || got.out != "" {
		t.Errorf("an empty namespace: %+v", got)
	}
	w.call("list", "-n", "default", "-l", "none=such").want(t, exitOK, "No work items found in namespace default.")

	w.environment("env", func(env *v1alpha1.WorkEnvironment) {
		env.Status.Queue = v1alpha1.QueueStatus{Length: 1, First: []v1alpha1.QueuedItem{{Name: "queued"}}}
	})
	w.item("queued", func(item *v1alpha1.WorkItem) {
		item.Labels = map[string]string{"team": "shop"}
		item.Status.Phase = v1alpha1.PhaseQueued
		item.Status.Conditions = []metav1.Condition{
			condition(v1alpha1.ConditionReady, unknown, v1alpha1.ReasonNoFreeSlot, "It is next.", -time.Minute),
		}
	})
	w.item("running", running)

	for _, tc := range []struct {
		why  string
		args []string
		rows []string
	}{
		{"all of the context's namespace", []string{"list"},
			[]string{"NAME PHASE REASON QUEUE TITLE STAGE TASKS COVERAGE BRANCH PR AGE", "queued Queued NoFreeSlot 1/1 feature/queued", "running Running feature/running"}},
		{"by label", []string{"list", "-l", "team=shop"},
			[]string{"NAME PHASE REASON QUEUE TITLE STAGE TASKS COVERAGE BRANCH PR AGE", "queued Queued NoFreeSlot 1/1 feature/queued"}},
	} {
		got := w.call(tc.args...)
		got.want(t, exitOK)
		var rows []string
		for line := range strings.Lines(got.out) {
			words := strings.Fields(line)
			if words[0] != "NAME" {
				words = words[:len(words)-1] // the age is of the server's clock
			}
			rows = append(rows, strings.Join(words, " "))
		}
		if diff := cmp.Diff(tc.rows, rows); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.why, diff)
		}
	}
	// Behind the first, which the status names, places are computed: the highest priority first, then the oldest.
	w.environment("busy", func(env *v1alpha1.WorkEnvironment) {
		env.Status.Queue = v1alpha1.QueueStatus{Length: 3, First: []v1alpha1.QueuedItem{{Name: "b-urgent"}}}
	})
	for name, priority := range map[string]int32{"a-usual": 0, "b-urgent": 7, "c-low": -1} {
		w.item(name, func(item *v1alpha1.WorkItem) {
			item.Spec.EnvironmentRef.Name, item.Spec.Priority, item.Status.Phase = "busy", priority, v1alpha1.PhaseQueued
			item.Status.Conditions = []metav1.Condition{
				condition(v1alpha1.ConditionAccepted, metav1.ConditionTrue, v1alpha1.ReasonRequirementsMet, "It is there.", -time.Minute),
			}
		})
	}
	w.call("list").want(t, exitOK, "1/3", "2/3", "3/3")
	w.call("show", "c-low").want(t, exitOK, "place 3/3")
	w.call("list", "-A").want(t, exitOK, "NAMESPACE", w.namespace)
	w.call("list", "-o", "wide").want(t, exitOK, "worker:1", "It is next.")
	w.call("show", "queued").want(t, exitOK, w.namespace+"/queued", "place 1/1", "kubectl workitem priority queued N")
	w.call("show", "running").want(t, exitOK, "0123456789abcdef", "kubectl workitem cancel running")
}

// TestAdviceKnowsEveryFailureOfTheWork: a work failure comes with what to fix.
func TestAdviceKnowsEveryFailureOfTheWork(t *testing.T) {
	for _, reason := range []string{
		v1alpha1.ReasonTestsFailed, v1alpha1.ReasonTestsNotMeasured, v1alpha1.ReasonCoverageTooLow, v1alpha1.ReasonCoverageNotMeasured,
		v1alpha1.ReasonAgentFailed, v1alpha1.ReasonValidationFailed, v1alpha1.ReasonCheckoutFailed, v1alpha1.ReasonTimedOut,
	} {
		if fixes[reason] == "" {
			t.Errorf("nothing is said about %s", reason)
		}
	}
	item := &v1alpha1.WorkItem{ObjectMeta: metav1.ObjectMeta{Name: "x", DeletionTimestamp: ptr.To(metav1.NewTime(noon))}}
	if lines := advice(item, ""); !strings.Contains(lines[0], "being deleted") {
		t.Errorf("of a deleted item: %q", lines)
	}
}
