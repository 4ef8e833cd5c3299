// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

var epoch = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func at(d time.Duration) *metav1.Time {
	t := metav1.NewTime(epoch.Add(d))
	return &t
}

// checked is an environment that was checked at the epoch and found usable an hour before.
func checked(change ...func(*v1alpha1.WorkEnvironment)) *v1alpha1.WorkEnvironment {
	e := &v1alpha1.WorkEnvironment{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "builds", Generation: 2},
		Status: v1alpha1.WorkEnvironmentStatus{
			LastCheckTime: at(0),
			Conditions: []metav1.Condition{{
				Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, ObservedGeneration: 2, LastTransitionTime: *at(-time.Hour),
			}},
		},
	}
	for _, kind := range checkedConditions {
		e.Status.Conditions = append(e.Status.Conditions, metav1.Condition{
			Type: kind, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonUsable, ObservedGeneration: 2, LastTransitionTime: *at(-time.Hour),
		})
	}
	for _, c := range change {
		c(e)
	}
	return e
}

func unusableSince(d time.Duration) func(*v1alpha1.WorkEnvironment) {
	return func(e *v1alpha1.WorkEnvironment) {
		e.Status.Conditions[0].Status, e.Status.Conditions[0].LastTransitionTime = metav1.ConditionFalse, *at(d)
	}
}

// accepted is an item that has been waiting for its turn since the epoch.
func accepted(name string, change ...func(*v1alpha1.WorkItem)) v1alpha1.WorkItem {
	i := v1alpha1.WorkItem{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: name, CreationTimestamp: *at(0)},
		Spec: v1alpha1.WorkItemSpec{
			EnvironmentRef: v1alpha1.LocalObjectReference{Name: "builds"}, Repository: "acme/app", Branch: name, TriggeredAt: at(0),
		},
		Status: v1alpha1.WorkItemStatus{
			ObservedTrigger: at(0),
			Conditions:      []metav1.Condition{{Type: v1alpha1.ConditionAccepted, Status: metav1.ConditionTrue, LastTransitionTime: *at(0)}},
		},
	}
	for _, c := range change {
		c(&i)
	}
	return i
}

func done(i *v1alpha1.WorkItem) {
	i.Status.CompletionTime = at(time.Hour)
	meta.SetStatusCondition(&i.Status.Conditions, metav1.Condition{
		Type: v1alpha1.ConditionSucceeded, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonTestsFailed,
	})
	meta.SetStatusCondition(&i.Status.Conditions, metav1.Condition{
		Type: v1alpha1.ConditionConcluded, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonReported,
	})
}

func working(i *v1alpha1.WorkItem) {
	i.Status.Attempt = &v1alpha1.Attempt{
		Number: 1, Trigger: *at(0), Build: &v1alpha1.BuildStatus{ARN: "arn:build/" + i.Name},
		Parameters: v1alpha1.FrozenParameters{AWS: v1alpha1.AWSAccess{Region: "eu-west-1"}},
	}
}
