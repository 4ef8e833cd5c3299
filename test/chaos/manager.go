// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/access"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/dispatch"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/garbagecollection"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/tracking"
	"github.com/kiro-worker/kiro-worker/internal/watch"
)

const (
	// watchFast and watchSlow are the manager's defaults.
	watchFast = 5 * time.Second
	watchSlow = 30 * time.Second
	// leadership is how long a frozen manager stays the leader.
	leadership = 15 * time.Second
	// maxBackoff is the longest wait after errors, controller-runtime's default.
	maxBackoff = 1000 * time.Second
)

// metrics are shared: no check reads them, and a registry a manager would be most of a seed's time.
var metrics = workitem.NewMetrics(prometheus.NewRegistry())

// manager is a running controller: the real reconciler and watcher, and a work queue.
type manager struct {
	*process
	cluster    *cluster
	cache      *cache
	reconciler *workitem.Reconciler
	collector  *garbagecollection.Collector
	watcher    *watch.Watcher
	dispatcher *dispatch.Dispatcher
	ticks      ticks
	granted    map[string]time.Time // when an item was last granted a slot, or has used a grant
	queue      map[string]*queued
	windows    map[string]*window
	// lastConcurrency is what the environment had at last.
	lastConcurrency int
	begins          func(name string)
	grants          func(m *manager, name string)
	ctx             context.Context //nolint:containedctx // the manager's own, as controller-runtime has it
}

// queued is one item in the work queue, as controller-runtime keeps it: never reconciled twice at once.
type queued struct {
	pending, running, dirty bool
	// granted is set if it was granted a slot since the last reconcile.
	granted  bool
	failures int
	due      time.Time // of the delayed reconcile; zero if there is none
}

// lead starts a manager that leads its cluster.
func (s *simulation) lead(c *cluster) {
	if c.gone {
		return
	}
	s.programs++
	m := &manager{process: s.process(fmt.Sprintf("%s/manager-%d", c.name, s.programs)), cluster: c, queue: map[string]*queued{}, granted: map[string]time.Time{}}
	m.windows = map[string]*window{}
	m.begins = func(name string) { s.invariants.begins(m, name) }
	m.grants = s.invariants.grants
	m.ctx = log.IntoContext(context.Background(), logr.Discard())
	m.leads = true
	m.crash = func() {
		if !m.dead {
			s.say("%s crashes", m.name)
			s.retire(m)
			if !m.deposed {
				s.after(s.between(time.Second, time.Minute), func() { s.lead(c) })
			}
		}
	}
	m.froze = func() { s.after(leadership, func() { s.depose(m) }) }
	m.cache = newCache(c, m.process)
	m.cache.changed, m.cache.configured = m.observe, m.configure
	m.cache.sends = func(name string) func(old, next *v1alpha1.WorkItem) {
		w := m.windows[name].closed(m.concurrency())
		return func(old, next *v1alpha1.WorkItem) { s.invariants.wrote(m, w, old, next) }
	}
	p := &ports{s: s, process: m.process}
	kubernetes, clients, over := s.mutant.kubernetes(&kubeClient{cache: m.cache}), s.mutant.ports(p), tracking.NewFirstSeenTracker()
	m.dispatcher = dispatch.New(dispatch.Options{Reader: kubernetes, Tables: p, Clock: m.process, Cluster: c.name})
	m.dispatcher.OnGrant(m.grant)
	m.watcher = watch.New(p, watch.Options{Fast: watchFast, Slow: watchSlow, Released: m.dispatcher.RowReleased})
	m.collector = garbagecollection.New(access.Access{Reader: kubernetes, Clients: clients}, m.process, s.mutant.settling(), over, m.dispatcher)
	m.dispatcher.OnIdleSlots(m.collector.IdleSlots)
	m.reconciler = workitem.New(workitem.Options{
		Client: kubernetes, Clients: clients, Dispatcher: m.dispatcher, Watcher: m.watcher, Collector: m.collector, Over: over, Clock: m.process,
		Events: noEvents{}, Metrics: metrics, Random: s.random.Float64, Cluster: c.name,
		ProgressInterval: 10 * time.Second, SettlingTime: s.mutant.settling(),
	})
	c.managers = append(c.managers, m)
	s.say("%s leads, its clock off by %s", m.name, m.skew.Round(time.Second))
	m.spawn("watch", m.watch, nil)
	m.spawn("sweep", m.sweep, nil)
	if err := m.dispatcher.Start(m.ctx); err != nil {
		s.fail(&s.counts.Stuck, "%s: %s", m.name, err)
	}
	m.tick(s.now)
	for _, name := range m.cache.names() {
		m.enqueue(name)
	}
}

