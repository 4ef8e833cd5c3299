// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package prbody

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// repairsCell sums up the repair rounds.
func (s Summary) repairsCell() string {
	n := len(s.Rounds)
	if s.Rounds[n-1].End == string(contract.RoundRepaired) {
		return fmt.Sprintf("✅ repaired in round %d of at most %d", n, s.MaxRounds)
	}
	return fmt.Sprintf("❌ not repaired in %d of at most %d rounds", n, s.MaxRounds)
}

// rounds says of each repair round what it was to repair, and what became of it.
func (s Summary) rounds(w *strings.Builder) {
	if len(s.Rounds) == 0 {
		return
	}
	var rows [][]string
	for n, r := range s.Rounds {
		commit := "–"
		if len(r.Commit) >= 12 {
			commit = r.Commit[:12]
		}
		rows = append(rows, []string{strconv.Itoa(n + 1), code(r.Message, 200), roundEnd(r), commit, time.Duration(r.Seconds * float64(time.Second)).Round(time.Second).String()})
	}
	var inner strings.Builder
	table(&inner, []string{"Round", "What was to be repaired", "What became of it", "Commit", "Time"}, rows)
	details(w, fmt.Sprintf("Repair rounds (%d)", len(s.Rounds)), inner.String())
}

func roundEnd(r Round) string {
	switch contract.RoundEnd(r.End) {
	case contract.RoundRepaired:
		return "✅ repaired: every gate passed"
	case contract.RoundRed:
		return "❌ still red: " + code(r.Reason, 200)
	case contract.RoundUnchanged:
		return "❌ nothing was changed"
	case contract.RoundRefused:
		return "❌ refused: " + code(r.Reason, 300)
	case contract.RoundFailed:
		return "❌ not done: " + code(r.Reason, 200)
	}
	return "cut short"
}
