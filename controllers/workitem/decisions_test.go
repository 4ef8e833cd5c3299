// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"errors"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/watch"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func itemOnBranch(branch string) *v1alpha1.WorkItem {
	return &v1alpha1.WorkItem{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "card-1", UID: "uid-1", CreationTimestamp: metav1.NewTime(noon.Add(-time.Hour))},
		Spec: v1alpha1.WorkItemSpec{
			EnvironmentRef: v1alpha1.LocalObjectReference{Name: "env"}, Repository: "o/r", Branch: branch,
		},
	}
}

func running(item *v1alpha1.WorkItem) *v1alpha1.WorkItem {
	intent, by := metav1.NewMicroTime(noon.Add(-20*time.Minute)), metav1.NewTime(noon.Add(time.Hour))
	item.Status.Attempt = &v1alpha1.Attempt{
		Number: 1, LockID: "mine", Fence: 7, IntentTime: &intent,
		Parameters: v1alpha1.FrozenParameters{LeaseDuration: metav1.Duration{Duration: 90 * time.Minute}, BranchKey: "branch#h/1#refs/heads/x"},
		Build:      &v1alpha1.BuildStatus{ID: "p:1", ARN: "arn:aws:codebuild:r:1:build/p:1", Status: "IN_PROGRESS"},
		Deadlines:  v1alpha1.AttemptDeadlines{ProvisionBy: &by, RunBy: &by},
	}
	return item
}

func TestFirstMiss(t *testing.T) {
	whole := func() forge.Report {
		return forge.Report{
			RepositoryFound: true, DefaultBranch: "main", BranchFound: true, Commit: "abc",
			SpecFiles: []forge.SpecFile{{Name: "requirements.md", Size: 1}, {Name: "design.md", Size: 1}, {Name: "tasks.md", Size: 1}},
			TasksText: "- [ ] 1. Do it\n",
			PullRequests: []forge.PullRequest{
				{Number: 5, State: "OPEN", HeadBranch: "feature/x", HeadRepository: "o/r"},
			},
		}
	}
	for name, c := range map[string]struct {
		why    string
		change func(*forge.Report)
		reason string
	}{
		"all there": {"nothing is missing", func(*forge.Report) {}, ""},
		"renamed case": {"GitHub's names do not differ by case", func(r *forge.Report) {
			r.PullRequests[0].HeadRepository = "O/R"
		}, ""},
		"bugfix spec": {"a bugfix stands in for requirements", func(r *forge.Report) { r.SpecFiles[0].Name = "bugfix.md" }, ""},
		"task by heading": {"Kiro also writes tasks as headings", func(r *forge.Report) {
			r.TasksText = "## Task 1: Do it\n"
		}, ""},
		"no repository":    {"nothing else can be said", func(r *forge.Report) { *r = forge.Report{} }, v1alpha1.ReasonRepositoryNotFound},
		"no branch":        {"it may be pushed later", func(r *forge.Report) { r.BranchFound = false }, v1alpha1.ReasonBranchNotFound},
		"default branch":   {"an agent must not work there", func(r *forge.Report) { r.DefaultBranch = "feature/x" }, v1alpha1.ReasonDefaultBranch},
		"protected branch": {"a push would be refused at the end", func(r *forge.Report) { r.Protected = true }, v1alpha1.ReasonProtectedBranch},
		"no spec":          {"it may be pushed later", func(r *forge.Report) { r.SpecFiles = nil }, v1alpha1.ReasonSpecNotFound},
		"no design":        {"one file is missing", func(r *forge.Report) { r.SpecFiles[1].Name = "notes.md" }, v1alpha1.ReasonSpecNotFound},
		"empty tasks file": {"a file without a byte", func(r *forge.Report) { r.SpecFiles[2].Size = 0 }, v1alpha1.ReasonSpecEmpty},
		"no task":          {"a file without a task", func(r *forge.Report) { r.TasksText = "# Tasks\n\nNone yet.\n" }, v1alpha1.ReasonSpecEmpty},
		"no pull request":  {"nobody could review", func(r *forge.Report) { r.PullRequests = nil }, v1alpha1.ReasonPullRequestNotFound},
		"closed":           {"nobody would look", func(r *forge.Report) { r.PullRequests[0].State = "CLOSED" }, v1alpha1.ReasonPullRequestClosed},
		"merged":           {"it is done already", func(r *forge.Report) { r.PullRequests[0].State = "MERGED" }, v1alpha1.ReasonPullRequestClosed},
		"from a fork": {"its branch cannot be pushed to", func(r *forge.Report) {
			r.PullRequests[0].HeadRepository = "stranger/r"
		}, v1alpha1.ReasonPullRequestFromFork},
		"fork is gone": {"a deleted fork has no name", func(r *forge.Report) {
			r.PullRequests[0].HeadRepository = ""
		}, v1alpha1.ReasonPullRequestFromFork},
		"a fork beside ours": {"somebody's fork does not hold our work up", func(r *forge.Report) {
			r.PullRequests = append(r.PullRequests, forge.PullRequest{Number: 6, State: "OPEN", HeadBranch: "feature/x", HeadRepository: "stranger/r"})
		}, ""},
		"two": {"which one is to be told?", func(r *forge.Report) {
			r.PullRequests = append(r.PullRequests, forge.PullRequest{Number: 6, State: "OPEN", HeadBranch: "feature/x", HeadRepository: "o/r"})
		}, v1alpha1.ReasonPullRequestAmbiguous},
		"another branch's": {"spec.pullRequest names a wrong one", func(r *forge.Report) {
			r.PullRequests[0].HeadBranch = "feature/y"
		}, v1alpha1.ReasonPullRequestNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			r := whole()
			c.change(&r)
			got := ""
			if m := firstMiss(itemOnBranch("feature/x"), r); m != nil {
				got = m.reason
				if m.message == "" {
					t.Error("a person reads no message")
				}
			}
			if got != c.reason {
				t.Errorf("%s: got %q, want %q", c.why, got, c.reason)
			}
		})
	}
}

