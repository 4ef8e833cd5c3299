// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/locks"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

func requeued(item *v1alpha1.WorkItem) bool { return len(item.Status.PastAttempts) > 0 }

// An attempt is abandoned although builds may not be listed, and says which permission is missing: it must not hold slot
// and branch until somebody grants it.
func TestAbandoningWithoutThePermissionToLook(t *testing.T) {
	w := newWorld(t)
	w.branch("feature/x")
	w.item("one", "feature/x")
	refuse := w.faults.Add(faults.Rule{Service: "codebuild", Operation: "StartBuild", Rate: 1, Fault: faults.Fault{
		Status: http.StatusBadRequest, Code: "AccountLimitExceededException", Message: "Cannot have more than 1 builds in queue",
	}})
	w.faults.Add(faults.Rule{Service: "codebuild", Operation: "ListBuildsForProject", Rate: 1, Fault: faults.Fault{
		Status: http.StatusBadRequest, Code: "AccessDeniedException", Message: "not authorized to perform: codebuild:ListBuildsForProject",
	}})
	item := w.until("one", "back in the queue", requeued)
	if past := item.Status.PastAttempts[0]; past.Outcome != v1alpha1.ReasonAbandoned || past.Counted || !strings.Contains(past.Message, "codebuild:ListBuildsForProject") {
		t.Errorf("the attempt ended as %+v", past)
	}
	if w.held() != 0 {
		t.Errorf("%d rows are held", w.held())
	}
	refuse()
	if item := w.until("one", "concluded", concluded); item.Status.Phase != v1alpha1.PhaseSucceeded {
		t.Errorf("once there is room: %s", describe(item))
	}
}

// CodeBuild does not answer, and the lock has been freed by another meanwhile: there is nothing left to look for.
func TestAbandoningALockThatIsLost(t *testing.T) {
	w := newWorld(t)
	w.branch("feature/x")
	w.item("one", "feature/x")
	silence := w.faults.Add(faults.Rule{Service: "codebuild", Rate: 1, Fault: faults.Fault{Status: http.StatusBadGateway}})
	item := w.until("one", "waiting for an answer", func(i *v1alpha1.WorkItem) bool {
		return i.AttemptActive() && w.clock.Now().After(i.Status.Attempt.Deadlines.StartBy.Time)
	})
	if requeued(item) {
		t.Fatal("it was abandoned although nothing is known: the case is not what it should be")
	}
	row, err := locks.BranchRow(t.Context(), w.table, item.Status.Attempt)
	w.must(err)
	w.must(w.table.Abandon(t.Context(), row, w.clock.Now()))
	if item = w.until("one", "back in the queue", requeued); w.held() != 0 {
		t.Errorf("%d rows are held, %+v", w.held(), item.Status.PastAttempts)
	}
	silence()
	w.until("one", "concluded", concluded)
}

// A build came unseen, did all the work and released, and another acquired the branch before anybody looked. The
// card's record alone says so: the item succeeds with it, and is not in the queue again.
func TestAbandoningWhatABuildHasDoneUnseen(t *testing.T) {
	w := newWorld(t)
	w.branch("feature/x")
	w.item("one", "feature/x")
	w.faults.Add(faults.Rule{Service: "codebuild", Rate: 1, Fault: faults.Fault{Status: http.StatusBadGateway}})
	item := w.until("one", "waiting for an answer", func(i *v1alpha1.WorkItem) bool { return i.AttemptActive() && i.Status.Attempt.StartCalls > 0 })
	a := item.Status.Attempt
	build := &worker{
		Lock: locks.Of(a), parameters: contract.Parameters{Trigger: a.Trigger.Time}, table: w.table, clock: w.clock,
		arn: "arn:aws:codebuild:eu-central-1:000000000000:build/unseen:1",
	}
	w.must(w.table.Claim(t.Context(), build.Lock, build.arn, w.clock.Now().Add(time.Hour)))
	w.must(build.release(t.Context(), contract.StatusComplete, contract.Result{
		Outcome: contract.OutcomeSucceeded, TestsGate: contract.GatePassed, CoverageGate: contract.GatePassed,
		Tests: &contract.Tests{Total: 1, Passed: 1}, Commit: "abc",
	}))
	_, err := w.table.Acquire(t.Context(), lock.Request{
		LockID: "theirs", WorkItemID: "other/team/x", Holder: "other", Attempt: 1, ProjectARN: "arn:other", SlotKey: contract.SlotKey("arn:other", 0),
		BranchKey: a.Parameters.BranchKey, CardKey: "card#object/other", Trigger: noon, Now: w.clock.Now(), ExpiresAt: w.clock.Now().Add(24 * time.Hour),
	})
	w.must(err)
	item = w.until("one", "concluded", concluded)
	if reason := item.Condition(v1alpha1.ConditionSucceeded).Reason; reason != v1alpha1.ReasonSucceeded || len(item.Status.PastAttempts) != 0 {
		t.Errorf("it ended as %s after %+v", reason, item.Status.PastAttempts)
	}
}
