// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// ticks is when the manager's dispatcher is called, as dispatch.Runner calls it.
type ticks struct {
	running, again bool
	due            time.Time // zero if it is not due
}

// observe is what the manager's watches do with an item's event.
func (m *manager) observe(name string, old, next *v1alpha1.WorkItem) {
	switch {
	case next != nil:
		m.dispatcher.Observe(old, next)
	case old != nil:
		m.dispatcher.Forget(old)
	}
	m.woken()
	m.enqueue(name)
	if old == nil && next == nil {
		return
	}
	dependents, err := m.reconciler.DependentsOf(m.ctx, old, next)
	if err != nil {
		m.w.say("%s: %s", m.name, err)
	}
	for _, key := range dependents {
		m.enqueue(key.Name)
	}
}

// configure is what the manager's watches do with the environment's event.
func (m *manager) configure(env *v1alpha1.WorkEnvironment) {
	deleted := env == nil || !env.DeletionTimestamp.IsZero()
	if env == nil {
		key := m.cache.environment()
		m.dispatcher.ForgetEnvironment(&v1alpha1.WorkEnvironment{ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name}})
	} else {
		m.dispatcher.ObserveEnvironment(env)
	}
	m.woken()
	for _, name := range m.cache.names() {
		item := m.cache.items[name]
		lacks := !item.AttemptActive() && !item.IsTrue(v1alpha1.ConditionAccepted)
		if !item.Finished() && (deleted || lacks) {
			m.enqueue(name)
		}
	}
}

// grant is called with each item that was granted a slot.
func (m *manager) grant(key types.NamespacedName) {
	m.w.say("%s: %s is granted a slot", m.name, key.Name)
	m.grants(m, key.Name)
	m.granted[key.Name], m.entry(key.Name).granted = m.w.now, true
	m.enqueue(key.Name)
}

// woken calls the dispatcher if it asked for that.
func (m *manager) woken() {
	select {
	case <-m.dispatcher.Wake():
		m.tick(m.w.now)
	default:
	}
}

// tick calls the dispatcher at a time, or before if it is due before.
func (m *manager) tick(at time.Time) {
	t := &m.ticks
	switch {
	case t.running:
		t.again = true
		return
	case !t.due.IsZero() && !at.Before(t.due):
		return
	}
	t.due = at
	m.w.at(at, func() {
		if m.dead || t.running || !t.due.Equal(at) {
			return
		}
		t.due, t.running = time.Time{}, true
		var next time.Time
		m.spawn("dispatch", func() { next = m.dispatcher.Tick(m.ctx) }, func() { m.ticked(next) })
	})
}

// mostIdle is how long a dispatch.Runner sleeps at the most.
const mostIdle = time.Minute

func (m *manager) ticked(next time.Time) {
	t := &m.ticks
	t.running = false
	at := m.w.now.Add(mostIdle)
	switch {
	case t.again:
		at = m.w.now
	case !next.IsZero():
		at = m.w.now.Add(min(max(next.Sub(m.Now()), time.Millisecond), mostIdle))
	}
	t.again = false
	m.tick(at)
}
