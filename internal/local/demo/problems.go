// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

// State is one card and all that belongs to it, at one moment.
type State struct {
	Card Card
	// Column that the card is in now.
	Column string
	// Item that was made of it, or nil.
	Item *v1alpha1.WorkItem
	// Waited is true once the item was seen waiting for its spec.
	Waited bool
	// Steered is true once the Power's steering file is on its branch.
	Steered bool
	// Answered is true once the review of its pull request has an answer.
	Answered bool
	// PullRequest of its branch; nil until the item knows it.
	PullRequest *github.PullRequest
}

// Snapshot is everything that Problems looks at.
type Snapshot struct {
	States []State
	// LockRows are the statuses of the lock table's slot and branch rows, by key.
	LockRows map[string]contract.RowStatus
	// Artifacts are the keys in the bucket.
	Artifacts []string
	// RealAgent takes every outcome of the work where the spec or the card asks for a failure: a real agent may do
	// better. What is to succeed has to.
	RealAgent bool
}

// Finished reports whether every card that is to be worked on was.
func (s Snapshot) Finished() bool {
	for _, c := range s.States {
		if c.Card.Outcome != "" && (c.Item == nil || c.Item.Status.CompletionTime == nil) {
			return false
		}
		if c.Card.Review.Text != "" && !c.Answered {
			return false
		}
	}
	return true
}

// Problems are what is not as it should be; none, if all is well.
func (s Snapshot) Problems() []string {
	var wrong []string
	for _, state := range s.States {
		for _, complaint := range s.problemsOf(state) {
			wrong = append(wrong, fmt.Sprintf("card %q (%s): %s", state.Card.Title, state.Card.Story, complaint))
		}
	}
	for key, status := range s.LockRows {
		if status == contract.StatusInProgress {
			wrong = append(wrong, fmt.Sprintf("the lock %s is still held", key))
		}
	}
	if len(s.LockRows) == 0 {
		wrong = append(wrong, "no lock was ever acquired")
	}
	slices.Sort(wrong)
	return wrong
}

func (s Snapshot) problemsOf(state State) []string {
	want := state.Card
	switch {
	case want.Outcome == "" && state.Item != nil:
		return []string{"it was made a work item of, though it is not in the ready column"}
	case want.Outcome == "":
		return differs("it is in the column", want.EndColumn, state.Column)
	case state.Item == nil:
		return []string{"no work item was made of it"}
	}
	var wrong []string
	outcome := meta.FindStatusCondition(state.Item.Status.Conditions, v1alpha1.ConditionSucceeded)
	if outcome == nil || outcome.Status == metav1.ConditionUnknown {
		return []string{"its work did not end"}
	}
	column := want.EndColumn
	if s.RealAgent && want.Outcome != v1alpha1.ReasonSucceeded {
		column = columnBlocked
		if outcome.Status == metav1.ConditionTrue {
			column = columnReview
		}
		if outcome.Status != metav1.ConditionTrue && contract.Outcome(outcome.Reason).Class() != contract.ClassWork {
			wrong = append(wrong, "the infrastructure failed: "+outcome.Reason)
		}
	} else {
		wrong = append(wrong, differs("its outcome is", want.Outcome, outcome.Reason)...)
	}
	wrong = append(wrong, differs("it is in the column", column, state.Column)...)
	if (outcome.Status == metav1.ConditionTrue) != (outcome.Reason == v1alpha1.ReasonSucceeded) {
		wrong = append(wrong, fmt.Sprintf("Succeeded=%s contradicts its reason %s", outcome.Status, outcome.Reason))
	}
	if want.SpecLater && !state.Waited {
		wrong = append(wrong, "it did not wait for its spec")
	}
	if want.Review.Text != "" && !state.Answered {
		wrong = append(wrong, "the review of its pull request was not answered")
	}
	return append(wrong, s.problemsLeft(state)...)
}

// problemsLeft looks at what the work left behind for people: the pull request's text and the artifacts.
func (s Snapshot) problemsLeft(state State) []string {
	var wrong []string
	if state.PullRequest == nil || !strings.Contains(state.PullRequest.Body, state.Item.Status.CorrelationID) {
		wrong = append(wrong, "its pull request does not describe the work")
	}
	if !state.Steered {
		wrong = append(wrong, "the Power's steering files are not on its branch")
	}
	result := state.Item.Status.Result
	if result == nil || result.ArtifactsURL == "" {
		return append(wrong, "it does not say where its artifacts lie")
	}
	if len(s.ArtifactsOf(state)) == 0 {
		wrong = append(wrong, "there is nothing at "+result.ArtifactsURL)
	}
	return wrong
}

// ArtifactsOf are the keys of a card's artifacts.
func (s Snapshot) ArtifactsOf(state State) []string {
	if state.Item == nil || state.Item.Status.Result == nil {
		return nil
	}
	location, ok := strings.CutPrefix(state.Item.Status.Result.ArtifactsURL, "s3://")
	_, prefix, _ := strings.Cut(location, "/")
	if !ok || prefix == "" {
		return nil
	}
	var keys []string
	for _, key := range s.Artifacts {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	return keys
}

func differs(what, want, got string) []string {
	if want == got {
		return nil
	}
	return []string{fmt.Sprintf("%s %q instead of %q", what, got, want)}
}
