// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/watch"
)

const (
	// observeRecheck is how soon a running item is looked at without news: deadlines pass without any.
	observeRecheck = time.Minute
	// A build that CodeBuild does not know is over only after it said so this often, this long after the start: a
	// build that was just started may not be seen yet.
	missingTimes = 3
	missingAfter = 15 * time.Minute
)

// watchStep takes in what the watcher saw of the build and of the lock's row, until the build
// is over.
type watchStep struct {
	deps
	watcher          *watch.Watcher
	progressInterval time.Duration
	settling         time.Duration
}

// condition implements step.
func (s *watchStep) condition() string { return v1alpha1.ConditionBuildFinished }

// Reconcile implements step.
func (s *watchStep) Reconcile(ctx context.Context, item *v1alpha1.WorkItem) (result, error) {
	now := s.clock.Now()
	set := conditionsOf(now, item)
	if item.Finished() || set.IsTrue(v1alpha1.ConditionBuildFinished) {
		return goOn(), nil
	}
	a := item.Status.Attempt
	key := client.ObjectKeyFromObject(item)
	s.watcher.Track(
		watch.Place{Namespace: item.Namespace, AWS: a.Parameters.AWS, TableRegion: a.Parameters.LockAccess().Region, TableName: a.Parameters.TableName},
		watch.Subject{Item: key, Build: build.Reference(a.Build.ARN), SlotKey: a.Parameters.SlotKey, BranchKey: a.Parameters.BranchKey},
	)
	seen := s.watcher.Latest(key, build.Reference(a.Build.ARN))
	if seen == nil {
		return waitFor(observeRecheck), nil
	}
	if ended(*seen) {
		t := metav1.NewMicroTime(s.over.since(a.Build.ARN, now).Truncate(time.Microsecond)) // as the API server keeps it
		a.Build.OverSince = &t
	}
	state := lookAt(now, a, *seen, s.settling)
	if state.over {
		note(a, *seen, now)
		set.True(v1alpha1.ConditionBuildFinished, v1alpha1.ReasonBuildEnded, state.message)
		return goOn(), nil
	}
	if left := progressDue(now, a, s.progressInterval); left > 0 {
		// Nothing is taken in yet: what is written to the status costs a write.
		return waitFor(left), nil
	}
	s.tellStarted(ctx, item)
	note(a, *seen, now)
	set.Unknown(v1alpha1.ConditionBuildFinished, state.reason, state.message)
	return waitFor(state.after), nil
}

// buildState is what an observation says of a build.
type buildState struct {
	over    bool
	reason  string
	message string
	after   time.Duration
}

// lookAt decides whether the build is over: nothing that it sent is on its way any more. A lock that the build
// itself released shows that; else the settling time has to pass.
func lookAt(now time.Time, a *v1alpha1.Attempt, seen watch.Observation, settling time.Duration) buildState {
	if seen.BuildErr != nil && taken(a, seen) {
		return buildState{over: true, message: "CodeBuild cannot be asked about the build, but it holds its lock no more."}
	}
	if seen.BuildErr != nil {
		message := "CodeBuild cannot be asked about the build: " + fault.Message(seen.BuildErr)
		if a.StopRefusal != "" {
			message += " " + refusedStop(a)
		}
		return buildState{reason: v1alpha1.ReasonBuildUnknown, after: observeRecheck, message: message}
	}
	gone := seen.BuildMissing && countMissing(a.Build, seen.Time) >= missingTimes && now.Sub(buildStart(a)) >= missingAfter
	if !gone && !ended(seen) {
		return stillRunning(now, a, seen)
	}
	if released(a, seen) {
		return buildState{over: true, message: endMessage(seen)}
	}
	if a.Build.OverSince == nil {
		t := metav1.NewMicroTime(now)
		a.Build.OverSince = &t
	}
	if left := a.Build.OverSince.Add(settling).Sub(now); left > 0 {
		return buildState{reason: v1alpha1.ReasonSettling, after: left,
			message: "The build is over without having released its lock; its last request may still be on its way."}
	}
	return buildState{over: true, message: endMessage(seen)}
}

// ended reports whether CodeBuild says that the build is over.
func ended(seen watch.Observation) bool { return seen.Build != nil && seen.Build.State.Over() }

func endMessage(seen watch.Observation) string {
	if seen.Build == nil {
		return "CodeBuild does not know the build any more."
	}
	return fmt.Sprintf("The build ended as %s.", seen.Build.State)
}

