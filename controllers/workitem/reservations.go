// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
)

// reservations makes admission one decision at a time an environment, and remembers the latest ones.
type reservations struct {
	mu    sync.Mutex
	locks map[string]*sync.Mutex
	// expiresAt is when an admitted item does not count as active any more without its status saying so.
	expiresAt map[types.UID]time.Time
	// refused is until when an item is passed over because its lock was refused.
	refused map[types.UID]time.Time
}

func newReservations() *reservations {
	return &reservations{locks: map[string]*sync.Mutex{}, expiresAt: map[types.UID]time.Time{}, refused: map[types.UID]time.Time{}}
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

// refuse ends an item's reservation and has others pass it over for a while: an item that cannot get its lock
// must not keep the slot that it would have used from those behind it.
func (r *reservations) refuse(item types.UID, until time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.expiresAt, item)
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
	for uid, at := range r.expiresAt {
		if now.After(at) {
			delete(r.expiresAt, uid)
		}
	}
	r.expiresAt[item] = now.Add(policy.ReservationTime)
}

func (r *reservations) has(item types.UID, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return now.Before(r.expiresAt[item])
}
