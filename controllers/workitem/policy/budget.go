// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"cmp"
	"fmt"
	"math"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// How long the rows of budgets stay after their time, for people to look at.
const (
	keepDays   = 40 * 24 * time.Hour
	keepMonths = 400 * 24 * time.Hour
)

const (
	gitHubHost = "github.com"
	apiPrefix  = "api."
	millis     = contract.MillicreditsPerCredit
	// phaseQueued is CodeBuild's phase in which a build waits for a place.
	phaseQueued = "QUEUED"
	// maxUsed bounds what one attempt can have used: what it says comes from a build, which may be hostile.
	maxUsed = 1e9
)

// Drawing is one budget that the next attempt of an item draws from, as people know it.
type Drawing struct {
	lock.Draw

	Of    string    // "WorkEnvironment \"staging\""
	Field string    // of its spec
	Next  time.Time // when it begins anew; zero if it never does
}

// Drawings are the budgets that the next attempt of an item draws from, in the order in which they are told of. cardKey is whom
// the budget of an item is counted for; empty leaves that out.
func Drawings(now time.Time, env *v1alpha1.WorkEnvironment, source *v1alpha1.WorkSource, cardKey string) []Drawing {
	of := fmt.Sprintf("WorkEnvironment %q", env.Name)
	all := periods(now, of, contract.ProjectScope(env.Status.ProjectARN), env.Spec.Budget)
	item := env.Spec.Budget.Item()
	most := item.Most()
	if source != nil {
		gh := source.Spec.GitHub
		all = append(all, periods(now, fmt.Sprintf("WorkSource %q", source.Name), contract.BoardScope(hostOf(gh.APIURL), gh.Owner, gh.ProjectNumber), source.Spec.Budget)...)
		if other := source.Spec.Budget.Item(); other.Set() {
			of, most = fmt.Sprintf("WorkSource %q", source.Name), least(most, other.Most())
			item = other
		}
	}
	if item.Set() && cardKey != "" {
		all = append(all, Drawing{
			Draw: lock.Draw{Key: contract.ItemKey(cardKey), Most: most, DeleteAt: now.Add(keepMonths)}, Of: of, Field: "budget.perItem",
		})
	}
	return all
}

func periods(now time.Time, of, scope string, b *v1alpha1.Budget) []Drawing {
	var all []Drawing
	if b.Day().Set() {
		next := contract.NextDay(now)
		all = append(all, Drawing{lock.Draw{Key: contract.DayKey(scope, now), Most: b.PerDay.Most(), DeleteAt: next.Add(keepDays)}, of, "budget.perDay", next})
	}
	if b.Month().Set() {
		next := contract.NextMonth(now)
		all = append(all, Drawing{lock.Draw{Key: contract.MonthKey(scope, now), Most: b.PerMonth.Most(), DeleteAt: next.Add(keepMonths)}, of, "budget.perMonth", next})
	}
	return all
}

func least(a, b contract.Usage) contract.Usage {
	return contract.Usage{Builds: min(a.Builds, b.Builds), Seconds: min(a.Seconds, b.Seconds), Millicredits: min(a.Millicredits, b.Millicredits)}
}

// hostOf is the host of a GitHub's API address, as its web pages have it.
func hostOf(apiURL string) string {
	u, err := url.Parse(apiURL)
	if err != nil || u.Host == "" {
		return gitHubHost
	}
	return strings.TrimPrefix(u.Host, apiPrefix)
}

// Reserve is what an attempt sets aside: one build, all the time that it may take, and the credits that are said.
func Reserve(item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment, source *v1alpha1.WorkSource) contract.Usage {
	credits := env.Spec.Budget.Reserved()
	if source != nil {
		credits = max(credits, source.Spec.Budget.Reserved())
	}
	return contract.Usage{Builds: 1, Seconds: int64(item.Spec.BuildTimeout(&env.Spec) / time.Second), Millicredits: credits}
}

// Draws are what the lock table is asked to draw from.
func Draws(drawings []Drawing) []lock.Draw {
	var draws []lock.Draw
	for _, d := range drawings {
		draws = append(draws, d.Draw)
	}
	return draws
}

// OverBudget finds the first budget that has not enough left for an attempt, as its rows were just read.
func OverBudget(drawings []Drawing, drawn map[string]lock.Drawn, reserve contract.Usage) (Drawing, bool) {
	for _, d := range drawings {
		if !drawn[d.Key].Plus(reserve).Within(d.Most) {
			return d, true
		}
	}
	return Drawing{}, false
}

// BudgetMiss says which budget keeps an item from its next attempt, what is left in it and needed, and when it goes on.
func BudgetMiss(d Drawing, drawn lock.Drawn, reserve contract.Usage) Miss {
	part, used, most, needs := tightest(d.Most, drawn.Usage, reserve)
	message := fmt.Sprintf("The %s of %s has %s of %s %s used or set aside, and a build needs %s.", "spec."+d.Field, d.Of, used, most, part, needs)
	switch {
	case !reserve.Within(d.Most):
		message += " It never has enough: raise it, or shorten spec.timeout, for which a build sets its minutes aside."
	case d.Next.IsZero():
		message += " It goes on once that is raised."
	default:
		message += fmt.Sprintf(" It goes on at %s, or once that is raised.", d.Next.UTC().Format(time.RFC3339))
	}
	if drawn.Open > 0 && reserve.Within(d.Most) {
		message += fmt.Sprintf(" Builds that run (%d) may give back what they do not use before.", drawn.Open)
	}
	return Miss{v1alpha1.ReasonBudgetExhausted, message}
}

