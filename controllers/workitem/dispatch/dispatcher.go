// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/queue"
)

// Tables reads lock tables, and says in them that slots are wanted.
type Tables interface {
	Demand(ctx context.Context, namespace string, aws v1alpha1.AWSAccess, tableName string) (lock.Demand, error)
	LockReader(ctx context.Context, namespace string, aws v1alpha1.AWSAccess, tableName string) (lock.Reader, error)
}

// Options is what a Dispatcher is made of.
type Options struct {
	Reader  client.Reader
	Tables  Tables
	Clock   clock.PassiveClock
	Cluster string
}

// Dispatcher holds the queues of all environments. It is safe for concurrent use.
type Dispatcher struct {
	options Options
	granted func(types.NamespacedName)
	idle    func(ctx context.Context, env *v1alpha1.WorkEnvironment, slots []lock.Row)
	wake    chan struct{}
	// freed is called with each release of a slot, which may come several times.
	freed func(slotKey, holder string, attempt int32, now time.Time)

	mu           sync.Mutex
	queues       *queue.Manager
	started      bool
	environments map[queue.Environment]*v1alpha1.WorkEnvironment
	told         map[string]time.Time // by project: when the others were last told that slots are wanted
	// next is when Tick is to be called, as far as its caller knows; zero is never.
	next time.Time
}

// New returns a Dispatcher that grants nothing before Start.
func New(o Options) *Dispatcher {
	return &Dispatcher{
		options: o, granted: func(types.NamespacedName) {}, idle: func(context.Context, *v1alpha1.WorkEnvironment, []lock.Row) {}, wake: make(chan struct{}, 1),
		freed:  func(string, string, int32, time.Time) {},
		queues: queue.NewManager(o.Cluster), environments: map[queue.Environment]*v1alpha1.WorkEnvironment{},
		told: map[string]time.Time{},
	}
}

// OnGrant sets what is called with each item that was granted a slot. It is called before Start, and before any event is
// handed in.
func (d *Dispatcher) OnGrant(granted func(types.NamespacedName)) { d.granted = granted }

// OnReleased sets what is called with each release of a slot that is handed in; one release may be handed in several times.
// It is called before Start.
func (d *Dispatcher) OnReleased(freed func(slotKey, holder string, attempt int32, now time.Time)) {
	d.freed = freed
}

// OnIdleSlots sets what is called with slots whose holder may be gone, when an item finds no other. Nobody is granted a
// held slot, so nobody would ever be refused it and look who holds it.
func (d *Dispatcher) OnIdleSlots(idle func(context.Context, *v1alpha1.WorkEnvironment, []lock.Row)) {
	d.idle = idle
}

// Start rebuilds the queues from the cache and begins to grant. The lock is held over the lists, so that an event that is
// newer than they are comes after them.
func (d *Dispatcher) Start(ctx context.Context) error {
	d.mu.Lock()
	result, err := d.rebuild(ctx)
	d.mu.Unlock()
	if err != nil {
		return fmt.Errorf("rebuilding the queues: %w", err)
	}
	d.handOn(result)
	return nil
}

func (d *Dispatcher) rebuild(ctx context.Context) (queue.Result, error) {
	environments, all := &v1alpha1.WorkEnvironmentList{}, &v1alpha1.WorkItemList{}
	if err := d.options.Reader.List(ctx, environments); err != nil {
		return queue.Result{}, fmt.Errorf("listing the environments: %w", err)
	}
	if err := d.options.Reader.List(ctx, all, client.UnsafeDisableDeepCopy); err != nil {
		return queue.Result{}, fmt.Errorf("listing the work items: %w", err)
	}
	now := d.options.Clock.Now()
	for i := range environments.Items {
		env := &environments.Items[i]
		d.configure(env, now)
		c := meta.FindStatusCondition(env.Status.Conditions, v1alpha1.ConditionDegraded)
		if c != nil && c.Status == metav1.ConditionTrue && c.ObservedGeneration == env.Generation {
			d.queues.RestoreBrake(nameOf(env), contract.Outcome(c.Reason), c.LastTransitionTime.Time, now)
		}
	}
	entries := make([]queue.Item, 0, len(all.Items))
	for i := range all.Items {
		if entry, ok := entryOf(&all.Items[i], now); ok {
			entries = append(entries, entry)
		}
	}
	d.started = true
	return d.queues.Rebuild(entries, now), nil
}

// configure hands in what an environment says of its queue.
func (d *Dispatcher) configure(env *v1alpha1.WorkEnvironment, now time.Time) queue.Result {
	d.environments[nameOf(env)] = env
	return d.queues.Configure(nameOf(env), settingsOf(env), now)
}

// act calls the queues under the lock, and hands on what they granted without it.
func (d *Dispatcher) act(call func(now time.Time) queue.Result) {
	d.mu.Lock()
	result := call(d.options.Clock.Now())
	wake := !result.Next.IsZero() && (d.next.IsZero() || result.Next.Before(d.next))
	if wake {
		d.next = result.Next
	}
	d.mu.Unlock()
	d.handOn(result)
	if wake {
		select {
		case d.wake <- struct{}{}:
		default: // it is awake
		}
	}
}

func (d *Dispatcher) handOn(result queue.Result) {
	for _, g := range result.Grants {
		d.granted(types.NamespacedName{Namespace: g.Environment.Namespace, Name: g.Name})
	}
}

// Wake receives when Tick is to be called sooner than it said.
func (d *Dispatcher) Wake() <-chan struct{} { return d.wake }

// Place is where an item is in its queue.
func (d *Dispatcher) Place(item types.UID) queue.Place {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.queues.Place(string(item))
}

// Snapshot shows an environment's queue. It is not known before Start.
func (d *Dispatcher) Snapshot(environment types.NamespacedName) (snapshot queue.Snapshot, known bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.queues.Snapshot(queue.Environment{Namespace: environment.Namespace, Name: environment.Name}), d.started
}
