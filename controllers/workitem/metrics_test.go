// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

var measuredAt = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func environmentNamed(name string) *v1alpha1.WorkEnvironment {
	return &v1alpha1.WorkEnvironment{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: name}, Spec: v1alpha1.WorkEnvironmentSpec{Tier: v1alpha1.TierTest},
	}
}

func measuredItem(environment string, n int) *v1alpha1.WorkItem {
	return &v1alpha1.WorkItem{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: fmt.Sprintf("item-%d", n)},
		Spec: v1alpha1.WorkItemSpec{
			EnvironmentRef: v1alpha1.LocalObjectReference{Name: environment}, Branch: fmt.Sprintf("feature/%d", n),
			Card: &v1alpha1.Card{Provider: "github", ID: fmt.Sprintf("PVTI_%d", n)},
		},
	}
}

// An item's whole way is measured: its queue, its attempt with what the build reported, its end.
func TestAnItemIsMeasured(t *testing.T) {
	registry := prometheus.NewRegistry()
	m := NewMetrics(registry)
	m.know(environmentNamed("blue"))
	item := measuredItem("blue", 1)
	trigger := metav1.NewTime(measuredAt.Add(-time.Hour))
	item.Status.ObservedTrigger = &trigger
	item.Status.Queue = &v1alpha1.QueuePosition{Since: ptr.To(metav1.NewTime(measuredAt.Add(-10 * time.Minute)))}

	locked := item.DeepCopy()
	locked.Status.Queue, locked.Status.StartTime = nil, ptr.To(metav1.NewTime(measuredAt))
	locked.Status.Attempt = &v1alpha1.Attempt{Number: 1, IntentTime: ptr.To(metav1.NewMicroTime(measuredAt))}
	locked.Status.Attempt.Parameters.SlotKey = "slot#0"
	m.slotReleased("slot#0", "another", 1, measuredAt.Add(-3*time.Second))
	conditionsOf(measuredAt, locked).True(v1alpha1.ConditionLocked, v1alpha1.ReasonLockAcquired, "")
	m.noteStartRefusal(locked, v1alpha1.ReasonCapacity)
	m.written(item, locked, measuredAt)

	end := measuredAt.Add(20 * time.Minute)
	ended := locked.DeepCopy()
	m.notePhases(ended, &build.Build{Phases: build.Phases{{Name: "PROVISIONING", Seconds: 36}}})
	m.noteAttempt(ended, policy.Outcome{Name: contract.OutcomeTestsFailed, Result: &contract.Result{
		Tasks: contract.Tasks{Done: 3, Total: 4}, AgentSeconds: 90, Credits: 2.5, Tests: &contract.Tests{Total: 6, Passed: 5, Failed: 1, Skipped: -3},
		Coverage: &contract.Coverage{Lines: ptr.To(87.5), Branches: ptr.To(4000.0)},
		Stages: []contract.StageTime{
			{Name: contract.StageAgent, Seconds: 100}, {Name: contract.StageTest, Seconds: -1}, {Name: "made up by a hostile build", Seconds: 1},
		},
	}}, end)
	finish(ended, policy.Outcome{Name: contract.OutcomeTestsFailed}, end)
	m.written(locked, ended, end)
	m.noteNotification(ended, "sns", nil)
	m.noteNotification(ended, "dead_letter", errors.New("denied"))

	want := map[string]float64{
		"queue_seconds": 600, "dispatch_seconds": 3, "lead_seconds": 3600, "start_refusals_total Capacity": 1,
		"attempts_total work TestsFailed": 1, "attempt_seconds work": 1200, "build_phase_seconds PROVISIONING": 36,
		"outcomes_total work TestsFailed": 1, "end_to_end_seconds work": 4800,
		"tasks_done_total": 3, "agent_seconds_total": 90, "agent_credits_total": 2.5, "tests_total passed": 5, "tests_total failed": 1,
		"coverage_ratio lines": 0.875, "stage_seconds agent": 100,
		"notifications_total sent sns": 1, "notifications_total failed dead_letter": 1,
	}
	if diff := cmp.Diff(want, measuredValues(t, registry)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// The wait for a slot is measured from its release, once, and only where somebody was waiting.
func TestDispatchIsMeasured(t *testing.T) {
	m := NewMetrics(prometheus.NewRegistry())
	take := func(since time.Time) string {
		freed, waited := m.takeSlot("slot", since)
		return fmt.Sprint(freed.Sub(measuredAt).Seconds(), waited)
	}
	if _, waited := m.takeSlot("slot", measuredAt); waited {
		t.Error("nobody released the slot")
	}
	m.slotReleased("slot", "a", 1, measuredAt.Add(10*time.Second))
	m.slotReleased("slot", "a", 1, measuredAt.Add(15*time.Second)) // the same release, seen again
	if got := take(measuredAt); got != "10 true" {
		t.Errorf("the first look counts: %s", got)
	}
	m.slotReleased("slot", "a", 1, measuredAt.Add(20*time.Second)) // and once more, after another took it
	if got := take(measuredAt); got == "20 true" {
		t.Errorf("an old release was counted for a later item: %s", got)
	}
	m.slotReleased("slot", "b", 1, measuredAt.Add(100*time.Second))
	if got := take(measuredAt.Add(200 * time.Second)); got != "100 false" {
		t.Errorf("an item that came later did not wait: %s", got)
	}
}

// What a reconcile measured that lost against another writer is decided, and measured, again: it must not count twice.
func TestALostWriteMeasuresNothing(t *testing.T) {
	registry := prometheus.NewRegistry()
	m := NewMetrics(registry)
	m.know(environmentNamed("blue"))
	item := measuredItem("blue", 1)
	for range 3 {
		m.noteAttempt(item, policy.Outcome{Name: contract.OutcomeBuildFault}, measuredAt)
		m.dropped(item)
	}
	m.noteAttempt(item, policy.Outcome{Name: contract.OutcomeBuildFault}, measuredAt)
	m.written(item, item, measuredAt)
	if diff := cmp.Diff(map[string]float64{"attempts_total infrastructure BuildFault": 1}, measuredValues(t, registry)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// Ten thousand items make as many series as one does, and none of them stays when the environment goes.
func TestSeriesDoNotGrowWithItems(t *testing.T) {
	registry := prometheus.NewRegistry()
	m := NewMetrics(registry)
	m.know(environmentNamed("blue"))
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	list := &v1alpha1.WorkItemList{}
	use := func(n int) {
		item := measuredItem("blue", n)
		item.Status.Phase = phases[n%len(phases)]
		list.Items = append(list.Items, *item)
		outcome := policy.Outcome{Name: contract.AllOutcomes[n%len(contract.AllOutcomes)], Result: &contract.Result{Tests: &contract.Tests{Failed: 1}}}
		m.noteAttempt(item, outcome, measuredAt)
		after := item.DeepCopy()
		finish(after, outcome, measuredAt)
		m.written(item, after, measuredAt)
	}
	for n := range 100 {
		use(n)
	}
	few := len(seriesOf(t, registry))
	for n := range 9_900 {
		use(100 + n)
	}
	if many := len(seriesOf(t, registry)); many != few {
		t.Errorf("100 items made %d series, 10,000 made %d", few, many)
	}
	m.forget(types.NamespacedName{Namespace: "team", Name: "blue"})
	for _, s := range seriesOf(t, registry) {
		if strings.Contains(s, "blue") {
			t.Errorf("the environment is gone, and there is %s", s)
		}
	}
	use(10_000) // an item that ends after its environment
	for _, s := range seriesOf(t, registry) {
		if strings.Contains(s, "blue") {
			t.Errorf("the environment is gone, and an item brought back %s", s)
		}
	}

	c := fake.NewClientBuilder().WithScheme(scheme).WithLists(&v1alpha1.WorkItemList{Items: list.Items[:10_000]}).WithObjects(environmentNamed("blue")).Build()
	objects := prometheus.NewRegistry()
	objects.MustRegister(NewInventory(objects, c))
	if n := len(seriesOf(t, objects)); n != len(phases)+len(deadlines) {
		t.Errorf("10,000 items make %d series of what there is, want %d", n, len(phases)+len(deadlines))
	}
}

// An environment that is given another tier has series of its own from then on; one that merely changed does not.
func TestSeriesFollowTheTier(t *testing.T) {
	registry := prometheus.NewRegistry()
	m := NewMetrics(registry)
	e := environmentNamed("blue")
	m.know(e)
	item := measuredItem("blue", 1)
	m.noteAttempt(item, policy.Outcome{Name: contract.OutcomeBuildFault}, measuredAt)
	m.written(item, item, measuredAt)
	m.know(e)
	if len(measuredValues(t, registry)) != 1 {
		t.Error("a count was lost although the tier is the same")
	}
	e.Spec.Tier = v1alpha1.TierProduction
	m.know(e)
	for _, s := range seriesOf(t, registry) {
		if strings.Contains(s, "tier=test") {
			t.Errorf("there is still %s", s)
		}
	}
}

func TestInventory(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	running, late := measuredItem("blue", 1), measuredItem("blue", 2)
	running.Status.Phase = v1alpha1.PhaseRunning
	running.Status.Attempt = &v1alpha1.Attempt{Number: 1, IntentTime: ptr.To(metav1.NewMicroTime(measuredAt))}
	late.Status.Phase = v1alpha1.PhaseQueued
	late.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionOverdue, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonQueueOverdue}}
	c := fake.NewClientBuilder().WithScheme(scheme).
		WithObjects(environmentNamed("blue"), environmentNamed("empty"), running, late, measuredItem("blue", 3), measuredItem("no such", 4)).Build()
	registry := prometheus.NewRegistry()
	registry.MustRegister(NewInventory(registry, c))
	want := map[string]float64{
		"items/blue/Running": 1, "items/blue/Queued": 1, "items/blue/Pending": 1, "items//Pending": 1, "overdue/blue/QueueOverdue": 1,
		"oldest_attempt_timestamp_seconds/blue/": float64(measuredAt.Unix()),
	}
	got := map[string]float64{}
	for _, f := range mustGather(t, registry) {
		for _, metric := range f.GetMetric() {
			labels := map[string]string{}
			for _, l := range metric.GetLabel() {
				labels[l.GetName()] = l.GetValue()
			}
			if v := metric.GetGauge().GetValue(); v > 0 {
				got[strings.TrimPrefix(f.GetName(), "kiro_worker_workitem_")+"/"+labels["environment"]+"/"+labels["phase"]+labels["deadline"]] = v
			}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// What appears with its first count has no increase: an environment's counters are there from its start. Which refusals of
// StartBuild there may be is CodeBuild's to say.
func TestCountersBeginAtZero(t *testing.T) {
	registry := prometheus.NewRegistry()
	NewMetrics(registry).know(environmentNamed("blue"))
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{"kiro_worker_workitem_start_refusals_total": true}
	for _, f := range families {
		there[f.GetName()] = true
	}
	described := make(chan *prometheus.Desc, 100)
	for _, v := range NewMetrics(prometheus.NewRegistry()).series {
		if _, counts := v.(*prometheus.CounterVec); counts {
			v.Describe(described)
		}
	}
	close(described)
	for d := range described {
		_, name, _ := strings.Cut(d.String(), `fqName: "`)
		if name, _, _ = strings.Cut(name, `"`); !there[name] {
			t.Errorf("%s is not there before its first count", name)
		}
	}
}