// tightest is the part of a budget that has not enough left, in the words that people use.
func tightest(most, drawn, reserve contract.Usage) (part, used, of, needs string) {
	switch {
	case drawn.Builds+reserve.Builds > most.Builds:
		return "builds", decimal(drawn.Builds), decimal(most.Builds), decimal(reserve.Builds)
	case drawn.Seconds+reserve.Seconds > most.Seconds:
		return "minutes", decimal(drawn.Minutes()), decimal(most.Minutes()), decimal(reserve.Minutes())
	}
	return "credits", cmp.Or(drawn.Credits(), "0"), most.Credits(), cmp.Or(reserve.Credits(), "0")
}

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

// BudgetAgain is how soon an item over a budget is tried again: when that begins anew, but not later than after a while, because
// builds give back what they do not use, and people raise budgets.
func BudgetAgain(now time.Time, d Drawing) time.Duration {
	if d.Next.IsZero() {
		return BudgetRecheck
	}
	return max(min(d.Next.Sub(now), BudgetRecheck), Soon)
}

// TriggerMiss says that a card was triggered too often today.
func TriggerMiss(now time.Time, item *v1alpha1.WorkItem, most int) Miss {
	return Miss{v1alpha1.ReasonTriggerLimit, fmt.Sprintf(
		"The card was set to the ready status more than %d times on %s (UTC). It is worked on again at %s. Find out what sets it back; or raise the source's spec.triggersPerDay, or run kubectl workitem retry %s.",
		most, now.UTC().Format(time.DateOnly), contract.NextDay(now).Format(time.RFC3339), item.Name)}
}

// Used is what an attempt used: its build's time without that in the queue, and what the agent says. An attempt without a build
// used nothing; of a build that came and went unseen, its result says what is known.
func Used(a *v1alpha1.Attempt, r *contract.Result, now time.Time) contract.Usage {
	var u contract.Usage
	if r != nil {
		u.Millicredits = int64(plausible(r.Credits) * millis)
	}
	switch b := a.Build; {
	case b != nil:
		from, to := now, now
		switch {
		case b.StartTime != nil:
			from = b.StartTime.Time
		case a.IntentTime != nil:
			from = a.IntentTime.Time
		}
		if b.EndTime != nil {
			to = b.EndTime.Time
		}
		u.Builds, u.Seconds = 1, max(int64(to.Sub(from)/time.Second)-b.QueuedSeconds, 0)
	case r != nil:
		u.Builds = 1
		for _, stage := range r.Stages {
			if stage.Known() {
				u.Seconds += int64(stage.Seconds)
			}
		}
	}
	return u
}

func plausible(v float64) float64 {
	if math.IsNaN(v) || v < 0 {
		return 0
	}
	return min(v, maxUsed)
}

// StandsStill is the outcome of an attempt, or NoProgress, if it failed because of the work, another would follow, and it left
// behind what the last one of the trigger that failed so did.
func StandsStill(item *v1alpha1.WorkItem, o Outcome) Outcome {
	last := item.Status.Retries.Fingerprint
	if o.Name.Class() != contract.ClassWork || o.Result == nil || last == "" || o.Result.Fingerprint != last {
		return o
	}
	r := o.Result
	done := fmt.Sprintf("%d of %d tasks are done", r.Tasks.Done, r.Tasks.Total)
	if r.Tests != nil && r.Tests.Failed > 0 {
		done += fmt.Sprintf(", %d tests fail", r.Tests.Failed)
	}
	return Outcome{
		Name: contract.OutcomeNoProgress, Result: o.Result,
		Message: fault.Cut(fmt.Sprintf("Attempt %d left the branch, its tests and its coverage as the one before it did (%s; %s). Change the spec or the code, then trigger it again. The last failure, %s: %s",
			item.Status.Attempt.Number, commitOf(r), done, o.Name, o.Message), maxNoProgress),
	}
}

// maxNoProgress bounds that message, in bytes.
const maxNoProgress = 1024

func commitOf(r *contract.Result) string {
	if r.Commit == "" {
		return "no commit"
	}
	return fmt.Sprintf("commit %.12s", fault.Clean(r.Commit))
}

// TriggerAgain is how soon an item whose card was triggered too often is tried again: the next day, and before if a person has raised
// the cap.
func TriggerAgain(now time.Time) time.Duration {
	return max(min(contract.NextDay(now).Sub(now), BudgetRecheck), Soon)
}

// AddCredits adds thousandths of a credit to a sum as contract.Usage writes it. A sum that cannot be read begins anew.
func AddCredits(sum string, millicredits int64) string {
	before, err := strconv.ParseFloat(sum, 64)
	if err != nil {
		before = 0
	}
	return contract.Usage{Millicredits: int64(math.Round(plausible(before)*millis)) + millicredits}.Credits()
}

// QueuedSeconds is how long a build was in the build service's queue, in seconds begun.
func QueuedSeconds(b build.Build) int64 {
	var seconds float64
	for _, p := range b.Phases {
		if p.Name == phaseQueued {
			seconds += max(p.Seconds, 0)
		}
	}
	return int64(min(math.Ceil(seconds), maxUsed))
}
