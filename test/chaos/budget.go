// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"math/rand/v2"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// budgetStream tells the random numbers of this file from the seed's others, so that the seeds without budgets have the history that
// they had before there were any.
const budgetStream = 0xb0

// planBudgets gives the environments of a project one budget of builds a day. A day does not end in a simulation.
func (s *simulation) planBudgets() {
	random := rand.New(rand.NewPCG(s.seed, budgetStream))
	if random.Float64() >= 0.3 {
		return
	}
	for _, a := range s.accounts {
		most := int32(1 + random.IntN(6))
		s.invariants.budgets[a.arn] = int64(most)
		for _, c := range s.clusters {
			if c.account == a {
				c.budgeted = true
				c.env.Spec.Budget = &v1alpha1.Budget{PerDay: &v1alpha1.BudgetAmounts{Builds: &most}}
			}
		}
	}
}

// raiseBudgets is what people do once the faults have ended: what waits for another day goes on.
func (s *simulation) raiseBudgets() {
	for _, c := range s.clusters {
		if c.gone || c.env == nil || c.env.Spec.Budget == nil {
			continue
		}
		env := c.env.DeepCopy()
		env.Spec.Budget = nil
		s.say("%s: the budget is taken away", c.name)
		delete(s.invariants.budgets, c.account.arn)
		c.putEnvironment(env)
	}
}

// budgetChanged checks the row of a budget.
func (t *invariants) budgetChanged(key string, next attrs) {
	for project, most := range t.budgets {
		if drawn := numberOf(next[contract.AttrBuilds]); strings.Contains(key, project) && drawn > most && !t.s.restored {
			t.s.fail(&t.s.counts.Double, "%s has %d builds drawn, of %d", key, drawn, most)
		}
	}
	if drawn := numberOf(next[contract.AttrBuilds]); drawn < 0 {
		t.s.fail(&t.s.counts.Lost, "%s has %d builds drawn: something was given back twice", key, drawn)
	}
}

// budgetUsed checks that no more builds have ever worked than the budget of their project allows: each has claimed a lock once.
func (t *invariants) budgetUsed(r *run, project string) {
	if t.worked[project] == nil {
		t.worked[project] = map[string]bool{}
	}
	t.worked[project][r.lockID] = true
	if most, ok := t.budgets[project]; ok && int64(len(t.worked[project])) > most && !t.s.restored {
		t.s.fail(&t.s.counts.Double, "%d builds have worked in project %s, of %d that its budget allows", len(t.worked[project]), project, most)
	}
}

// overBudget reports whether an item says that it waits for a budget.
func overBudget(item *v1alpha1.WorkItem) bool {
	return item.Condition(v1alpha1.ConditionLocked).Reason == v1alpha1.ReasonBudgetExhausted
}

// settled checks, in the end of a history without faults, that nothing is still set aside.
func (s *simulation) settled() {
	if !s.calm {
		return
	}
	for _, key := range s.rowKeys() {
		if open, ok := s.table.rows[key][contract.AttrOpen].(*types.AttributeValueMemberSS); ok && len(open.Value) > 0 {
			s.fail(&s.counts.Lost, "%s still has %v set aside", key, open.Value)
		}
	}
}

// unbounded draws from budgets whatever they allow.
func unbounded(_ int, condition, update *string) {
	if strings.Contains(*update, "ADD #open") {
		*condition = always
	}
}

// unreserved sets no build aside, so that only what is over counts.
func unreserved(_ int, _, update *string) {
	if strings.Contains(*update, "ADD #open") {
		*update = strings.Replace(*update, "#builds = if_not_exists(#builds, :zero) + :builds", "#builds = if_not_exists(#builds, :zero) + :zero", 1)
	}
}
