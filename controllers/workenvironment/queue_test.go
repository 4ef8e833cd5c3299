// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

func TestQueueOf(t *testing.T) {
	withdrawn := func(i *v1alpha1.WorkItem) {
		i.Annotations = map[string]string{v1alpha1.WithdrawnAnnotation: epoch.Format(time.RFC3339)}
	}
	urgent := func(i *v1alpha1.WorkItem) { i.Spec.Priority = 5 }
	oldCard := func(i *v1alpha1.WorkItem) { i.Spec.Card = &v1alpha1.Card{CreatedAt: at(-time.Hour)} }
	since := func(d time.Duration) func(*v1alpha1.WorkItem) {
		return func(i *v1alpha1.WorkItem) { i.Status.Queue = &v1alpha1.QueuePosition{Since: at(d)} }
	}
	cases := []struct {
		why   string
		items []v1alpha1.WorkItem
		want  string // "length; first…; oldest wait since the epoch"
	}{
		{"nothing waits", nil, "0;; "},
		{
			"priority first, then the oldest card",
			[]v1alpha1.WorkItem{accepted("young"), accepted("old", oldCard), accepted("urgent", urgent)},
			"3; urgent old young; 0s",
		},
		{
			"who has waited longest is not who starts first",
			[]v1alpha1.WorkItem{accepted("a", urgent, since(time.Minute)), accepted("b", since(-time.Minute))},
			"2; a b; -1m0s",
		},
		{"an item that works, is done, is cancelled, or was not accepted does not wait", []v1alpha1.WorkItem{
			accepted("works", working), accepted("done", done), accepted("cancelled", func(i *v1alpha1.WorkItem) { i.Spec.Cancel = true }),
			accepted("unaccepted", func(i *v1alpha1.WorkItem) { i.Status.Conditions = nil }),
			accepted("deleted", func(i *v1alpha1.WorkItem) { i.DeletionTimestamp = at(0) }),
		}, "0;; "},
		{"a withdrawn item will not start, so it does not wait", []v1alpha1.WorkItem{accepted("withdrawn", withdrawn)}, "0;; "},
		{
			"an item between two attempts waits", []v1alpha1.WorkItem{accepted("again", func(i *v1alpha1.WorkItem) {
				i.Status.Attempt = &v1alpha1.Attempt{Number: 1, Outcome: v1alpha1.ReasonBuildFault}
			})}, "1; again; 0s",
		},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			q := queueOf(c.items)
			var names strings.Builder
			for _, f := range q.First {
				names.WriteString(" " + f.Name)
			}
			oldest := ""
			if q.OldestSince != nil {
				oldest = q.OldestSince.Sub(epoch).String()
			}
			if diff := cmp.Diff(c.want, fmt.Sprintf("%d;%s; %s", q.Length, names.String(), oldest)); diff != "" {
				t.Errorf("queue (-want +got):\n%s", diff)
			}
		})
	}
}

func TestQueueShowsTheFirstTen(t *testing.T) {
	var items []v1alpha1.WorkItem
	for n := range 25 {
		items = append(items, accepted(fmt.Sprintf("item-%02d", n)))
	}
	if q := queueOf(items); q.Length != 25 || len(q.First) != 10 || q.First[9].Name != "item-09" {
		t.Errorf("the queue is %+v", q)
	}
}
