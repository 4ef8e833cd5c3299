// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/reporting"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/metrics"
)

const (
	// labelDeadline is a reason of the Overdue condition.
	labelDeadline = "deadline"
	// labelStage is one of the worker's stages.
	labelStage = "stage"
	// labelMetric is what coverage is measured of.
	labelMetric = "metric"
	// labelEnd is what became of a repair round.
	labelEnd = "end"
	// labelType is a notification's: a rule's type, or dead_letter.
	labelType = "type"
)

// The values of result, for tests and for notifications.
const (
	resultSent    = "sent"
	resultPassed  = "passed"
	resultFailed  = "failed"
	resultSkipped = "skipped"
)

// endCutShort is the end of a repair round that has none: the build was cut short in it.
const endCutShort = "CutShort"

// roundEnds are the values of end.
var roundEnds = []string{
	string(contract.RoundRepaired), string(contract.RoundRed), string(contract.RoundUnchanged), string(contract.RoundRefused), string(contract.RoundFailed), endCutShort,
}

// deadlines are the reasons of Overdue.
var deadlines = []string{v1alpha1.ReasonAcceptanceOverdue, v1alpha1.ReasonQueueOverdue, v1alpha1.ReasonConcludingOverdue}

// Metrics are the work item controller's own. The package's doc lists them.
type Metrics struct {
	outcomes, attempts, overdue, startRefusals *prometheus.CounterVec
	tests, tasks, rounds, notifications        *prometheus.CounterVec
	agentSeconds, agentCredits, agentTokens    *prometheus.CounterVec
	queued, lead, attempt, endToEnd            *prometheus.HistogramVec
	dispatched, stages, phases                 *prometheus.HistogramVec
	coverage                                   *prometheus.GaugeVec
	statusWrites                               prometheus.Counter
	series                                     metrics.Series

	mu sync.Mutex
	// tiers are the environments that exist. What has no environment any more is counted under no name.
	tiers map[types.NamespacedName]string
	// released is the last release of each slot, by the slot's key. There are as many as slots.
	released map[string]release
	// noted is what reconciles measured that have not written their status yet.
	noted map[types.NamespacedName][]func()
}

// place are the labels of what happens in an environment.
var place = []string{metrics.LabelNamespace, metrics.LabelEnvironment, metrics.LabelTier}

func with(more ...string) []string { return append(append([]string{}, place...), more...) }

// NewMetrics makes the metrics and registers them.
func NewMetrics(registry prometheus.Registerer) *Metrics {
	counter := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: "kiro_worker_workitem_" + name, Help: help}, with(labels...))
	}
	duration := func(name, help string, labels ...string) *prometheus.HistogramVec {
		return metrics.Durations("kiro_worker_workitem_"+name, help, metrics.Waits, with(labels...)...)
	}
	m := &Metrics{
		outcomes:      counter("outcomes_total", "Work items that ended, by outcome and by whose failure it is: work, infrastructure, none.", metrics.LabelOutcome, metrics.LabelClass),
		attempts:      counter("attempts_total", "Attempts that ended, by outcome and by whose failure it is: work, infrastructure, none.", metrics.LabelOutcome, metrics.LabelClass),
		overdue:       counter("overdue_total", "Waits that became longer than they should be, by deadline.", labelDeadline),
		startRefusals: counter("start_refusals_total", "Calls of StartBuild that returned no build, by reason.", metrics.LabelReason),
		tests:         counter("tests_total", "Test cases of attempts that ended, by result: passed, failed, skipped.", metrics.LabelResult),
		tasks:         counter("tasks_done_total", "Tasks of specs that attempts which ended had done."),
		agentSeconds:  counter("agent_seconds_total", "What the agent says that it worked, in attempts that ended."),
		agentCredits:  counter("agent_credits_total", "What the agent says that its work cost, in its own credits, in attempts that ended."),
		agentTokens:   counter("agent_tokens_total", "Tokens that the agent says went in and out, what was read from a cache among them, in attempts that ended."),
		rounds:        counter("repair_rounds_total", "Repair rounds of attempts that ended, by what became of them: Repaired, StillRed, Unchanged, Refused, AgentFailed, CutShort.", labelEnd),
		notifications: counter("notifications_total", "Notifications of ended items and entries in the dead-letter queue, by type, and by result: sent, failed.", labelType, metrics.LabelResult),
		queued:        duration("queue_seconds", "From an item's acceptance, or its entry into the queue, to its lock."),
		dispatched:    duration("dispatch_seconds", "From a slot's release to the lock of the item that took it, where the item was waiting by then."),
		lead:          duration("lead_seconds", "From the trigger to the first lock: how long a person waits before anything happens."),
		attempt:       duration("attempt_seconds", "From the decision to start a build to the attempt's end.", metrics.LabelClass),
		endToEnd:      duration("end_to_end_seconds", "From the trigger to the item's end, all attempts included.", metrics.LabelClass),
		stages:        duration("stage_seconds", "What a stage of the worker took, as the build reported it.", labelStage),
		phases:        duration("build_phase_seconds", "What a phase of the build took, as CodeBuild says; also of builds whose worker reported nothing.", labelPhase),
		coverage: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "kiro_worker_workitem_coverage_ratio", Help: "Test coverage that the last attempt with a measurement had, by metric: lines, functions, branches, statements.",
		}, with(labelMetric)),
		statusWrites: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "kiro_worker_workitem_status_writes_total", Help: "Status writes, over all work items.",
		}),
		tiers: map[types.NamespacedName]string{}, released: map[string]release{}, noted: map[types.NamespacedName][]func(){},
	}
	m.series = metrics.Series{
		m.outcomes, m.attempts, m.overdue, m.startRefusals, m.tests, m.tasks, m.agentSeconds, m.agentCredits, m.agentTokens, m.rounds, m.notifications,
		m.queued, m.dispatched, m.lead, m.attempt, m.endToEnd, m.stages, m.phases, m.coverage,
	}
	m.series.Register(registry)
	registry.MustRegister(m.statusWrites)
	return m
}

