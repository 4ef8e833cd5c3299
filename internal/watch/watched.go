// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"slices"
	"strings"
	"time"
)

// Watched is what is known of one build that is watched, as people are shown it.
type Watched struct {
	Item  string    `json:"item"`
	Build string    `json:"build"`
	State string    `json:"state,omitempty"`
	Phase string    `json:"phase,omitempty"`
	Stage string    `json:"stage,omitempty"`
	Seen  time.Time `json:"seen,omitzero"`
	// Trouble is why the last look had no answer, or half of one.
	Trouble string `json:"trouble,omitempty"`
}

// Builds are all builds that are watched, by item.
func (w *Watcher) Builds() []Watched {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make([]Watched, 0, len(w.latest))
	for item, t := range w.latest {
		one := Watched{Item: item.String(), Build: t.subject.Build.Name()}
		if o := t.observed; o != nil {
			one.Seen = o.Time
			if o.Build != nil {
				one.State, one.Phase = string(o.Build.State), o.Build.Phase
			}
			if o.Branch != nil {
				one.Stage = string(o.Branch.Stage)
			}
			for _, err := range []error{o.BuildErr, o.RowErr} {
				if err != nil {
					one.Trouble = strings.TrimPrefix(one.Trouble+"; "+err.Error(), "; ")
				}
			}
		}
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b Watched) int { return strings.Compare(a.Item, b.Item) })
	return all
}
