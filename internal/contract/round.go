// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package contract

// MaxRounds is the most repair rounds that an attempt may have, and DefaultRounds how many it may have where the
// environment does not say.
const (
	MaxRounds     = 5
	DefaultRounds = 2
)

// RoundEnd is what became of a repair round.
type RoundEnd string

// What becomes of a round. A round that is under way, or in which the build was cut short, has none of them.
const (
	// RoundRepaired: every gate passes.
	RoundRepaired RoundEnd = "Repaired"
	// RoundRed: something was changed, and a gate still does not pass.
	RoundRed RoundEnd = "StillRed"
	// RoundUnchanged: the agent changed nothing.
	RoundUnchanged RoundEnd = "Unchanged"
	// RoundRefused: it did away with tests, and was taken back.
	RoundRefused RoundEnd = "Refused"
	// RoundFailed: the agent failed, and nothing of it was committed.
	RoundFailed RoundEnd = "AgentFailed"
)

// Round is one repair by the agent within an attempt, after red tests or low coverage.
type Round struct {
	// Outcome is what the attempt would have ended as without it.
	Outcome Outcome `json:"outcome"`
	// End is what became of it; empty if the build was cut short in it.
	End RoundEnd `json:"end,omitempty"`
	// Reason says so, in one line of at most 200 bytes.
	Reason string `json:"reason,omitempty"`
	// Commit is the round's own, in hex; empty if nothing was committed.
	Commit string `json:"commit,omitempty"`
	// Seconds is how long the agent took, and Credits what it says that this cost.
	Seconds float64 `json:"seconds,omitempty"`
	Credits float64 `json:"credits,omitempty"`
}
