// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// MaxDependencies bounds how many items are looked at for one that depends on others: a chain that is longer is not followed to
// its end.
const MaxDependencies = 200

// maxCycleShown is how many names of a cycle a message shows.
const maxCycleShown = 10

// Dependencies are items that another depends on, directly or not, by name. One that does not exist is absent.
type Dependencies map[string]*v1alpha1.WorkItem

// Pull is an item that succeeded and whose pull request has to be merged, with the state of that as the forge has it.
type Pull struct {
	Item  *v1alpha1.WorkItem
	State string
}

// reached reports whether an item succeeded, and nobody has triggered it again since.
func reached(item *v1alpha1.WorkItem) bool {
	return item != nil && item.IsTrue(v1alpha1.ConditionSucceeded) && item.Done()
}

// dependencyGuard looks for one miss among what an item depends on.
type dependencyGuard func(item *v1alpha1.WorkItem, known Dependencies) *Miss

// dependencyGuards are asked in this order: what needs a person comes before what only needs time.
var dependencyGuards = []dependencyGuard{noCycle, dependenciesExist, noneFailed, noneBlocks, allSucceeded}

// UnmetDependency is what of an item's dependencies is not as far as it has to be, or nil. Whether pull requests were merged is
// asked apart.
func UnmetDependency(item *v1alpha1.WorkItem, known Dependencies) *Miss {
	for _, g := range dependencyGuards {
		if m := g(item, known); m != nil {
			return m
		}
	}
	return nil
}

// noCycle follows the items that an item waits for. An item that succeeded waits for nothing any more, and ends a chain.
func noCycle(item *v1alpha1.WorkItem, known Dependencies) *Miss {
	path := findCycle(item, known)
	if path == nil {
		return nil
	}
	shown := path
	if len(shown) > maxCycleShown {
		shown = append(slices.Clone(path[:maxCycleShown]), "…")
	}
	return &Miss{v1alpha1.ReasonDependencyCycle, fmt.Sprintf(
		"Items wait for each other in a circle: %s. Take one of them out of the spec.dependsOn, or the relation \"blocked by\", of the one before it.",
		strings.Join(shown, " → "))}
}

// findCycle is the first circle that the item waits for, with its first name again at its end. Each item is entered once.
func findCycle(item *v1alpha1.WorkItem, known Dependencies) []string {
	entered := map[string]bool{}
	var path []string
	var walk func(w *v1alpha1.WorkItem) []string
	walk = func(w *v1alpha1.WorkItem) []string {
		if at := slices.Index(path, w.Name); at >= 0 {
			return append(slices.Clone(path[at:]), w.Name)
		}
		if entered[w.Name] {
			return nil
		}
		entered[w.Name] = true
		path = append(path, w.Name)
		for _, name := range w.DependencyNames() {
			next := known[name]
			if name == item.Name {
				next = item
			}
			if next == nil || reached(next) {
				continue
			}
			if cycle := walk(next); cycle != nil {
				return cycle
			}
		}
		path = path[:len(path)-1]
		return nil
	}
	return walk(item)
}

func dependenciesExist(item *v1alpha1.WorkItem, known Dependencies) *Miss {
	for _, name := range item.DependencyNames() {
		if known[name] != nil {
			continue
		}
		if issue := issueOf(item, name); issue != "" {
			return &Miss{v1alpha1.ReasonDependencyNotFound, fmt.Sprintf(
				"The card is blocked by %s, and WorkItem %q, which would work on that, does not exist. See why the source skips its card (status.skipped), close the issue, or remove the relation.",
				issue, name)}
		}
		return &Miss{v1alpha1.ReasonDependencyNotFound, fmt.Sprintf(
			"WorkItem %q, on which it depends, does not exist in this namespace. Create it; or, if it was done before it was deleted, take it out of spec.dependsOn.", name)}
	}
	return nil
}

