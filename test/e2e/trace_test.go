// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/local/demo"
	"github.com/kiro-worker/kiro-worker/internal/local/observe"
	"github.com/kiro-worker/kiro-worker/internal/tracing"
)

// checkTraces: each attempt is one trace, found by its lock's id, with every stage that ran once and below its build.
func checkTraces(t *testing.T, report *demo.Report, receiver *observe.Receiver) {
	for _, state := range report.States {
		if state.Item == nil || state.Item.Status.Attempt == nil {
			continue
		}
		id := tracing.TraceID(state.Item.Status.Attempt.LockID).String()
		var spans []observe.ReceivedSpan
		for end := time.Now().Add(20 * time.Second); len(spans) == 0 && time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
			spans = slices.DeleteFunc(receiver.Spans(), func(s observe.ReceivedSpan) bool { return s.Trace != id })
		}
		names := map[string]string{} // of spans, by id
		for _, s := range spans {
			names[s.ID] = s.Name
		}
		got := map[string]string{} // parents, by name
		for _, s := range spans {
			if _, twice := got[s.Name]; twice {
				t.Errorf("%s: the span %q is there twice", state.Card.Slug, s.Name)
			}
			got[s.Name] = names[s.Parent]
			if s.Ended.Before(s.Began) {
				t.Errorf("%s: the span %q ends before it begins", state.Card.Slug, s.Name)
			}
		}
		want := map[string]string{"attempt": "", "accept": "attempt", "queue": "attempt", "start build": "attempt", "build": "attempt", "conclude": "attempt"}
		for _, stage := range contract.Stages {
			want[string(stage)] = "build"
		}
		if state.Item.Status.Attempt.Outcome == string(contract.OutcomeTestsFailed) {
			delete(want, string(contract.StageCoverage)) // a stage that did not run has no span
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: the trace %s (-want +got):\n%s", state.Card.Slug, id, diff)
		}
	}
}