// retire ends a manager.
func (s *simulation) retire(m *manager) {
	m.kill()
	m.cluster.managers = slices.DeleteFunc(m.cluster.managers, func(o *manager) bool { return o == m })
}

// depose lets another manager lead when this one was frozen past its lease. When it wakes it goes on for a moment,
// until it notices.
func (s *simulation) depose(m *manager) {
	if m.dead || m.deposed || !s.now.Before(m.frozen) {
		return
	}
	m.deposed = true
	s.say("%s has lost its leadership", m.name)
	s.notice(m, s.between(0, 3*time.Second))
	s.lead(m.cluster)
}

// notice lets a manager that lost its leadership end, some time after it woke.
func (s *simulation) notice(m *manager, after time.Duration) {
	s.at(m.frozen.Add(after), func() {
		if s.now.Before(m.frozen) {
			s.notice(m, after) // it froze again
		} else {
			s.retire(m)
		}
	})
}

// watch is what watch.Runner does, on the simulated time.
func (m *manager) watch() {
	for {
		changed, next := m.watcher.Tick(m.ctx, m.Now())
		for _, key := range changed {
			m.enqueue(key.Name)
		}
		m.woken()
		_ = m.w.sleep(m.ctx, min(max(next.Sub(m.Now()), 0), watchFast))
	}
}

// sweepEvery is how often a manager looks for locks whose holder is gone.
const sweepEvery = 5 * time.Minute

// sweep is what the manager's collector does, on the simulated time.
func (m *manager) sweep() {
	for {
		_ = m.w.sleep(m.ctx, sweepEvery)
		if m.cache.env == nil {
			continue // where there is no environment, the collector knows no table
		}
		if err := m.collector.Sweep(m.ctx, m.cache.env.DeepCopy()); err != nil {
			m.w.say("%s: sweeping: %s", m.name, err)
		}
		m.woken()
	}
}

// enqueue lets an item be reconciled soon.
func (m *manager) enqueue(name string) {
	q := m.entry(name)
	switch {
	case q.running:
		q.dirty = true
	case !q.pending:
		q.pending = true
		m.w.after(m.w.between(0, 5*time.Millisecond), func() { m.reconcile(name) })
	}
}

func (m *manager) entry(name string) *queued {
	q := m.queue[name]
	if q == nil {
		q = &queued{}
		m.queue[name] = q
	}
	return q
}

func (m *manager) reconcile(name string) {
	q := m.entry(name)
	if m.dead || q.running {
		return
	}
	q.pending, q.running = false, true
	m.begins(name)
	var res ctrl.Result
	var err error
	m.spawn("reconcile "+name, func() {
		res, err = m.reconciler.Reconcile(m.ctx, ctrl.Request{NamespacedName: types.NamespacedName{Namespace: namespace, Name: name}})
	}, func() { m.reconciled(name, q, res, err) })
}

func (m *manager) reconciled(name string, q *queued, res ctrl.Result, err error) {
	q.running = false
	if q.granted {
		q.granted, m.granted[name] = false, m.w.now
	}
	m.woken()
	switch {
	case err != nil:
		m.w.say("%s: %s: %s", m.name, name, err)
		m.again(name, q, min(5*time.Millisecond<<min(q.failures, 20), maxBackoff))
		q.failures++
	default:
		q.failures = 0
		if res.RequeueAfter > 0 {
			m.again(name, q, res.RequeueAfter)
		}
	}
	if q.dirty {
		q.dirty = false
		m.enqueue(name)
	}
}

// again reconciles an item after a while; the earliest time counts.
func (m *manager) again(name string, q *queued, d time.Duration) {
	due := m.w.now.Add(d)
	if !q.due.IsZero() && !due.Before(q.due) {
		return
	}
	q.due = due
	m.w.at(due, func() {
		if q.due.Equal(due) && !m.dead {
			q.due = time.Time{}
			m.enqueue(name)
		}
	})
}

// noEvents drops events for people.
type noEvents struct{}

// Eventf implements the recorder of events.
func (noEvents) Eventf(runtime.Object, runtime.Object, string, string, string, string, ...any) {}
