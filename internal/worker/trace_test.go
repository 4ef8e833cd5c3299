// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/local/observe"
	"github.com/kiro-worker/kiro-worker/internal/tracing"
)

// traced has the world's builds send spans to a receiver.
func (w *world) traced() *observe.Receiver {
	w.t.Helper()
	receiver, err := observe.Receive()
	w.must(err)
	w.t.Cleanup(func() { _ = receiver.Close() })
	if t, ok := w.t.(*testing.T); ok {
		t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.URL)
	}
	p := &w.options.Parameters
	p.TraceParent = contract.TraceParent(p.LockID)
	w.options.Traces, err = tracing.Join(w.t.Context(), "kiro-worker", "test", p.LockID, p.TraceParent, func(name string) (string, bool) {
		return receiver.URL, name == "OTEL_EXPORTER_OTLP_ENDPOINT"
	})
	if err != nil || w.options.Traces == nil {
		w.t.Fatal("no recorder", err)
	}
	return receiver
}

// stagesOf are the stages whose spans arrived, sorted; one that arrived twice is there twice.
func stagesOf(receiver *observe.Receiver) []string {
	var names []string
	for _, s := range receiver.Spans() {
		if slices.Contains(contract.Stages, contract.Stage(s.Name)) {
			names = append(names, s.Name)
		}
	}
	slices.Sort(names)
	return names
}

// saidTraced are the stages of which the result says that the worker sent the spans, sorted.
func saidTraced(result contract.Result) []string {
	var names []string
	for _, s := range result.Stages {
		if s.Traced {
			names = append(names, string(s.Name))
		}
	}
	slices.Sort(names)
	return names
}

// What the worker says that it sent is what arrived: the controller sends the rest, and nothing is there twice or not at all.
func TestStagesAreToldOnce(t *testing.T) {
	for name, c := range map[string]struct {
		why     string
		prepare func(*world, *observe.Receiver, context.CancelCauseFunc)
		most    int // stages that arrive at most
		least   int
	}{
		"all is well": {"every stage arrives", func(*world, *observe.Receiver, context.CancelCauseFunc) {}, 10, 10},
		"the tests fail": {"so does every stage that ran", func(w *world, _ *observe.Receiver, _ context.CancelCauseFunc) {
			w.options.Parameters.Settings.TestCommand = "false"
		}, 9, 9},
		"nobody is there": {"the build goes on, and the controller tells", func(_ *world, r *observe.Receiver, _ context.CancelCauseFunc) { _ = r.Close() }, 0, 0},
		"it goes away": {"what came after is the controller's", func(w *world, r *observe.Receiver, _ context.CancelCauseFunc) {
			w.whenStage(contract.StageTest, func() { _ = r.Close() })
		}, 5, 5},
		"the build is stopped": {"there is no time for what was cut short", func(w *world, _ *observe.Receiver, stop context.CancelCauseFunc) {
			w.whenStage(contract.StageSteer, func() { stop(ErrInterrupted) })
		}, 3, 3},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			receiver := w.traced()
			ctx, stop := context.WithCancelCause(t.Context())
			defer stop(nil)
			c.prepare(w, receiver, stop)
			w.codebuild(ctx)
			_, result := w.row()
			arrived := stagesOf(receiver)
			if diff := cmp.Diff(saidTraced(result), arrived); diff != "" {
				t.Errorf("%s: the result says (-), arrived (+):\n%s", c.why, diff)
			}
			if len(arrived) < c.least || len(arrived) > c.most {
				t.Errorf("%s: arrived %v\n%s", c.why, arrived, w.log)
			}
		})
	}
}

// Tasks are parts of the agent's stage, and calls parts of what they were made for. A build that is not given its lock says nothing.
func TestTasksAndCallsAreTold(t *testing.T) {
	w := newWorld(t)
	receiver := w.traced()
	w.codebuild(t.Context())
	names := map[string]string{contract.SpanID(w.options.Parameters.LockID, contract.SpanBuild): "build"}
	for _, s := range receiver.Spans() {
		names[s.ID] = s.Name
	}
	parts := map[string]bool{}
	for _, s := range receiver.Spans() {
		parts[s.Name+" of "+names[s.Parent]] = true
	}
	for _, want := range []string{"agent of build", "task 2 of agent", "git push of task 3", "git fetch of checkout", "DynamoDB TransactWriteItems of claim", "DynamoDB TransactWriteItems of cleanup"} {
		if !parts[want] {
			t.Errorf("there is no %s: %v", want, parts)
		}
	}
	if body := w.body(); !strings.Contains(body, contract.TraceID(w.options.Parameters.LockID)) {
		t.Errorf("the pull request does not name the trace:\n%s", body)
	}
	sent := len(receiver.Spans())
	w.options.Dir, w.options.Build.ARN = t.TempDir(), testBuild+"-another" // of the same lock, which the first one released
	w.codebuild(t.Context())
	if now := len(receiver.Spans()); now != sent {
		t.Errorf("a build that was refused its lock sent %d spans", now-sent)
	}
}
