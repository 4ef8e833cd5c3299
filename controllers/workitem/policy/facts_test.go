// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

func TestFactsOf(t *testing.T) {
	attempt := &v1alpha1.Attempt{LockID: "mine", Fence: 7, Build: &v1alpha1.BuildStatus{ARN: "arn:b", Status: "SUCCEEDED"}}
	text, err := resultWith(contract.OutcomeSucceeded, contract.GatePassed, contract.GatePassed).Encode()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		why    string
		row    lock.Row
		card   lock.CardRow
		state  RowState
		result bool
	}{
		"released": {
			"the plain way",
			lock.Row{Exists: true, LockID: "mine", Fence: 7, BuildID: "arn:b", Status: contract.StatusComplete, Result: text},
			lock.CardRow{}, RowComplete, true,
		},
		"another build's row": {
			"a result that another build wrote is not this attempt's",
			lock.Row{Exists: true, LockID: "mine", Fence: 7, BuildID: "arn:other", Status: contract.StatusComplete, Result: text},
			lock.CardRow{}, RowGone, false,
		},
		"an older fence": {
			"the row was acquired again since",
			lock.Row{Exists: true, LockID: "mine", Fence: 8, BuildID: "arn:b", Status: contract.StatusComplete, Result: text},
			lock.CardRow{}, RowGone, false,
		},
		"acquired by the next, card recorded": {
			"the card's row is read first",
			lock.Row{Exists: true, LockID: "next", Fence: 8, Status: contract.StatusInProgress},
			lock.CardRow{Exists: true, LockID: "mine", Outcome: contract.OutcomeSucceeded, Result: text}, RowComplete, true,
		},
		"unreadable result": {
			"what cannot be read proves nothing",
			lock.Row{Exists: true, LockID: "mine", Fence: 7, BuildID: "arn:b", Status: contract.StatusComplete, Result: "{"},
			lock.CardRow{}, RowComplete, false,
		},
		"in progress": {
			"progress that a heartbeat reported is not a result",
			lock.Row{Exists: true, LockID: "mine", Fence: 7, BuildID: "arn:b", Status: contract.StatusInProgress, Result: text},
			lock.CardRow{}, RowInProgress, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := FactsOf(attempt, c.row, c.card)
			if e.Row != c.state || (e.Result != nil) != c.result {
				t.Errorf("%s: row %q with result %t, want %q with %t", c.why, e.Row, e.Result != nil, c.state, c.result)
			}
		})
	}
}
