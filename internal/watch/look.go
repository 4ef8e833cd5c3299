// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// look is one look at subjects of a place, and what it found.
type look struct {
	place    Place
	subjects []Subject
	changed  []types.NamespacedName
	failing  bool // it had no answer, or half of one
}

// look asks the build service and the table once for all of a look's subjects. The rows are read after the builds: a
// worker releases before its build ends, so a build that is seen to be over is never paired with the row from
// before its release.
func (w *Watcher) look(ctx context.Context, l *look, now time.Time) {
	p, subjects := l.place, l.subjects
	found, missing, buildErr := w.builds(ctx, p, subjects)
	rows, rowErr := w.rows(ctx, p, subjects)

	seen := map[Subject]*Observation{}
	for _, s := range subjects {
		seen[s] = observationOf(s, now, found, missing, rows)
		seen[s].BuildErr, seen[s].RowErr = buildErr, rowErr
	}
	var released []lock.Row
	l.changed, released = w.record(subjects, seen)
	l.failing = buildErr != nil || rowErr != nil
	for _, row := range released {
		w.options.Released(p, row)
	}
}

func observationOf(s Subject, now time.Time, found map[build.Reference]build.Build, missing map[build.Reference]bool, rows map[string]lock.Row) *Observation {
	seen := &Observation{Time: now, BuildMissing: missing[s.Build]}
	if b, ok := found[s.Build]; ok {
		seen.Build = &b
	}
	if row, ok := rows[s.BranchKey]; ok {
		seen.Branch = &row
	}
	return seen
}

// record keeps what was seen, and returns what is new and which rows were released.
func (w *Watcher) record(subjects []Subject, seen map[Subject]*Observation) ([]types.NamespacedName, []lock.Row) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var changed []types.NamespacedName
	var released []lock.Row
	for _, s := range subjects {
		t, ok := w.latest[s.Item]
		if !ok || t.subject != s {
			continue // forgotten, or another build by now
		}
		if isNews(t.observed, seen[s]) {
			changed = append(changed, s.Item)
		}
		if row, ok := releasedRow(t.observed, seen[s]); ok {
			released = append(released, row)
		}
		t.observed = seen[s]
	}
	return changed, released
}

// releasedRow is the row that a look shows to be released: the branch's own, or the one that it was before another acquired
// the branch.
func releasedRow(old, seen *Observation) (lock.Row, bool) {
	if seen.Branch == nil {
		return lock.Row{}, false
	}
	var was lock.Row
	if old != nil && old.Branch != nil {
		was = *old.Branch
	}
	is := *seen.Branch
	switch {
	case is.LockID == was.LockID && was.Held() == is.Held():
		return lock.Row{}, false
	case is.Exists && !is.Held():
		return is, true
	case is.LockID != was.LockID && was.Held():
		return was, true
	}
	return lock.Row{}, false
}

func (w *Watcher) builds(ctx context.Context, p Place, subjects []Subject) (map[build.Reference]build.Build, map[build.Reference]bool, error) {
	ctx, cancel := context.WithTimeout(ctx, w.options.CallTimeout)
	defer cancel()
	observer, err := w.clients.BuildObserver(ctx, p.Namespace, p.AWS)
	if err != nil {
		return nil, nil, err
	}
	refs := make([]build.Reference, 0, len(subjects))
	for _, s := range subjects {
		refs = append(refs, s.Build)
	}
	found, missing, err := observer.Get(ctx, refs)
	if err != nil {
		return nil, nil, fmt.Errorf("looking at the builds: %w", err)
	}
	absent := make(map[build.Reference]bool, len(missing))
	for _, ref := range missing {
		absent[ref] = true
	}
	return found, absent, nil
}

func (w *Watcher) rows(ctx context.Context, p Place, subjects []Subject) (map[string]lock.Row, error) {
	ctx, cancel := context.WithTimeout(ctx, w.options.CallTimeout)
	defer cancel()
	access := p.AWS
	if p.TableRegion != "" {
		access.Region = p.TableRegion
	}
	reader, err := w.clients.LockReader(ctx, p.Namespace, access, p.TableName)
	if err != nil {
		return nil, err
	}
	keys := make([]string, 0, len(subjects))
	for _, s := range subjects {
		keys = append(keys, s.BranchKey)
	}
	rows, err := reader.Rows(ctx, keys)
	if err != nil {
		return nil, fmt.Errorf("reading the lock rows: %w", err)
	}
	return rows, nil
}

// isNews reports whether a work item's status would differ. A mere heartbeat is none, but a build that the
// service does not know is news each time: whoever waits for it counts the looks.
func isNews(old, seen *Observation) bool {
	if old == nil || seen.BuildMissing || (old.BuildErr == nil) != (seen.BuildErr == nil) || (old.RowErr == nil) != (seen.RowErr == nil) {
		return true
	}
	if (old.Build == nil) != (seen.Build == nil) || (old.Branch == nil) != (seen.Branch == nil) {
		return true
	}
	if seen.Build != nil && *old.Build != *seen.Build {
		return true
	}
	return seen.Branch != nil && !sameButForHeartbeat(*old.Branch, *seen.Branch)
}

func sameButForHeartbeat(a, b lock.Row) bool {
	a.HeartbeatAt, b.HeartbeatAt = time.Time{}, time.Time{}
	a.ExpiresAt, b.ExpiresAt = time.Time{}, time.Time{}
	return a == b
}
