// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"errors"
	"net/http"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	tableemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
)

func TestReportFailure(t *testing.T) {
	down := errors.New("down")
	good := metav1.Condition{Type: v1alpha1.ConditionBucketReady, Status: metav1.ConditionTrue, Reason: "Usable", ObservedGeneration: 2}
	old := good
	old.ObservedGeneration = 1
	cases := []struct {
		why    string
		had    []metav1.Condition
		err    error
		want   string // "status reason"
		person bool
		asked  time.Duration
	}{
		{"what only a person can fix is false", nil, fault.NewTerminal(fault.CodeNotFound, down), "False NotFound", true, 0},
		{"a service that does not answer says nothing about what it holds", []metav1.Condition{good}, fault.NewRetryable(fault.CodeUnreachable, down), "Unknown Unreachable", false, 0},
		{"an error without a code is tried again too", nil, down, "Unknown Error", false, 0},
		{"a request to wait leaves True what was found usable", []metav1.Condition{good}, fault.NewWait(time.Minute, fault.CodeRateLimited, down), "True Usable", false, time.Minute},
		{"but what was found for another spec does not count", []metav1.Condition{old}, fault.NewWait(time.Minute, fault.CodeRateLimited, down), "Unknown RateLimited", false, time.Minute},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			e := checked(func(e *v1alpha1.WorkEnvironment) { e.Status.Conditions = c.had })
			reportFailure(e, epoch, v1alpha1.ConditionBucketReady, c.err)
			failures := []reconcile.Failure{{Condition: v1alpha1.ConditionBucketReady, Err: c.err}}
			if got := condition(e, v1alpha1.ConditionBucketReady); got != c.want || needsPerson(failures) != c.person || longestWait(failures) != c.asked {
				t.Errorf("got %s, needs a person %t, asked to wait %s", got, needsPerson(failures), longestWait(failures))
			}
		})
	}
}

func TestThrottlingLeavesTheEnvironmentUsable(t *testing.T) {
	w := newWorld(t)
	w.environment()
	w.reconcile()
	w.faults.Add(faults.Rule{Service: tableemulator.Service, Fault: faults.Fault{
		Status: http.StatusBadRequest, Code: "ThrottlingException", Message: "Rate of requests exceeds the allowed throughput",
	}})
	e := w.after(time.Minute)
	if got := condition(e, v1alpha1.ConditionReady); got != "True Usable" {
		t.Errorf("throttling made a usable environment %s: %s", got, message(e, v1alpha1.ConditionReady))
	}
}

func TestFailuresTogether(t *testing.T) {
	down, gone := errors.New("down"), fault.NewTerminal(fault.CodeNotFound, errors.New("gone"))
	wait := func(d time.Duration) error { return fault.NewWait(d, fault.CodeRateLimited, down) }
	failures := []reconcile.Failure{
		{Condition: v1alpha1.ConditionLockTableReady, Err: wait(time.Second)}, {Condition: v1alpha1.ConditionProjectReady, Err: wait(time.Minute)},
		{Condition: v1alpha1.ConditionBucketReady, Err: gone}, {Err: down},
	}
	if got := longestWait(failures); got != time.Minute {
		t.Errorf("of two services that ask to wait, the environment waits %s", got)
	}
	if !needsPerson(failures) {
		t.Error("one check that only a person can fix is enough to say so")
	}
	if got := kubernetesError(failures); !errors.Is(got, down) || errors.Is(got, gone) {
		t.Errorf("the queue's backoff is for what no condition reports, got %v", got)
	}
	if got := kubernetesError(failures[:3]); got != nil {
		t.Errorf("what a condition reports is left to the environment's schedule, got %v", got)
	}
}
