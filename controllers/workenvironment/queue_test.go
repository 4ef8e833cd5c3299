// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/queue"
)

// queues are what the dispatcher would show of the items that wait in the API server.
type queues struct {
	w       *world
	unknown bool
	brake   queue.Brake
}

func (q *queues) Snapshot(environment types.NamespacedName) (queue.Snapshot, bool) {
	all := &v1alpha1.WorkItemList{}
	must(q.w.t, q.w.client.List(q.w.t.Context(), all, client.InNamespace(environment.Namespace)))
	var entries []queue.Entry
	for _, i := range all.Items {
		if i.Spec.EnvironmentRef.Name == environment.Name {
			entries = append(entries, queue.Entry{Key: i.Name, Name: i.Name, Priority: i.Spec.Priority})
		}
	}
	s := queue.Snapshot{Length: len(entries), Brake: q.brake}
	for _, e := range queue.Order(entries) {
		s.OldestSince = epoch
		s.First = append(s.First, queue.Waiting{Name: e.Name, Priority: e.Priority, Since: epoch})
	}
	return s, !q.unknown
}

func TestQueueOf(t *testing.T) {
	if q := queueOf(queue.Snapshot{}); q.Length != 0 || q.OldestSince != nil || q.First != nil {
		t.Errorf("nothing waits: %+v", q)
	}
	q := queueOf(queue.Snapshot{
		Length: 25, OldestSince: epoch.Add(-time.Hour), First: []queue.Waiting{{Name: "a", Priority: 3, Since: epoch.Add(time.Millisecond)}},
	})
	if q.Length != 25 || !q.OldestSince.Equal(at(-time.Hour)) || len(q.First) != 1 || q.First[0].Name != "a" || q.First[0].Priority != 3 {
		t.Errorf("the queue is %+v", q)
	}
	if !q.First[0].Since.Equal(at(0)) {
		t.Errorf("a time that is finer than the API keeps it makes a write each time: %s", q.First[0].Since)
	}
}

// An environment whose infrastructure fails says so, and what is known of it outlives a restart of the manager.
func TestDegraded(t *testing.T) {
	w := newWorld(t)
	w.environment()
	w.reconcile()
	if got := condition(w.get(), v1alpha1.ConditionDegraded); got != "absent" {
		t.Errorf("Degraded is %s", got)
	}
	w.queues.brake = queue.Brake{Applied: true, Reason: contract.OutcomeBuildFault, Since: epoch, Failures: 1, RetryAt: epoch.Add(time.Hour)}
	e := w.after(30 * time.Second)
	if got := condition(e, v1alpha1.ConditionDegraded); got != "True BuildFault" || !strings.Contains(message(e, v1alpha1.ConditionDegraded), "one at a time") {
		t.Errorf("Degraded is %s: %s", got, message(e, v1alpha1.ConditionDegraded))
	}
	if got := condition(e, v1alpha1.ConditionReady); got != "True Usable" {
		t.Errorf("what it names can be used, and Ready is %s", got)
	}
	w.queues.unknown, w.queues.brake = true, queue.Brake{}
	if got := condition(w.after(30*time.Second), v1alpha1.ConditionDegraded); got != "True BuildFault" {
		t.Errorf("before the queues are rebuilt, Degraded is %s: they are rebuilt from it", got)
	}
	w.queues.unknown = false
	if got := condition(w.after(30*time.Second), v1alpha1.ConditionDegraded); got != "absent" {
		t.Errorf("Degraded is %s", got)
	}
}

func TestSuspended(t *testing.T) {
	w := newWorld(t)
	w.environment(func(e *v1alpha1.WorkEnvironment) { e.Spec.Suspend = true })
	w.reconcile()
	if got := condition(w.get(), v1alpha1.ConditionReady); got != "True Suspended" {
		t.Errorf("Ready is %s", got)
	}
}
