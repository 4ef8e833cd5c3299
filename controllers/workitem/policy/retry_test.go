// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

func TestNextStart(t *testing.T) {
	intent := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	attempt := func(calls int32, lockID string) *v1alpha1.Attempt {
		at, by := metav1.NewMicroTime(intent), metav1.NewTime(intent.Add(StartWindow))
		return &v1alpha1.Attempt{LockID: lockID, StartCalls: calls, IntentTime: &at, Deadlines: v1alpha1.AttemptDeadlines{StartBy: &by}}
	}
	for name, c := range map[string]struct {
		why    string
		calls  int32
		lockID string
		want   time.Duration
	}{
		"first":    {"the first call is made at once", 0, "0000", 0},
		"second":   {"a refused call is repeated after the base", 1, "0000", 5 * time.Second},
		"third":    {"each wait is twice the one before, counted from the intent", 2, "0000", 15 * time.Second},
		"jitter":   {"another attempt waits a little less, or two would go on meeting", 2, "ffff", 12 * time.Second},
		"many":     {"a count that grew very large costs no time and stays near the window's end", 1 << 30, "0000", 135 * time.Second},
		"no digit": {"a lock id of another make has no jitter", 1, "zz", 5 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			if got := NextStart(attempt(c.calls, c.lockID)).Sub(intent).Round(time.Millisecond * 10); got != c.want {
				t.Errorf("%s: got %s, want %s", c.why, got, c.want)
			}
		})
	}
}

func TestRetryOf(t *testing.T) {
	tries, percent, half := int32(7), int32(150), v1alpha1.Percentage(50)
	base, most := metav1.Duration{Duration: time.Second}, metav1.Duration{Duration: time.Hour}
	fallback := contract.RetryInfrastructure
	changed := fallback
	changed.Tries = 7
	for name, c := range map[string]struct {
		why  string
		in   *v1alpha1.Retry
		want contract.Retry
	}{
		"none": {"the environment says nothing", nil, fallback},
		"some": {"what it leaves open is the fallback's", &v1alpha1.Retry{Tries: &tries}, changed},
		"all": {"percents become factors", &v1alpha1.Retry{Tries: &tries, Base: &base, FactorPercent: &percent, Cap: &most, JitterPercent: &half},
			contract.Retry{Tries: 7, Base: contract.Duration(time.Second), Factor: 1.5, Cap: contract.Duration(time.Hour), Jitter: 0.5}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, c.in.Or(fallback)); diff != "" {
				t.Errorf("%s:\n%s", c.why, diff)
			}
		})
	}
}

