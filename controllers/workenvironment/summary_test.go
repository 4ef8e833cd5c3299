// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"errors"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

func TestSummarize(t *testing.T) {
	is := func(kind string, status metav1.ConditionStatus, reason string) metav1.Condition {
		return metav1.Condition{Type: kind, Status: status, Reason: reason}
	}
	table, project, bucket := v1alpha1.ConditionLockTableReady, v1alpha1.ConditionProjectReady, v1alpha1.ConditionBucketReady
	usable := func(kind string) metav1.Condition { return is(kind, metav1.ConditionTrue, v1alpha1.ReasonUsable) }
	noBucket := is(bucket, metav1.ConditionFalse, v1alpha1.ReasonNotFound)
	stalled := is(v1alpha1.ConditionStalled, metav1.ConditionTrue, v1alpha1.ReasonNotFound)
	gone := []reconcile.Failure{{Condition: bucket, Err: fault.NewTerminal(fault.CodeNotFound, errors.New("gone"))}}
	cases := []struct {
		why            string
		had            []metav1.Condition
		part           extent
		failures       []reconcile.Failure
		ready, stalled string
	}{
		{"all checks passed", []metav1.Condition{usable(table), usable(project), usable(bucket)}, everything, nil, "True Usable", "absent"},
		{
			"what is usable and not as it should be is usable",
			[]metav1.Condition{usable(table), is(project, metav1.ConditionTrue, v1alpha1.ReasonInvalidConfiguration), usable(bucket)}, everything, nil, "True Usable", "absent",
		},
		{"one check needs a person", []metav1.Condition{usable(table), usable(project), noBucket}, everything, gone, "False NotFound", "True NotFound"},
		{
			"what is not known is tried again by itself",
			[]metav1.Condition{is(table, metav1.ConditionUnknown, v1alpha1.ReasonUnreachable), usable(project), usable(bucket), stalled}, everything, nil, "Unknown Unreachable", "absent",
		},
		{"reading the slots alone says nothing new of the checks", []metav1.Condition{usable(table), usable(project), noBucket, stalled}, usageOnly, nil, "False NotFound", "True NotFound"},
		{"nor does it make an environment stalled", []metav1.Condition{usable(table), usable(project), noBucket}, usageOnly, gone, "False NotFound", "absent"},
		{"but what became usable needs nobody", []metav1.Condition{usable(table), usable(project), usable(bucket), stalled}, usageOnly, nil, "True Usable", "absent"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			e := checked(func(e *v1alpha1.WorkEnvironment) {
				e.Status.Conditions = slices.Concat(c.had, []metav1.Condition{usable(v1alpha1.ConditionSecretsReady), usable(v1alpha1.ConditionNotificationsReady)})
			})
			summarize(e, epoch, c.part, c.failures)
			if ready, stalled := condition(e, v1alpha1.ConditionReady), condition(e, v1alpha1.ConditionStalled); ready != c.ready || stalled != c.stalled {
				t.Errorf("Ready is %s, want %s; Stalled is %s, want %s", ready, c.ready, stalled, c.stalled)
			}
		})
	}
}
