// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"hash/fnv"
	"sort"
	"time"
)

// A place with many builds is looked at in parts, each at its own time of the interval. What was released since the last look
// is then seen a few at a time, and as many builds are started at once: looked at together, fifty that have ended wait for each
// other. Each build is looked at as often as before, and there are never more than so many looks an interval.
const (
	mostParts = 10
	// partSize is how many subjects a part has at least, so that few builds are looked at together.
	partSize = 5
)

// place is the pace of one place.
type place struct {
	interval time.Duration
	since    time.Time // of the interval
	hurry    bool      // something is new: nobody waits longer than the fast pace
	failing  bool      // the last look had no answer, or half of one
}

func (w *Watcher) placeOf(p Place) *place {
	pace := w.places[p]
	if pace == nil {
		pace = &place{interval: w.options.Fast}
		w.places[p] = pace
	}
	return pace
}

// duePlace is a place of which something is due, with those subjects in a fixed order.
type duePlace struct {
	place    Place
	failing  bool
	subjects []Subject
}

func (w *Watcher) due(now time.Time) []duePlace {
	w.mu.Lock()
	defer w.mu.Unlock()
	byPlace := w.byPlace()
	var due []duePlace
	for p, pace := range w.places {
		all := byPlace[p]
		if len(all) == 0 {
			delete(w.places, p)
			continue
		}
		if pace.hurry {
			w.quicken(pace, all, now)
		}
		var subjects []Subject
		for _, t := range all {
			if !now.Before(t.next) {
				subjects = append(subjects, t.subject)
			}
		}
		if len(subjects) > 0 {
			sort.Slice(subjects, func(i, j int) bool { return subjects[i].Item.String() < subjects[j].Item.String() })
			due = append(due, duePlace{p, pace.failing, subjects})
		}
	}
	// Those that did not answer come last: they may take their whole time again.
	sort.Slice(due, func(i, j int) bool {
		if due[i].failing != due[j].failing {
			return due[j].failing
		}
		return due[i].place.less(due[j].place)
	})
	return due
}

func (w *Watcher) byPlace() map[Place][]*tracked {
	byPlace := map[Place][]*tracked{}
	for _, t := range w.latest {
		byPlace[t.place] = append(byPlace[t.place], t)
	}
	return byPlace
}

// looked says when each place is looked at again: soon while something changes, and ever more slowly while nothing does.
func (w *Watcher) looked(looks []*look, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	byPlace := w.byPlace()
	rounds := map[Place]*round{}
	for _, l := range looks {
		r := rounds[l.place]
		if r == nil {
			r = &round{seen: map[Subject]bool{}}
			rounds[l.place] = r
		}
		r.news, r.failing = r.news || len(l.changed) > 0, r.failing || l.failing
		for _, s := range l.subjects {
			r.seen[s] = true
		}
	}
	for p, r := range rounds {
		w.pace(w.placeOf(p), byPlace[p], r, now)
	}
}

// round is what one tick's looks at a place came to.
type round struct {
	news, failing bool
	seen          map[Subject]bool
}

func (w *Watcher) pace(pace *place, all []*tracked, r *round, now time.Time) {
	pace.failing = r.failing
	switch {
	case r.news:
		w.quicken(pace, all, now)
	case now.Sub(pace.since) >= pace.interval: // all were looked at since
		pace.interval, pace.since = min(pace.interval*3/2, w.options.Slow), now
	}
	for _, t := range all {
		switch next := now.Add(pace.interval); {
		case r.failing:
			t.next = next // as a whole: each look may take its whole time
		case r.seen[t.subject]:
			t.next = w.turn(t, next, len(all))
		}
	}
}

// quicken returns a place to the fast pace, also for those that were to be looked at later.
func (w *Watcher) quicken(pace *place, all []*tracked, now time.Time) {
	pace.interval, pace.since, pace.hurry = w.options.Fast, now, false
	for _, t := range all {
		if next := w.turn(t, now.Add(w.options.Fast), len(all)); next.Before(t.next) {
			t.next = next
		}
	}
}

// turn is when an item's part of its place is looked at: the last time that is not after the given one. It is less than the
// fast pace before that.
func (w *Watcher) turn(t *tracked, at time.Time, watched int) time.Time {
	parts := min(watched/partSize, mostParts)
	if parts <= 1 {
		return at
	}
	h := fnv.New32a()
	_, _ = h.Write([]byte(t.subject.Item.String())) // never fails
	part := int(h.Sum32()) % parts
	offset := time.Duration(part) * w.options.Fast / time.Duration(parts)
	return at.Add(-offset).Truncate(w.options.Fast).Add(offset)
}

// less orders places, so that a tick does not depend on the order of a map.
func (p Place) less(q Place) bool {
	a := []string{p.Namespace, p.AWS.Region, p.AWS.RoleARN, p.AWS.ExternalID, p.AWS.EndpointURL, p.TableRegion, p.TableName}
	b := []string{q.Namespace, q.AWS.Region, q.AWS.RoleARN, q.AWS.ExternalID, q.AWS.EndpointURL, q.TableRegion, q.TableName}
	for i := range a {
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return false
}

func (w *Watcher) nextDue(now time.Time) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	next := now.Add(w.options.Slow)
	for _, t := range w.latest {
		if t.next.Before(next) {
			next = t.next
		}
	}
	return next
}
