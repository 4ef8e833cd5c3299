// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// planDisasters plans what happens in few seeds, and must leave nothing behind either.
func (s *simulation) planDisasters() {
	if s.calm {
		return
	}
	s.planLoss()
	for _, a := range s.accounts {
		if s.chance(0.05) {
			a.unstoppable = true // the role lacks codebuild:StopBuild, for good
		}
		if s.chance(0.1) {
			s.plan(s.between(10*time.Minute, 30*time.Minute), func() { s.purge(a) })
		}
	}
	if s.chance(0.05) {
		s.planRestore()
	}
	if s.chance(0.1) {
		for range 1 + s.random.IntN(3) {
			s.plan(s.between(time.Minute, 25*time.Minute), s.rewrite)
		}
	}
}

// evilCommand is what somebody who may write the lock table wants builds to run.
const evilCommand = "evil"

// rewrite changes what the rows of all branches that are held say to the workers. Every build may write such rows.
func (s *simulation) rewrite() {
	s.say("somebody rewrites the parameters of every lock")
	for _, key := range s.rowKeys() {
		row := s.table.rows[key]
		if !strings.HasPrefix(key, "branch#") || !stateOf(row).inProgress {
			continue
		}
		f, err := contract.FrozenFrom(textOf(row[contract.AttrParameters]), contract.FrozenSHA256(textOf(row[contract.AttrParameters])))
		f.Settings.TestCommand = evilCommand
		text, _, err2 := f.Encode()
		if err := errors.Join(err, err2); err != nil {
			s.fail(&s.counts.Stuck, "row %s has no parameters: %s", key, err)
			return
		}
		row = maps.Clone(row)
		row[contract.AttrParameters] = textValue(text)
		s.table.rows[key] = row
	}
}

// planLoss removes a cluster for ever, with all its objects, where another remains that shares the account: who frees
// its locks must be able to ask CodeBuild of its builds.
func (s *simulation) planLoss() {
	if len(s.clusters) < 2 || s.clusters[0].account != s.clusters[1].account || !s.chance(0.08) {
		return
	}
	c := s.clusters[s.random.IntN(len(s.clusters))]
	s.plan(s.between(2*time.Minute, 25*time.Minute), func() {
		s.say("%s: the cluster is gone", c.name)
		c.gone = true
		for _, m := range slices.Clone(c.managers) {
			s.retire(m)
		}
	})
}

// purge deletes from CodeBuild's history what is over.
func (s *simulation) purge(a *account) {
	for _, r := range a.builds {
		if r.over() {
			r.deleted = true
		}
	}
	s.say("account %s: all builds that are over are deleted", a.id)
}

// planRestore has the lock table deleted, and made again from a backup that is some minutes old.
func (s *simulation) planRestore() {
	s.plan(s.between(5*time.Minute, 25*time.Minute), func() {
		backup := maps.Clone(s.table.rows)
		s.plan(s.between(time.Minute, 10*time.Minute), func() { s.restore(backup) })
	})
}

// restore brings the rows of a backup back. The table does not know any more what has happened since, so the
// invariants start again from its rows; and whoever holds a lease has some time to notice that it is gone, as has what a
// build that has just ended sent before.
func (s *simulation) restore(backup map[string]attrs) {
	s.say("the lock table is as it was some minutes ago")
	s.restored = true
	s.invariants.slotsGone(backup)
	s.table.rows = backup
	s.invariants.rebase()
	for _, a := range s.accounts {
		for _, r := range a.builds {
			if r.alive() || !r.over() || s.now.Sub(r.ended) < longestFlight {
				s.unlocked[r.arn] = s.now
			}
		}
	}
}

// slotsGone records when items lost their slots by a restore, which is no write to the table. A manager that looked before
// still takes them for their holders, and lets them go on.
func (t *invariants) slotsGone(backup map[string]attrs) {
	for key, row := range t.s.table.rows {
		was, is := stateOf(row), stateOf(backup[key])
		if strings.HasPrefix(key, "slot#") && was.inProgress && (!is.inProgress || is.holder != was.holder) {
			t.freedAt[was.holder] = t.s.now
		}
	}
}

// rebase forgets what the table does not say any more.
func (t *invariants) rebase() {
	clear(t.fences)
	clear(t.live)
	clear(t.processed)
	clear(t.released)
	clear(t.held)
	for _, key := range t.s.rowKeys() {
		row := t.s.table.rows[key]
		is := stateOf(row)
		switch {
		case strings.HasPrefix(key, "card#"):
			t.recorded(key, row)
			continue
		case strings.HasPrefix(key, "budget#"):
			continue
		case strings.HasPrefix(key, "branch#"):
			t.fences[key] = is.fence
		case strings.HasPrefix(key, "slot#") && is.inProgress:
			t.held[is.project]++
		}
		if is.inProgress && is.buildID != "" {
			t.live[key] = t.s.build(is.buildID)
		}
	}
}
