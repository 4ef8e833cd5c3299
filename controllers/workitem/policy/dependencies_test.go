// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// depending is an item of that name that depends on others.
func depending(name string, on ...string) *v1alpha1.WorkItem {
	item := &v1alpha1.WorkItem{}
	item.Name, item.Spec.DependsOn = name, on
	return item
}

// ended is an item that ended with an outcome.
func ended(item *v1alpha1.WorkItem, outcome string) *v1alpha1.WorkItem {
	status := metav1.ConditionFalse
	if outcome == v1alpha1.ReasonSucceeded {
		status = metav1.ConditionTrue
	}
	item.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionSucceeded, Status: status, Reason: outcome}}
	item.Status.ObservedTrigger = &metav1.Time{Time: item.Trigger().Time}
	return item
}

func blocked(item *v1alpha1.WorkItem, by ...v1alpha1.Blocker) *v1alpha1.WorkItem {
	item.Spec.Card = &v1alpha1.Card{BlockedBy: by}
	return item
}

func knowing(items ...*v1alpha1.WorkItem) Dependencies {
	known := Dependencies{}
	for _, i := range items {
		known[i.Name] = i
	}
	return known
}

func TestUnmetDependency(t *testing.T) {
	again := ended(depending("b"), v1alpha1.ReasonSucceeded)
	later := metav1.NewTime(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))
	again.Spec.TriggeredAt = &later
	for name, c := range map[string]struct {
		why    string
		item   *v1alpha1.WorkItem
		known  Dependencies
		reason string
		says   string
	}{
		"none":      {"most items depend on nothing", depending("a"), nil, "", ""},
		"succeeded": {"what it waited for is there", depending("a", "b"), knowing(ended(depending("b"), v1alpha1.ReasonSucceeded)), "", ""},
		"pending":   {"it goes on by itself", depending("a", "b"), knowing(depending("b")), v1alpha1.ReasonDependencyPending, `"b"`},
		"two pending": {
			"the first is named, the others counted", depending("a", "c", "b"), knowing(depending("b"), depending("c")), v1alpha1.ReasonDependencyPending, "1 more",
		},
		"failed": {
			"a person has to decide", depending("a", "b"), knowing(ended(depending("b"), v1alpha1.ReasonTestsFailed)), v1alpha1.ReasonDependencyFailed, "TestsFailed",
		},
		"failed beside one that runs": {
			"what needs a person is said first", depending("a", "b", "c"), knowing(depending("b"), ended(depending("c"), v1alpha1.ReasonCancelled)),
			v1alpha1.ReasonDependencyFailed, `"c"`,
		},
		"gone":            {"it may have been done before", depending("a", "b"), nil, v1alpha1.ReasonDependencyNotFound, "spec.dependsOn"},
		"triggered again": {"its success is of the work before", depending("a", "b"), knowing(again), v1alpha1.ReasonDependencyPending, `"b"`},
		"itself":          {"the shortest circle", depending("a", "a"), nil, v1alpha1.ReasonDependencyCycle, "a → a"},
		"circle": {
			"all of it is named", depending("a", "b"), knowing(depending("b", "c"), depending("c", "a")), v1alpha1.ReasonDependencyCycle, "a → b → c → a",
		},
		"a circle further on": {
			"it waits for ever as well", depending("a", "b"), knowing(depending("b", "c"), depending("c", "b")), v1alpha1.ReasonDependencyCycle, "b → c → b",
		},
		"a circle that is over": {
			"who succeeded waits for nothing", depending("a", "b"), knowing(ended(depending("b", "a"), v1alpha1.ReasonSucceeded)), "", "",
		},
		"a diamond": {
			"two ways to one item are no circle", depending("a", "b", "c"), knowing(depending("b", "d"), depending("c", "d"), depending("d")),
			v1alpha1.ReasonDependencyPending, `"b"`,
		},
		"a circle of failures": {
			"one of them would wait for the other again", depending("a", "b"), knowing(ended(depending("b", "a"), v1alpha1.ReasonTestsFailed)),
			v1alpha1.ReasonDependencyCycle, "a → b → a",
		},
		"blocked by an issue elsewhere": {
			"nothing here will ever work on it", blocked(depending("a"), v1alpha1.Blocker{Issue: "acme/other#3"}), nil, v1alpha1.ReasonBlockedByIssue, "acme/other#3",
		},
		"blocked by an issue that is worked on": {
			"the issue is said too", blocked(depending("a"), v1alpha1.Blocker{Issue: "acme/app#3", WorkItem: "b"}), knowing(depending("b")),
			v1alpha1.ReasonDependencyPending, "acme/app#3",
		},
		"blocked by an issue whose work succeeded": {
			"an issue stays open until its pull request is merged", blocked(depending("a"), v1alpha1.Blocker{Issue: "acme/app#3", WorkItem: "b"}),
			knowing(ended(depending("b"), v1alpha1.ReasonSucceeded)), "", "",
		},
		"blocked by an issue whose item is gone": {
			"the card may be skipped", blocked(depending("a"), v1alpha1.Blocker{Issue: "acme/app#3", WorkItem: "b"}), nil, v1alpha1.ReasonDependencyNotFound, "acme/app#3",
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := UnmetDependency(c.item, c.known)
			if m == nil {
				m = &Miss{}
			}
			if m.Reason != c.reason || !strings.Contains(m.Message, c.says) {
				t.Errorf("%s: got %q: %s", c.why, m.Reason, m.Message)
			}
		})
	}
}

