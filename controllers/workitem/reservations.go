// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
)

// reservationTime is how long an admitted item counts as active although the cache does not show it yet. It only
// has to outlast the cache's lag: a reservation that is wrong costs a wait, never a second build.
const reservationTime = 10 * time.Second

// reservations makes admission one decision at a time an environment, and remembers the latest ones.
type reservations struct {
	mu    sync.Mutex
	locks map[string]*sync.Mutex
	until map[types.UID]time.Time
	// refused is until when an item is passed over because its lock was refused.
	refused map[types.UID]time.Time
}

func newReservations() *reservations {
	return &reservations{locks: map[string]*sync.Mutex{}, until: map[types.UID]time.Time{}, refused: map[types.UID]time.Time{}}
}

// lock locks an environment and returns its unlock.
func (r *reservations) lock(environment string) func() {
	r.mu.Lock()
	m, ok := r.locks[environment]
	if !ok {
		m = &sync.Mutex{}
		r.locks[environment] = m
	}
	r.mu.Unlock()
	m.Lock()
	return m.Unlock
}

// refuse takes an item's reservation back and has others pass it over for a while: an item that cannot get its lock
// must not keep the slot that it would have used from those behind it.
func (r *reservations) refuse(item types.UID, until time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.until, item)
	r.refused[item] = until
}

// passedOver reports whether the item's lock was refused a short while ago.
func (r *reservations) passedOver(item types.UID, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	until, ok := r.refused[item]
	if ok && now.After(until) {
		delete(r.refused, item)
	}
	return ok && !now.After(until)
}

func (r *reservations) add(item types.UID, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for uid, until := range r.until {
		if now.After(until) {
			delete(r.until, uid)
		}
	}
	r.until[item] = now.Add(reservationTime)
}

func (r *reservations) has(item types.UID, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return now.Before(r.until[item])
}
