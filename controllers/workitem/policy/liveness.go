// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"fmt"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/watch"
)

// BuildState is what is known of an attempt's build.
type BuildState struct {
	// Over is true if the build is over and nothing that it sent is on its way any more.
	Over bool
	// Reason and Message are the BuildFinished condition's.
	Reason, Message string
	// Recheck is how soon to look again while the build is not over.
	Recheck time.Duration
	// OverSince is when the build was first seen to be over; zero while it is not.
	OverSince time.Time
}

// StateOf decides whether an attempt's build is over. A lock that the build itself released shows that its last request
// has arrived; otherwise the settling time has to pass.
func StateOf(now time.Time, a *v1alpha1.Attempt, seen watch.Observation, settling time.Duration) BuildState {
	if seen.BuildErr != nil && lockLost(a, seen) {
		return over("CodeBuild cannot be asked about the build, but the build no longer holds its lock.")
	}
	if seen.BuildErr != nil {
		message := "CodeBuild cannot be asked about the build: " + fault.Message(seen.BuildErr)
		if a.StopRefusal != "" {
			message += " " + stopRefused(a)
		}
		return BuildState{Reason: v1alpha1.ReasonBuildUnknown, Message: message, Recheck: RunningRecheck}
	}
	if !Ended(seen) && !(seen.BuildMissing && NotFoundOf(a.Build).Over(now, buildStart(a))) {
		return stillRunning(now, a, seen)
	}
	if released(a, seen) {
		return over(endMessage(seen))
	}
	since := now
	if a.Build.OverSince != nil {
		since = a.Build.OverSince.Time
	}
	state := over(endMessage(seen))
	if left := since.Add(settling).Sub(now); left > 0 {
		state = BuildState{Reason: v1alpha1.ReasonSettling, Recheck: left,
			Message: "The build is over without having released its lock; its last request may still be on its way."}
	}
	state.OverSince = since
	return state
}

func over(message string) BuildState {
	return BuildState{Over: true, Reason: v1alpha1.ReasonBuildEnded, Message: message}
}

// Ended reports whether CodeBuild says that the build is over.
func Ended(seen watch.Observation) bool { return seen.Build != nil && seen.Build.State.Over() }

func endMessage(seen watch.Observation) string {
	if seen.Build == nil {
		return "CodeBuild does not know the build any more."
	}
	return fmt.Sprintf("The build ended as %s.", seen.Build.State)
}

func stillRunning(now time.Time, a *v1alpha1.Attempt, seen watch.Observation) BuildState {
	state := BuildState{Reason: v1alpha1.ReasonRunning, Message: "The build runs.", Recheck: RunningRecheck}
	switch asked := a.StopRequestedTime; {
	case a.StopRefusal != "":
		state.Reason, state.Message = v1alpha1.ReasonStopRefused, stopRefused(a)
	case asked != nil && now.Sub(asked.Time) > StopPatience:
		state.Reason = v1alpha1.ReasonWillNotStop
		state.Message = fmt.Sprintf("Build %s was asked to stop and still runs. Stop it in the CodeBuild console.", a.Build.ID)
	case asked != nil:
		state.Reason, state.Message = v1alpha1.ReasonStopping, "The build was asked to stop."
	case seen.BuildMissing:
		state.Reason, state.Message = v1alpha1.ReasonBuildUnknown, "CodeBuild does not know the build. If that stays so, the build counts as over."
	}
	return state
}

// lockLost reports whether the lock is not the attempt's any more. Its build released it, or a person unlocked it: nobody
// else takes a lock from a build of which nothing is known.
func lockLost(a *v1alpha1.Attempt, seen watch.Observation) bool {
	row := seen.Branch
	return row != nil && seen.RowErr == nil && (row.LockID != a.LockID || row.Status != contract.StatusInProgress)
}

// released reports whether the build itself released the lock, which is the last that it does.
func released(a *v1alpha1.Attempt, seen watch.Observation) bool {
	row := seen.Branch
	return row != nil && row.LockID == a.LockID && row.BuildID == a.Build.ARN && row.Status != contract.StatusInProgress
}

func buildStart(a *v1alpha1.Attempt) time.Time {
	if a.Build.StartTime != nil {
		return a.Build.StartTime.Time
	}
	return a.IntentTime.Time
}

// progressShare is how much longer progress waits to be written with each build that runs: a cluster's store takes about as
// many writes from two hundred builds as from fifteen.
const progressShare = time.Second

// ProgressInterval is the least time between two writes of one item's progress while so many builds run. least is what it is
// for a few.
func ProgressInterval(least time.Duration, running int) time.Duration {
	return max(least, time.Duration(running)*progressShare)
}

// ProgressDue is how long it still is until progress may be written again. More than the interval is left only if the
// clock was set back, and progress must not stand still for as long as that.
func ProgressDue(now time.Time, a *v1alpha1.Attempt, interval time.Duration) time.Duration {
	if a.Progress.ObservedTime == nil || a.StopAgainTime != nil {
		return 0
	}
	if left := a.Progress.ObservedTime.Add(interval).Sub(now); left <= interval {
		return left
	}
	return 0
}
