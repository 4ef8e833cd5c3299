// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/forge"
)

// Miss is what keeps an item from its next step.
type Miss struct {
	Reason, Message string // of the step's condition
}

// maxShownBranch is how much of a branch's name that is not the item's a message shows, in bytes.
const maxShownBranch = 100

// pullRequestOpen is the state of an open pull request.
const pullRequestOpen = "OPEN"

// guard looks for one miss.
type guard func(item *v1alpha1.WorkItem, r forge.Report) *Miss

// guards are asked in this order: what a later one says is only worth saying if the earlier ones found nothing.
var guards = []guard{
	repositoryExists, branchExists, branchIsFeature, specExists, tasksExist, pullRequestExists, pullRequestIsOurs, pullRequestIsOne,
}

// FirstMiss is the first thing that keeps an item from being accepted, or nil.
func FirstMiss(item *v1alpha1.WorkItem, r forge.Report) *Miss {
	for _, g := range guards {
		if m := g(item, r); m != nil {
			return m
		}
	}
	return nil
}

func repositoryExists(item *v1alpha1.WorkItem, r forge.Report) *Miss {
	if r.RepositoryFound {
		return nil
	}
	return &Miss{v1alpha1.ReasonRepositoryNotFound, fmt.Sprintf(
		"Repository %s was not found. Check its name, and that the credentials may read it.", item.Spec.Repository)}
}

func branchExists(item *v1alpha1.WorkItem, r forge.Report) *Miss {
	if r.BranchFound {
		return nil
	}
	return &Miss{v1alpha1.ReasonBranchNotFound, fmt.Sprintf(
		"Branch %s does not exist in %s. Push it; it is looked for again automatically.", item.Spec.Branch, item.Spec.Repository)}
}

func branchIsFeature(item *v1alpha1.WorkItem, r forge.Report) *Miss {
	switch {
	case item.Spec.Branch == r.DefaultBranch:
		return &Miss{v1alpha1.ReasonDefaultBranch, fmt.Sprintf(
			"%s is the default branch of %s. Work is only done on a feature branch.", item.Spec.Branch, item.Spec.Repository)}
	case r.Protected:
		return &Miss{v1alpha1.ReasonProtectedBranch, fmt.Sprintf(
			"Branch %s of %s is protected. Work is only done on a feature branch that may be pushed to.",
			item.Spec.Branch, item.Spec.Repository)}
	}
	return nil
}

func specExists(item *v1alpha1.WorkItem, r forge.Report) *Miss {
	size := map[string]int64{}
	for _, f := range r.SpecFiles {
		size[f.Name] = f.Size
	}
	var absent, empty []string
	for _, names := range [][]string{{"requirements.md", "bugfix.md"}, {"design.md"}, {"tasks.md"}} {
		found := slices.DeleteFunc(slices.Clone(names), func(n string) bool { _, ok := size[n]; return !ok })
		switch {
		case len(found) == 0:
			absent = append(absent, strings.Join(names, " or "))
		case !slices.ContainsFunc(found, func(n string) bool { return size[n] > 0 }):
			empty = append(empty, found[0])
		}
	}
	switch {
	case len(absent) > 0:
		return &Miss{v1alpha1.ReasonSpecNotFound, fmt.Sprintf(
			"%s has no %s on branch %s. Push the spec; it is looked for again automatically.",
			item.SpecFolder(), strings.Join(absent, ", "), item.Spec.Branch)}
	case len(empty) > 0:
		return &Miss{v1alpha1.ReasonSpecEmpty, fmt.Sprintf(
			"%s is empty in %s on branch %s. Fill it and push.", strings.Join(empty, ", "), item.SpecFolder(), item.Spec.Branch)}
	}
	return nil
}

// Accept is what acceptance pins of a report in which nothing is missing: the attempt works on this commit or one that
// descends from it.
func Accept(item *v1alpha1.WorkItem, r forge.Report, now time.Time) *v1alpha1.AcceptedWork {
	pr := openPullRequests(item, r)[0]
	t := metav1.NewTime(now)
	return &v1alpha1.AcceptedWork{
		Commit: r.Commit, RepositoryID: r.RepositoryID, ForgeHost: r.Host,
		PullRequest: pr.Number, PullRequestURL: pr.URL, SpecPath: item.SpecFolder(), Time: &t,
	}
}

// AcceptedAsItIs reports whether what was accepted is what the spec still asks for: until an attempt exists, its branch
// may change.
func AcceptedAsItIs(item *v1alpha1.WorkItem) bool {
	c := item.Condition(v1alpha1.ConditionAccepted)
	return c.Status == metav1.ConditionTrue && c.ObservedGeneration == item.Generation
}

// FreshlyAccepted reports whether acceptance is recent enough to acquire a lock without asking the forge again: an item
// may have waited in the queue for hours.
func FreshlyAccepted(now time.Time, item *v1alpha1.WorkItem) bool {
	a := item.Status.Accepted
	return a != nil && a.Time != nil && now.Sub(a.Time.Time) < AcceptFresh && AcceptedAsItIs(item)
}

