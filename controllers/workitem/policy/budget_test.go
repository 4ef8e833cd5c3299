// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

var evening = time.Date(2026, 11, 30, 22, 0, 0, 0, time.UTC)

func amounts(builds, minutes, credits int32) *v1alpha1.BudgetAmounts {
	a := &v1alpha1.BudgetAmounts{}
	for _, p := range []struct {
		n    int32
		into **int32
	}{{builds, &a.Builds}, {minutes, &a.Minutes}, {credits, &a.Credits}} {
		if p.n > 0 {
			*p.into = ptr.To(p.n)
		}
	}
	return a
}

func budgeted(b *v1alpha1.Budget) *v1alpha1.WorkEnvironment {
	env := &v1alpha1.WorkEnvironment{}
	env.Name, env.Spec.Budget, env.Status.ProjectARN = "staging", b, "arn:p"
	return env
}

func board(b *v1alpha1.Budget) *v1alpha1.WorkSource {
	source := &v1alpha1.WorkSource{}
	source.Name, source.Spec.Budget = "board", b
	source.Spec.GitHub = v1alpha1.GitHubSource{Owner: "Acme", ProjectNumber: 3}
	return source
}

func TestDrawings(t *testing.T) {
	whole := &v1alpha1.Budget{PerItem: amounts(3, 0, 0), PerDay: amounts(10, 0, 0), PerMonth: amounts(0, 600, 0)}
	for name, c := range map[string]struct {
		why    string
		env    *v1alpha1.WorkEnvironment
		source *v1alpha1.WorkSource
		card   string
		want   []string
	}{
		"none":      {"most environments", budgeted(nil), nil, "card#github/c", nil},
		"empty":     {"a budget that bounds nothing is none", budgeted(&v1alpha1.Budget{PerDay: &v1alpha1.BudgetAmounts{}}), board(nil), "card#github/c", nil},
		"all":       {"the project's day and month, and the card's own", budgeted(whole), board(nil), "card#github/c", []string{"budget#project/arn:p#2026-11-30", "budget#project/arn:p#2026-11", "budget#card#github/c"}},
		"no card":   {"it is not known yet whose card it is", budgeted(whole), nil, "", []string{"budget#project/arn:p#2026-11-30", "budget#project/arn:p#2026-11"}},
		"of boards": {"a board's are its own", budgeted(nil), board(whole), "card#github/c", []string{"budget#board/github.com/acme/3#2026-11-30", "budget#board/github.com/acme/3#2026-11", "budget#card#github/c"}},
	} {
		var got []string
		for _, d := range Drawings(evening, c.env, c.source, c.card) {
			got = append(got, d.Key)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %s: -want +got:\n%s", name, c.why, diff)
		}
	}
	both := Drawings(evening, budgeted(&v1alpha1.Budget{PerItem: amounts(3, 100, 0)}), board(&v1alpha1.Budget{PerItem: amounts(5, 50, 0)}), "card#github/c")
	if len(both) != 1 || both[0].Most.Builds != 3 || both[0].Most.Seconds != 3000 {
		t.Errorf("of two bounds of one card the lower counts: %+v", both)
	}
}

func TestBudgetMiss(t *testing.T) {
	reserve := contract.Usage{Builds: 1, Seconds: 3600, Millicredits: 1000}
	for name, c := range map[string]struct {
		why    string
		budget *v1alpha1.Budget
		drawn  lock.Drawn
		says   []string
	}{
		"builds": {"it says when it goes on", &v1alpha1.Budget{PerDay: amounts(2, 0, 0)}, lock.Drawn{Usage: contract.Usage{Builds: 2}},
			[]string{`spec.budget.perDay of WorkEnvironment "staging" has 2 of 2 builds used`, "at 2026-12-01T00:00:00Z"}},
		"minutes": {"running builds give time back", &v1alpha1.Budget{PerMonth: amounts(0, 100, 0)}, lock.Drawn{Usage: contract.Usage{Builds: 1, Seconds: 3600}, Open: 1},
			[]string{"60 of 100 minutes", "needs 60", "at 2026-12-01T00:00:00Z", "Builds that run (1)"}},
		"credits":     {"parts of a credit", &v1alpha1.Budget{PerDay: amounts(0, 0, 12)}, lock.Drawn{Usage: contract.Usage{Millicredits: 11500}}, []string{"11.5 of 12 credits", "needs 1"}},
		"never":       {"waiting would not help", &v1alpha1.Budget{PerDay: amounts(0, 30, 0)}, lock.Drawn{}, []string{"0 of 30 minutes", "never has enough", "spec.timeout"}},
		"of the item": {"no day brings it back", &v1alpha1.Budget{PerItem: amounts(1, 0, 0)}, lock.Drawn{Usage: contract.Usage{Builds: 1}}, []string{"once that is raised"}},
	} {
		drawings := Drawings(evening, budgeted(c.budget), nil, "card#github/c")
		d, over := OverBudget(drawings, map[string]lock.Drawn{drawings[0].Key: c.drawn}, reserve)
		if !over {
			t.Errorf("%s: it is not over", name)
			continue
		}
		m := BudgetMiss(d, c.drawn, reserve)
		for _, text := range c.says {
			if m.Reason != v1alpha1.ReasonBudgetExhausted || !strings.Contains(m.Message, text) {
				t.Errorf("%s: %s: %q does not say %q", name, c.why, m.Message, text)
			}
		}
	}
	if _, over := OverBudget(Drawings(evening, budgeted(&v1alpha1.Budget{PerDay: amounts(2, 120, 2)}), nil, ""), map[string]lock.Drawn{}, reserve); over {
		t.Error("an unused budget is over")
	}
}

