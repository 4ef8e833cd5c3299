// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

func TestRetention(t *testing.T) {
	w := newWorld(t)
	environment := w.environment(true)
	w.source()
	over, ready, young := w.card("Over", "Ready", "feature/over"), w.card("Ready still", "Ready", "feature/ready"), w.card("Young", "Ready", "feature/young")
	running := w.card("Running", "Ready", "feature/running")
	w.poll()
	for _, card := range []string{over, ready} {
		w.attempt(card, v1alpha1.ReasonTestsFailed)
	}
	w.attempt(running, "")
	w.move(over, "Failed")
	w.move(young, "Failed")
	w.move(running, "In Progress")
	keep := environment.Spec.Retention.Failed
	if keep == nil {
		t.Fatal("the schema gave no default retention")
	}
	w.clock.SetTime(epoch.Add(keep.Duration))
	w.attempt(young, v1alpha1.ReasonTestsFailed)
	w.poll()
	left := sets.New[string]()
	for _, i := range w.items() {
		left.Insert(i.Name)
	}
	if want := sets.New(ItemName(ready), ItemName(young), ItemName(running)); !left.Equal(want) {
		t.Errorf("left are %v, want %v", left.UnsortedList(), want.UnsortedList())
	}
}

// TestRetentionOfAnOlderTrigger: an item whose trigger is older than the observed one is finished like any other.
func TestRetentionOfAnOlderTrigger(t *testing.T) {
	w := newWorld(t)
	environment := w.environment(true)
	w.source()
	card := w.card("Over", "Ready", "feature/over")
	w.poll()
	w.attempt(card, v1alpha1.ReasonTestsFailed)
	w.observedLater(card)
	w.move(card, "Failed")
	w.clock.SetTime(epoch.Add(environment.Spec.Retention.Failed.Duration))
	w.poll()
	if items := w.items(); len(items) != 0 {
		t.Errorf("a finished item is kept for ever: %+v", items[0].Status)
	}
}

func TestIsExpired(t *testing.T) {
	keep := &v1alpha1.Retention{Succeeded: &metav1.Duration{Duration: time.Hour}, Failed: &metav1.Duration{Duration: 2 * time.Hour}}
	ended := func(status metav1.ConditionStatus, completion *metav1.Time) func(*v1alpha1.WorkItem) {
		return func(i *v1alpha1.WorkItem) {
			i.Status.CompletionTime = completion
			i.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionSucceeded, Status: status, LastTransitionTime: *at(0)}}
		}
	}
	later := func(i *v1alpha1.WorkItem) { i.Status.ObservedTrigger = at(time.Minute) }
	retriggered := func(i *v1alpha1.WorkItem) { i.Status.ObservedTrigger = at(-time.Minute) }
	for _, c := range []struct {
		why  string
		item *v1alpha1.WorkItem
		now  time.Duration
		want bool
	}{
		{"what is not finished is kept for as long as it takes", itemFor("a", begun), 1000 * time.Hour, false},
		{"a success is kept for its own time", itemFor("a", ended("True", at(0))), time.Hour - time.Second, false},
		{"and then deleted", itemFor("a", ended("True", at(0))), time.Hour, true},
		{"a failure is kept for longer, to be read", itemFor("a", ended("False", at(0))), time.Hour, false},
		{"and then deleted", itemFor("a", ended("False", at(0))), 2 * time.Hour, true},
		{"a trigger that is older than the observed one leaves it finished", itemFor("a", ended("False", at(0)), later), 2 * time.Hour, true},
		{"one that is newer is work to do", itemFor("a", ended("False", at(0)), retriggered), 1000 * time.Hour, false},
		{"without a completion time the outcome's own time counts", itemFor("a", ended("False", nil)), 2*time.Hour - time.Second, false},
		{"for as long", itemFor("a", ended("False", nil)), 2 * time.Hour, true},
	} {
		t.Run(c.why, func(t *testing.T) {
			if got := isExpired(epoch.Add(c.now), c.item, keep); got != c.want {
				t.Errorf("expired is %t, want %t", got, c.want)
			}
		})
	}
}

// TestRetentionWhileSuspended: a source that polls nothing still tidies up, and reads the cards of what it would delete.
func TestRetentionWhileSuspended(t *testing.T) {
	w := newWorld(t)
	environment := w.environment(true)
	w.source()
	over, ready := w.card("Over", "Ready", "feature/over"), w.card("Ready still", "Ready", "feature/ready")
	w.poll()
	for _, card := range []string{over, ready} {
		w.attempt(card, v1alpha1.ReasonTestsFailed)
	}
	w.move(over, "Failed")
	w.change(func(s *v1alpha1.WorkSource) { s.Spec.Suspend = true })
	keep := environment.Spec.Retention.Failed.Duration
	if after := w.reconcile().RequeueAfter; after <= 0 || after > keep {
		t.Errorf("the next look is in %s, not when the retention is over", after)
	}
	w.calls()
	w.clock.SetTime(epoch.Add(keep))
	if after := w.reconcile().RequeueAfter; after != retainAgain {
		t.Errorf("an item that stays is looked at again in %s", after)
	}
	if items := w.items(); len(items) != 1 || items[0].Name != ItemName(ready) {
		t.Errorf("%d items are left; the one whose card is ready stays, the other goes", len(items))
	}
	if calls := w.calls(); calls["query ListCards"] != 0 {
		t.Error("a suspended source's board was listed")
	}
}
