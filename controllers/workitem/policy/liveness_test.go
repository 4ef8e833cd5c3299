// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"errors"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/watch"
)

func TestStateOf(t *testing.T) {
	const settling = 40 * time.Second
	over := metav1.NewMicroTime(noon.Add(-time.Minute))
	just := metav1.NewMicroTime(noon.Add(-10 * time.Second))
	arn := "arn:aws:codebuild:r:1:build/p:1"
	ended := &build.Build{Reference: build.Reference(arn), State: build.StateFailed}
	held := &lock.Row{LockID: "mine", BuildID: arn, Status: contract.StatusInProgress}
	free := &lock.Row{LockID: "mine", BuildID: arn, Status: contract.StatusFailed}
	for name, c := range map[string]struct {
		why    string
		change func(*v1alpha1.Attempt)
		seen   watch.Observation
		over   bool
		reason string
		after  time.Duration
	}{
		"runs": {"nothing to do", nil, watch.Observation{Build: &build.Build{State: build.StateRunning}, Branch: held}, false, v1alpha1.ReasonRunning, RunningRecheck},
		"over and released": {"the release is the last that a build does", nil,
			watch.Observation{Build: ended, Branch: free}, true, v1alpha1.ReasonBuildEnded, 0},
		"over, not released": {"its last request may be on its way", nil,
			watch.Observation{Build: ended, Branch: held}, false, v1alpha1.ReasonSettling, settling},
		"over, settling": {"ten seconds of the settling time are over", func(a *v1alpha1.Attempt) { a.Build.OverSince = &just },
			watch.Observation{Build: ended, Branch: held}, false, v1alpha1.ReasonSettling, 30 * time.Second},
		"over, settled": {"no request can be left", func(a *v1alpha1.Attempt) { a.Build.OverSince = &over },
			watch.Observation{Build: ended, Branch: held}, true, v1alpha1.ReasonBuildEnded, 0},
		"over, row unknown": {"an unread row shows no release", nil,
			watch.Observation{Build: ended, RowErr: errors.New("away")}, false, v1alpha1.ReasonSettling, settling},
		"released, still finishing": {"CodeBuild says when it is over", nil,
			watch.Observation{Build: &build.Build{State: build.StateRunning}, Branch: free}, false, v1alpha1.ReasonRunning, RunningRecheck},
		"cannot be asked": {"denied is unknown, never over", nil,
			watch.Observation{BuildErr: errors.New("denied")}, false, v1alpha1.ReasonBuildUnknown, RunningRecheck},
		"cannot be asked, unlocked by a person": {"the item learns it in no other way", nil,
			watch.Observation{BuildErr: errors.New("denied"), Branch: free}, true, v1alpha1.ReasonBuildEnded, 0},
		"cannot be asked, still held": {"a held lock may have a live build", nil,
			watch.Observation{BuildErr: errors.New("denied"), Branch: held}, false, v1alpha1.ReasonBuildUnknown, RunningRecheck},
		"not found once": {"a new build may not be seen yet", nil,
			watch.Observation{BuildMissing: true, Time: noon}, false, v1alpha1.ReasonBuildUnknown, RunningRecheck},
		"not found thrice, long after": {"it is gone", func(a *v1alpha1.Attempt) { a.Build.NotFoundTimes = 3; a.Build.OverSince = &over },
			watch.Observation{BuildMissing: true, Time: noon}, true, v1alpha1.ReasonBuildEnded, 0},
		"not found thrice, soon": {"15 minutes have to pass", func(a *v1alpha1.Attempt) {
			a.Build.NotFoundTimes = 5
			soon := metav1.NewMicroTime(noon.Add(-5 * time.Minute))
			a.IntentTime = &soon
		}, watch.Observation{BuildMissing: true, Time: noon}, false, v1alpha1.ReasonBuildUnknown, RunningRecheck},
		"asked to stop": {"it is given time", func(a *v1alpha1.Attempt) { a.StopRequestedTime = &just },
			watch.Observation{Build: &build.Build{State: build.StateRunning}}, false, v1alpha1.ReasonStopping, RunningRecheck},
		"will not stop": {"reported, not forgotten", func(a *v1alpha1.Attempt) {
			long := metav1.NewMicroTime(noon.Add(-StopPatience - time.Second))
			a.StopRequestedTime = &long
		}, watch.Observation{Build: &build.Build{State: build.StateRunning}}, false, v1alpha1.ReasonWillNotStop, RunningRecheck},
		"may not be stopped": {"a person has to grant the permission", func(a *v1alpha1.Attempt) { a.StopRefusal = "denied" },
			watch.Observation{Build: &build.Build{State: build.StateRunning}}, false, v1alpha1.ReasonStopRefused, RunningRecheck},
		"may not be stopped, and is over": {"it ended by itself", func(a *v1alpha1.Attempt) { a.StopRefusal = "denied" },
			watch.Observation{Build: ended, Branch: free}, true, v1alpha1.ReasonBuildEnded, 0},
	} {
		t.Run(name, func(t *testing.T) {
			a := running(itemOnBranch("x")).Status.Attempt
			if c.change != nil {
				c.change(a)
			}
			got := StateOf(noon, a, c.seen, settling)
			if got.Over != c.over || got.Reason != c.reason || got.Recheck != c.after {
				t.Errorf("%s: got %+v", c.why, got)
			}
		})
	}
}

// The writes of progress do not grow with the number of builds.
func TestProgressInterval(t *testing.T) {
	for running, want := range map[int]time.Duration{0: 15 * time.Second, 15: 15 * time.Second, 60: time.Minute, 200: 200 * time.Second} {
		if got := ProgressInterval(15*time.Second, running); got != want {
			t.Errorf("with %d running: %s, want %s", running, got, want)
		}
	}
}

func TestProgressDue(t *testing.T) {
	const interval = 10 * time.Second
	at := func(ago time.Duration) *metav1.MicroTime { t := metav1.NewMicroTime(noon.Add(-ago)); return &t }
	for name, c := range map[string]struct {
		why      string
		progress *metav1.MicroTime
		stop     *metav1.MicroTime
		want     time.Duration
	}{
		"first":          {"nothing was written yet", nil, nil, 0},
		"just written":   {"each write costs one", at(4 * time.Second), nil, 6 * time.Second},
		"due":            {"it was written long enough ago", at(10 * time.Second), nil, 0},
		"to be stopped":  {"what becomes of a stop request is shown at once", at(time.Second), at(0), 0},
		"clock set back": {"progress must not stand still for as long", at(-time.Hour), nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			a := &v1alpha1.Attempt{StopAgainTime: c.stop}
			a.Progress.ObservedTime = c.progress
			if got := ProgressDue(noon, a, interval); got != c.want {
				t.Errorf("%s: got %s, want %s", c.why, got, c.want)
			}
		})
	}
}