// know learns of an environment and has its counters begin at zero: what appears with its first count has no increase. A
// changed tier is another series.
func (m *Metrics) know(environment *v1alpha1.WorkEnvironment) {
	key, tier := types.NamespacedName{Namespace: environment.Namespace, Name: environment.Name}, string(environment.Spec.Tier)
	m.mu.Lock()
	was, known := m.tiers[key]
	m.tiers[key] = tier
	m.mu.Unlock()
	switch {
	case known && was == tier:
		return
	case known:
		m.dropSeries(key)
	}
	at := []string{key.Namespace, key.Name, tier}
	for _, deadline := range deadlines {
		m.overdue.WithLabelValues(append(at, deadline)...)
	}
	for _, outcome := range contract.AllOutcomes {
		m.outcomes.WithLabelValues(append(at, string(outcome), classLabel(outcome))...)
		m.attempts.WithLabelValues(append(at, string(outcome), classLabel(outcome))...)
	}
	for _, result := range []string{resultPassed, resultFailed, resultSkipped} {
		m.tests.WithLabelValues(append(at, result)...)
	}
	for _, end := range roundEnds {
		m.rounds.WithLabelValues(append(at, end)...)
	}
	for _, kind := range reporting.Kinds {
		for _, result := range []string{resultSent, resultFailed} {
			m.notifications.WithLabelValues(append(at, kind, result)...)
		}
	}
	for _, stage := range contract.Stages {
		m.stages.WithLabelValues(append(at, string(stage))...)
	}
	for _, class := range []string{string(contract.ClassWork), string(contract.ClassInfrastructure), classNone} {
		m.attempt.WithLabelValues(append(at, class)...)
		m.endToEnd.WithLabelValues(append(at, class)...)
	}
	for _, v := range []*prometheus.HistogramVec{m.queued, m.dispatched, m.lead} {
		v.WithLabelValues(at...)
	}
	for _, v := range []*prometheus.CounterVec{m.tasks, m.agentSeconds, m.agentCredits, m.agentTokens} {
		v.WithLabelValues(at...)
	}
}

// forget drops the series of an environment that is gone.
func (m *Metrics) forget(environment types.NamespacedName) {
	m.mu.Lock()
	delete(m.tiers, environment)
	m.mu.Unlock()
	m.dropSeries(environment)
}

func (m *Metrics) dropSeries(environment types.NamespacedName) {
	m.series.Forget(prometheus.Labels{metrics.LabelNamespace: environment.Namespace, metrics.LabelEnvironment: environment.Name})
}

// placeOf are the values of the labels of an item's environment. One that does not exist any more has no name here: its
// series would never go.
func (m *Metrics) placeOf(item *v1alpha1.WorkItem) []string {
	key := types.NamespacedName{Namespace: item.Namespace, Name: item.Spec.EnvironmentRef.Name}
	m.mu.Lock()
	defer m.mu.Unlock()
	if tier, ok := m.tiers[key]; ok {
		return []string{key.Namespace, key.Name, tier}
	}
	return []string{"", "", ""}
}

// classNone is nobody's failure.
const classNone = "none"

// classLabel is whose failure an outcome is.
func classLabel(outcome contract.Outcome) string {
	if class := outcome.Class(); class != contract.ClassNone {
		return string(class)
	}
	return classNone
}
