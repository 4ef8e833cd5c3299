// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/logging"
)

func TestConditionChanged(t *testing.T) {
	const yes, no, unknown = metav1.ConditionTrue, metav1.ConditionFalse, metav1.ConditionUnknown
	for _, c := range []struct {
		why    string
		kind   string
		status metav1.ConditionStatus
		reason string
		want   string // the event's type and reason, quiet if it is for the log alone; empty for none
	}{
		{"a step is done", v1alpha1.ConditionAccepted, yes, v1alpha1.ReasonRequirementsMet, "quiet Normal Accepted"},
		{"a wait that ends by itself", v1alpha1.ConditionAccepted, no, v1alpha1.ReasonSpecNotFound, "Normal SpecNotFound"},
		{"a wait that ends by itself", v1alpha1.ConditionAdmitted, no, v1alpha1.ReasonNoFreeSlot, "quiet Normal NoFreeSlot"},
		{"a secret that a person has to correct", v1alpha1.ConditionAccepted, no, v1alpha1.ReasonCredentialsInvalid, "Warning CredentialsInvalid"},
		{"an endpoint that a person has to allow", v1alpha1.ConditionAccepted, no, v1alpha1.ReasonEndpointNotAllowed, "Warning EndpointNotAllowed"},
		{"an environment that a person has to repair", v1alpha1.ConditionAdmitted, no, v1alpha1.ReasonEnvironmentNotReady, "Warning EnvironmentNotReady"},
		{"a row that a person has to remove", v1alpha1.ConditionLocked, no, v1alpha1.ReasonForeignRow, "Warning ForeignRow"},
		{"a build was started", v1alpha1.ConditionBuildStarted, yes, v1alpha1.ReasonStarted, "Normal BuildStarted"},
		{"CodeBuild is full for now", v1alpha1.ConditionBuildStarted, no, v1alpha1.ReasonCapacity, "Normal Capacity"},
		{"CodeBuild refuses the start", v1alpha1.ConditionBuildStarted, no, v1alpha1.ReasonStartRefused, "Warning StartRefused"},
		{"a person's own stop", v1alpha1.ConditionBuildFinished, unknown, v1alpha1.ReasonStopping, "Normal Stopping"},
		{"a build that a person has to stop", v1alpha1.ConditionBuildFinished, unknown, v1alpha1.ReasonStopRefused, "Warning StopRefused"},
		{"a build that a person has to stop", v1alpha1.ConditionBuildFinished, unknown, v1alpha1.ReasonWillNotStop, "Warning WillNotStop"},
		{"not known yet", v1alpha1.ConditionSucceeded, unknown, v1alpha1.ReasonEnvironmentNotReady, ""},
		{"it worked", v1alpha1.ConditionSucceeded, yes, v1alpha1.ReasonSucceeded, "Normal Succeeded"},
		{"the work failed", v1alpha1.ConditionSucceeded, no, v1alpha1.ReasonTestsFailed, "Warning TestsFailed"},
		{"the infrastructure failed too often", v1alpha1.ConditionSucceeded, no, v1alpha1.ReasonRetriesExhausted, "Warning RetriesExhausted"},
		{"a person's own cancel", v1alpha1.ConditionSucceeded, no, v1alpha1.ReasonCancelled, "Normal Cancelled"},
		{"a person's own withdrawal", v1alpha1.ConditionSucceeded, no, v1alpha1.ReasonWithdrawn, "Normal Withdrawn"},
		{"a person's own deletion", v1alpha1.ConditionSucceeded, no, v1alpha1.ReasonDeleted, "Normal Deleted"},
		{"a person's own deletion", v1alpha1.ConditionSucceeded, no, v1alpha1.ReasonEnvironmentDeleted, "Normal EnvironmentDeleted"},
		{"all is done", v1alpha1.ConditionConcluded, yes, v1alpha1.ReasonReported, "quiet Normal Concluded"},
		{"somebody was not notified", v1alpha1.ConditionConcluded, yes, v1alpha1.ReasonConcludingOverdue, "Warning ConcludingOverdue"},
		{"a wait that lasts too long", v1alpha1.ConditionOverdue, yes, v1alpha1.ReasonQueueOverdue, "Warning QueueOverdue"},
	} {
		got := ""
		if e := conditionChanged(metav1.Condition{}, metav1.Condition{Type: c.kind, Status: c.status, Reason: c.reason}); e != nil {
			if got = e.Type() + " " + e.Reason(); e.Quiet() {
				got = "quiet " + got
			}
		}
		if got != c.want {
			t.Errorf("%s: %s=%s %s: got %q, want %q", c.why, c.kind, c.status, c.reason, got, c.want)
		}
	}
}

