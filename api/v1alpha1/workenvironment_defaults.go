// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// What holds where an environment says nothing. The schema writes the same values into new objects; objects that were
// made without the schema, in tests and by old versions, get them from the methods below.
const (
	DefaultLeaseDuration     = 90 * time.Minute
	DefaultBuildTimeout      = 60 * time.Minute
	DefaultQueuedTimeout     = 20 * time.Minute
	DefaultConcurrency       = 1
	DefaultCoverageThreshold = 80
	DefaultTestCommand       = "npm test"
	DefaultKeepSucceeded     = 72 * time.Hour
	DefaultKeepFailed        = 336 * time.Hour
	DefaultKeepMadeByHand    = 720 * time.Hour
)

// LockAccess is how the lock table is reached: as the rest of the environment, in the table's own region.
func (s *WorkEnvironmentSpec) LockAccess() AWSAccess {
	access := s.AWS
	if s.Lock.Region != "" {
		access.Region = s.Lock.Region
	}
	return access
}

// LeaseDuration is how long a lock is valid without a heartbeat.
func (s *WorkEnvironmentSpec) LeaseDuration() time.Duration {
	return durationOr(s.Lock.LeaseDuration, DefaultLeaseDuration)
}

// BuildTimeout is how long a build may run.
func (s *WorkEnvironmentSpec) BuildTimeout() time.Duration {
	return durationOr(s.CodeBuild.Timeout, DefaultBuildTimeout)
}

// QueuedTimeout is how long a build may wait in CodeBuild's queue.
func (s *WorkEnvironmentSpec) QueuedTimeout() time.Duration {
	return durationOr(s.CodeBuild.QueuedTimeout, DefaultQueuedTimeout)
}

// MaxConcurrency is how many builds may run at once.
func (s *WorkEnvironmentSpec) MaxConcurrency() int {
	return int(valueOr(s.Concurrency, DefaultConcurrency))
}

// Secrets are the secrets that a build reads, each once.
func (s *WorkEnvironmentSpec) Secrets() []string {
	named := []string{s.Credentials.GitHubTokenSecretARN, s.Credentials.GitSecretARN, s.Credentials.AgentSecretARN}
	for _, variable := range s.Gates.SecretEnv {
		named = append(named, variable.SecretARN)
	}
	var arns []string
	for _, arn := range named {
		if arn != "" && !slices.Contains(arns, arn) {
			arns = append(arns, arn)
		}
	}
	return arns
}

// Destinations are the rules of notifications, and the dead-letter queue as one more.
func (s *WorkEnvironmentSpec) Destinations() []NotificationRule {
	all := slices.Clone(s.Notifications)
	if s.DeadLetterQueueURL != "" {
		all = append(all, NotificationRule{Name: DeadLetterRule, Type: NotificationSQS, QueueURL: s.DeadLetterQueueURL})
	}
	return all
}

// Threshold is the least coverage, in percent.
func (g *Gates) Threshold() int { return int(valueOr(g.CoverageThreshold, DefaultCoverageThreshold)) }

// TestTimeoutOrDefault is how long the test command may run.
func (g *Gates) TestTimeoutOrDefault() time.Duration {
	return durationOr(g.TestTimeout, contract.DefaultTestTimeout)
}

// TaskTimeoutOrDefault is how long the agent may work on one task.
func (a *Agent) TaskTimeoutOrDefault() time.Duration {
	return durationOr(a.TaskTimeout, contract.DefaultTaskTimeout)
}

// RoundsOrDefault is how often in an attempt the agent is asked to repair.
func (a *Agent) RoundsOrDefault() int { return int(ptr.Deref(a.Repair.Rounds, contract.DefaultRounds)) }

// SilenceTimeoutOrDefault is how long the agent may write nothing.
func (a *Agent) SilenceTimeoutOrDefault() time.Duration {
	return durationOr(a.SilenceTimeout, contract.DefaultSilenceTimeout)
}

// Keep is how long a finished item is kept.
func (r *Retention) Keep(succeeded bool) time.Duration {
	if succeeded {
		return durationOr(r.Succeeded, DefaultKeepSucceeded)
	}
	return durationOr(r.Failed, DefaultKeepFailed)
}

// Or is the policy, with what it leaves open filled in from the fallback. Absent, it is the fallback.
func (r *Retry) Or(fallback contract.Retry) contract.Retry {
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

// KeepMadeByHand is how long an item that no source made is kept.
func (r *Retention) KeepMadeByHand() time.Duration {
	return durationOr(r.MadeByHand, DefaultKeepMadeByHand)
}

func durationOr(d *metav1.Duration, fallback time.Duration) time.Duration {
	if d == nil {
		return fallback
	}
	return d.Duration
}

func valueOr[T any](v *T, fallback T) T {
	if v == nil {
		return fallback
	}
	return *v
}
