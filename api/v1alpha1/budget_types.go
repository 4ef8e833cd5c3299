// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// BudgetAmounts is what may be used. What is absent is not bounded.
type BudgetAmounts struct {
	// Builds is how many builds may be started, 1 to 1000000.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	// +optional
	Builds *int32 `json:"builds,omitempty"`
	// Minutes is how long builds may take altogether, in minutes, 5 to 100000000. A build sets aside its whole time-out until it is
	// over, so less than that never starts one.
	// +kubebuilder:validation:Minimum=5
	// +kubebuilder:validation:Maximum=100000000
	// +optional
	Minutes *int32 `json:"minutes,omitempty"`
	// Credits is how many credits the agent may use, as it says itself, 1 to 100000000. An agent that says nothing uses none.
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100000000
	// +optional
	Credits *int32 `json:"credits,omitempty"`
}

// Budget bounds what work may use. An item over it waits; it does not fail.
type Budget struct {
	// PerItem bounds one card, or one item made by hand, over all its attempts and triggers. Default: no bound.
	// +optional
	PerItem *BudgetAmounts `json:"perItem,omitempty"`
	// PerDay bounds a day (UTC). Default: no bound.
	// +optional
	PerDay *BudgetAmounts `json:"perDay,omitempty"`
	// PerMonth bounds a month (UTC). Default: no bound.
	// +optional
	PerMonth *BudgetAmounts `json:"perMonth,omitempty"`
	// ReserveCredits is how many credits a build sets aside until it is over and says what it used, 0 to 100000000. Default 1.
	// What an agent uses beyond it may overdraw a budget once.
	// +kubebuilder:default=1
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=100000000
	// +optional
	ReserveCredits *int32 `json:"reserveCredits,omitempty"`
}

// Usage is what was used.
type Usage struct {
	// Builds is how many builds were started.
	Builds int64 `json:"builds"`
	// Minutes is how long they took, in minutes begun, without the time in CodeBuild's queue.
	Minutes int64 `json:"minutes"`
	// Credits are the agent's, as it says itself, such as "12.5". Empty if it said nothing.
	// +kubebuilder:validation:MaxLength=24
	// +optional
	Credits string `json:"credits,omitempty"`
}

// PeriodUsage is what was used and set aside in a period.
type PeriodUsage struct {
	// Period is the day, as "2026-11-30", or the month, as "2026-11" (UTC).
	// +kubebuilder:validation:MaxLength=10
	Period string `json:"period"`
	Usage  `json:",inline"`
	// Running is how many builds have something set aside that is settled when they are over.
	Running int32 `json:"running"`
	// NextTime is when the budget begins anew.
	NextTime metav1.Time `json:"nextTime"`
}

// BudgetStatus says what is used of an environment's budget, over every cluster that shares the project and the lock table.
type BudgetStatus struct {
	// Day is of the day that is now. Absent without a budget of a day.
	// +optional
	Day *PeriodUsage `json:"day,omitempty"`
	// Month is of the month that is now. Absent without a budget of a month.
	// +optional
	Month *PeriodUsage `json:"month,omitempty"`
}
