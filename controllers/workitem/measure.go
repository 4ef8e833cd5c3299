// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// note keeps what a step measured until the reconcile has written its status: what is dropped by a conflict is decided, and
// measured, again.
func (m *Metrics) note(item *v1alpha1.WorkItem, measure func()) {
	key := client.ObjectKeyFromObject(item)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.noted[key] = append(m.noted[key], measure)
}

// noteAttempt measures an attempt that ended.
func (m *Metrics) noteAttempt(item *v1alpha1.WorkItem, outcome policy.Outcome, now time.Time) {
	var began *metav1.MicroTime
	if a := item.Status.Attempt; a != nil {
		began = a.IntentTime
	}
	at := m.placeOf(item)
	m.note(item, func() {
		m.attempts.WithLabelValues(append(at, string(outcome.Name), classLabel(outcome.Name))...).Inc()
		if began != nil {
			observeSeconds(m.attempt, now.Sub(began.Time).Seconds(), append(at, classLabel(outcome.Name))...)
		}
		if outcome.Result != nil {
			m.measureResult(at, *outcome.Result)
		}
	})
}

// notePhases measures what CodeBuild says of a build that is over. Of one that died it is all that there is.
func (m *Metrics) notePhases(item *v1alpha1.WorkItem, b *build.Build) {
	if b == nil {
		return
	}
	at := m.placeOf(item)
	m.note(item, func() {
		for _, p := range b.Phases {
			if p.Name != "" {
				observeSeconds(m.phases, p.Seconds, append(at, p.Name)...)
			}
		}
	})
}

// noteNotification counts a notification. It is counted even if the status is not written then: it was sent.
func (m *Metrics) noteNotification(item *v1alpha1.WorkItem, kind string, err error) {
	result := resultSent
	if err != nil {
		result = resultFailed
	}
	m.notifications.WithLabelValues(append(m.placeOf(item), kind, result)...).Inc()
}

// noteStartRefusal counts a call of StartBuild that returned no build.
func (m *Metrics) noteStartRefusal(item *v1alpha1.WorkItem, reason string) {
	at := m.placeOf(item)
	m.note(item, func() { m.startRefusals.WithLabelValues(append(at, reason)...).Inc() })
}

// measureResult measures what a build reported. Its numbers come from a build, which may be hostile: a counter takes no
// negative one.
func (m *Metrics) measureResult(at []string, r contract.Result) {
	add := func(v *prometheus.CounterVec, value float64, more ...string) {
		if value > 0 {
			v.WithLabelValues(append(at, more...)...).Add(value)
		}
	}
	add(m.tasks, float64(r.Tasks.Done))
	add(m.agentSeconds, r.AgentSeconds)
	add(m.agentCredits, r.Credits)
	add(m.agentTokens, float64(r.AgentTokens))
	if r.Tests != nil {
		add(m.tests, float64(r.Tests.Passed), resultPassed)
		add(m.tests, float64(r.Tests.Failed), resultFailed)
		add(m.tests, float64(r.Tests.Skipped), resultSkipped)
	}
	if c := r.Coverage; c != nil {
		for metric, percent := range map[string]*float64{"lines": c.Lines, "functions": c.Functions, "branches": c.Branches, "statements": c.Statements} {
			if percent != nil && *percent >= 0 && *percent <= 100 {
				m.coverage.WithLabelValues(append(at, metric)...).Set(*percent / 100)
			}
		}
	}
	for _, round := range r.Rounds[:min(len(r.Rounds), contract.MaxRounds)] {
		// An end that nobody knows would be a series of a build's own making.
		end := endCutShort
		if slices.Contains(roundEnds, string(round.End)) {
			end = string(round.End)
		}
		add(m.rounds, 1, end)
	}
	for _, stage := range r.Stages {
		if stage.Known() {
			observeSeconds(m.stages, stage.Seconds, append(at, string(stage.Name))...)
		}
	}
}