func TestBudgetAgain(t *testing.T) {
	late := time.Date(2026, 11, 30, 23, 58, 0, 0, time.UTC)
	for now, want := range map[time.Time]time.Duration{evening: BudgetRecheck, late: 2 * time.Minute} {
		if got := BudgetAgain(now, Drawing{Next: contract.NextDay(now)}); got != want {
			t.Errorf("at %s again after %s, want %s", now, got, want)
		}
	}
	if got := BudgetAgain(evening, Drawing{}); got != BudgetRecheck {
		t.Errorf("one that never begins anew is tried after %s", got)
	}
}

func TestUsed(t *testing.T) {
	at := func(d time.Duration) *metav1.Time { return &metav1.Time{Time: evening.Add(d)} }
	for name, c := range map[string]struct {
		why  string
		a    v1alpha1.Attempt
		r    *contract.Result
		want contract.Usage
	}{
		"no build": {"nothing ran", v1alpha1.Attempt{}, nil, contract.Usage{}},
		"a build": {
			"what CodeBuild says, without the time in its queue", v1alpha1.Attempt{Build: &v1alpha1.BuildStatus{StartTime: at(0), EndTime: at(5 * time.Minute), QueuedSeconds: 60}},
			&contract.Result{Credits: 12.4}, contract.Usage{Builds: 1, Seconds: 240, Millicredits: 12400},
		},
		"unknown end": {"until now", v1alpha1.Attempt{Build: &v1alpha1.BuildStatus{StartTime: at(-time.Minute)}}, nil, contract.Usage{Builds: 1, Seconds: 60}},
		"unseen": {
			"its result says what is known", v1alpha1.Attempt{}, &contract.Result{Stages: []contract.StageTime{{Name: contract.StageAgent, Seconds: 90}, {Name: "x", Seconds: 9}}},
			contract.Usage{Builds: 1, Seconds: 90},
		},
		"hostile": {
			"a build may say anything", v1alpha1.Attempt{Build: &v1alpha1.BuildStatus{StartTime: at(0), EndTime: at(-time.Hour)}},
			&contract.Result{Credits: math.Inf(-1)}, contract.Usage{Builds: 1},
		},
	} {
		if got := Used(&c.a, c.r, evening); got != c.want {
			t.Errorf("%s: %s: got %+v", name, c.why, got)
		}
	}
}

func TestQueuedSeconds(t *testing.T) {
	b := build.Build{Phases: build.Phases{{Name: "SUBMITTED", Seconds: 1}, {Name: "QUEUED", Seconds: 61.2}, {Name: "BUILD", Seconds: 300}}}
	if got := QueuedSeconds(b); got != 62 {
		t.Errorf("got %d", got)
	}
}

func TestAddCredits(t *testing.T) {
	for before, want := range map[string]string{"": "1.5", "2.25": "3.75", "nonsense": "1.5", "NaN": "1.5"} {
		if got := AddCredits(before, 1500); got != want {
			t.Errorf("%q and 1.5 are %q", before, got)
		}
	}
}

func TestStandsStill(t *testing.T) {
	red := func(fingerprint string) Outcome {
		return Outcome{Name: contract.OutcomeTestsFailed, Message: "2 tests failed.", Result: &contract.Result{
			Outcome: contract.OutcomeTestsFailed, Fingerprint: fingerprint, Commit: "abcdef", Tasks: contract.Tasks{Done: 2, Total: 3}, Tests: &contract.Tests{Failed: 2},
		}}
	}
	for name, c := range map[string]struct {
		why  string
		last string
		o    Outcome
		want contract.Outcome
	}{
		"first":          {"there is nothing to compare with", "", red("a"), contract.OutcomeTestsFailed},
		"moved":          {"it got somewhere", "b", red("a"), contract.OutcomeTestsFailed},
		"the same":       {"another try would come to the same", "a", red("a"), contract.OutcomeNoProgress},
		"old worker":     {"a build of the last release tells no fingerprint", "a", red(""), contract.OutcomeTestsFailed},
		"no result":      {"nothing is known", "a", Outcome{Name: contract.OutcomeTimedOut}, contract.OutcomeTimedOut},
		"infrastructure": {"it says nothing of the work", "a", Outcome{Name: contract.OutcomeBuildFault, Result: red("a").Result}, contract.OutcomeBuildFault},
	} {
		item := &v1alpha1.WorkItem{}
		item.Status.Attempt, item.Status.Retries.Fingerprint = &v1alpha1.Attempt{Number: 4}, c.last
		got := StandsStill(item, c.o)
		if got.Name != c.want {
			t.Errorf("%s: %s: got %s", name, c.why, got.Name)
		}
		if got.Name == contract.OutcomeNoProgress {
			for _, text := range []string{"Attempt 4", "abcdef", "2 of 3 tasks", "2 tests fail", "TestsFailed"} {
				if !strings.Contains(got.Message, text) {
					t.Errorf("%q does not say %q", got.Message, text)
				}
			}
		}
	}
}
