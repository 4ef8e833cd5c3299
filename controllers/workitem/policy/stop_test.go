// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"errors"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/watch"
)

type causeCase struct {
	why    string
	change func(*v1alpha1.WorkItem)
	s      Situation
	reason string
}

func testCauses(t *testing.T, cases map[string]causeCase) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			item := running(itemOnBranch("x"))
			if c.change != nil {
				c.change(item)
			}
			got := ""
			if cause := FirstCause(noon, item, c.s); cause != nil {
				got = string(cause.Outcome)
				if cause.Message == "" {
					t.Error("a person reads no message")
				}
			}
			if got != c.reason {
				t.Errorf("%s: got %q, want %q", c.why, got, c.reason)
			}
		})
	}
}

func TestStopByAPerson(t *testing.T) {
	now := metav1.NewTime(noon)
	stays := &v1alpha1.WorkEnvironment{ObjectMeta: metav1.ObjectMeta{Name: "env"}}
	waits := &v1alpha1.WorkEnvironment{ObjectMeta: metav1.ObjectMeta{Name: "env", DeletionTimestamp: &now}}
	deleted := waits.DeepCopy()
	deleted.Spec.OnDelete = v1alpha1.OnDeleteCancel
	willCancel := stays.DeepCopy()
	willCancel.Spec.OnDelete = v1alpha1.OnDeleteCancel
	testCauses(t, map[string]causeCase{
		"none":      {"nothing to stop", nil, Situation{Seen: looked(), Environment: stays}, ""},
		"cancelled": {"a person requests it", func(i *v1alpha1.WorkItem) { i.Spec.Cancel = true }, Situation{}, v1alpha1.ReasonCancelled},
		"deleted before cancelled": {"deletion says more", func(i *v1alpha1.WorkItem) {
			i.Spec.Cancel, i.DeletionTimestamp = true, &now
		}, Situation{}, v1alpha1.ReasonDeleted},
		"withdrawn": {"the card was moved away", func(i *v1alpha1.WorkItem) {
			i.Annotations = map[string]string{v1alpha1.WithdrawnAnnotation: i.CreationTimestamp.Format(time.RFC3339)}
		}, Situation{}, v1alpha1.ReasonWithdrawn},
		"withdrawn, then triggered again": {"moving the card back counts more than a late annotation", func(i *v1alpha1.WorkItem) {
			i.Annotations = map[string]string{v1alpha1.WithdrawnAnnotation: i.CreationTimestamp.Format(time.RFC3339)}
			i.Spec.TriggeredAt = &now
		}, Situation{}, ""},
		"nonsense annotation": {"what cannot be read withdraws nothing", func(i *v1alpha1.WorkItem) {
			i.Annotations = map[string]string{v1alpha1.WithdrawnAnnotation: "yesterday"}
		}, Situation{}, ""},
		"environment deleted, which waits": {"what runs goes on to its end", nil, Situation{Environment: waits}, ""},
		"environment deleted, which waits, while it waits": {"it goes on when the environment comes back", func(i *v1alpha1.WorkItem) {
			i.Status.Attempt = nil
		}, Situation{Environment: waits}, ""},
		"environment that would cancel": {"nobody deleted it", nil, Situation{Environment: willCancel}, ""},
		"environment deleted, which cancels": {"nothing goes on in it", nil,
			Situation{Environment: deleted}, v1alpha1.ReasonEnvironmentDeleted},
		"environment deleted while it waits": {"it would wait for ever", func(i *v1alpha1.WorkItem) { i.Status.Attempt = nil },
			Situation{Environment: deleted}, v1alpha1.ReasonEnvironmentDeleted},
		"cancelled in a deleted environment": {"the item's own request is reported", func(i *v1alpha1.WorkItem) { i.Spec.Cancel = true },
			Situation{Environment: deleted}, v1alpha1.ReasonCancelled},
	})
}

func TestQueuedTooLong(t *testing.T) {
	past := func(i *v1alpha1.WorkItem) {
		by := metav1.NewTime(noon.Add(-time.Second))
		i.Status.Attempt.Deadlines.ProvisionBy = &by
	}
	testCauses(t, map[string]causeCase{
		"in time":        {"CodeBuild's queue may be long", nil, Situation{Seen: looked(inQueue)}, ""},
		"past":           {"CodeBuild should have ended it", past, Situation{Seen: looked(inQueue)}, v1alpha1.ReasonQueueTimedOut},
		"left the queue": {"it runs", past, Situation{Seen: looked()}, ""},
		"left the queue, as the status knows": {"a build never goes back", func(i *v1alpha1.WorkItem) {
			past(i)
			i.Status.Attempt.Build.Provisioned = true
		}, Situation{Seen: looked(inQueue)}, ""},
		"its worker lives": {"only a build that runs has one", past, Situation{Seen: looked(func(o *watch.Observation) { o.Build.Provisioned = false })}, ""},
		"looked at long ago": {"it may have left the queue since", past, Situation{Seen: looked(inQueue, func(o *watch.Observation) {
			o.Time = noon.Add(-time.Hour)
		})}, ""},
		"CodeBuild cannot be asked": {"nothing is known of its queue", past, Situation{Seen: &watch.Observation{
			Time: noon, BuildErr: errors.New("denied"),
		}}, ""},
		"never looked at": {"after a restart the first look says it", past, Situation{}, ""},
		"begun by an older version": {"that knew no such deadline", func(i *v1alpha1.WorkItem) {
			i.Status.Attempt.Deadlines.ProvisionBy = nil
		}, Situation{Seen: looked(inQueue)}, ""},
	})
}

