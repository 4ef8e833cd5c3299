// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/forge"
)

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
		"two": {"which one is to be updated?", func(r *forge.Report) {
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
			if m := FirstMiss(itemOnBranch("feature/x"), r); m != nil {
				got = m.Reason
				if m.Message == "" {
					t.Error("a person reads no message")
				}
			}
			if got != c.reason {
				t.Errorf("%s: got %q, want %q", c.why, got, c.reason)
			}
		})
	}
}

func TestAcceptAgain(t *testing.T) {
	for name, c := range map[string]struct {
		why    string
		lasted time.Duration
		want   time.Duration
	}{
		"first miss": {"somebody is likely to work on it", 0, AcceptSoonest},
		"a minute":   {"half as long as it has lasted", time.Minute, 30 * time.Second},
		"a day":      {"never less often than this", 24 * time.Hour, AcceptLatest},
	} {
		t.Run(name, func(t *testing.T) {
			item := itemOnBranch("x")
			item.Status.Conditions = []metav1.Condition{{
				Type: v1alpha1.ConditionAccepted, Status: metav1.ConditionFalse, LastTransitionTime: metav1.NewTime(noon.Add(-c.lasted)),
			}}
			if got := AcceptAgain(noon, item); got != c.want {
				t.Errorf("%s: got %s, want %s", c.why, got, c.want)
			}
		})
	}
	for _, off := range []time.Duration{time.Second, 3 * time.Second, AcceptSoonest - time.Millisecond} {
		if at := noon.Add(off).Add(AcceptAgain(noon.Add(off), itemOnBranch("x"))); !at.Equal(noon.Add(2 * AcceptSoonest)) {
			t.Errorf("items that were looked at within one tick ask together at the next; after %s one asks at %s", off, at)
		}
	}
	if got := AcceptAgain(noon, itemOnBranch("x")); got != AcceptSoonest {
		t.Errorf("without a condition: %s", got)
	}
}

func TestFreshlyAccepted(t *testing.T) {
	for name, c := range map[string]struct {
		why    string
		change func(*v1alpha1.WorkItem)
		want   bool
	}{
		"just now":     {"the forge was asked seconds ago", func(*v1alpha1.WorkItem) {}, true},
		"hours ago":    {"the pull request may be closed by now", func(i *v1alpha1.WorkItem) { i.Status.Accepted.Time.Time = noon.Add(-AcceptFresh) }, false},
		"another spec": {"the branch was changed since", func(i *v1alpha1.WorkItem) { i.Generation++ }, false},
		"not at all":   {"nothing is pinned", func(i *v1alpha1.WorkItem) { i.Status.Accepted = nil }, false},
	} {
		t.Run(name, func(t *testing.T) {
			item := itemOnBranch("x")
			at := metav1.NewTime(noon.Add(-time.Second))
			item.Status.Accepted = &v1alpha1.AcceptedWork{Time: &at}
			item.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionAccepted, Status: metav1.ConditionTrue}}
			c.change(item)
			if got := FreshlyAccepted(noon, item); got != c.want {
				t.Errorf("%s: got %t", c.why, got)
			}
		})
	}
}