// written takes over what the steps measured, and what a reconcile changed in the status, now that it is written.
func (m *Metrics) written(before, item *v1alpha1.WorkItem, now time.Time) {
	key := client.ObjectKeyFromObject(item)
	m.mu.Lock()
	noted := m.noted[key]
	delete(m.noted, key)
	m.mu.Unlock()
	for _, measure := range noted {
		measure()
	}
	at := m.placeOf(item)
	was, is := before.Condition(v1alpha1.ConditionOverdue), item.Condition(v1alpha1.ConditionOverdue)
	if is.Type != "" && is.Reason != was.Reason {
		m.overdue.WithLabelValues(append(at, is.Reason)...).Inc()
	}
	if since, locked := queuedSince(before, item); locked {
		observeSeconds(m.queued, now.Sub(since).Seconds(), at...)
		if freed, waited := m.takeSlot(item.Status.Attempt.Parameters.SlotKey, since); waited {
			observeSeconds(m.dispatched, now.Sub(freed).Seconds(), at...)
		}
	}
	if before.Status.StartTime == nil && item.Status.StartTime != nil && item.Status.ObservedTrigger != nil {
		observeSeconds(m.lead, now.Sub(item.Status.ObservedTrigger.Time).Seconds(), at...)
	}
	if !before.Finished() && item.Finished() {
		outcome := contract.Outcome(item.Condition(v1alpha1.ConditionSucceeded).Reason)
		m.outcomes.WithLabelValues(append(at, string(outcome), classLabel(outcome))...).Inc()
		if item.Status.ObservedTrigger != nil {
			observeSeconds(m.endToEnd, now.Sub(item.Status.ObservedTrigger.Time).Seconds(), append(at, classLabel(outcome))...)
		}
	}
}

// release is when an attempt's slot was released.
type release struct {
	holder  string
	attempt int32
	at      time.Time
	taken   bool
}

// slotReleased remembers when a slot was released. The same release is seen by the watcher and at the attempt's conclusion:
// the first counts, also after another has taken the slot.
func (m *Metrics) slotReleased(slotKey, holder string, attempt int32, now time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if last, ok := m.released[slotKey]; ok && last.holder == holder && last.attempt == attempt {
		return
	}
	m.released[slotKey] = release{holder: holder, attempt: attempt, at: now}
}

// takeSlot returns when a slot was released that an item has acquired, if the item was waiting for it by then.
func (m *Metrics) takeSlot(slotKey string, since time.Time) (freed time.Time, waited bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.released[slotKey]
	if !ok || r.taken {
		return time.Time{}, false
	}
	r.taken = true
	m.released[slotKey] = r
	return r.at, since.Before(r.at)
}

// dropped forgets what was measured in a reconcile whose status was not written.
func (m *Metrics) dropped(item *v1alpha1.WorkItem) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.noted, client.ObjectKeyFromObject(item))
}

// queuedSince is since when an item waited that has acquired its lock between two looks at it: since it entered the queue,
// or, if its turn came at once, since it was accepted.
func queuedSince(before, item *v1alpha1.WorkItem) (since time.Time, locked bool) {
	a, was := item.Status.Attempt, before.Status.Attempt
	if a == nil || !item.IsTrue(v1alpha1.ConditionLocked) || (was != nil && was.Number == a.Number) {
		return time.Time{}, false
	}
	if q := before.Status.Queue; q != nil && q.Since != nil {
		return q.Since.Time, true
	}
	accepted := item.Condition(v1alpha1.ConditionAccepted)
	return accepted.LastTransitionTime.Time, accepted.Type != ""
}

// observeSeconds observes a duration. Two clocks may differ by a moment, and nothing takes less than no time.
func observeSeconds(v *prometheus.HistogramVec, seconds float64, labels ...string) {
	v.WithLabelValues(labels...).Observe(max(seconds, 0))
}