func noneFailed(item *v1alpha1.WorkItem, known Dependencies) *Miss {
	for _, name := range item.DependencyNames() {
		if d := known[name]; d.Done() && !reached(d) {
			return &Miss{v1alpha1.ReasonDependencyFailed, fmt.Sprintf(
				"WorkItem %q, on which it depends%s, ended as %s. Repair that and trigger it again, or take it out of %s.",
				name, because(item, name), d.Condition(v1alpha1.ConditionSucceeded).Reason, placeOf(item, name))}
		}
	}
	return nil
}

// noneBlocks is of issues that no item works on. They block until they are closed.
func noneBlocks(item *v1alpha1.WorkItem, _ Dependencies) *Miss {
	if item.Spec.Card == nil {
		return nil
	}
	for _, b := range item.Spec.Card.BlockedBy {
		if b.WorkItem == "" {
			return &Miss{v1alpha1.ReasonBlockedByIssue, fmt.Sprintf(
				"The card is blocked by %s, which is not being worked on: its card is not in the ready status. Move that card there, close the issue, or remove the relation; the next poll sees it.", b.Issue)}
		}
	}
	return nil
}

func allSucceeded(item *v1alpha1.WorkItem, known Dependencies) *Miss {
	var waiting []string
	for _, name := range item.DependencyNames() {
		if !reached(known[name]) {
			waiting = append(waiting, name)
		}
	}
	if len(waiting) == 0 {
		return nil
	}
	which := ","
	if n := len(waiting) - 1; n > 0 {
		which = fmt.Sprintf(", and %d more,", n)
	}
	return &Miss{v1alpha1.ReasonDependencyPending, fmt.Sprintf(
		"It depends on WorkItem %q%s%s which has not succeeded yet. It goes on by itself then.", waiting[0], because(item, waiting[0]), which)}
}

// UnmergedDependency is the first pull request that is not merged, or nil. pulls are in the order of their items' names.
func UnmergedDependency(item *v1alpha1.WorkItem, pulls []Pull) *Miss {
	var open *Miss
	for _, p := range pulls {
		number := int64(0)
		if a := p.Item.Status.Accepted; a != nil {
			number = a.PullRequest
		}
		switch p.State {
		case pullRequestMerged:
		case pullRequestOpen:
			if open == nil {
				open = &Miss{v1alpha1.ReasonDependencyPending, fmt.Sprintf(
					"WorkItem %q, on which it depends%s, succeeded, and its pull request #%d is not merged yet. It goes on after the merge.",
					p.Item.Name, because(item, p.Item.Name), number)}
			}
		default:
			return &Miss{v1alpha1.ReasonDependencyFailed, fmt.Sprintf(
				"Pull request #%d of WorkItem %q, on which it depends%s, was closed without being merged. Open and merge it, or take the item out of %s.",
				number, p.Item.Name, because(item, p.Item.Name), placeOf(item, p.Item.Name))}
		}
	}
	return open
}

// pullRequestMerged is the state of a merged pull request.
const pullRequestMerged = "MERGED"

// issueOf is the blocking issue that a dependency comes from; empty if a person named it.
func issueOf(item *v1alpha1.WorkItem, name string) string {
	if item.Spec.Card == nil || slices.Contains(item.Spec.DependsOn, name) {
		return ""
	}
	for _, b := range item.Spec.Card.BlockedBy {
		if b.WorkItem == name {
			return b.Issue
		}
	}
	return ""
}

func because(item *v1alpha1.WorkItem, name string) string {
	if issue := issueOf(item, name); issue != "" {
		return " (its issue is blocked by " + issue + ")"
	}
	return ""
}

func placeOf(item *v1alpha1.WorkItem, name string) string {
	if issueOf(item, name) != "" {
		return "the issue's relation \"blocked by\""
	}
	return "spec.dependsOn"
}

// AcceptanceDeadline is how long until an item that is not accepted is overdue; zero if it is already. What wakes it is the item
// that it depends on.
func AcceptanceDeadline(now time.Time, item *v1alpha1.WorkItem) time.Duration {
	c := item.Condition(v1alpha1.ConditionAccepted)
	if c.Type == "" {
		return AcceptanceOverdue
	}
	return max(c.LastTransitionTime.Add(AcceptanceOverdue).Sub(now), 0)
}
