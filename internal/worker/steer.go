// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import "context"

// steer brings the checkout up to the environment's Power.
func steer(ctx context.Context, j *job) error {
	s := j.parameters.Settings
	if s.SteeringSource == "" {
		logOf(ctx).Info("Steering skipped: the environment names no Power")
		j.state.note("Steering was skipped: the environment names no Power.")
		return nil
	}
	return j.syncSteering(ctx)
}