func TestUnmergedDependency(t *testing.T) {
	pull := func(name, state string) Pull {
		item := ended(depending(name), v1alpha1.ReasonSucceeded)
		item.Status.Accepted = &v1alpha1.AcceptedWork{PullRequest: 7}
		return Pull{item, state}
	}
	for name, c := range map[string]struct {
		why    string
		pulls  []Pull
		reason string
	}{
		"merged":         {"nothing is in the way", []Pull{pull("b", "MERGED")}, ""},
		"open":           {"it is reviewed still", []Pull{pull("b", "MERGED"), pull("c", "OPEN")}, v1alpha1.ReasonDependencyPending},
		"closed":         {"it will never be merged; that is said before what is open", []Pull{pull("b", "OPEN"), pull("c", "CLOSED")}, v1alpha1.ReasonDependencyFailed},
		"no pull at all": {"what is not known is not merged", []Pull{{ended(depending("b"), v1alpha1.ReasonSucceeded), ""}}, v1alpha1.ReasonDependencyFailed},
	} {
		m := UnmergedDependency(depending("a", "b", "c"), c.pulls)
		if m == nil {
			m = &Miss{}
		}
		if m.Reason != c.reason {
			t.Errorf("%s: %s: got %q: %s", name, c.why, m.Reason, m.Message)
		}
	}
}

// A chain as long as a board is looked at in a time that grows with it, not with its ways.
func TestManyDependencies(t *testing.T) {
	known := Dependencies{}
	for level := range 20 {
		for _, side := range []string{"l", "r"} {
			name := side + strings.Repeat("x", level)
			known[name] = depending(name, "l"+strings.Repeat("x", level+1), "r"+strings.Repeat("x", level+1))
		}
	}
	if m := UnmetDependency(depending("a", "l", "r"), known); m == nil || m.Reason != v1alpha1.ReasonDependencyPending {
		t.Errorf("got %+v", m)
	}
}

func TestAcceptanceDeadline(t *testing.T) {
	now := time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC)
	item := depending("a", "b")
	if got := AcceptanceDeadline(now, item); got != AcceptanceOverdue {
		t.Errorf("at first %s", got)
	}
	item.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionAccepted, Status: metav1.ConditionFalse, LastTransitionTime: metav1.NewTime(now.Add(-23 * time.Hour))}}
	if got := AcceptanceDeadline(now, item); got != time.Hour {
		t.Errorf("after 23 hours %s", got)
	}
	if got := AcceptanceDeadline(now.Add(2*time.Hour), item); got != 0 {
		t.Errorf("after 25 hours %s", got)
	}
}
