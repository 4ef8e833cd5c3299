// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package cloudwatch_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/cloudwatch"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/cloud"
	"github.com/kiro-worker/kiro-worker/internal/metricsink"
	"github.com/kiro-worker/kiro-worker/internal/metricsink/cloudwatch"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func serve(t *testing.T) (*emulator.Emulator, *faults.Injector, awsapi.CloudWatch) {
	t.Helper()
	c := cloud.New(t, cloud.Options{Clock: clocktesting.NewFakePassiveClock(now)})
	return c.CloudWatch, c.Faults, cloud.API(t, c, (*awsapi.Clients).CloudWatch)
}

func TestPut(t *testing.T) {
	e, _, api := serve(t)
	err := cloudwatch.New(api, "KiroWorker").Put(t.Context(), []metricsink.Datum{
		{Name: "Duration", Unit: metricsink.UnitSeconds, Value: 12.5, Time: now.Add(-time.Minute),
			Dimensions: []metricsink.Dimension{{Name: "Environment", Value: "test"}, {Name: "Empty"}}},
		{Name: "Tasks", Unit: metricsink.UnitCount, Value: 3},
		{Name: "Coverage", Unit: metricsink.UnitPercent, Value: math.NaN()},
	})
	if fault.CodeOf(err) != fault.CodeInvalidRequest {
		t.Errorf("what was left out is in the error; got %v", err)
	}
	want := []emulator.Datum{
		{Namespace: "KiroWorker", Name: "Duration", Unit: "Seconds", Value: 12.5, Time: now.Add(-time.Minute),
			Dimensions: []emulator.Dimension{{Name: "Environment", Value: "test"}}},
		{Namespace: "KiroWorker", Name: "Tasks", Unit: "Count", Value: 3, Time: now},
	}
	if diff := cmp.Diff(want, e.Data()); diff != "" {
		t.Errorf("one bad measurement must not take the others with it:\n%s", diff)
	}
}

func TestMany(t *testing.T) {
	e, injector, api := serve(t)
	data := make([]metricsink.Datum, 2500)
	for i := range data {
		data[i] = metricsink.Datum{Name: fmt.Sprint("n", i), Unit: metricsink.UnitCount, Value: float64(i)}
	}
	if err := cloudwatch.New(api, "KiroWorker").Put(t.Context(), data); err != nil {
		t.Fatal(err)
	}
	if calls := injector.Calls(emulator.Service, "PutMetricData"); calls != 3 || len(e.Data()) != 2500 {
		t.Errorf("%d data in %d calls", len(e.Data()), calls)
	}
	if err := cloudwatch.New(api, "KiroWorker").Put(t.Context(), nil); err != nil || injector.Calls("", "") != 3 {
		t.Errorf("nothing to send is no call: %v", err)
	}
}

func TestErrors(t *testing.T) {
	tests := map[string]struct {
		why       string
		namespace string
		time      time.Time
		fault     *faults.Fault
		want      fault.Code
		terminal  bool
	}{
		"Namespace": {why: "AWS keeps some for itself", namespace: "AWS/x", want: fault.CodeInvalidRequest, terminal: true},
		"Too old":   {why: "CloudWatch takes two weeks", time: now.AddDate(0, 0, -15), want: fault.CodeInvalidRequest, terminal: true},
		"Denied":    {why: "a permission is missing", fault: &faults.Fault{Status: 403, Code: "AccessDenied"}, want: fault.CodeAccessDenied, terminal: true},
		"Throttled": {why: "it passes", fault: &faults.Fault{Status: 400, Code: "Throttling"}, want: fault.CodeRateLimited},
		"Down":      {why: "it passes", fault: &faults.Fault{Status: 500, Code: "InternalServiceFault"}, want: fault.CodeUnreachable},
		"Web page":  {why: "a proxy keeps no measurements", fault: &faults.Fault{NotJSON: true, Status: 200}, want: fault.CodeInvalidAnswer},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // the SDK's own waits between tries take a second or two
			_, injector, api := serve(t)
			if tc.fault != nil {
				injector.Add(faults.Rule{Fault: *tc.fault})
			}
			namespace := tc.namespace
			if namespace == "" {
				namespace = "KiroWorker"
			}
			err := cloudwatch.New(api, namespace).Put(t.Context(), []metricsink.Datum{{Name: "a", Unit: metricsink.UnitCount, Time: tc.time}})
			if err == nil || fault.CodeOf(err) != tc.want || fault.IsTerminal(err) != tc.terminal {
				t.Errorf("%s: got %v (code %q)", tc.why, err, fault.CodeOf(err))
			}
		})
	}
}
