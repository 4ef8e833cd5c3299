// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// advice is what a person can do about an item now. The first line says whether anything has to be done at all.
func advice(item *v1alpha1.WorkItem, place string) []string {
	if !item.DeletionTimestamp.IsZero() {
		return []string{
			"Nothing: the item is being deleted. It is removed once its build is over and its lock is released.",
			fmt.Sprintf("If its build can never be asked about again: `kubectl workitem unlock %s`.", item.Name),
		}
	}
	switch item.Status.Phase {
	case v1alpha1.PhaseWaiting:
		if item.Condition(v1alpha1.ConditionAccepted).Reason == v1alpha1.ReasonDependencyPending {
			return []string{"Nothing: " + message(item, v1alpha1.ConditionAccepted)}
		}
		return []string{"Provide what is missing: " + message(item, v1alpha1.ConditionAccepted), "It is checked again automatically; you need not move the card."}
	case v1alpha1.PhaseQueued:
		return adviceInQueue(item, place)
	case v1alpha1.PhaseStarting, v1alpha1.PhaseRunning:
		return adviceWithBuild(item)
	case v1alpha1.PhaseConcluding:
		return []string{"Nothing: its lock is being released and its outcome reported. " + message(item, v1alpha1.ConditionConcluded)}
	case v1alpha1.PhaseSucceeded:
		return []string{"Review the pull request, and merge it if it is good: " + pullRequest(item)}
	case v1alpha1.PhaseFailed:
		return adviceAfterFailure(item)
	case v1alpha1.PhaseCancelled:
		return adviceAfterCancel(item)
	}
	return []string{
		"Nothing: the controller has not looked at it yet.",
		"If that does not change within a minute, the controller does not run, or does not work in this namespace.",
	}
}

func adviceInQueue(item *v1alpha1.WorkItem, place string) []string {
	reason := ""
	if q := item.Status.Queue; q != nil {
		reason = q.Reason
	}
	ready := message(item, v1alpha1.ConditionReady)
	switch reason {
	case v1alpha1.ReasonBranchHeld:
		return []string{
			"Nothing, if the other item is being worked on: " + ready,
			fmt.Sprintf("If whoever holds the branch is gone for good: `kubectl workitem unlock %s` says what is known about it.", item.Name),
		}
	case v1alpha1.ReasonForeignRow, v1alpha1.ReasonEnvironmentNotFound, v1alpha1.ReasonEnvironmentNotReady, v1alpha1.ReasonEnvironmentDeleting:
		return []string{"Fix what it waits for: " + ready, fmt.Sprintf("`kubectl describe workenvironment %s` says more.", item.Spec.EnvironmentRef.Name)}
	case v1alpha1.ReasonBudgetExhausted, v1alpha1.ReasonTriggerLimit:
		return []string{"Nothing, if it may wait: " + ready}
	case v1alpha1.ReasonBackingOff:
		return []string{"Nothing: the next attempt starts automatically.", fmt.Sprintf("`kubectl workitem retry %s` starts one now and resets the count of tries.", item.Name)}
	}
	first := "Nothing: it waits for its turn."
	if place != "" {
		first = fmt.Sprintf("Nothing: it waits for its turn, in place %s.", place)
	}
	return []string{first, fmt.Sprintf("`kubectl workitem priority %s N` moves it; the highest number is first.", item.Name)}
}

func adviceWithBuild(item *v1alpha1.WorkItem) []string {
	finished := meta.FindStatusCondition(item.Status.Conditions, v1alpha1.ConditionBuildFinished)
	if finished != nil && finished.Status != metav1.ConditionTrue {
		switch finished.Reason {
		case v1alpha1.ReasonBuildUnknown, v1alpha1.ReasonAccessDenied, v1alpha1.ReasonUnauthorized, v1alpha1.ReasonUnreachable:
			return []string{
				"Let the controller reach CodeBuild again: " + finished.Message,
				fmt.Sprintf("If it never will, and the lease has ended: `kubectl workitem unlock %s`.", item.Name),
			}
		case v1alpha1.ReasonStopRefused:
			return []string{"Let the controller stop builds, or stop this one by hand: " + finished.Message}
		case v1alpha1.ReasonWillNotStop:
			return []string{"Stop the build by hand: " + finished.Message}
		case v1alpha1.ReasonStopping:
			return []string{"Nothing: the build was asked to stop."}
		}
	}
	lines := []string{"Nothing: it is being worked on.", fmt.Sprintf("`kubectl workitem cancel %s` stops it.", item.Name)}
	if a := item.Status.Attempt; a != nil && a.Build != nil && a.Build.LogsURL != "" {
		lines = append(lines, "Watch the build: "+a.Build.LogsURL)
	}
	return lines
}

