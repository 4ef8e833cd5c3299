// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	tableemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
)

func withBudget(e *v1alpha1.WorkEnvironment) {
	e.Spec.Budget = &v1alpha1.Budget{
		PerDay: &v1alpha1.BudgetAmounts{Builds: ptr.To[int32](40), Minutes: ptr.To[int32](600)}, PerMonth: &v1alpha1.BudgetAmounts{Credits: ptr.To[int32](100)},
	}
}

func TestWhatIsUsedOfTheBudget(t *testing.T) {
	w := newWorld(t)
	w.environment(withBudget)
	w.reconcile()
	unused := w.get().Status.Budget
	if unused == nil || unused.Day == nil || unused.Month == nil || unused.Day.Builds != 0 {
		t.Fatalf("an unused budget is shown as %+v", unused)
	}
	scope := contract.ProjectScope(w.get().Status.ProjectARN)
	must(t, w.tables.PutRow("locks", tableemulator.Row{
		contract.AttrLockKey: tableemulator.String(contract.DayKey(scope, epoch)), contract.AttrBuilds: {"N": "3"}, contract.AttrSeconds: {"N": "661"},
		contract.AttrCredits: {"N": "12400"}, contract.AttrOpen: {"SS": []any{"L1 1 600 0"}},
	}))
	got := w.after(30 * time.Second).Status.Budget
	want := &v1alpha1.PeriodUsage{
		Period: epoch.UTC().Format(time.DateOnly), Usage: v1alpha1.Usage{Builds: 3, Minutes: 12, Credits: "12.4"}, Running: 1, NextTime: metav1.NewTime(contract.NextDay(epoch)),
	}
	if diff := cmp.Diff(want, got.Day); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	e := w.get()
	e.Spec.Budget = nil
	must(t, w.client.Update(t.Context(), e))
	if got := w.after(30 * time.Second).Status.Budget; got != nil {
		t.Errorf("without a budget it shows %+v", got)
	}
}

func TestBudgetGauges(t *testing.T) {
	e := checked(withBudget)
	if got := budgetGauges(e); got != nil {
		t.Errorf("before anything is known: %v", got)
	}
	e.Status.Budget = &v1alpha1.BudgetStatus{
		Day: &v1alpha1.PeriodUsage{Usage: v1alpha1.Usage{Builds: 3, Minutes: 12}}, Month: &v1alpha1.PeriodUsage{Usage: v1alpha1.Usage{Credits: "12.4"}},
	}
	want := []budgetGauge{{"day", "builds", 3, 40}, {"day", "minutes", 12, 600}, {"month", "credits", 12.4, 100}}
	if diff := cmp.Diff(want, budgetGauges(e), cmp.AllowUnexported(budgetGauge{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
