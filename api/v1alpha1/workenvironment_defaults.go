// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

// LockAccess is how the lock table is reached: as the rest of the environment, in the table's own region.
func (s *WorkEnvironmentSpec) LockAccess() AWSAccess {
	access := s.AWS
	if s.Lock.Region != "" {
		access.Region = s.Lock.Region
	}
	return access
}

// LockAccess is how the attempt's lock table is reached.
func (p *FrozenParameters) LockAccess() AWSAccess {
	access := p.AWS
	if p.LockRegion != "" {
		access.Region = p.LockRegion
	}
	return access
}

// Address is the topic or queue that the rule sends to.
func (r *NotificationRule) Address() string {
	if r.Type == NotificationSQS {
		return r.QueueURL
	}
	return r.TopicARN
}