// acceptTick is what times of asking again are rounded up to: items that wait ask together, so that one call of the forge
// carries as many as it takes.
const acceptTick = AcceptSoonest

// AcceptAgain is when the forge is asked again: after half as long as the miss has lasted, at the next shared tick.
func AcceptAgain(now time.Time, item *v1alpha1.WorkItem) time.Duration {
	since := now
	if c := item.Condition(v1alpha1.ConditionAccepted); c.Type != "" {
		since = c.LastTransitionTime.Time
	}
	at := now.Add(min(max(now.Sub(since)/2, AcceptSoonest), AcceptLatest))
	if tick := at.Truncate(acceptTick); tick.Before(at) {
		at = tick.Add(acceptTick)
	}
	return at.Sub(now)
}

// taskLine finds a task as tolerantly as the worker reads them: a checkbox in a list, or a heading "Task 1".
var taskLine = regexp.MustCompile(`(?mi)^\s*(?:[-*+]\s+\[[ xX-]\]|#+\s+task\s+\d)`)

func tasksExist(item *v1alpha1.WorkItem, r forge.Report) *Miss {
	if taskLine.MatchString(r.TasksText) {
		return nil
	}
	return &Miss{v1alpha1.ReasonSpecEmpty, fmt.Sprintf(
		"%s/tasks.md has no task, such as \"- [ ] 1. Title\". Add tasks and push.", item.SpecFolder())}
}

func pullRequestExists(item *v1alpha1.WorkItem, r forge.Report) *Miss {
	if len(openPullRequests(item, r)) > 0 || len(forked(item, r)) > 0 {
		return nil
	}
	if len(r.PullRequests) > 0 {
		pr := r.PullRequests[0]
		if pr.State == pullRequestOpen && pr.HeadBranch != item.Spec.Branch {
			return &Miss{v1alpha1.ReasonPullRequestNotFound, fmt.Sprintf(
				"Pull request #%d comes from branch %s, not from %s. Correct spec.pullRequest.", pr.Number, fault.Cut(pr.HeadBranch, maxShownBranch), item.Spec.Branch)}
		}
		return &Miss{v1alpha1.ReasonPullRequestClosed, fmt.Sprintf(
			"Pull request #%d is %s. Open it again, or open another from branch %s.", pr.Number, strings.ToLower(pr.State), item.Spec.Branch)}
	}
	if n := item.Spec.PullRequest; n != nil {
		return &Miss{v1alpha1.ReasonPullRequestNotFound, fmt.Sprintf(
			"Pull request #%d, which spec.pullRequest names, does not exist in %s. Correct the number, or leave it out.", *n, item.Spec.Repository)}
	}
	return &Miss{v1alpha1.ReasonPullRequestNotFound, fmt.Sprintf(
		"No pull request comes from branch %s of %s. Open one (a draft will do).", item.Spec.Branch, item.Spec.Repository)}
}

func pullRequestIsOurs(item *v1alpha1.WorkItem, r forge.Report) *Miss {
	if len(openPullRequests(item, r)) > 0 {
		return nil
	}
	pr := forked(item, r)[0]
	return &Miss{v1alpha1.ReasonPullRequestFromFork, fmt.Sprintf(
		"Pull request #%d comes from a fork, whose branch cannot be pushed to. Open one from a branch of %s.",
		pr.Number, item.Spec.Repository)}
}

func pullRequestIsOne(item *v1alpha1.WorkItem, r forge.Report) *Miss {
	open := openPullRequests(item, r)
	if len(open) == 1 {
		return nil
	}
	return &Miss{v1alpha1.ReasonPullRequestAmbiguous, fmt.Sprintf(
		"Pull requests #%d and #%d both come from branch %s. Close one, or name the right one in spec.pullRequest.",
		open[0].Number, open[1].Number, item.Spec.Branch)}
}

// openPullRequests are the open ones from this branch of this repository.
func openPullRequests(item *v1alpha1.WorkItem, r forge.Report) []forge.PullRequest {
	return slices.DeleteFunc(slices.Clone(r.PullRequests), func(pr forge.PullRequest) bool {
		return pr.State != pullRequestOpen || pr.HeadBranch != item.Spec.Branch || !strings.EqualFold(pr.HeadRepository, item.Spec.Repository)
	})
}

// forked are the open ones from a branch of that name in another repository.
func forked(item *v1alpha1.WorkItem, r forge.Report) []forge.PullRequest {
	return slices.DeleteFunc(slices.Clone(r.PullRequests), func(pr forge.PullRequest) bool {
		return pr.State != pullRequestOpen || pr.HeadBranch != item.Spec.Branch || strings.EqualFold(pr.HeadRepository, item.Spec.Repository)
	})
}
