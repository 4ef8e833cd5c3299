// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// watchful is how often a person who knows of a hung build looks at the locks.
const watchful = 20 * time.Second

// person is the name of the process that a person is.
const person = "a person"

// unlocker is a person who frees the locks of builds that send no heartbeat, without knowing whether they are over. It is
// what `kubectl workitem unlock` does: it waits for the lease to end, and then for the settling time.
func (s *simulation) unlocker() {
	p := &process{w: s.world, name: person, cut: map[service]time.Time{}}
	s.people = append(s.people, p)
	table := s.lockTable()
	ctx := context.Background()
	p.spawn("unlock", func() {
		for s.now.Sub(epoch) < troubled {
			_ = s.sleep(ctx, watchful)
			for _, key := range s.rowKeys() {
				if strings.HasPrefix(key, "branch#") && stateOf(s.table.rows[key]).buildID != "" {
					s.unlock(ctx, table, key)
				}
			}
		}
	}, nil)
}

func (s *simulation) unlock(ctx context.Context, table lock.Table, key string) {
	rows, err := table.Rows(ctx, []string{key})
	if err != nil {
		return
	}
	row := rows[key]
	if !row.Held() || row.BuildID == "" || s.now.Sub(row.ExpiresAt) < settlingTime {
		return
	}
	before, known := s.unlocked[row.BuildID]
	if !known {
		s.unlocked[row.BuildID] = s.now.Add(time.Hour) // its time is known once it has happened
	}
	err = table.Unlock(ctx, row, s.now)
	var refusal *lock.Refusal
	switch {
	case err == nil:
		s.say("a person unlocks %s, held by build %s", key, brief(row.BuildID))
		s.unlocked[row.BuildID] = s.now
	case errors.As(err, &refusal) && known:
		s.unlocked[row.BuildID] = before
	case errors.As(err, &refusal):
		delete(s.unlocked, row.BuildID)
	}
}
