// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package tracing_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

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
	if root.Trace != tracing.TraceID("lock").String() || root.Parent != "" || child.Parent != root.ID || child.Trace != root.Trace {
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
