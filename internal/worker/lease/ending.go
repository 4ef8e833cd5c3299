// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package lease

import (
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// EndingOf decides how the lock of a build ends, given its result and that result's document. The trigger is processed
// by a success, or by a work failure in the last attempt that it has; an infrastructure failure never processes it.
func EndingOf(result contract.Result, document string, p contract.Parameters) lock.Ending {
	e := lock.Ending{Status: contract.StatusFailed, Outcome: result.Outcome, Result: document}
	if result.Succeeded() {
		e.Status = contract.StatusComplete
	}
	if result.Succeeded() || (p.LastAttempt || result.Outcome.Final()) && result.Outcome.Class() == contract.ClassWork {
		trigger := p.Trigger
		e.Trigger = &trigger
	}
	return e
}