// fixes say what to fix after a work failure, before it is tried again.
var fixes = map[string]string{
	v1alpha1.ReasonTestsFailed:          "Look at the failed tests in the artifacts or on the pull request; fix them, or say in the spec what is meant.",
	v1alpha1.ReasonTestsNotMeasured:     "Have the environment's gates.testCommand write its results where gates.testResults says.",
	v1alpha1.ReasonCoverageTooLow:       "Ask for the missing tests in the spec, or lower gates.coverageThreshold of the environment.",
	v1alpha1.ReasonCoverageNotMeasured:  "Have the test command measure coverage, and write it where gates.coverageReports says.",
	v1alpha1.ReasonProtectedPathChanged: "Change the protected file yourself, or take it out of the environment's gates.protectedPaths.",
	v1alpha1.ReasonNoProgress:           "Change the spec or the branch: another attempt would come to the same. Then kubectl workitem retry, or move the card away and back.",
	v1alpha1.ReasonAgentFailed:          "Read the agent's log in the artifacts; a smaller or clearer task in tasks.md often helps.",
	v1alpha1.ReasonValidationFailed:     "Correct the spec files or the pull request.",
	v1alpha1.ReasonCheckoutFailed:       "Check whether the branch was rewritten or deleted.",
	v1alpha1.ReasonTimedOut:             "Raise spec.timeout, or split the spec into smaller ones.",
}

func adviceAfterFailure(item *v1alpha1.WorkItem) []string {
	succeeded := meta.FindStatusCondition(item.Status.Conditions, v1alpha1.ConditionSucceeded)
	reason := ""
	if succeeded != nil {
		reason = succeeded.Reason
	}
	fix, known := fixes[reason]
	if !known {
		fix = "Read why it failed: " + message(item, v1alpha1.ConditionSucceeded)
	}
	lines := []string{fix}
	if r := item.Status.Result; r != nil {
		if r.LogsURL != "" {
			lines = append(lines, "The build's log: "+r.LogsURL)
		}
		if r.ArtifactsURL != "" {
			lines = append(lines, "The artifacts: "+r.ArtifactsURL)
		}
	}
	return append(lines, again(item))
}

func adviceAfterCancel(item *v1alpha1.WorkItem) []string {
	succeeded := meta.FindStatusCondition(item.Status.Conditions, v1alpha1.ConditionSucceeded)
	if succeeded != nil && succeeded.Reason == v1alpha1.ReasonWithdrawn {
		return []string{"Nothing, if the card was moved away on purpose. To have it worked on again, move it back to the ready status."}
	}
	return []string{"Nothing, if it was cancelled on purpose.", again(item)}
}

// again says how to have the item worked on again.
func again(item *v1alpha1.WorkItem) string {
	force := ifSet(item.Spec.Cancel, " --force")
	text := fmt.Sprintf("To have it worked on again: `kubectl workitem retry %s%s`", item.Name, force)
	if item.Spec.Card != nil && force == "" {
		text += ", or move its card away from the ready status and back"
	}
	return text + "."
}

// message is what a condition says.
func message(item *v1alpha1.WorkItem, kind string) string {
	if c := meta.FindStatusCondition(item.Status.Conditions, kind); c != nil {
		return c.Message
	}
	return ""
}

func pullRequest(item *v1alpha1.WorkItem) string {
	if r := item.Status.Result; r != nil && r.PullRequestURL != "" {
		return r.PullRequestURL
	}
	if a := item.Status.Accepted; a != nil {
		if a.PullRequestURL != "" {
			return a.PullRequestURL
		}
		return fmt.Sprintf("#%d of %s", a.PullRequest, item.Spec.Repository)
	}
	return item.Spec.Repository
}