func stillRunning(now time.Time, a *v1alpha1.Attempt, seen watch.Observation) buildState {
	if a.StopRefusal != "" {
		return buildState{reason: v1alpha1.ReasonStopRefused, message: refusedStop(a), after: observeRecheck}
	}
	if t := a.StopRequestedTime; t != nil {
		if now.Sub(t.Time) > stopPatience {
			return buildState{reason: v1alpha1.ReasonWillNotStop, after: observeRecheck, message: fmt.Sprintf(
				"Build %s was asked to stop and still runs. Stop it in the CodeBuild console.", a.Build.ID)}
		}
		return buildState{reason: v1alpha1.ReasonStopping, message: "The build was asked to stop.", after: observeRecheck}
	}
	if seen.BuildMissing {
		return buildState{reason: v1alpha1.ReasonBuildUnknown, after: observeRecheck,
			message: "CodeBuild does not know the build (yet)."}
	}
	return buildState{reason: v1alpha1.ReasonRunning, message: "The build runs.", after: observeRecheck}
}

// taken reports whether the lock is the attempt's no more. Its build gave it back, or a person unlocked it: nobody else
// takes a lock from a build of which nothing is known.
func taken(a *v1alpha1.Attempt, seen watch.Observation) bool {
	row := seen.Branch
	return row != nil && seen.RowErr == nil && (row.LockID != a.LockID || row.Status != contract.StatusInProgress)
}

// released reports whether the build itself gave the lock back, which is the last that it does.
func released(a *v1alpha1.Attempt, seen watch.Observation) bool {
	row := seen.Branch
	return row != nil && row.LockID == a.LockID && row.BuildID == a.Build.ARN && row.Status != contract.StatusInProgress
}

// countMissing counts the looks at which CodeBuild did not know the build.
func countMissing(b *v1alpha1.BuildStatus, at time.Time) int32 {
	if b.NotFoundLastTime == nil || b.NotFoundLastTime.Time.Before(at.Truncate(time.Microsecond)) {
		t := metav1.NewMicroTime(at)
		b.NotFoundLastTime = &t
		b.NotFoundTimes++
		if b.NotFoundSince == nil {
			since := metav1.NewTime(at)
			b.NotFoundSince = &since
		}
	}
	return b.NotFoundTimes
}

func buildStart(a *v1alpha1.Attempt) time.Time {
	if a.Build != nil && a.Build.StartTime != nil {
		return a.Build.StartTime.Time
	}
	return a.IntentTime.Time
}

// progressDue is how long it still is until progress may be written again. More than the interval is left only if the
// clock was set back, and progress must not stand still for as long as that.
func progressDue(now time.Time, a *v1alpha1.Attempt, interval time.Duration) time.Duration {
	if a.Progress.ObservedTime == nil || a.StopAgainTime != nil {
		return 0
	}
	if left := a.Progress.ObservedTime.Add(interval).Sub(now); left <= interval {
		return left
	}
	return 0
}

// note takes an observation into the status. Signs of life alone change nothing there.
func note(a *v1alpha1.Attempt, seen watch.Observation, now time.Time) {
	before := *a.DeepCopy()
	if seen.Build != nil {
		observeBuild(a.Build, *seen.Build)
	}
	if row := seen.Branch; row != nil && row.LockID == a.LockID {
		observeProgress(&a.Progress, row.Stage, row.Tasks, row.Result)
	}
	if sameProgress(before, *a) {
		return
	}
	t := metav1.NewMicroTime(now)
	a.Progress.ObservedTime = &t
	if row := seen.Branch; row != nil && !row.HeartbeatAt.IsZero() {
		h := metav1.NewTime(row.HeartbeatAt)
		a.Progress.HeartbeatTime = &h
	}
}

func observeBuild(b *v1alpha1.BuildStatus, seen build.Build) {
	b.Status, b.Phase, b.Provisioned = string(seen.State), cut(seen.Phase, 32), seen.Provisioned
	if seen.State == build.StateQueued {
		b.Status = string(build.StateRunning) // the status has one word for both; Provisioned is what differs
	}
	b.LogsURL, b.LogGroup, b.LogStream = cut(seen.Log.URL, 1024), cut(seen.Log.Group, 512), cut(seen.Log.Stream, 512)
	b.StartTime, b.EndTime = timeOrNil(seen.StartTime), timeOrNil(seen.EndTime)
	b.NotFoundSince, b.NotFoundTimes, b.NotFoundLastTime = nil, 0, nil
}

func timeOrNil(t time.Time) *metav1.Time {
	if t.IsZero() {
		return nil
	}
	// The API server keeps whole seconds; more would look like a change at every look.
	m := metav1.NewTime(t.Truncate(time.Second))
	return &m
}
