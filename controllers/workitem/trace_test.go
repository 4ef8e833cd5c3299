// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/tracing"
)

// An attempt is told from what is recorded of it; what is not known is left out, and never made up.
func TestSpansOf(t *testing.T) {
	at := func(seconds int) time.Time { return measuredAt.Add(time.Duration(seconds) * time.Second) }
	item := measuredItem("blue", 1)
	item.Status.Attempt = &v1alpha1.Attempt{Number: 1, LockID: "lock", Trigger: metav1.NewTime(at(0)), IntentTime: ptr.To(metav1.NewMicroTime(at(30)))}
	for kind, seconds := range map[string]int{v1alpha1.ConditionAccepted: 5, v1alpha1.ConditionLocked: 30, v1alpha1.ConditionBuildStarted: 32} {
		item.Status.Conditions = append(item.Status.Conditions, metav1.Condition{
			Type: kind, Status: metav1.ConditionTrue, Reason: "x", LastTransitionTime: metav1.NewTime(at(seconds)),
		})
	}
	silent := item.DeepCopy() // its build died, and reported nothing
	item.Status.Attempt.Build = &v1alpha1.BuildStatus{StartTime: ptr.To(metav1.NewTime(at(32))), EndTime: ptr.To(metav1.NewTime(at(90)))}
	result := &contract.Result{Outcome: contract.OutcomeTestsFailed, FailedStage: contract.StageTest, Stages: []contract.StageTime{
		{Name: contract.StageAgent, Began: at(40), Seconds: 20}, {Name: contract.StageTest, Began: at(60), Seconds: 5}, {Name: contract.StageClaim, Began: at(33), Seconds: 1, Traced: true}, {Name: "made up", Began: at(1), Seconds: 1},
	}}
	for _, c := range []struct {
		why     string
		item    *v1alpha1.WorkItem
		outcome policy.Outcome
		want    []string
	}{
		{"all is known", item, policy.Outcome{Name: contract.OutcomeTestsFailed, Result: result}, []string{
			"attempt of  0-100 failed", "accept of attempt 0-5", "queue of attempt 5-30", "start build of attempt 30-32", "build of attempt 32-90",
			"agent of build 40-60", "test of build 60-65 failed", "conclude of attempt 90-100",
		}},
		{"a build of which nothing is known", silent, policy.Outcome{Name: contract.OutcomeWorkerLost}, []string{
			"attempt of  0-100 failed", "accept of attempt 0-5", "queue of attempt 5-30", "start build of attempt 30-32", "conclude of attempt 100-100",
		}},
	} {
		var got []string
		for _, s := range spansOf(c.item, c.outcome, at(100)) {
			line := fmt.Sprintf("%s of %s %.0f-%.0f", s.Name, s.Parent, s.Began.Sub(measuredAt).Seconds(), s.Ended.Sub(measuredAt).Seconds())
			if s.Failed {
				line += " failed"
			}
			got = append(got, line)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.why, diff)
		}
	}
}

// A build that died tells nothing more itself: what CodeBuild says of it is told, and what it had not got to is not made up.
func TestPhaseSpans(t *testing.T) {
	b := &build.Build{Phases: build.Phases{
		{Name: "PROVISIONING", Began: measuredAt, Seconds: 36}, {Name: "BUILD", Began: measuredAt.Add(time.Minute), Seconds: 5, Failed: true}, {Name: "FINALIZING", Seconds: 1},
	}}
	want := []tracing.Span{
		{Name: "phase PROVISIONING", Parent: "build", Began: measuredAt, Ended: measuredAt.Add(36 * time.Second)},
		{Name: "phase BUILD", Parent: "build", Began: measuredAt.Add(time.Minute), Ended: measuredAt.Add(65 * time.Second), Failed: true},
	}
	if diff := cmp.Diff(want, phaseSpans(b)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
