// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import "testing"

func TestClassify(t *testing.T) {
	cases := map[string]struct {
		why        string
		seen       observation
		done, tick bool
	}{
		"Ticked":         {"The agent says so, and there is something to show.", observation{Ticked: true, Changed: 2}, true, false},
		"OnlyTicked":     {"A task may be to look and find all well.", observation{Ticked: true}, true, false},
		"Changed":        {"An agent that knows nothing of boxes did something.", observation{Changed: 1}, true, true},
		"ChangedButOpen": {"One that ticks boxes left this one open.", observation{Changed: 1, TicksItself: true}, false, false},
		"Nothing":        {"Exit code 0 is nothing.", observation{}, false, false},
		"Suspicious":     {"A ticked box does not outweigh a denied tool.", observation{Ticked: true, Changed: 1, Suspicious: "denied"}, false, false},
		"OtherList":      {"Where the list is another, a box in it says nothing.", observation{List: "gone", Ticked: true, Changed: 3}, false, false},
		"Conflict":       {"Nobody merges half a merge.", observation{Ticked: true, Changed: 1, Conflicts: []string{"a"}}, false, false},
		"Split":          {"A task with open parts is not done, and a tick would hide them.", observation{Split: true, Changed: 1}, false, false},
		"SplitAndDone":   {"One whose parts are all done is.", observation{Split: true, Ticked: true, Changed: 1}, true, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := classify(c.seen)
			if got.Done != c.done || got.Tick != c.tick || got.Reason == "" {
				t.Errorf("%s\ngot %+v", c.why, got)
			}
		})
	}
}
