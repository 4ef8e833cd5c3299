// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"errors"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/watch"
)

// looked is a look at noon at a build that runs, and whose worker lives.
func looked(change ...func(*watch.Observation)) *watch.Observation {
	o := &watch.Observation{
		Time:   noon,
		Build:  &build.Build{State: build.StateRunning, Provisioned: true},
		Branch: &lock.Row{LockID: "mine", Status: contract.StatusInProgress, HeartbeatAt: noon.Add(-time.Minute)},
	}
	for _, c := range change {
		c(o)
	}
	return o
}

func inQueue(o *watch.Observation) { o.Build.Provisioned, o.Branch.HeartbeatAt = false, time.Time{} }

func neverBeat(o *watch.Observation) { o.Branch.HeartbeatAt = time.Time{} }

type causeCase struct {
	why    string
	change func(*v1alpha1.WorkItem)
	s      situation
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
			if cause := firstCause(noon, item, c.s); cause != nil {
				got = cause.reason
				if cause.message == "" {
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
	goes := &v1alpha1.WorkEnvironment{ObjectMeta: metav1.ObjectMeta{Name: "env", DeletionTimestamp: &now}}
	testCauses(t, map[string]causeCase{
		"none":      {"nothing to stop", nil, situation{seen: looked(), environment: stays}, ""},
		"cancelled": {"a person's wish", func(i *v1alpha1.WorkItem) { i.Spec.Cancel = true }, situation{}, v1alpha1.ReasonCancelled},
		"deleted before cancelled": {"deletion says more", func(i *v1alpha1.WorkItem) {
			i.Spec.Cancel, i.DeletionTimestamp = true, &now
		}, situation{}, v1alpha1.ReasonDeleted},
		"withdrawn": {"the card was moved away", func(i *v1alpha1.WorkItem) {
			i.Annotations = map[string]string{v1alpha1.WithdrawnAnnotation: i.CreationTimestamp.Format(time.RFC3339)}
		}, situation{}, v1alpha1.ReasonWithdrawn},
		"withdrawn, then triggered again": {"moving the card back beats a late annotation", func(i *v1alpha1.WorkItem) {
			i.Annotations = map[string]string{v1alpha1.WithdrawnAnnotation: i.CreationTimestamp.Format(time.RFC3339)}
			i.Spec.TriggeredAt = &now
		}, situation{}, ""},
		"nonsense annotation": {"what cannot be read withdraws nothing", func(i *v1alpha1.WorkItem) {
			i.Annotations = map[string]string{v1alpha1.WithdrawnAnnotation: "yesterday"}
		}, situation{}, ""},
		"environment deleted": {"nothing runs on in an environment that goes", nil,
			situation{environment: goes}, v1alpha1.ReasonEnvironmentDeleted},
		"environment deleted while it waits": {"it would wait for ever", func(i *v1alpha1.WorkItem) { i.Status.Attempt = nil },
			situation{environment: goes}, v1alpha1.ReasonEnvironmentDeleted},
		"cancelled in an environment that goes": {"the nearer wish is told", func(i *v1alpha1.WorkItem) { i.Spec.Cancel = true },
			situation{environment: goes}, v1alpha1.ReasonCancelled},
	})
}

func TestQueuedTooLong(t *testing.T) {
	past := func(i *v1alpha1.WorkItem) {
		by := metav1.NewTime(noon.Add(-time.Second))
		i.Status.Attempt.Deadlines.ProvisionBy = &by
	}
	testCauses(t, map[string]causeCase{
		"in time":        {"CodeBuild's queue may be long", nil, situation{seen: looked(inQueue)}, ""},
		"past":           {"CodeBuild should have ended it", past, situation{seen: looked(inQueue)}, v1alpha1.ReasonQueueTimedOut},
		"left the queue": {"it runs", past, situation{seen: looked()}, ""},
		"left the queue, as the status knows": {"a build never goes back", func(i *v1alpha1.WorkItem) {
			past(i)
			i.Status.Attempt.Build.Provisioned = true
		}, situation{seen: looked(inQueue)}, ""},
		"its worker lives": {"only a build that runs has one", past, situation{seen: looked(func(o *watch.Observation) { o.Build.Provisioned = false })}, ""},
		"looked at long ago": {"it may have left the queue since", past, situation{seen: looked(inQueue, func(o *watch.Observation) {
			o.Time = noon.Add(-time.Hour)
		})}, ""},
		"CodeBuild cannot be asked": {"nothing is known of its queue", past, situation{seen: &watch.Observation{
			Time: noon, BuildErr: errors.New("denied"),
		}}, ""},
		"never looked at": {"after a restart the first look says it", past, situation{}, ""},
		"begun by an older version": {"that knew no such deadline", func(i *v1alpha1.WorkItem) {
			i.Status.Attempt.Deadlines.ProvisionBy = nil
		}, situation{seen: looked(inQueue)}, ""},
	})
}

func TestRanTooLong(t *testing.T) {
	past := func(i *v1alpha1.WorkItem) {
		by := metav1.NewTime(noon.Add(-time.Second))
		i.Status.Attempt.Deadlines.RunBy = &by
	}
	testCauses(t, map[string]causeCase{
		"in time":              {"it may go on", nil, situation{seen: looked()}, ""},
		"past":                 {"too much work for the time", past, situation{seen: looked()}, v1alpha1.ReasonTimedOut},
		"never left the queue": {"CodeBuild's queue is not held against the work", past, situation{seen: looked(inQueue)}, v1alpha1.ReasonQueueTimedOut},
		"never came up":        {"a build that hung before its worker is not held against the work", past, situation{seen: looked(neverBeat)}, v1alpha1.ReasonWorkerSilent},
		"came up, and cannot be looked at now": {"what was seen before counts", func(i *v1alpha1.WorkItem) {
			past(i)
			i.Status.Attempt.Progress.Stage = "agent"
		}, situation{}, v1alpha1.ReasonTimedOut},
	})
}

func TestFellSilent(t *testing.T) {
	testCauses(t, map[string]causeCase{
		"for a while":      {"a heartbeat may be late", nil, situation{seen: looked(), silence: silentAfter - time.Second}, ""},
		"for ten minutes":  {"nobody works any more", nil, situation{seen: looked(), silence: silentAfter}, v1alpha1.ReasonWorkerSilent},
		"never claimed":    {"a build in CodeBuild's queue is not silent", nil, situation{seen: looked(neverBeat), silence: time.Hour}, ""},
		"released":         {"what is over gives no signs of life", nil, situation{seen: looked(func(o *watch.Observation) { o.Branch.Status = contract.StatusComplete }), silence: time.Hour}, ""},
		"row unknown":      {"an unread row says nothing of the worker", nil, situation{seen: looked(func(o *watch.Observation) { o.RowErr = errors.New("away") }), silence: time.Hour}, ""},
		"another's row":    {"its heartbeat is another's", nil, situation{seen: looked(func(o *watch.Observation) { o.Branch.LockID = "theirs" }), silence: time.Hour}, ""},
		"an old look":      {"it says nothing of the worker", nil, situation{seen: looked(func(o *watch.Observation) { o.Time = noon.Add(-11 * time.Minute) }), silence: time.Hour}, ""},
		"its clock is off": {"the worker's clock is compared with nobody's", nil, situation{seen: looked(func(o *watch.Observation) { o.Branch.HeartbeatAt = noon.Add(-time.Hour) })}, ""},
	})
}

func TestSilences(t *testing.T) {
	type look struct {
		after time.Duration // since the look before
		beat  time.Duration // what the heartbeat says, on the worker's own clock
	}
	every := func(n int, d time.Duration) (looks []look) {
		for range n {
			looks = append(looks, look{d, 0})
		}
		return looks
	}
	for name, c := range map[string]struct {
		why   string
		looks []look
		want  time.Duration
	}{
		"first look":     {"after a restart the time begins anew", []look{{0, 0}}, 0},
		"unchanged":      {"each look adds the time since the last", every(5, time.Minute), 4 * time.Minute},
		"a sign of life": {"it ends the silence", append(every(5, time.Minute), look{time.Minute, time.Hour}), 0},
		"clock set forward": {"one step of the clock silences nobody", append(every(2, time.Minute), look{time.Hour, 0}),
			time.Minute + freshLook},
		"clock set back": {"the time before counts, the step does not", append(every(3, time.Minute), look{-time.Hour, 0}), 2 * time.Minute},
		"one look twice": {"a reconcile without a new look adds nothing", append(every(3, time.Minute), look{0, 0}), 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			s, at, got := newSilences(), noon, time.Duration(0)
			for _, l := range c.looks {
				at = at.Add(l.after)
				got = s.of("arn", watch.Observation{Time: at, Branch: &lock.Row{HeartbeatAt: noon.Add(l.beat)}})
			}
			if got != c.want {
				t.Errorf("%s: silent for %s, want %s", c.why, got, c.want)
			}
		})
	}
	s := newSilences()
	s.of("old", *looked())
	s.of("new", *looked(func(o *watch.Observation) { o.Time = noon.Add(sightingKept + time.Minute) }))
	if len(s.by) != 1 {
		t.Errorf("%d workers are remembered, want only the one of today: the list would grow for ever", len(s.by))
	}
}

func TestFirstOverdue(t *testing.T) {
	condition := func(kind string, status metav1.ConditionStatus, ago time.Duration) func(*v1alpha1.WorkItem) {
		return func(i *v1alpha1.WorkItem) {
			conditionsOf(noon.Add(-ago), i).Remove(kind)
			set := conditionsOf(noon.Add(-ago), i)
			if status == metav1.ConditionTrue {
				set.True(kind, v1alpha1.ReasonSucceeded, "as the test says")
			} else {
				set.False(kind, v1alpha1.ReasonBranchNotFound, "Push the branch.")
			}
		}
	}
	queuedFor := func(ago time.Duration) func(*v1alpha1.WorkItem) {
		return func(i *v1alpha1.WorkItem) { wait(i, v1alpha1.ReasonNoFreeSlot, noon.Add(-ago)) }
	}
	over := condition(v1alpha1.ConditionBuildFinished, metav1.ConditionTrue, concludeWindow)
	for name, c := range map[string]struct {
		why    string
		change func(*v1alpha1.WorkItem)
		reason string
	}{
		"new":                {"nothing is waited for yet", func(*v1alpha1.WorkItem) {}, ""},
		"not accepted":       {"somebody is at it", condition(v1alpha1.ConditionAccepted, metav1.ConditionFalse, acceptanceOverdue-time.Second), ""},
		"acceptance overdue": {"nobody is", condition(v1alpha1.ConditionAccepted, metav1.ConditionFalse, acceptanceOverdue), v1alpha1.ReasonAcceptanceOverdue},
		"accepted long ago":  {"it does not wait for that", condition(v1alpha1.ConditionAccepted, metav1.ConditionTrue, 2*acceptanceOverdue), ""},
		"queued":             {"it is a queue", queuedFor(queueOverdue - time.Second), ""},
		"queue overdue":      {"its turn does not come", queuedFor(queueOverdue), v1alpha1.ReasonQueueOverdue},
		"running": {"a build runs as long as its own deadlines allow", func(i *v1alpha1.WorkItem) {
			running(i)
			queuedFor(48 * time.Hour)(i)
		}, ""},
		"concluding": {"its lock is being given back", func(i *v1alpha1.WorkItem) {
			running(i)
			condition(v1alpha1.ConditionBuildFinished, metav1.ConditionTrue, concludeWindow-time.Second)(i)
		}, ""},
		"concluding overdue": {"it holds slot and branch against the others", func(i *v1alpha1.WorkItem) {
			running(i)
			over(i)
		}, v1alpha1.ReasonConcludingOverdue},
		"finished": {"its last word is known", func(i *v1alpha1.WorkItem) {
			running(i)
			over(i)
			finish(i, verdict{outcome: v1alpha1.ReasonTestsFailed, message: "red"}, noon)
		}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			item := itemOnBranch("x")
			c.change(item)
			reportOverdue(noon, item)
			got := item.Condition(v1alpha1.ConditionOverdue)
			if got.Reason != c.reason || item.Finished() != (name == "finished") {
				t.Errorf("%s: got %q %s, want %q", c.why, got.Reason, got.Message, c.reason)
			}
			if got.Reason != "" && !strings.HasPrefix(got.Message, "Since 2026-11-2") {
				t.Errorf("since when is not told: %s", got.Message)
			}
		})
	}
}