func TestAfterAttempt(t *testing.T) {
	two := int32(2)
	for name, c := range map[string]struct {
		why     string
		outcome contract.Outcome
		change  func(*v1alpha1.WorkItem, *v1alpha1.WorkEnvironment)
		want    Next
	}{
		"success": {"nothing is left to try", contract.OutcomeSucceeded, nil,
			Next{Outcome: Outcome{Name: contract.OutcomeSucceeded, Message: "m"}}},
		"no progress": {"another attempt would come to the same, whatever the environment says of retries", contract.OutcomeNoProgress, nil,
			Next{Outcome: Outcome{Name: contract.OutcomeNoProgress, Message: "m"}}},
		"work, last": {"the environment wants no second attempt", contract.OutcomeTestsFailed,
			func(i *v1alpha1.WorkItem, _ *v1alpha1.WorkEnvironment) { i.Status.Attempt.Last = true },
			Next{Outcome: Outcome{Name: contract.OutcomeTestsFailed, Message: "m"}}},
		"work, not last": {"it was frozen as not the last", contract.OutcomeTestsFailed, nil,
			Next{Again: true, After: 30 * time.Second, Counts: v1alpha1.RetryCounts{Work: 1}, Outcome: Outcome{Name: contract.OutcomeTestsFailed, Message: "m"}}},
		"infrastructure": {"it is never held against the work", contract.OutcomeWorkerLost, nil,
			Next{Again: true, After: 30 * time.Second, Counts: v1alpha1.RetryCounts{Infrastructure: 1}, Outcome: Outcome{Name: contract.OutcomeWorkerLost, Message: "m"}}},
		"infrastructure, too often": {"it ends some time, and says as what", contract.OutcomeWorkerLost,
			func(i *v1alpha1.WorkItem, e *v1alpha1.WorkEnvironment) {
				i.Status.Retries.Infrastructure = 1
				e.Spec.Retry.Infrastructure = &v1alpha1.Retry{Tries: &two}
			},
			Next{Counts: v1alpha1.RetryCounts{Infrastructure: 2}, Outcome: Outcome{Name: contract.OutcomeRetriesExhausted,
				Message: "The infrastructure failed 2 times, the last as WorkerLost: m Move the card away and back to try again."}}},
		"infrastructure, cancelled": {"a person requested the end", contract.OutcomeWorkerLost,
			func(i *v1alpha1.WorkItem, _ *v1alpha1.WorkEnvironment) { i.Spec.Cancel = true },
			Next{Outcome: Outcome{Name: contract.OutcomeWorkerLost, Message: "m"}}},
		"environment deleted": {"there is nowhere to try again", contract.OutcomeBuildFault,
			func(_ *v1alpha1.WorkItem, e *v1alpha1.WorkEnvironment) {
				now := metav1.NewTime(noon)
				e.DeletionTimestamp, e.Spec.OnDelete = &now, v1alpha1.OnDeleteCancel
			},
			Next{Outcome: Outcome{Name: contract.OutcomeBuildFault, Message: "m"}}},
		"environment deleted, which waits": {"it is tried again where it comes back", contract.OutcomeBuildFault,
			func(_ *v1alpha1.WorkItem, e *v1alpha1.WorkEnvironment) {
				now := metav1.NewTime(noon)
				e.DeletionTimestamp = &now
			},
			Next{Again: true, After: 30 * time.Second, Counts: v1alpha1.RetryCounts{Infrastructure: 1}, Outcome: Outcome{Name: contract.OutcomeBuildFault, Message: "m"}}},
	} {
		t.Run(name, func(t *testing.T) {
			item, env := running(itemOnBranch("x")), &v1alpha1.WorkEnvironment{}
			if c.change != nil {
				c.change(item, env)
			}
			got := AfterAttempt(item, env, Outcome{Name: c.outcome, Message: "m"}, func() float64 { return 0 })
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s:\n%s", c.why, diff)
			}
		})
	}
}

func TestAbandonedAgain(t *testing.T) {
	item := itemOnBranch("x")
	for _, c := range []struct {
		why, outcome string
		want         time.Duration
	}{
		{"after an attempt that had a build", v1alpha1.ReasonWorkerLost, AbandonedPause},
		{"after one without", v1alpha1.ReasonAbandoned, 2 * AbandonedPause},
		{"after two", v1alpha1.ReasonAbandoned, 4 * AbandonedPause},
		{"it begins again after one with a build", v1alpha1.ReasonTestsFailed, AbandonedPause},
	} {
		item.Status.PastAttempts = append(item.Status.PastAttempts, v1alpha1.PastAttempt{Outcome: c.outcome})
		if got := AbandonedAgain(item); got != c.want {
			t.Errorf("%s: got %s, want %s", c.why, got, c.want)
		}
	}
}

func TestStartsExhausted(t *testing.T) {
	by := metav1.NewTime(noon)
	a := &v1alpha1.Attempt{Deadlines: v1alpha1.AttemptDeadlines{StartBy: &by}}
	if StartsExhausted(noon, a) {
		t.Error("at the deadline one more call may be made")
	}
	if !StartsExhausted(noon.Add(time.Second), a) {
		t.Error("after the deadline no call may be made: CodeBuild may have forgotten the token")
	}
	a.StartCalls = int32(contract.RetryStartBuild.Tries)
	if !StartsExhausted(noon, a) {
		t.Error("after the last try no call is left")
	}
}

// Credentials that are refused use up no retry: no attempt can succeed before a person replaces them.
func TestInvalidAgentCredentialsUseUpNothing(t *testing.T) {
	item := &v1alpha1.WorkItem{}
	item.Status.Attempt = &v1alpha1.Attempt{Last: true}
	outcome := Outcome{Name: contract.OutcomeAgentCredentialsInvalid}
	var last time.Duration
	for n := range 30 {
		next := AfterAttempt(item, &v1alpha1.WorkEnvironment{}, outcome, func() float64 { return 0 })
		if !next.Again || next.Counts != (v1alpha1.RetryCounts{}) || next.After < last || next.After > 15*time.Minute {
			t.Fatalf("attempt %d: %+v after a wait of %s", n+1, next, last)
		}
		last = next.After
		item.Status.PastAttempts = append(item.Status.PastAttempts, v1alpha1.PastAttempt{Outcome: v1alpha1.ReasonAgentCredentialsInvalid})
	}
}