func TestLookAt(t *testing.T) {
	const settling = 40 * time.Second
	over := metav1.NewMicroTime(noon.Add(-time.Minute))
	just := metav1.NewMicroTime(noon.Add(-10 * time.Second))
	arn := "arn:aws:codebuild:r:1:build/p:1"
	ended := &build.Build{Reference: build.Reference(arn), State: build.StateFailed}
	held := &lock.Row{LockID: "mine", BuildID: arn, Status: contract.StatusInProgress}
	free := &lock.Row{LockID: "mine", BuildID: arn, Status: contract.StatusFailed}
	for name, c := range map[string]struct {
		why    string
		change func(*v1alpha1.Attempt)
		seen   watch.Observation
		over   bool
		reason string
		after  time.Duration
	}{
		"runs": {"nothing to do", nil, watch.Observation{Build: &build.Build{State: build.StateRunning}, Branch: held}, false, v1alpha1.ReasonRunning, observeRecheck},
		"over and released": {"the release is the last that a build does", nil,
			watch.Observation{Build: ended, Branch: free}, true, "", 0},
		"over, not released": {"its last request may be on its way", nil,
			watch.Observation{Build: ended, Branch: held}, false, v1alpha1.ReasonSettling, settling},
		"over, settling": {"ten seconds of the settling time are over", func(a *v1alpha1.Attempt) { a.Build.OverSince = &just },
			watch.Observation{Build: ended, Branch: held}, false, v1alpha1.ReasonSettling, 30 * time.Second},
		"over, settled": {"no request can be left", func(a *v1alpha1.Attempt) { a.Build.OverSince = &over },
			watch.Observation{Build: ended, Branch: held}, true, "", 0},
		"over, row unknown": {"an unread row shows no release", nil,
			watch.Observation{Build: ended, RowErr: errors.New("away")}, false, v1alpha1.ReasonSettling, settling},
		"released, still finishing": {"CodeBuild says when it is over", nil,
			watch.Observation{Build: &build.Build{State: build.StateRunning}, Branch: free}, false, v1alpha1.ReasonRunning, observeRecheck},
		"cannot be asked": {"denied is unknown, never over", nil,
			watch.Observation{BuildErr: errors.New("denied")}, false, v1alpha1.ReasonBuildUnknown, observeRecheck},
		"cannot be asked, unlocked by a person": {"nothing else will ever tell the item of it", nil,
			watch.Observation{BuildErr: errors.New("denied"), Branch: free}, true, "", 0},
		"cannot be asked, still held": {"a held lock may have a live build", nil,
			watch.Observation{BuildErr: errors.New("denied"), Branch: held}, false, v1alpha1.ReasonBuildUnknown, observeRecheck},
		"not found once": {"a new build may not be seen yet", nil,
			watch.Observation{BuildMissing: true, Time: noon}, false, v1alpha1.ReasonBuildUnknown, observeRecheck},
		"not found thrice, long after": {"it is gone", func(a *v1alpha1.Attempt) { a.Build.NotFoundTimes = 2; a.Build.OverSince = &over },
			watch.Observation{BuildMissing: true, Time: noon}, true, "", 0},
		"not found thrice, soon": {"15 minutes have to pass", func(a *v1alpha1.Attempt) {
			a.Build.NotFoundTimes = 5
			soon := metav1.NewMicroTime(noon.Add(-5 * time.Minute))
			a.IntentTime = &soon
		}, watch.Observation{BuildMissing: true, Time: noon}, false, v1alpha1.ReasonBuildUnknown, observeRecheck},
		"asked to stop": {"it is given time", func(a *v1alpha1.Attempt) { a.StopRequestedTime = &just },
			watch.Observation{Build: &build.Build{State: build.StateRunning}}, false, v1alpha1.ReasonStopping, observeRecheck},
		"will not stop": {"reported, not forgotten", func(a *v1alpha1.Attempt) {
			long := metav1.NewMicroTime(noon.Add(-stopPatience - time.Second))
			a.StopRequestedTime = &long
		}, watch.Observation{Build: &build.Build{State: build.StateRunning}}, false, v1alpha1.ReasonWillNotStop, observeRecheck},
		"may not be stopped": {"a person has to grant the right", func(a *v1alpha1.Attempt) { a.StopRefusal = "denied" },
			watch.Observation{Build: &build.Build{State: build.StateRunning}}, false, v1alpha1.ReasonStopRefused, observeRecheck},
		"may not be stopped, and is over": {"it ended by itself", func(a *v1alpha1.Attempt) { a.StopRefusal = "denied" },
			watch.Observation{Build: ended, Branch: free}, true, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			a := running(itemOnBranch("x")).Status.Attempt
			if c.change != nil {
				c.change(a)
			}
			got := lookAt(noon, a, c.seen, settling)
			if got.over != c.over || got.reason != c.reason || got.after != c.after {
				t.Errorf("%s: got %+v", c.why, got)
			}
		})
	}
}

