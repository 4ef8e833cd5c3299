// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/local/demo"
	"github.com/kiro-worker/kiro-worker/internal/local/observe"
)

// checkTraces: each attempt is one trace, found by its lock's id: every part of it once, wherever it was told, and below it the
// calls that were made for it.
func checkTraces(t *testing.T, report *demo.Report, receiver *observe.Receiver) {
	for _, state := range report.States {
		if state.Item == nil || state.Item.Status.Attempt == nil {
			continue
		}
		attempt := state.Item.Status.Attempt
		id := contract.TraceID(attempt.LockID)
		if attempt.TraceID != id || !strings.Contains(state.PullRequest.Body, id) {
			t.Errorf("%s: the trace %s is not in the status (%q), or not in the pull request", state.Card.Slug, id, attempt.TraceID)
		}
		spans := traceOf(receiver, id)
		names := map[string]string{} // of spans, by id
		for _, s := range spans {
			names[s.ID] = s.Name
		}
		parts, calls := map[string]string{}, map[string]bool{} // parents of parts, by name; calls, with their parents
		for _, s := range spans {
			switch _, twice := parts[s.Name]; {
			case s.Kind == observe.KindClient || strings.HasPrefix(s.Name, "git "):
				calls[s.Name+" of "+names[s.Parent]] = true
				if names[s.Parent] == "" {
					t.Errorf("%s: the call %q is part of nothing", state.Card.Slug, s.Name)
				}
				continue
			case twice:
				t.Errorf("%s: the span %q is there twice", state.Card.Slug, s.Name)
			}
			parts[s.Name] = names[s.Parent]
			if s.Ended.Before(s.Began) {
				t.Errorf("%s: the span %q ends before it begins", state.Card.Slug, s.Name)
			}
		}
		if diff := cmp.Diff(partsOf(state), parts); diff != "" {
			t.Errorf("%s: the trace %s (-want +got):\n%s", state.Card.Slug, id, diff)
		}
		pushed := "git push of task 1"
		if state.Card.Review.Text != "" {
			pushed = "git push of review 1"
		}
		for _, call := range []string{
			"DynamoDB TransactWriteItems of queue", "CodeBuild StartBuild of start build", "DynamoDB TransactWriteItems of claim", "git fetch of checkout",
			"Secrets Manager GetSecretValue of agent", "S3 PutObject of upload", "DynamoDB TransactWriteItems of cleanup", pushed,
		} {
			if !calls[call] {
				t.Errorf("%s: the trace %s has no call %s: it has %v", state.Card.Slug, id, call, slices.Sorted(maps.Keys(calls)))
			}
		}
	}
	if !receiver.Shown("Bearer " + observe.ReceiverToken) {
		t.Error("no build showed the token of its OTEL_EXPORTER_OTLP_HEADERS")
	}
	checkPolls(t, receiver)
}

// traceOf waits until the whole trace is there: its end is told last.
func traceOf(receiver *observe.Receiver, id string) []observe.ReceivedSpan {
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		spans := slices.DeleteFunc(receiver.Spans(), func(s observe.ReceivedSpan) bool { return s.Trace != id })
		if slices.ContainsFunc(spans, func(s observe.ReceivedSpan) bool { return s.Name == contract.SpanAttempt }) || time.Now().After(end) {
			return spans
		}
	}
}

// partsOf are the parts that the trace of a card's attempt has, each with what it is a part of.
func partsOf(state demo.State) map[string]string {
	parts := map[string]string{
		"attempt": "", "poll": "attempt", "accept": "attempt", "queue": "attempt", "start build": "attempt", "build": "attempt", "conclude": "attempt",
	}
	for _, stage := range contract.Stages {
		parts[string(stage)] = "build"
	}
	for _, phase := range []string{
		"SUBMITTED", "QUEUED", "PROVISIONING", "DOWNLOAD_SOURCE", "INSTALL", "PRE_BUILD", "BUILD", "POST_BUILD", "UPLOAD_ARTIFACTS", "FINALIZING",
	} {
		parts["phase "+phase] = "build"
	}
	for n := range state.Item.Status.Attempt.Progress.TasksTotal {
		parts[fmt.Sprintf("task %d", n+1)] = string(contract.StageAgent)
	}
	if state.Card.Review.Text != "" { // the last attempt answered the review, and had no task left
		maps.DeleteFunc(parts, func(name, _ string) bool { return strings.HasPrefix(name, "task ") })
		parts["review 1"] = string(contract.StageAgent)
	}
	for n, round := range state.Item.Status.Attempt.Progress.Rounds {
		agent := fmt.Sprintf("agent, round %d", n+1)
		parts[agent], parts[fmt.Sprintf("repair %d", n+1)] = "build", agent
		if round.End != string(contract.RoundUnchanged) {
			parts[fmt.Sprintf("test, round %d", n+1)] = "build"
		}
		if round.Outcome == string(contract.OutcomeCoverageTooLow) {
			parts[fmt.Sprintf("coverage, round %d", n+1)] = "build"
		}
	}
	if state.Item.Status.Attempt.Outcome == string(contract.OutcomeNoProgress) {
		delete(parts, string(contract.StageCoverage)) // a stage that did not run has no span
	}
	return parts
}

// checkPolls: a poll is a trace of its own, with the calls that it made.
func checkPolls(t *testing.T, receiver *observe.Receiver) {
	polls, called := map[string]bool{}, false
	for _, s := range receiver.Spans() {
		if s.Name == "poll" && s.Parent == "" {
			polls[s.ID] = true
		}
	}
	for _, s := range receiver.Spans() {
		called = called || (polls[s.Parent] && strings.HasPrefix(s.Name, "GitHub "))
	}
	if len(polls) == 0 || !called {
		t.Errorf("%d polls were told; with calls of GitHub: %v", len(polls), called)
	}
}