func TestRanTooLong(t *testing.T) {
	past := func(i *v1alpha1.WorkItem) {
		by := metav1.NewTime(noon.Add(-time.Second))
		i.Status.Attempt.Deadlines.RunBy = &by
	}
	testCauses(t, map[string]causeCase{
		"in time":              {"it may go on", nil, Situation{Seen: looked()}, ""},
		"past":                 {"too much work for the time", past, Situation{Seen: looked()}, v1alpha1.ReasonTimedOut},
		"never left the queue": {"CodeBuild's queue is not held against the work", past, Situation{Seen: looked(inQueue)}, v1alpha1.ReasonQueueTimedOut},
		"never came up":        {"a build that hung before its worker is not held against the work", past, Situation{Seen: looked(neverBeat)}, v1alpha1.ReasonWorkerSilent},
		"came up, and cannot be looked at now": {"what was seen before counts", func(i *v1alpha1.WorkItem) {
			past(i)
			i.Status.Attempt.Progress.Stage = "agent"
		}, Situation{}, v1alpha1.ReasonTimedOut},
	})
}

func TestFellSilent(t *testing.T) {
	testCauses(t, map[string]causeCase{
		"for a while":      {"a heartbeat may be late", nil, Situation{Seen: looked(), Silence: SilentAfter - time.Second}, ""},
		"for ten minutes":  {"nobody works any more", nil, Situation{Seen: looked(), Silence: SilentAfter}, v1alpha1.ReasonWorkerSilent},
		"never claimed":    {"a build in CodeBuild's queue is not silent", nil, Situation{Seen: looked(neverBeat), Silence: time.Hour}, ""},
		"released":         {"what is over sends no heartbeats", nil, Situation{Seen: looked(func(o *watch.Observation) { o.Branch.Status = contract.StatusComplete }), Silence: time.Hour}, ""},
		"row unknown":      {"an unread row says nothing of the worker", nil, Situation{Seen: looked(func(o *watch.Observation) { o.RowErr = errors.New("away") }), Silence: time.Hour}, ""},
		"another's row":    {"its heartbeat is another's", nil, Situation{Seen: looked(func(o *watch.Observation) { o.Branch.LockID = "theirs" }), Silence: time.Hour}, ""},
		"an old look":      {"it says nothing of the worker", nil, Situation{Seen: looked(func(o *watch.Observation) { o.Time = noon.Add(-11 * time.Minute) }), Silence: time.Hour}, ""},
		"its clock is off": {"the worker's clock is compared with nobody's", nil, Situation{Seen: looked(func(o *watch.Observation) { o.Branch.HeartbeatAt = noon.Add(-time.Hour) })}, ""},
	})
}

func TestAskAgain(t *testing.T) {
	failed := errors.New("no answer")
	for name, c := range map[string]struct {
		why  string
		err  error
		want time.Duration
	}{
		"asked":      {"it is given time to stop", nil, StopAgain},
		"denied":     {"a person has to do something first", fault.NewTerminal(fault.CodeAccessDenied, failed), StopAgain},
		"lost":       {"the request may not have arrived", failed, StopRetry},
		"throttled":  {"CodeBuild says when", fault.NewWait(20*time.Second, fault.CodeRateLimited, failed), 20 * time.Second},
		"at once":    {"never in a loop", fault.NewWait(0, fault.CodeRateLimited, failed), StopRetry},
		"in an hour": {"a build that is to stop is not left alone for so long", fault.NewWait(time.Hour, fault.CodeRateLimited, failed), StopAgain},
	} {
		t.Run(name, func(t *testing.T) {
			if got := AskAgain(c.err); got != c.want {
				t.Errorf("%s: got %s, want %s", c.why, got, c.want)
			}
		})
	}
}

func TestStopDue(t *testing.T) {
	for name, c := range map[string]struct {
		why  string
		at   time.Duration
		want time.Duration
	}{
		"soon":           {"it was asked a short while ago", 20 * time.Second, 20 * time.Second},
		"passed":         {"it may be asked now", -time.Second, -time.Second},
		"clock set back": {"that must not keep a build alive", time.Hour, 0},
	} {
		t.Run(name, func(t *testing.T) {
			at := metav1.NewMicroTime(noon.Add(c.at))
			if got := StopDue(noon, &v1alpha1.Attempt{StopAgainTime: &at}); got != c.want {
				t.Errorf("%s: got %s, want %s", c.why, got, c.want)
			}
		})
	}
	if got := StopDue(noon, &v1alpha1.Attempt{}); got != 0 {
		t.Errorf("a build that was never asked waits %s", got)
	}
}
