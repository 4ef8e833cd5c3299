// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// policyOf is an environment's policy, with what it leaves open filled in.
func policyOf(r *v1alpha1.Retry, fallback contract.Retry) contract.Retry {
	if r == nil {
		return fallback
	}
	p := fallback
	if r.Tries != nil {
		p.Tries = int(*r.Tries)
	}
	if r.Base != nil {
		p.Base = contract.Duration(r.Base.Duration)
	}
	if r.FactorPercent != nil {
		p.Factor = float64(*r.FactorPercent) / 100
	}
	if r.Cap != nil {
		p.Cap = contract.Duration(r.Cap.Duration)
	}
	if r.JitterPercent != nil {
		p.Jitter = float64(*r.JitterPercent) / 100
	}
	return p
}
