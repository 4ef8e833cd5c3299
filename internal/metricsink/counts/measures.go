// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package counts

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"github.com/kiro-worker/kiro-worker/internal/metrics"
	"github.com/kiro-worker/kiro-worker/internal/metricsink"
)

// Heartbeat is the measurement that is sent whatever happened. docs/monitoring.md lists all.
const Heartbeat = "ControllerHeartbeat"

// dimEnvironment is the tier, as in the worker's measurements.
const dimEnvironment = "Environment"

// measure is how one of the process's counters is sent.
type measure struct {
	name    string
	counter string
	// where are the values of a label that are counted; nil is all.
	where map[string][]string
	// by is the label that becomes a dimension, and the dimension; empty is none.
	by, dimension string
}

// measures are what is sent beside the heartbeat, if it was counted.
var measures = []measure{
	{name: "Polls", counter: "kiro_worker_worksource_polls_total", by: metrics.LabelResult, dimension: "Result"},
	{name: "LocksAcquired", counter: "kiro_worker_lock_operations_total", where: map[string][]string{metrics.LabelOperation: {"acquire"}, metrics.LabelResult: {"done"}}},
	{name: "LocksRefused", counter: "kiro_worker_lock_operations_total", where: map[string][]string{metrics.LabelOperation: {"acquire"}, metrics.LabelResult: {"held", "foreign"}}},
	{name: "LocksReclaimed", counter: "kiro_worker_lock_operations_total", where: map[string][]string{metrics.LabelOperation: {"reclaim"}, metrics.LabelResult: {"done"}}},
	{name: "AttemptsEnded", counter: "kiro_worker_workitem_attempts_total", by: metrics.LabelOutcome, dimension: "Outcome"},
	// Of no environment, and so of all.
	{name: "ControllerErrors", counter: "controller_runtime_reconcile_errors_total"},
}

// place is whose a count is: an environment's, a source's, or with neither all environments'.
type place struct{ namespace, environment, source string }

// counted is one count of a measure.
type counted struct {
	measure int
	of      place
	value   string // of the dimension
}

type totals map[counted]float64

// read adds up what the process has counted.
func read(gatherer prometheus.Gatherer) (totals, error) {
	families, err := gatherer.Gather()
	if err != nil && len(families) == 0 {
		return nil, fmt.Errorf("reading what was counted: %w", err)
	}
	byName := map[string]*dto.MetricFamily{}
	for _, f := range families {
		byName[f.GetName()] = f
	}
	all := totals{}
	for n, m := range measures {
		for _, series := range byName[m.counter].GetMetric() {
			labels := map[string]string{}
			for _, l := range series.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if m.counts(labels) {
				all[counted{measure: n, value: labels[m.by], of: place{
					labels[metrics.LabelNamespace], labels[metrics.LabelEnvironment], labels[metrics.LabelSource],
				}}] += series.GetCounter().GetValue()
			}
		}
	}
	return all, nil
}

func (m measure) counts(labels map[string]string) bool {
	for label, values := range m.where {
		if !slices.Contains(values, labels[label]) {
			return false
		}
	}
	return true
}

// measurements are what is sent for an environment: the heartbeat, and what was counted since the last time.
func measurements(p Place, now, last totals, at time.Time) []metricsink.Datum {
	data := []metricsink.Datum{datum(p, Heartbeat, at, 1)}
	added := map[counted]float64{}
	for c, total := range now {
		if !c.of.within(p) {
			continue
		}
		more := total - last[c]
		if more < 0 {
			more = total // its object was made again
		}
		added[counted{measure: c.measure, value: c.value}] += more
	}
	for c, more := range added {
		if more > 0 {
			d := datum(p, measures[c.measure].name, at, more)
			if measures[c.measure].by != "" {
				d.Dimensions = append(d.Dimensions, metricsink.Dimension{Name: measures[c.measure].dimension, Value: c.value})
			}
			data = append(data, d)
		}
	}
	slices.SortFunc(data, func(a, b metricsink.Datum) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Dimensions[len(a.Dimensions)-1].Value, b.Dimensions[len(b.Dimensions)-1].Value))
	})
	return data
}

func datum(p Place, name string, at time.Time, value float64) metricsink.Datum {
	return metricsink.Datum{
		Name: name, Unit: metricsink.UnitCount, Value: value, Time: at, Dimensions: []metricsink.Dimension{{Name: dimEnvironment, Value: p.Tier}},
	}
}

func (of place) within(p Place) bool {
	switch {
	case of == place{}:
		return true
	case of.namespace != p.Namespace:
		return false
	case of.source != "":
		return slices.Contains(p.Sources, of.source)
	}
	return of.environment == p.Environment
}
