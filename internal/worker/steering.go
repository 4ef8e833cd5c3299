// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

func (j *job) syncSteering(context.Context) error {
	return failedf(contract.OutcomeSteeringFailed, "steering from %q is not supported yet", j.parameters.Settings.SteeringSource)
}
