// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// DefaultReserveCredits is how many credits a build sets aside where a budget says nothing.
const DefaultReserveCredits = 1

const secondsPerMinute = int64(time.Minute / time.Second)

// Most is what may be used; what is absent is unlimited.
func (a *BudgetAmounts) Most() contract.Usage {
	most := contract.Unlimited
	if a == nil {
		return most
	}
	if a.Builds != nil {
		most.Builds = int64(*a.Builds)
	}
	if a.Minutes != nil {
		most.Seconds = int64(*a.Minutes) * secondsPerMinute
	}
	if a.Credits != nil {
		most.Millicredits = int64(*a.Credits) * contract.MillicreditsPerCredit
	}
	return most
}

// Set reports whether anything is bounded.
func (a *BudgetAmounts) Set() bool {
	return a != nil && (a.Builds != nil || a.Minutes != nil || a.Credits != nil)
}

// Reserved is how many thousandths of a credit a build sets aside.
func (b *Budget) Reserved() int64 {
	if b == nil {
		return 0
	}
	return int64(valueOr(b.ReserveCredits, DefaultReserveCredits)) * contract.MillicreditsPerCredit
}

// Day is what may be used in a day; nil where nothing is said.
func (b *Budget) Day() *BudgetAmounts {
	if b == nil {
		return nil
	}
	return b.PerDay
}

// Month is what may be used in a month; nil where nothing is said.
func (b *Budget) Month() *BudgetAmounts {
	if b == nil {
		return nil
	}
	return b.PerMonth
}

// Item is what one card may use; nil where nothing is said.
func (b *Budget) Item() *BudgetAmounts {
	if b == nil {
		return nil
	}
	return b.PerItem
}
