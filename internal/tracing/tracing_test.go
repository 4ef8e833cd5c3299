// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package tracing_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/local/observe"
	"github.com/kiro-worker/kiro-worker/internal/tracing"
)

// What is told twice, by two leaders, is told with the same ids, parents and times.
func TestSend(t *testing.T) {
	receiver, err := observe.Receive()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = receiver.Close() }()
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.URL)
	began := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	spans := []tracing.Span{
		{Name: "attempt", Began: began, Ended: began.Add(time.Minute), Attributes: map[string]string{"kiro_worker.outcome": "Succeeded"}},
		{Name: "build", Parent: "attempt", Began: began.Add(time.Second), Ended: began.Add(50 * time.Second), Failed: true, Message: "TestsFailed"},
	}
	lookup := func(name string) (string, bool) { return receiver.URL, name == "OTEL_EXPORTER_OTLP_ENDPOINT" }
	for range 2 {
		e, err := tracing.New(context.Background(), "test", "v1", lookup)
		if err != nil {
			t.Fatal(err)
		}
		e.Send("lock", spans)
		if err := e.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	got := receiver.Spans()
	if len(got) != 4 {
		t.Fatalf("%d spans arrived, want 4", len(got))
	}
	if diff := cmp.Diff(got[0], got[1]); diff != "" {
		t.Errorf("the same span told twice differs:\n%s", diff)
	}
	root, child := got[0], got[2]
	if root.Trace != contract.TraceID("lock") || root.Parent != "" || child.Parent != root.ID || child.Trace != root.Trace {
		t.Errorf("root %+v, child %+v", root, child)
	}
	if !child.Began.Equal(began.Add(time.Second)) || !child.Ended.Equal(began.Add(50*time.Second)) || root.Attributes["kiro_worker.outcome"] != "Succeeded" {
		t.Errorf("root %+v, child %+v", root, child)
	}
}

// Where nobody asked for traces, none are sent, and nothing is in between.
func TestOff(t *testing.T) {
	e, err := tracing.New(context.Background(), "test", "v1", func(string) (string, bool) { return "", false })
	if e != nil || err != nil {
		t.Errorf("%v, %v", e, err)
	}
	e.Send("lock", []tracing.Span{{Name: "attempt"}})
	if err := e.Close(context.Background()); err != nil {
		t.Error(err)
	}
}

func lookupOf(values map[string]string) func(string) (string, bool) {
	return func(name string) (string, bool) { v, ok := values[name]; return v, ok }
}

// A build joins the trace that it was given, tells its parts under their own ids, and knows whether they arrived.
func TestRecorder(t *testing.T) {
	receiver, err := observe.Receive()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.URL)
	on := lookupOf(map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.URL})
	r, err := tracing.Join(t.Context(), "kiro-worker", "v1", "lock", contract.TraceParent("lock"), on)
	if err != nil || r == nil {
		t.Fatal(r, err)
	}
	ctx, end := r.Begin(t.Context(), "agent")
	inner, endTask := tracing.Start(ctx, "task 1", nil)
	_, endCall := tracing.Start(inner, "git push", nil)
	endCall(errors.New("no"))
	endTask(nil)
	_, _ = r.Begin(t.Context(), "never ended")
	end("AgentFailed")
	if err := r.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, alone := tracing.Start(t.Context(), "a call of nothing", nil)
	alone(nil)
	names, parents := map[string]string{}, map[string]string{}
	for _, s := range receiver.Spans() {
		names[s.ID] = s.Name
	}
	names[contract.SpanID("lock", contract.SpanBuild)] = "build"
	for _, s := range receiver.Spans() {
		parents[s.Name] = names[s.Parent]
		if s.Trace != contract.TraceID("lock") {
			t.Errorf("%s is in the trace %s", s.Name, s.Trace)
		}
		if s.Name == "agent" && s.ID != contract.SpanID("lock", "agent") {
			t.Errorf("agent has the id %s, which the controller does not know", s.ID)
		}
	}
	if diff := cmp.Diff(map[string]string{"agent": "build", "task 1": "agent", "git push": "task 1"}, parents); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	_ = receiver.Close()
	_, end = r.Begin(t.Context(), "test")
	end("")
	if err := r.Flush(t.Context()); err == nil || errors.Is(err, tracing.ErrNotSent) {
		t.Errorf("nobody was there: %v", err)
	}
	if err := r.Flush(t.Context()); !errors.Is(err, tracing.ErrNotSent) {
		t.Errorf("a build does not wait twice: %v", err)
	}
}

// Where nothing is to be sent there is no recorder, and all that is called on it does nothing.
func TestJoinOff(t *testing.T) {
	endpoint := map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1"}
	for _, c := range []struct {
		why, parent string
		env         map[string]string
		wrong       bool
	}{
		{"the build is part of no trace", "", endpoint, false},
		{"its context is none", "00-zz", endpoint, false},
		{"the trace is not recorded", "00-" + contract.TraceID("lock") + "-" + contract.SpanID("lock", "build") + "-00", endpoint, false},
		{"no receiver is named", contract.TraceParent("lock"), nil, false},
		{"the SDK is off", contract.TraceParent("lock"), map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "TRUE"}, false},
		{"traces are off", contract.TraceParent("lock"), map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_TRACES_EXPORTER": "none"}, false},
		{"gRPC is not spoken", contract.TraceParent("lock"), map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, true},
	} {
		r, err := tracing.Join(t.Context(), "kiro-worker", "v1", "lock", c.parent, lookupOf(c.env))
		if r != nil || (err != nil) != c.wrong {
			t.Errorf("%s: %v, %v", c.why, r, err)
		}
		ctx, end := r.Begin(t.Context(), "agent")
		end("")
		if ctx != t.Context() || !errors.Is(r.Flush(ctx), tracing.ErrNotSent) {
			t.Errorf("%s: something was recorded", c.why)
		}
	}
}

func TestSecrets(t *testing.T) {
	got := tracing.Secrets(lookupOf(map[string]string{"OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20abc,x-key=def"}))
	want := []string{"authorization=Bearer%20abc,x-key=def", "Bearer abc", "abc", "def", "def"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
