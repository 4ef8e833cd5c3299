// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/queue"
)

func TestEntryOf(t *testing.T) {
	plain := queue.Item{
		Entry: queue.Entry{
			Key: "uid-a", Name: "a", CreatedAt: noon.Add(-time.Hour), BranchKey: contract.BranchKey("github.com", 7, "refs/heads/a"),
		},
		Environment: queue.Environment{Namespace: "team", Name: "env"}, Since: noon.Add(-time.Minute), Attempt: 1,
	}
	later := metav1.NewTime(noon.Add(time.Minute))
	with := func(change func(*queue.Item)) *queue.Item {
		item := plain
		change(&item)
		return &item
	}
	for name, c := range map[string]struct {
		why  string
		item *v1alpha1.WorkItem
		want *queue.Item
	}{
		"waits": {"the plain way", waiting("a"), &plain},
		"of a source": {"FairBySource is fair between sources", waiting("a", func(i *v1alpha1.WorkItem) {
			i.Spec.SourceRef, i.Spec.Priority = &v1alpha1.LocalObjectReference{Name: "board"}, 3
		}), with(func(i *queue.Item) { i.Source, i.Priority = "board", 3 })},
		"at work": {"its branch is the one that was frozen", waiting("a", attempt(2, "", 0)), with(func(i *queue.Item) {
			i.Active, i.Attempt, i.BranchKey = true, 2, "branch#frozen"
		})},
		"between attempts": {"the number of the next", waiting("a", attempt(2, contract.OutcomeBuildFault, 0), func(i *v1alpha1.WorkItem) {
			i.Status.Retries.NotBefore = &later
		}), with(func(i *queue.Item) { i.Attempt, i.NotBefore = 3, later.Time })},
		"accepted no more": {"what it needs is missing, so that it cannot start", waiting("a", func(i *v1alpha1.WorkItem) {
			i.Status.Conditions[0].Status = metav1.ConditionFalse
		}), nil},
		"cancelled":     {"nobody wants it", waiting("a", func(i *v1alpha1.WorkItem) { i.Spec.Cancel = true }), nil},
		"not yet asked": {"the forge was unreachable: the branch's key is not known", waiting("a", func(i *v1alpha1.WorkItem) { i.Status.Accepted = nil }), with(func(i *queue.Item) { i.BranchKey = "" })},
	} {
		t.Run(name, func(t *testing.T) {
			got, ok := entryOf(c.item, noon)
			if ok != (c.want != nil) {
				t.Fatalf("%s: it is in the queue: %t", c.why, ok)
			}
			if c.want != nil {
				if diff := cmp.Diff(*c.want, got); diff != "" {
					t.Errorf("%s (-want +got):\n%s", c.why, diff)
				}
			}
		})
	}
}

func TestSettingsOf(t *testing.T) {
	now := metav1.NewTime(noon)
	n := int32(3)
	usable := queue.Settings{Project: "eu-west-1 locks " + project, Concurrency: 3, Usable: true, Generation: 1}
	with := func(change func(*queue.Settings)) queue.Settings {
		s := usable
		change(&s)
		return s
	}
	for name, c := range map[string]struct {
		why    string
		change func(*v1alpha1.WorkEnvironment)
		want   queue.Settings
	}{
		"usable":    {"the plain way", func(*v1alpha1.WorkEnvironment) {}, usable},
		"suspended": {"a person paused it", func(e *v1alpha1.WorkEnvironment) { e.Spec.Suspend = true }, with(func(s *queue.Settings) { s.Suspend = true })},
		"fair": {"a person chose it", func(e *v1alpha1.WorkEnvironment) { e.Spec.Queueing = v1alpha1.QueueingFairBySource }, with(func(s *queue.Settings) {
			s.Queueing = queue.FairBySource
		})},
		"deleted":   {"nothing new starts there", func(e *v1alpha1.WorkEnvironment) { e.DeletionTimestamp = &now }, with(func(s *queue.Settings) { s.Usable = false })},
		"changed":   {"it was not checked yet", func(e *v1alpha1.WorkEnvironment) { e.Generation = 2 }, with(func(s *queue.Settings) { s.Usable, s.Generation = false, 2 })},
		"unchecked": {"its project is not known", func(e *v1alpha1.WorkEnvironment) { e.Status.ProjectARN = "" }, with(func(s *queue.Settings) { s.Usable, s.Project = false, "" })},
	} {
		t.Run(name, func(t *testing.T) {
			env := environment("team", c.change)
			env.Spec.Concurrency = &n
			if diff := cmp.Diff(c.want, settingsOf(env)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", c.why, diff)
			}
		})
	}
}

func TestSlotOf(t *testing.T) {
	if n, ok := slotOf(project, contract.SlotKey(project, 7)); n != 7 || !ok {
		t.Errorf("got %d, %t", n, ok)
	}
	if _, ok := slotOf(project, contract.SlotKey(project+"-other", 7)); ok {
		t.Error("a slot of another project is none of this one")
	}
}
