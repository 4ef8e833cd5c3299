// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/locks"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

func TestNumbersNeverStartAgain(t *testing.T) {
	item := itemOnBranch("x")
	if n := locks.NextNumber(item); n != 1 {
		t.Fatalf("the first attempt is number %d", n)
	}
	running(item)
	if n := locks.NextNumber(item); n != 1 {
		t.Fatalf("a running attempt's number is %d", n)
	}
	endAttempt(item, policy.Outcome{Name: contract.OutcomeTestsFailed}, noon)
	finish(item, policy.Outcome{Name: contract.OutcomeTestsFailed, Message: "red"}, noon)
	trigger := metav1.NewTime(noon.Add(time.Minute))
	retrigger(item, trigger)
	if n := locks.NextNumber(item); n != 2 {
		t.Errorf("after a new trigger the next attempt is number %d: its lock id would be the old one's", n)
	}
	if item.Finished() || item.Status.CompletionTime != nil || len(item.Status.PastAttempts) != 1 {
		t.Errorf("the new trigger does not begin again: %+v", item.Status)
	}
}

func TestANewTriggerStartsAgain(t *testing.T) {
	w := newWorld(t)
	w.work = ending(contract.StatusFailed, contract.Result{Outcome: contract.OutcomeCoverageTooLow})
	w.branch("feature/x")
	w.item("one", "feature/x")
	w.until("one", "concluded", concluded)
	w.work = succeed
	item := w.get("one")
	triggered := metav1.NewTime(w.clock.Now().Add(time.Second))
	item.Spec.TriggeredAt = &triggered
	w.must(w.client.Update(t.Context(), item))
	item = w.until("one", "succeeded", func(i *v1alpha1.WorkItem) bool { return i.Status.Phase == v1alpha1.PhaseSucceeded && concluded(i) })
	if item.Status.Attempt.Number != 2 || w.starts() != 2 {
		t.Errorf("attempt %d, %d builds", item.Status.Attempt.Number, w.starts())
	}
}
