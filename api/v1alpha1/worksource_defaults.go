// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"strings"
	"time"
)

// What holds where a source says nothing.
const (
	DefaultPollInterval           = 5 * time.Minute
	DefaultProductionPollInterval = 15 * time.Minute
	DefaultPollTimeout            = 2 * time.Minute
	DefaultSpecPath               = DefaultSpecRoot + "<branch>"
	DefaultTriggersPerDay         = 5
)

// PollInterval is the time between two polls of the board. Without an environment, that is while it does not exist, the
// shorter default holds.
func (s *WorkSourceSpec) PollInterval(environment *WorkEnvironment) time.Duration {
	fallback := DefaultPollInterval
	if environment != nil && environment.Spec.Tier == TierProduction {
		fallback = DefaultProductionPollInterval
	}
	return durationOr(s.Interval, fallback)
}

// SpecFolder is the folder of a branch's spec files.
func (s *WorkSourceSpec) SpecFolder(branch string) string {
	template := s.SpecPath
	if template == "" {
		template = DefaultSpecPath
	}
	return strings.ReplaceAll(template, "<branch>", branch)
}

// MaxTriggersPerDay is how often a card may be triggered within a day.
func (s *WorkSourceSpec) MaxTriggersPerDay() int {
	return int(valueOr(s.TriggersPerDay, DefaultTriggersPerDay))
}

// WaitsForBlockers reports whether cards wait for the issues that block theirs.
func (s *WorkSourceSpec) WaitsForBlockers() bool {
	return s.Dependencies != nil && s.Dependencies.BlockedBy == BlockedByWait
}

// PollDeadline is how long one poll may take.
func (s *WorkSourceSpec) PollDeadline() time.Duration {
	return durationOr(s.PollTimeout, DefaultPollTimeout)
}
