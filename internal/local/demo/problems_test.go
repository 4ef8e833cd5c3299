// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package demo_test

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/local/demo"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

// good is a snapshot in which all is well.
func good() demo.Snapshot {
	s := demo.Snapshot{LockRows: map[string]contract.RowStatus{"slot#a": contract.StatusComplete}}
	for _, c := range demo.Cards {
		state := demo.State{Card: c, Column: c.EndColumn, Waited: c.SpecLater}
		if c.Outcome != "" {
			status := metav1.ConditionFalse
			if c.Outcome == v1alpha1.ReasonSucceeded {
				status = metav1.ConditionTrue
			}
			ended := metav1.NewTime(time.Unix(1, 0))
			state.Item = &v1alpha1.WorkItem{Status: v1alpha1.WorkItemStatus{
				CorrelationID: "id-of-" + c.Slug, CompletionTime: &ended,
				Conditions: []metav1.Condition{{Type: v1alpha1.ConditionSucceeded, Status: status, Reason: c.Outcome}},
				Result:     &v1alpha1.Result{ArtifactsURL: "s3://bucket/test/" + c.Slug + "/"},
			}}
			state.Steered, state.Answered = true, c.Review.Text != ""
			state.PullRequest = &github.PullRequest{Body: "… id-of-" + c.Slug + " …"}
			s.Artifacts = append(s.Artifacts, "test/"+c.Slug+"/logs/build.log")
		}
		s.States = append(s.States, state)
	}
	return s
}

func TestProblems(t *testing.T) {
	first, late, idle := 0, 3, 4 // the card that succeeds, the one whose spec comes later, the one left alone
	cases := map[string]struct {
		why   string
		spoil func(*demo.Snapshot)
		want  string // what is complained of; empty is nothing
	}{
		"Good":        {why: "all is as it should be", spoil: func(*demo.Snapshot) {}},
		"NoItem":      {why: "a ready card without an item was overlooked", want: "no work item was made", spoil: func(s *demo.Snapshot) { s.States[first].Item = nil }},
		"NoEnd":       {why: "work that goes on is no end", want: "its work did not end", spoil: func(s *demo.Snapshot) { s.States[first].Item.Status.Conditions[0].Status = metav1.ConditionUnknown }},
		"Outcome":     {why: "a wrong outcome is the very thing to notice", want: `"TestsFailed" instead of "Succeeded"`, spoil: func(s *demo.Snapshot) { s.States[first].Item.Status.Conditions[0].Reason = v1alpha1.ReasonTestsFailed }},
		"Contradicts": {why: "a failure must not be called a success", want: "contradicts its reason", spoil: func(s *demo.Snapshot) { s.States[first].Item.Status.Conditions[0].Status = metav1.ConditionFalse }},
		"Column":      {why: "people look at the board", want: `"Backlog" instead of`, spoil: func(s *demo.Snapshot) { s.States[first].Column = "Backlog" }},
		"NotWaited":   {why: "a spec that was not there cannot have been worked on", want: "did not wait for its spec", spoil: func(s *demo.Snapshot) { s.States[late].Waited = false }},
		"TooMuch":     {why: "only the ready column may start work", want: "not in the ready column", spoil: func(s *demo.Snapshot) { s.States[idle].Item = &v1alpha1.WorkItem{} }},
		"PullRequest": {why: "reviewers read the pull request", want: "does not describe the work", spoil: func(s *demo.Snapshot) { s.States[first].PullRequest.Body = "as it was" }},
		"NotAnswered": {why: "a reviewer waits for an answer", want: "was not answered", spoil: func(s *demo.Snapshot) { s.States[first].Answered = false }},
		"NotSteered":  {why: "the agent worked without the team's conventions", want: "steering files are not on its branch", spoil: func(s *demo.Snapshot) { s.States[first].Steered = false }},
		"NoArtifacts": {why: "an address with nothing at it helps nobody", want: "there is nothing at s3://", spoil: func(s *demo.Snapshot) { s.Artifacts = nil }},
		"NoAddress":   {why: "artifacts that nobody finds are lost", want: "does not say where", spoil: func(s *demo.Snapshot) { s.States[first].Item.Status.Result = nil }},
		"LockHeld":    {why: "a leaked lock blocks the branch for ever", want: "slot#a is still held", spoil: func(s *demo.Snapshot) { s.LockRows["slot#a"] = contract.StatusInProgress }},
		"NoLock":      {why: "work without a lock is no exclusion", want: "no lock was ever acquired", spoil: func(s *demo.Snapshot) { s.LockRows = nil }},
		"Better": {why: "a real agent may do better than the sample asks", spoil: func(s *demo.Snapshot) {
			s.RealAgent = true
			end(s, 1, metav1.ConditionTrue, v1alpha1.ReasonSucceeded, "In Review")
		}},
		"Otherwise": {why: "nor need it fail in the same way", spoil: func(s *demo.Snapshot) {
			s.RealAgent = true
			end(s, 1, metav1.ConditionFalse, v1alpha1.ReasonAgentFailed, "Needs Attention")
		}},
		"Useless": {why: "but it must do what can be done", want: `"AgentFailed" instead of "Succeeded"`, spoil: func(s *demo.Snapshot) {
			s.RealAgent = true
			end(s, first, metav1.ConditionFalse, v1alpha1.ReasonAgentFailed, "Needs Attention")
		}},
		"Infrastructure": {why: "that the infrastructure failed is no outcome of the work", want: "the infrastructure failed: BuildFault", spoil: func(s *demo.Snapshot) {
			s.RealAgent = true
			end(s, 1, metav1.ConditionFalse, v1alpha1.ReasonBuildFault, "Needs Attention")
		}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := good()
			tc.spoil(&s)
			got := strings.Join(s.Problems(), "\n")
			if tc.want == "" && got != "" || !strings.Contains(got, tc.want) {
				t.Errorf("%s: the problems are %q, want %q", tc.why, got, tc.want)
			}
		})
	}
}

// end gives a card another end.
func end(s *demo.Snapshot, card int, status metav1.ConditionStatus, reason, column string) {
	c := &s.States[card].Item.Status.Conditions[0]
	c.Status, c.Reason, s.States[card].Column = status, reason, column
}

func TestFinished(t *testing.T) {
	s := good()
	if !s.Finished() {
		t.Error("all cards are done, and it is not finished")
	}
	s.States[0].Item.Status.CompletionTime = nil
	if s.Finished() {
		t.Error("a card is not done, and it is finished")
	}
}
