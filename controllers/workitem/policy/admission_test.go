// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/queue"
)

func TestUnusable(t *testing.T) {
	now := metav1.NewTime(noon)
	for name, c := range map[string]struct {
		why    string
		change func(*v1alpha1.WorkEnvironment)
		reason string
	}{
		"usable":   {"its own controller says so", func(*v1alpha1.WorkEnvironment) {}, ""},
		"deleted":  {"nothing new begins in what is being deleted", func(e *v1alpha1.WorkEnvironment) { e.DeletionTimestamp = &now }, v1alpha1.ReasonEnvironmentDeleting},
		"new":      {"nobody has checked it", func(e *v1alpha1.WorkEnvironment) { e.Status.Conditions = nil }, v1alpha1.ReasonEnvironmentNotReady},
		"changed":  {"what was checked is not what it is now", func(e *v1alpha1.WorkEnvironment) { e.Generation++ }, v1alpha1.ReasonEnvironmentNotReady},
		"unusable": {"its table, project or bucket is missing", func(e *v1alpha1.WorkEnvironment) { e.Status.Conditions[0].Status = metav1.ConditionFalse }, v1alpha1.ReasonEnvironmentNotReady},
	} {
		t.Run(name, func(t *testing.T) {
			env := &v1alpha1.WorkEnvironment{ObjectMeta: metav1.ObjectMeta{Name: "env", Generation: 3}}
			env.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, ObservedGeneration: 3}}
			c.change(env)
			got := ""
			if m := Unusable(itemOnBranch("x"), env); m != nil {
				got = m.Reason
			}
			if got != c.reason {
				t.Errorf("%s: got %q, want %q", c.why, got, c.reason)
			}
			if Usable(env) != (c.reason == "") && name != "deleted" {
				t.Errorf("%s: usable is %t", c.why, Usable(env))
			}
		})
	}
	if m := Unusable(itemOnBranch("x"), nil); m == nil || m.Reason != v1alpha1.ReasonEnvironmentNotFound {
		t.Errorf("an environment that does not exist: %+v", m)
	}
}

func TestBackingOff(t *testing.T) {
	for name, c := range map[string]struct {
		why       string
		notBefore time.Duration
		ended     time.Duration
		want      time.Duration
	}{
		"to come":        {"the time of the next attempt has not come", time.Minute, -time.Minute, time.Minute},
		"passed":         {"it has come", -time.Second, -time.Minute, 0},
		"clock set back": {"a wait must not grow by as much as the clock was set back", 3 * time.Hour, time.Hour, 0},
	} {
		t.Run(name, func(t *testing.T) {
			item := itemOnBranch("x")
			at, ended := metav1.NewTime(noon.Add(c.notBefore)), metav1.NewTime(noon.Add(c.ended))
			item.Status.Retries.NotBefore = &at
			item.Status.Attempt = &v1alpha1.Attempt{Number: 1, Outcome: v1alpha1.ReasonWorkerLost, EndTime: &ended}
			if got := BackingOff(noon, item); got != c.want {
				t.Errorf("%s: got %s, want %s", c.why, got, c.want)
			}
		})
	}
	if got := BackingOff(noon, itemOnBranch("x")); got != 0 {
		t.Errorf("an item without an attempt waits %s", got)
	}
}

func TestBackingOffMiss(t *testing.T) {
	item, at := itemOnBranch("x"), metav1.NewTime(noon)
	item.Status.Retries.NotBefore = &at
	if got := BackingOffMiss(item); got.Reason != v1alpha1.ReasonBackingOff || !strings.Contains(got.Message, "12:00:00 UTC") {
		t.Errorf("without an attempt: %+v", got)
	}
	item.Status.PastAttempts = []v1alpha1.PastAttempt{{Number: 4, Outcome: v1alpha1.ReasonWorkerLost, Message: "No result."}}
	if got := BackingOffMiss(item); !strings.Contains(got.Message, "Attempt 4 ended as WorkerLost: No result.") {
		t.Errorf("a person does not learn what went wrong: %s", got.Message)
	}
}

func TestNotAdmitted(t *testing.T) {
	for _, r := range []queue.Reason{queue.ReasonNotFirst, queue.ReasonNoFreeSlot, queue.ReasonBranchHeld, queue.ReasonBackingOff} {
		if m := NotAdmitted(queue.Decision{Reason: r}); m.Reason == "" || m.Message == "" {
			t.Errorf("the queue's reason %d is not explained", r)
		}
	}
	if got := QueueRecheck(queue.Decision{Position: 2}, 2); got != HeadRecheck {
		t.Errorf("the head of the queue looks again after %s", got)
	}
	if got := QueueRecheck(queue.Decision{Position: 3}, 2); got != TailRecheck {
		t.Errorf("the rest of the queue looks again after %s", got)
	}
}
