// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

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

// testMetrics are shared by tests that read none.
var testMetrics = NewMetrics(prometheus.NewRegistry())
