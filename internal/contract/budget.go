// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Usage is an amount of each thing that a budget bounds.
type Usage struct {
	// Builds that were started.
	Builds int64
	// Seconds that builds took.
	Seconds int64
	// Millicredits are thousandths of the agent's credits, so that sums are exact.
	Millicredits int64
}

// Unlimited bounds nothing.
var Unlimited = Usage{Builds: math.MaxInt64, Seconds: math.MaxInt64, Millicredits: math.MaxInt64}

// Plus is the sum of two amounts.
func (u Usage) Plus(other Usage) Usage {
	return Usage{u.Builds + other.Builds, u.Seconds + other.Seconds, u.Millicredits + other.Millicredits}
}

// Minus is what is left of an amount. It may be negative.
func (u Usage) Minus(other Usage) Usage {
	return Usage{u.Builds - other.Builds, u.Seconds - other.Seconds, u.Millicredits - other.Millicredits}
}

// Within reports whether no part is over a limit's.
func (u Usage) Within(limit Usage) bool {
	return u.Builds <= limit.Builds && u.Seconds <= limit.Seconds && u.Millicredits <= limit.Millicredits
}

const (
	secondsPerMinute = int64(time.Minute / time.Second)
	// MillicreditsPerCredit is in how many parts a credit is counted.
	MillicreditsPerCredit = 1000
)

// Minutes are minutes begun.
func (u Usage) Minutes() int64 { return (u.Seconds + secondsPerMinute - 1) / secondsPerMinute }

// Credits writes the credits as people read them, without zeros at the end; empty for none.
func (u Usage) Credits() string {
	if u.Millicredits <= 0 {
		return ""
	}
	return strings.TrimRight(strings.TrimRight(fmt.Sprintf("%.3f", float64(u.Millicredits)/MillicreditsPerCredit), "0"), ".")
}

// The scopes of budgets: what they are of.
const (
	scopeProject = "project/"
	scopeBoard   = "board/"
)

// ProjectScope is the scope of the budgets of a CodeBuild project: whatever environments and clusters share it.
func ProjectScope(projectARN string) string { return scopeProject + projectARN }

// BoardScope is the scope of the budgets of a board.
func BoardScope(host, owner string, number int32) string {
	return fmt.Sprintf("%s%s/%s/%d", scopeBoard, strings.ToLower(host), strings.ToLower(owner), number)
}

// The lockKeys of the rows that count. Each begins with "budget#", and none holds anything.

// DayKey is the row of a scope's budget of a day (UTC).
func DayKey(scope string, at time.Time) string {
	return "budget#" + scope + "#" + at.UTC().Format(time.DateOnly)
}

// MonthKey is the row of a scope's budget of a month (UTC).
func MonthKey(scope string, at time.Time) string {
	return "budget#" + scope + "#" + at.UTC().Format("2006-01")
}

// ItemKey is the row of what one card, or an item without one, has used over all its attempts. It is named after the row that
// records what was processed for it.
func ItemKey(cardKey string) string { return "budget#" + cardKey }

// TriggersKey is the row of the triggers of a card that were worked on in a day (UTC).
func TriggersKey(cardKey string, at time.Time) string {
	return "budget#" + cardKey + "#triggers#" + at.UTC().Format(time.DateOnly)
}

// NextDay is when the budgets of a day begin anew.
func NextDay(at time.Time) time.Time {
	y, m, d := at.UTC().Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC)
}

// NextMonth is when the budgets of a month begin anew.
func NextMonth(at time.Time) time.Time {
	y, m, _ := at.UTC().Date()
	return time.Date(y, m+1, 1, 0, 0, 0, 0, time.UTC)
}
