// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// A cluster says that it wants slots while an item finds none, and no more often than it looks.
func TestDemandIsTold(t *testing.T) {
	w, a := started(t)
	if w.told != 1 || !w.wants["test"].Equal(noon) {
		t.Errorf("an item finds no slot, and that was said %d times: %v", w.told, w.wants)
	}
	for range 3 {
		w.dispatcher.Tick(t.Context())
	}
	w.clock.Step(tellAgain)
	w.dispatcher.Tick(t.Context())
	if w.told != 2 {
		t.Errorf("it was said %d times in %s, want twice", w.told, tellAgain)
	}
	clear(w.rows)
	w.dispatcher.Released(a.UID, a.Status.Attempt)
	w.clock.Step(tellAgain)
	w.dispatcher.Tick(t.Context())
	if w.told != 2 {
		t.Error("nothing waits any more, and slots are said to be wanted")
	}
}

// A cluster that has more than its share leaves a slot that it frees alone for a while, for those that want one.
func TestTheShareOfOthers(t *testing.T) {
	for name, c := range map[string]struct {
		wants map[string]time.Time
		rests bool
	}{
		"another wants a slot":           {map[string]time.Time{"other": noon.Add(-50 * time.Second)}, true},
		"its clock is ahead":             {map[string]time.Time{"other": noon.Add(50 * time.Second)}, true},
		"another wanted one long ago":    {map[string]time.Time{"other": noon.Add(-2 * demandLasts)}, false},
		"another's clock is far ahead":   {map[string]time.Time{"other": noon.Add(2 * demandLasts)}, false},
		"nobody but this cluster":        {map[string]time.Time{"test": noon}, false},
		"nobody":                         {map[string]time.Time{}, false},
		"the role may not reach the row": {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			w, a := startedAmong(t, c.wants)
			clear(w.rows)
			w.dispatcher.Released(a.UID, a.Status.Attempt)
			var want []string
			if !c.rests {
				want = []string{"b"}
			}
			if diff := cmp.Diff(want, w.granted); diff != "" {
				t.Errorf("granted at once (-want +got):\n%s", diff)
			}
			w.clock.Step(15 * time.Second)
			w.dispatcher.Tick(t.Context())
			if diff := cmp.Diff([]string{"b"}, w.granted); diff != "" {
				t.Errorf("granted after a while (-want +got):\n%s", diff)
			}
		})
	}
}
