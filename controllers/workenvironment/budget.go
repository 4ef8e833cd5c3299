// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"context"
	"fmt"
	"strconv"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// budgetStep reads what is used of the environment's budget, over every cluster that shares the project.
type budgetStep struct {
	tables Tables
	now    time.Time
}

func (budgetStep) Condition() string { return v1alpha1.ConditionLockTableReady }

func (s budgetStep) Reconcile(ctx context.Context, environment *v1alpha1.WorkEnvironment) (reconcile.Result, error) {
	budget, project := environment.Spec.Budget, environment.Status.ProjectARN
	if !budget.Day().Set() && !budget.Month().Set() {
		environment.Status.Budget = nil
		return reconcile.Done(), nil
	}
	if project == "" || !tableUsable(environment) {
		return reconcile.Done(), nil
	}
	table, err := s.tables.LockReader(ctx, environment.Namespace, environment.Spec.LockAccess(), environment.Spec.Lock.TableName)
	if err != nil {
		return reconcile.Result{}, fmt.Errorf("reaching the lock table: %w", err)
	}
	scope := contract.ProjectScope(project)
	day, month := contract.DayKey(scope, s.now), contract.MonthKey(scope, s.now)
	drawn, err := table.Drawn(ctx, []string{day, month}, "")
	if err != nil {
		return reconcile.Result{}, err
	}
	status := &v1alpha1.BudgetStatus{}
	if budget.Day().Set() {
		status.Day = periodUsage(s.now.UTC().Format(time.DateOnly), drawn[day], contract.NextDay(s.now))
	}
	if budget.Month().Set() {
		status.Month = periodUsage(s.now.UTC().Format("2006-01"), drawn[month], contract.NextMonth(s.now))
	}
	environment.Status.Budget = status
	return reconcile.Done(), nil
}

func periodUsage(period string, d lock.Drawn, next time.Time) *v1alpha1.PeriodUsage {
	return &v1alpha1.PeriodUsage{
		Period: period, Running: int32(d.Open), NextTime: metav1.NewTime(next), //nolint:gosec // as many as attempts at once
		Usage: v1alpha1.Usage{Builds: d.Builds, Minutes: d.Minutes(), Credits: d.Credits()},
	}
}

// budgetGauge is one part of a budget.
type budgetGauge struct {
	period, unit string
	used, limit  float64
}

// budgetGauges are the parts of the environment's budget that bound something.
func budgetGauges(environment *v1alpha1.WorkEnvironment) []budgetGauge {
	status := environment.Status.Budget
	if status == nil {
		return nil
	}
	var gauges []budgetGauge
	for _, p := range []struct {
		period string
		used   *v1alpha1.PeriodUsage
		limit  *v1alpha1.BudgetAmounts
	}{{"day", status.Day, environment.Spec.Budget.Day()}, {"month", status.Month, environment.Spec.Budget.Month()}} {
		if p.used == nil || p.limit == nil {
			continue
		}
		credits, _ := strconv.ParseFloat(p.used.Credits, 64) // empty is none
		for _, unit := range []struct {
			name  string
			used  float64
			limit *int32
		}{{"builds", float64(p.used.Builds), p.limit.Builds}, {"minutes", float64(p.used.Minutes), p.limit.Minutes}, {"credits", credits, p.limit.Credits}} {
			if unit.limit != nil {
				gauges = append(gauges, budgetGauge{p.period, unit.name, unit.used, float64(*unit.limit)})
			}
		}
	}
	return gauges
}
