// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
)

var epoch = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func at(d time.Duration) *metav1.Time {
	t := metav1.NewTime(epoch.Add(d))
	return &t
}

// polled is a source that was polled at the epoch and is to be polled next after five minutes.
func polled(change ...func(*v1alpha1.WorkSource)) *v1alpha1.WorkSource {
	s := &v1alpha1.WorkSource{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "board", Generation: 2},
		Spec: v1alpha1.WorkSourceSpec{
			GitHub: v1alpha1.GitHubSource{Owner: "acme", ProjectNumber: 1, StatusField: "Status", ReadyStatus: "Ready"},
			Branch: v1alpha1.BranchRule{From: v1alpha1.BranchFromProjectField, Field: "Branch"},
		},
		Status: v1alpha1.WorkSourceStatus{
			LastPollTime: at(0), NextPollTime: at(5 * time.Minute),
			Conditions: []metav1.Condition{
				{Type: v1alpha1.ConditionBoardReachable, Status: metav1.ConditionTrue, ObservedGeneration: 2},
				{Type: v1alpha1.ConditionBoardResolved, Status: metav1.ConditionTrue, ObservedGeneration: 1},
			},
		},
	}
	for _, c := range change {
		c(s)
	}
	return s
}

const readyOption = "option-ready"

func readyCard(id string, change ...func(*board.Card)) board.Card {
	c := board.Card{
		ID: id, Type: board.TypeIssue, ContentID: "issue-" + id, Number: 1, Title: "Work " + id, Repository: "acme/app",
		Status: "Ready", StatusOptionID: readyOption, StatusUpdatedAt: epoch, UpdatedAt: epoch, CreatedAt: epoch.Add(-time.Hour),
		BranchField: "feature/" + id,
	}
	for _, f := range change {
		f(&c)
	}
	return c
}

func itemFor(id string, change ...func(*v1alpha1.WorkItem)) *v1alpha1.WorkItem {
	i := &v1alpha1.WorkItem{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: ItemName(id)},
		Spec: v1alpha1.WorkItemSpec{
			SourceRef: &v1alpha1.LocalObjectReference{Name: "board"}, Card: &v1alpha1.Card{Provider: provider, ID: id},
			TriggeredAt: at(0), Repository: "acme/app", Branch: "feature/" + id, SpecPath: ".kiro/specs/feature/" + id,
		},
	}
	for _, f := range change {
		f(i)
	}
	return i
}

func begun(i *v1alpha1.WorkItem) { i.Status.Attempt = &v1alpha1.Attempt{Number: 1} }

func writesBack(s *v1alpha1.WorkSource) {
	s.Spec.WriteBack = &v1alpha1.WriteBack{Started: "In Progress", Failed: "Failed"}
}
