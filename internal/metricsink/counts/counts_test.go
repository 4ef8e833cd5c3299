// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package counts_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/cloudwatch"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/cloud"
	"github.com/kiro-worker/kiro-worker/internal/metricsink"
	"github.com/kiro-worker/kiro-worker/internal/metricsink/cloudwatch"
	"github.com/kiro-worker/kiro-worker/internal/metricsink/counts"
)

var now = time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)

// world is a manager's counters and an emulated CloudWatch.
type world struct {
	registry *prometheus.Registry
	polls    *prometheus.CounterVec
	attempts *prometheus.CounterVec
	locks    *prometheus.CounterVec
	errors   *prometheus.CounterVec
	places   []counts.Place
	cloud    *emulator.Emulator
	faults   *faults.Injector
	lost     map[string]error
	sender   *counts.Sender
}

func newWorld(t *testing.T) *world {
	t.Helper()
	c := cloud.New(t, cloud.Options{Clock: clocktesting.NewFakePassiveClock(now)})
	w := &world{registry: prometheus.NewRegistry(), cloud: c.CloudWatch, faults: c.Faults, lost: map[string]error{}}
	counter := func(name string, labels ...string) *prometheus.CounterVec {
		v := prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: "x"}, labels)
		w.registry.MustRegister(v)
		return v
	}
	w.polls = counter("kiro_worker_worksource_polls_total", "namespace", "source", "result")
	w.attempts = counter("kiro_worker_workitem_attempts_total", "namespace", "environment", "tier", "outcome", "class")
	w.locks = counter("kiro_worker_lock_operations_total", "namespace", "environment", "operation", "result")
	w.errors = counter("controller_runtime_reconcile_errors_total", "controller")
	sink := cloudwatch.New(cloud.API(t, c, (*awsapi.Clients).CloudWatch), "KiroWorker")
	put := func(context.Context) (metricsink.Sink, error) { return sink, nil }
	w.places = []counts.Place{
		{Namespace: "a", Environment: "blue", Tier: "test", Sources: []string{"board"}, Sink: put},
		{Namespace: "b", Environment: "blue", Tier: "production", Sink: put},
	}
	w.sender = counts.New(counts.Options{
		Gatherer: w.registry, Registerer: w.registry, Clock: clocktesting.NewFakeClock(now),
		Places: func(context.Context) ([]counts.Place, error) { return w.places, nil },
		Lost:   func(place string, err error) { w.lost[place] = err },
	})
	return w
}

// sent are the data that arrived since the last call, as text.
func (w *world) sent(from int) []string {
	var all []string
	for _, d := range w.cloud.Data()[from:] {
		line := fmt.Sprintf("%s %g", d.Name, d.Value)
		for _, dimension := range d.Dimensions {
			line += " " + dimension.Value
		}
		all = append(all, line)
	}
	slices.Sort(all)
	return all
}

// series is how many series a metric has.
func (w *world) series(t *testing.T, name string) int {
	t.Helper()
	families, err := w.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return len(f.GetMetric())
		}
	}
	return 0
}

// Each environment is sent its own counts, of the last minute, under its tier; what is of none is sent to all.
func TestSend(t *testing.T) {
	w := newWorld(t)
	w.polls.WithLabelValues("a", "board", "complete").Add(2)
	w.polls.WithLabelValues("a", "another", "complete").Add(5)
	w.attempts.WithLabelValues("a", "blue", "test", "WorkerLost", "infrastructure").Inc()
	w.attempts.WithLabelValues("b", "blue", "production", "Succeeded", "none").Add(0)
	w.locks.WithLabelValues("a", "blue", "acquire", "done").Add(3)
	w.locks.WithLabelValues("a", "blue", "acquire", "held").Inc()
	w.locks.WithLabelValues("a", "blue", "acquire", "failed").Inc()
	w.locks.WithLabelValues("b", "blue", "reclaim", "done").Inc()
	w.errors.WithLabelValues("workitem").Inc()
	w.sender.Send(t.Context())
	want := []string{
		"AttemptsEnded 1 test WorkerLost", "ControllerErrors 1 production", "ControllerErrors 1 test",
		"ControllerHeartbeat 1 production", "ControllerHeartbeat 1 test", "LocksAcquired 3 test", "LocksReclaimed 1 production", "LocksRefused 1 test",
		"Polls 2 test complete",
	}
	if diff := cmp.Diff(want, w.sent(0)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	before := len(w.cloud.Data())
	w.locks.WithLabelValues("a", "blue", "acquire", "done").Inc()
	w.attempts.Reset() // the environment was made again
	w.attempts.WithLabelValues("a", "blue", "test", "WorkerLost", "infrastructure").Add(0)
	w.sender.Send(t.Context())
	if diff := cmp.Diff([]string{"ControllerHeartbeat 1 production", "ControllerHeartbeat 1 test", "LocksAcquired 1 test"}, w.sent(before)); diff != "" {
		t.Errorf("in the next minute (-want +got):\n%s", diff)
	}
}

// What CloudWatch does not take is lost and counted, and no reason to send it again on top of the next.
func TestLost(t *testing.T) {
	w := newWorld(t)
	w.faults.Add(faults.Rule{Fault: faults.Fault{Status: 403, Code: "AccessDenied"}, Times: 2})
	w.sender.Send(t.Context())
	if err := w.lost["a/blue"]; err == nil {
		t.Error("nobody is told what was lost")
	}
	w.sender.Send(t.Context())
	if err := w.lost["a/blue"]; err != nil {
		t.Errorf("it is sent again: %v", err)
	}
	w.places = w.places[:1]
	w.sender.Send(t.Context())
	if got := w.series(t, "kiro_worker_cloudwatch_measurements_total"); got != 2 {
		t.Errorf("%d series, want those of the environment that is left", got)
	}
	w.places[0].Sink = func(context.Context) (metricsink.Sink, error) { return nil, errors.New("no role") }
	w.sender.Send(t.Context())
	if err := w.lost["a/blue"]; err == nil {
		t.Error("an environment whose role cannot be assumed is not told of")
	}
}
