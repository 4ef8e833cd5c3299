// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"math"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// The policies that hold where the environment says nothing. api/v1alpha1 documents them.
var (
	infrastructurePolicy = contract.Retry{Tries: 5, Base: 30 * time.Second, Factor: 2, Cap: 15 * time.Minute, Jitter: 0.2}
	workPolicy           = contract.Retry{Tries: 1, Base: 30 * time.Second, Factor: 2, Cap: 15 * time.Minute, Jitter: 0.2}
	gitPolicy            = contract.Retry{Tries: 5, Base: time.Second, Factor: 2, Cap: 30 * time.Second, Jitter: 0.2}
	servicePolicy        = contract.Retry{Tries: 4, Base: time.Second, Factor: 2, Cap: 30 * time.Second, Jitter: 0.2}
	dynamoDBPolicy       = contract.Retry{Tries: 5, Base: 100 * time.Millisecond, Factor: 2, Cap: 5 * time.Second, Jitter: 0.5}
	startPolicy          = contract.Retry{Tries: 20, Base: 5 * time.Second, Factor: 2, Cap: time.Minute, Jitter: 0.2}
	agentTaskPolicy      = contract.Retry{Tries: 2, Base: time.Second, Factor: 2, Cap: 30 * time.Second, Jitter: 0.2}
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
		p.Base = r.Base.Duration
	}
	if r.FactorPercent != nil {
		p.Factor = float64(*r.FactorPercent) / 100
	}
	if r.Cap != nil {
		p.Cap = r.Cap.Duration
	}
	if r.JitterPercent != nil {
		p.Jitter = float64(*r.JitterPercent) / 100
	}
	return p
}

// lastTry reports whether the next failure is the last that the policy allows.
func lastTry(failed int32, p contract.Retry) bool { return int(failed)+1 >= p.Tries }

// backoff is the wait after the n-th failure, n from 1. It is computed from what the status counts, so that a
// restart forgets nothing; random (0 <= random < 1) takes up to the policy's jitter off.
func backoff(p contract.Retry, n int32, random float64) time.Duration {
	wait := float64(p.Base) * math.Pow(max(p.Factor, 1), float64(max(n-1, 0)))
	wait = min(wait, float64(p.Cap))
	return time.Duration(wait * (1 - p.Jitter*random))
}