func TestCountMissingCountsLooks(t *testing.T) {
	b := &v1alpha1.BuildStatus{}
	for range 3 {
		countMissing(b, noon)
	}
	if b.NotFoundTimes != 1 {
		t.Errorf("one look was counted %d times: a build would be given up for dead too early", b.NotFoundTimes)
	}
	countMissing(b, noon.Add(time.Second))
	if b.NotFoundTimes != 2 {
		t.Errorf("two looks were counted as %d", b.NotFoundTimes)
	}
}

func TestNumbersNeverStartAgain(t *testing.T) {
	item := itemOnBranch("x")
	if n := nextNumber(item); n != 1 {
		t.Fatalf("the first attempt is number %d", n)
	}
	running(item)
	if n := nextNumber(item); n != 1 {
		t.Fatalf("a running attempt's number is %d", n)
	}
	endAttempt(item, v1alpha1.ReasonTestsFailed, noon)
	finish(item, verdict{outcome: v1alpha1.ReasonTestsFailed, message: "red"}, noon)
	trigger := metav1.NewTime(noon.Add(time.Minute))
	retrigger(item, trigger)
	if n := nextNumber(item); n != 2 {
		t.Errorf("after a new trigger the next attempt is number %d: its lock id would be the old one's", n)
	}
	if item.Finished() || item.Status.CompletionTime != nil || len(item.Status.PastAttempts) != 1 {
		t.Errorf("the new trigger does not begin anew: %+v", item.Status)
	}
}

func TestBuildEnvironmentKeepsTheWorkersNames(t *testing.T) {
	got := buildEnvironment(
		[]v1alpha1.EnvironmentVariable{{Name: "NODE_ENV", Value: "test"}, {Name: contract.EnvBranchName, Value: "main"}},
		[]contract.Variable{{Name: contract.EnvBranchName, Value: "feature/x"}},
	)
	want := []string{"NODE_ENV=test", contract.EnvBranchName + "=feature/x"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSlotFor(t *testing.T) {
	slots := func(held ...int) slotRows {
		rows := make(slotRows, contract.MaxSlots)
		for n := range rows {
			rows[n].Key = contract.SlotKey("p", n)
		}
		for _, n := range held {
			rows[n].Exists, rows[n].Status, rows[n].LockID = true, contract.StatusInProgress, "other"
		}
		return rows
	}
	mine := slots(0)
	mine[0].LockID = "mine"
	for name, c := range map[string]struct {
		why         string
		rows        slotRows
		concurrency int
		want        string
	}{
		"first":         {"none is held", slots(), 1, contract.SlotKey("p", 0)},
		"next":          {"the first free one", slots(0), 2, contract.SlotKey("p", 1)},
		"full":          {"as many are held as may be", slots(0), 1, ""},
		"lowered":       {"builds from before count, wherever they are", slots(7, 9), 2, ""},
		"taken already": {"after a crash the lock's own slot is asked for again", mine, 1, contract.SlotKey("p", 0)},
		"every slot": {"there is none left", func() slotRows {
			r := slots()
			for n := range r {
				r[n] = slots(n)[n]
			}
			return r
		}(), 50, ""},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.rows.slotFor("mine", c.concurrency); got != c.want {
				t.Errorf("%s: got %q, want %q", c.why, got, c.want)
			}
		})
	}
}
