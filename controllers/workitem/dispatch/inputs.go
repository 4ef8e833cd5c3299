// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/locks"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/queue"
	"github.com/kiro-worker/kiro-worker/internal/watch"
)

// Observe hands in an item's event. The old state is nil for an item that is new.
func (d *Dispatcher) Observe(old, item *v1alpha1.WorkItem) {
	if old != nil && old.UID != item.UID { // deleted and made again between two events
		d.Forget(old)
		old = nil
	}
	d.act(func(now time.Time) queue.Result {
		var first queue.Result
		if ended(old, item) {
			first = d.queues.Concluded(environmentOf(item), string(item.UID), contract.Outcome(item.Status.Attempt.Outcome), now)
		}
		return joined(first, d.put(item, now))
	})
}

func (d *Dispatcher) put(item *v1alpha1.WorkItem, now time.Time) queue.Result {
	if entry, ok := entryOf(item, now); ok {
		return d.queues.Put(entry, now)
	}
	return d.queues.Remove(string(item.UID), now)
}

// joined is the result of two calls, one after the other.
func joined(first, second queue.Result) queue.Result {
	second.Grants = append(first.Grants, second.Grants...)
	return second
}

// ended reports whether an event shows that an attempt has ended. What an item that is new shows ended before.
func ended(old, item *v1alpha1.WorkItem) bool {
	a := item.Status.Attempt
	if old == nil || a == nil || a.Outcome == "" {
		return false
	}
	was := old.Status.Attempt
	return was == nil || was.Number != a.Number || was.Outcome == ""
}

// Forget removes an item that is gone.
func (d *Dispatcher) Forget(item *v1alpha1.WorkItem) {
	d.act(func(now time.Time) queue.Result { return d.queues.Remove(string(item.UID), now) })
}

// ObserveEnvironment hands in an environment's event.
func (d *Dispatcher) ObserveEnvironment(env *v1alpha1.WorkEnvironment) {
	d.act(func(now time.Time) queue.Result { return d.configure(env, now) })
}

// ForgetEnvironment has nothing start in an environment that is gone.
func (d *Dispatcher) ForgetEnvironment(env *v1alpha1.WorkEnvironment) {
	d.act(func(now time.Time) queue.Result {
		delete(d.environments, nameOf(env))
		return d.queues.Configure(nameOf(env), queue.Settings{}, now)
	})
}

// Acquired hands in that an item holds a lock for its next attempt.
func (d *Dispatcher) Acquired(item *v1alpha1.WorkItem, projectARN string, held lock.Lock) {
	slot, ok := slotOf(projectARN, held.SlotKey)
	if !ok {
		return
	}
	d.act(func(now time.Time) queue.Result {
		return d.queues.Acquired(string(item.UID), slot, locks.NextNumber(item), now)
	})
}

// Refused hands in that an item could not acquire what it was granted. Until a time others go first.
func (d *Dispatcher) Refused(item types.UID, reason queue.Refusal, until time.Time) {
	d.act(func(now time.Time) queue.Result { return d.queues.Refused(string(item), reason, until, now) })
}

// Released hands in that an attempt holds its slot no longer.
func (d *Dispatcher) Released(item types.UID, a *v1alpha1.Attempt) {
	p := a.Parameters
	d.released(Project(p.LockAccess().Region, p.TableName, p.ProjectARN), p.ProjectARN, p.SlotKey, string(item), a.Number)
}

// Freed hands in that a row of an environment's project was freed without its holder.
func (d *Dispatcher) Freed(env *v1alpha1.WorkEnvironment, row lock.Row) {
	d.released(Project(env.Spec.LockAccess().Region, env.Spec.Lock.TableName, row.ProjectARN), row.ProjectARN, row.SlotKey, row.Holder, row.Attempt)
}

// RowReleased hands in that a row was seen released.
func (d *Dispatcher) RowReleased(p watch.Place, row lock.Row) {
	d.released(Project(p.TableRegion, p.TableName, row.ProjectARN), row.ProjectARN, row.SlotKey, row.Holder, row.Attempt)
}

func (d *Dispatcher) released(project, projectARN, slotKey, holder string, attempt int32) {
	slot, ok := slotOf(projectARN, slotKey)
	if !ok {
		return
	}
	d.freed(slotKey, holder, attempt, d.options.Clock.Now())
	d.act(func(now time.Time) queue.Result {
		return d.queues.Released(project, slot, queue.Row{Held: true, Holder: holder, Attempt: attempt}, now)
	})
}
