// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package watch looks at all running builds of an environment together: one batched look at the builds and one
// at their lock rows, however many work items wait for them. What changed is handed on; reconcilers read the
// latest observation and make no calls themselves. What an observation means is decided in policy.
//
// It is a package of its own because it uses two ports, and no implementation of a port may know another.
package watch

import (
	"context"
	"slices"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// Place is where builds run that can be looked at together.
type Place struct {
	Namespace   string
	AWS         v1alpha1.AWSAccess
	TableRegion string // of the lock table; empty is AWS.Region
	TableName   string
}

// Subject is one attempt that is watched.
type Subject struct {
	Item      types.NamespacedName
	Build     build.Reference
	SlotKey   string
	BranchKey string
}

// Observation is what was last seen of a subject.
type Observation struct {
	// Time of the look. Looks may follow each other closely: who counts them spaces them by it.
	Time time.Time
	// Build is the build, if the build service answered and knows it.
	Build *build.Build
	// BuildMissing is true if the build service answered that it does not know the build.
	BuildMissing bool
	// BuildErr is why the build service did not answer. Nothing is known of the build then.
	BuildErr error
	// Branch is the branch row, if the table answered.
	Branch *lock.Row
	// RowErr is why the table did not answer. Nothing is known of the row then.
	RowErr error
}

// Clients makes the ports of a place. The watcher only looks: it can neither stop a build nor change a row.
type Clients interface {
	// BuildObserver returns what looks builds up.
	BuildObserver(ctx context.Context, namespace string, aws v1alpha1.AWSAccess) (build.Observer, error)
	// LockReader returns what reads a lock table.
	LockReader(ctx context.Context, namespace string, aws v1alpha1.AWSAccess, tableName string) (lock.Reader, error)
}

// Options set the pace of a Watcher.
type Options struct {
	// Fast is the time between two looks while something is going on.
	Fast time.Duration
	// Slow is the longest time between two looks.
	Slow time.Duration
	// CallTimeout is how long the build service, and then the table, of one place may take to answer. Zero is ten seconds.
	CallTimeout time.Duration
	// All makes calls that do not depend on each other. Nil makes them one after the other.
	All func(calls []func())
	// Released is called with each branch row that is seen released, as it is or, if it is another's by now, as it was; nil
	// is not called.
	Released func(p Place, row lock.Row)
}

// callTimeout is many times what an answer takes: an account that swallows requests delays a tick by this, and not by all
// the SDK's retries.
const callTimeout = 10 * time.Second

// Watcher keeps the latest observation of every subject. It starts no goroutine: whoever owns it calls Tick.
type Watcher struct {
	clients Clients
	options Options

	mu     sync.Mutex
	places map[Place]*place
	latest map[types.NamespacedName]*tracked
}

// tracked is one subject, what was last seen of it, and when it is looked at next; zero is at once.
type tracked struct {
	place    Place
	subject  Subject
	observed *Observation
	next     time.Time
}

// New returns a Watcher that watches nothing yet.
func New(clients Clients, options Options) *Watcher {
	if options.CallTimeout <= 0 {
		options.CallTimeout = callTimeout
	}
	if options.All == nil {
		options.All = func(calls []func()) {
			for _, call := range calls {
				call()
			}
		}
	}
	if options.Released == nil {
		options.Released = func(Place, lock.Row) {}
	}
	return &Watcher{
		clients: clients, options: options,
		places: map[Place]*place{}, latest: map[types.NamespacedName]*tracked{},
	}
}

// Track watches a subject from now on. One that is new is due at once, and speeds the looks at its place up.
func (w *Watcher) Track(p Place, s Subject) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t, ok := w.latest[s.Item]; ok && t.subject == s && t.place == p {
		return
	}
	w.latest[s.Item] = &tracked{place: p, subject: s}
	w.placeOf(p).hurry = true
}

// Forget ends the watch of an item.
func (w *Watcher) Forget(item types.NamespacedName) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.latest, item)
}

// PollNow makes the next look at an item's build due at once, for example because it was asked to stop.
func (w *Watcher) PollNow(item types.NamespacedName) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if t, ok := w.latest[item]; ok {
		t.next = time.Time{}
		w.placeOf(t.place).hurry = true
	}
}

// Latest returns what was last seen of the item's build, or nil if it was not looked at yet.
func (w *Watcher) Latest(item types.NamespacedName, ref build.Reference) *Observation {
	w.mu.Lock()
	defer w.mu.Unlock()
	t, ok := w.latest[item]
	if !ok || t.subject.Build != ref {
		return nil
	}
	return t.observed
}

// Watched is how many builds are watched.
func (w *Watcher) Watched() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.latest)
}

// lookSize is how many subjects one look is for: as many as one call of each service takes. Each look has its own time, so
// that thousands of builds in one place are all seen.
const lookSize = 100

// Tick looks at every subject that is due, and returns the items of which something new was seen and the time at
// which the next subject is due.
func (w *Watcher) Tick(ctx context.Context, now time.Time) (changed []types.NamespacedName, next time.Time) {
	var looks []*look
	var calls []func()
	for _, d := range w.due(now) {
		for part := range slices.Chunk(d.subjects, lookSize) {
			l := &look{place: d.place, subjects: part}
			looks = append(looks, l)
			calls = append(calls, func() { w.look(ctx, l, now) })
		}
	}
	w.options.All(calls)
	for _, l := range looks {
		changed = append(changed, l.changed...)
	}
	w.looked(looks, now)
	return changed, w.nextDue(now)
}
