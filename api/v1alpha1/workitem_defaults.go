// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import "time"

// DefaultSpecRoot is the folder that has a folder of spec files for each branch.
const DefaultSpecRoot = ".kiro/specs/"

// BuildTimeout is how long the item's build may run in an environment.
func (s *WorkItemSpec) BuildTimeout(environment *WorkEnvironmentSpec) time.Duration {
	return durationOr(s.Timeout, environment.BuildTimeout())
}

// LockAccess is how the attempt's lock table is reached.
func (p *FrozenParameters) LockAccess() AWSAccess {
	access := p.AWS
	if p.LockRegion != "" {
		access.Region = p.LockRegion
	}
	return access
}

// UntilMerged reports whether the items that this one depends on have to be merged, not only to succeed.
func (s *WorkItemSpec) UntilMerged() bool { return s.DependenciesUntil == DependencyMerged }
