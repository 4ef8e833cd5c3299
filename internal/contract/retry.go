// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package contract

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
)

// Retry is a policy of trying again. The n-th wait is Base * Factor^(n-1), at most Cap, less a random part of up to
// Jitter (0 to 1) of it.
type Retry struct {
	// Tries is how often it is tried in all, the first included.
	Tries int `json:"tries,omitempty"`
	// Base is the first wait, Cap the longest.
	Base Duration `json:"base,omitempty"`
	// Factor is what each wait is multiplied by for the next.
	Factor float64  `json:"factor,omitempty"`
	Cap    Duration `json:"cap,omitempty"`
	Jitter float64  `json:"jitter,omitempty"`
}

// The policies that hold where an environment says nothing. The API's documentation names them.
var (
	// RetryInfrastructure is for attempts that the infrastructure failed.
	RetryInfrastructure = Retry{Tries: 5, Base: Duration(30 * time.Second), Factor: 2, Cap: Duration(15 * time.Minute), Jitter: 0.2}
	// RetryWork is for attempts whose work failed.
	RetryWork = Retry{Tries: 1, Base: Duration(30 * time.Second), Factor: 2, Cap: Duration(15 * time.Minute), Jitter: 0.2}
	// RetryStartBuild is for starts that CodeBuild refused for now.
	RetryStartBuild = Retry{Tries: 20, Base: Duration(5 * time.Second), Factor: 2, Cap: Duration(time.Minute), Jitter: 0.2}
	// RetryGit is for the worker's fetches and pushes.
	RetryGit = Retry{Tries: 5, Base: Duration(time.Second), Factor: 2, Cap: Duration(30 * time.Second), Jitter: 0.2}
	// RetryService is for the worker's calls of GitHub's API and of S3.
	RetryService = Retry{Tries: 4, Base: Duration(time.Second), Factor: 2, Cap: Duration(30 * time.Second), Jitter: 0.2}
	// RetryDynamoDB is for the worker's claim and release of its lock.
	RetryDynamoDB = Retry{Tries: 5, Base: Duration(100 * time.Millisecond), Factor: 2, Cap: Duration(5 * time.Second), Jitter: 0.5}
	// RetryAgentTask is for tasks that the agent did not finish.
	RetryAgentTask = Retry{Tries: 2, Base: Duration(time.Second), Factor: 2, Cap: Duration(30 * time.Second), Jitter: 0.2}
)

// Or is the policy, or the fallback where it is not set. What a set policy leaves open is the fallback's.
func (p Retry) Or(fallback Retry) Retry {
	if p.Tries <= 0 {
		return fallback
	}
	if p.Factor < 1 {
		p.Factor = fallback.Factor
	}
	if p.Cap <= 0 {
		p.Cap = fallback.Cap
	}
	return p
}

// Backoff is the wait after the n-th failure, n from 1. It follows from n alone, so that a restart loses nothing; random
// (0 <= random < 1) takes up to the policy's jitter off.
func (p Retry) Backoff(n int, random float64) time.Duration {
	wait := float64(p.Base) * math.Pow(max(p.Factor, 1), float64(max(n-1, 0)))
	wait = min(wait, float64(p.Cap))
	return time.Duration(wait * (1 - p.Jitter*random))
}

// Exhausted reports whether a number of failures leaves no try.
func (p Retry) Exhausted(failures int) bool { return failures >= p.Tries }

// Duration is a time.Duration that a document writes as a person does: "15m", "1m30s".
type Duration time.Duration

// String is the duration without units that are zero: 90m is "1h30m".
func (d Duration) String() string {
	text := time.Duration(d).String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = text[:len(text)-len("0s")]
		}
	}
	return text
}

// MarshalJSON implements json.Marshaler.
func (d Duration) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

// UnmarshalJSON implements json.Unmarshaler.
func (d *Duration) UnmarshalJSON(data []byte) error {
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("a duration is a text such as \"15m\": %w", err)
	}
	parsed, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("reading a duration: %w", err)
	}
	*d = Duration(parsed)
	return nil
}
