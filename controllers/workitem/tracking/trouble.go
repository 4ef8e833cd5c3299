// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package tracking

import (
	"sync"
	"time"

	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
)

// TroubleTracker remembers what went wrong last under a key, so that trouble which does not keep a work item from going on,
// and is met again at every look, is logged when it changes and not every time.
type TroubleTracker struct {
	mu   sync.Mutex
	last map[string]trouble
}

type trouble struct {
	text string
	at   time.Time
}

// NewTroubleTracker returns a tracker that knows of no trouble.
func NewTroubleTracker() *TroubleTracker { return &TroubleTracker{last: map[string]trouble{}} }

// Changed records what went wrong under a key, and reports whether that differs from the last time. An empty text is no
// trouble.
func (t *TroubleTracker) Changed(key, text string, now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for other, last := range t.last {
		if now.Sub(last.at) > policy.Remembered {
			delete(t.last, other)
		}
	}
	if text == "" {
		delete(t.last, key)
		return false
	}
	changed := t.last[key].text != text
	t.last[key] = trouble{text: text, at: now}
	return changed
}