func TestAttemptsEnded(t *testing.T) {
	retried := func(outcome contract.Outcome) func(*v1alpha1.WorkItem) {
		return func(i *v1alpha1.WorkItem) {
			requeue(i, policy.Outcome{Name: outcome, Message: "See its log."}, true, noon, noon)
		}
	}
	for name, c := range map[string]struct {
		why    string
		before func(*v1alpha1.WorkItem)
		change func(*v1alpha1.WorkItem)
		want   []string
	}{
		"worker lost":    {"somebody should look why", nil, retried(contract.OutcomeWorkerLost), []string{"Warning WorkerLost"}},
		"worker silent":  {"somebody should look why", nil, retried(contract.OutcomeWorkerSilent), []string{"Warning WorkerSilent"}},
		"upload failed":  {"the bucket may be missing", nil, retried(contract.OutcomeUploadFailed), []string{"Warning UploadFailed"}},
		"tests red":      {"the environment wants it tried again", nil, retried(contract.OutcomeTestsFailed), []string{"Normal TestsFailed"}},
		"abandoned":      {"it counts for nothing", nil, retried(contract.OutcomeAbandoned), []string{"Normal Abandoned"}},
		"nothing":        {"it runs", nil, func(*v1alpha1.WorkItem) {}, nil},
		"ended the item": {"the item's own event says it", nil, func(i *v1alpha1.WorkItem) { finish(i, policy.Outcome{Name: contract.OutcomeTestsFailed}, noon) }, nil},
		"triggered again": {"the attempt ended long ago", func(i *v1alpha1.WorkItem) { finish(i, policy.Outcome{Name: contract.OutcomeWorkerLost}, noon) },
			func(i *v1alpha1.WorkItem) { retrigger(i, metav1.NewTime(noon)) }, nil},
		"before": {"each is recorded once", retried(contract.OutcomeWorkerLost), func(*v1alpha1.WorkItem) {}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			item := running(itemOnBranch("x"))
			if c.before != nil {
				c.before(item)
			}
			before := item.DeepCopy()
			c.change(item)
			var got []string
			for _, e := range attemptsEnded(before, item) {
				got = append(got, e.Type()+" "+e.Reason())
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("%s: got %v, want %v", c.why, got, c.want)
			}
		})
	}
}

// What a person has to act on is a warning in the log, once a transition; what goes on by itself is not.
func TestLogLevels(t *testing.T) {
	for name, c := range map[string]struct {
		why    string
		change func(*v1alpha1.WorkItem)
		level  string
	}{
		"bad credentials": {"a person has to correct the secret", func(i *v1alpha1.WorkItem) {
			conditionsOf(noon, i).False(v1alpha1.ConditionAccepted, v1alpha1.ReasonCredentialsInvalid, "The secret has no token.")
		}, "warn"},
		"missing bucket": {"a person has to create it", func(i *v1alpha1.WorkItem) {
			conditionsOf(noon, i).False(v1alpha1.ConditionAdmitted, v1alpha1.ReasonEnvironmentNotReady, "The bucket does not exist.")
		}, "warn"},
		"lost worker": {"a person should look why", func(i *v1alpha1.WorkItem) {
			requeue(running(i), policy.Outcome{Name: contract.OutcomeWorkerLost, Message: "No result."}, true, noon, noon)
		}, "warn"},
		"no spec yet": {"it is looked for again", func(i *v1alpha1.WorkItem) {
			conditionsOf(noon, i).False(v1alpha1.ConditionAccepted, v1alpha1.ReasonSpecNotFound, "Push the spec.")
		}, "info"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			logger, err := logging.New(&out, "info")
			if err != nil {
				t.Fatal(err)
			}
			r := New(Options{Clock: clocktesting.NewFakeClock(noon), Events: events.NewFakeRecorder(10), Metrics: testMetrics})
			ctx := log.IntoContext(t.Context(), logger)
			before := itemOnBranch("x")
			if name == "lost worker" {
				running(before)
			}
			item := before.DeepCopy()
			c.change(item)
			r.record(ctx, before, item)
			r.record(ctx, item, item)
			lines := strings.Split(strings.TrimSpace(out.String()), "\n")
			var line map[string]any
			if err := json.Unmarshal([]byte(lines[0]), &line); err != nil || len(lines) != 1 {
				t.Fatalf("%s: %d lines: %s", c.why, len(lines), out.String())
			}
			if line[logging.KeyLevel] != c.level || line[logging.KeyReason] == "" || line[logging.KeyBranch] != "x" {
				t.Errorf("%s: %s", c.why, lines[0])
			}
		})
	}
}

func TestForcedDeletion(t *testing.T) {
	a := running(itemOnBranch("x")).Status.Attempt
	for _, c := range []struct {
		why   string
		build *v1alpha1.BuildStatus
		want  string
	}{
		{"it names the build", a.Build, "p:1"},
		{"without one it names the lock", nil, "mine"},
	} {
		a.Build = c.build
		if got := mayStillRun(a); !strings.Contains(got, c.want) || forcedDeletion(a).Type() != corev1.EventTypeWarning {
			t.Errorf("%s: %s", c.why, got)
		}
	}
}
