// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

func TestJudge(t *testing.T) {
	cases := []struct {
		why        string
		project    build.Project
		wantReason string
		wantWord   string
	}{
		{"a plain project fits", build.Project{Name: "p"}, v1alpha1.ReasonUsable, "can be used"},
		{"auto-retry is told, and stops nothing", build.Project{Name: "p", AutoRetryLimit: 2}, v1alpha1.ReasonInvalidConfiguration, "auto-retry is on (limit 2)"},
		{"a limit below the concurrency is told", build.Project{Name: "p", ConcurrentBuildLimit: 2}, v1alpha1.ReasonInvalidConfiguration, "limit of 2"},
		{"a limit that is enough is not", build.Project{Name: "p", ConcurrentBuildLimit: 3}, v1alpha1.ReasonUsable, "can be used"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			reason, message := judge(c.project, 3)
			if reason != c.wantReason || !strings.Contains(message, c.wantWord) {
				t.Errorf("got %s: %s", reason, message)
			}
		})
	}
}

func TestTakenNamesAreTheContracts(t *testing.T) {
	full := contract.Parameters{
		Environment: "test", BranchName: "b", SpecPath: "s", LocksTableName: "t", GitHubTokenSecretARN: "arn", SlotKey: "s", BranchKey: "b",
		CardKey: "c", LockID: "l", WorkItem: "w", Repository: "r", Commit: "c", Bucket: "b", CorrelationID: "c", GitHubAPIURL: "u",
		GitSecretARN: "arn", AgentSecretARN: "arn",
	}
	variables, err := full.Variables()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range variables {
		refused := len(takenNames([]v1alpha1.EnvironmentVariable{{Name: v.Name}})) > 0
		bySchema := strings.HasPrefix(v.Name, "KIRO_WORKER_")
		if !refused && !bySchema {
			t.Errorf("an environment may set %s, and would overwrite what the build is given", v.Name)
		}
	}
	if taken := takenNames([]v1alpha1.EnvironmentVariable{{Name: "LOG_LEVEL"}, {Name: "NODE_ENV"}, {Name: "SPEC_PATH"}}); !cmp.Equal(taken, []string{"SPEC_PATH"}) {
		t.Errorf("taken names are %v", taken)
	}
}

func TestFail(t *testing.T) {
	down := errors.New("down")
	good := metav1.Condition{Type: v1alpha1.ConditionBucketReady, Status: metav1.ConditionTrue, Reason: "Usable", ObservedGeneration: 2}
	old := good
	old.ObservedGeneration = 1
	cases := []struct {
		why   string
		had   []metav1.Condition
		err   error
		want  string // "status reason"
		stuck bool
		asked time.Duration
	}{
		{"what only a person can mend is said to be false", nil, fault.NewTerminal(fault.CodeNotFound, down), "False NotFound", true, 0},
		{"of a service that does not answer nothing is known", []metav1.Condition{good}, fault.NewRetryable(fault.CodeUnreachable, down), "Unknown Unreachable", false, 0},
		{"an error without a code is tried again too", nil, down, "Unknown Error", false, 0},
		{"to be asked to wait takes nothing back", []metav1.Condition{good}, fault.NewWait(time.Minute, fault.CodeRateLimited, down), "True Usable", false, time.Minute},
		{"but what was found of another spec does not count", []metav1.Condition{old}, fault.NewWait(time.Minute, fault.CodeRateLimited, down), "Unknown RateLimited", false, time.Minute},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			e := checked(func(e *v1alpha1.WorkEnvironment) { e.Status.Conditions = c.had })
			l := &look{began: epoch, environment: e}
			l.fail(v1alpha1.ConditionBucketReady, c.err)
			got := l.conditions().Get(v1alpha1.ConditionBucketReady)
			if s := string(got.Status) + " " + got.Reason; s != c.want || l.stuck != c.stuck || l.asked != c.asked {
				t.Errorf("got %s, stuck %t, asked %s", s, l.stuck, l.asked)
			}
		})
	}
}

func TestSlotsInUse(t *testing.T) {
	rows := []lock.Row{
		{},
		{Exists: true, Status: contract.StatusInProgress, WorkItemID: "team/a", BuildID: "arn:build", ExpiresAt: epoch},
		{Exists: true, Status: contract.StatusComplete, WorkItemID: "team/b"},
		{Exists: true, Foreign: true},
		{Exists: true, Status: contract.StatusInProgress, WorkItemID: "team/c", ExpiresAt: epoch.Add(-time.Hour)},
	}
	want := []v1alpha1.SlotStatus{
		{Slot: 1, WorkItem: "team/a", BuildARN: "arn:build", ExpiresAt: at(0)},
		{Slot: 3, WorkItem: "another program"},
		{Slot: 4, WorkItem: "team/c", ExpiresAt: at(-time.Hour)}, // expired, and held: nothing is free by time alone
	}
	if diff := cmp.Diff(want, slotsInUse(rows)); diff != "" {
		t.Errorf("slots (-want +got):\n%s", diff)
	}
}

func TestForeignRowsAreNamedAndForgotten(t *testing.T) {
	e := checked(func(e *v1alpha1.WorkEnvironment) { e.Spec.Lock.TableName = "locks" })
	l := &look{began: epoch, environment: e}
	l.conditions().True(v1alpha1.ConditionLockTableReady, v1alpha1.ReasonUsable, "")

	noteForeign(l, []lock.Row{{Key: "slot#p#0"}, {Key: "slot#p#1", Exists: true, Foreign: true}})
	c := l.conditions().Get(v1alpha1.ConditionLockTableReady)
	if c.Status != metav1.ConditionFalse || c.Reason != v1alpha1.ReasonForeignRow || !strings.Contains(c.Message, `"slot#p#1"`) {
		t.Errorf("the condition is %+v", c)
	}
	if !tableUsable(l) {
		t.Error("the slots are not read any more, so the row's going would never be noticed")
	}
	noteForeign(l, []lock.Row{{Key: "slot#p#0"}})
	if c := l.conditions().Get(v1alpha1.ConditionLockTableReady); c.Status != metav1.ConditionTrue {
		t.Errorf("after the row is gone the condition is %+v", c)
	}
}
