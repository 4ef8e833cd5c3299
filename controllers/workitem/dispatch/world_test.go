// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/queue"
)

const project = "arn:aws:codebuild:eu-west-1:111122223333:project/p"

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// world is a cache and a lock table, at one clock that the test moves.
type world struct {
	client.Reader
	t          *testing.T
	clock      *clocktesting.FakeClock
	dispatcher *Dispatcher

	mu           sync.Mutex
	items        []v1alpha1.WorkItem
	environments []v1alpha1.WorkEnvironment
	rows         map[string]lock.Row
	down         map[string]bool // namespaces whose role reads nothing
	looks        int
	granted      []string
	wants        map[string]time.Time // by cluster
	told         int                  // how often this one has said that it wants slots
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clock: clocktesting.NewFakeClock(noon), rows: map[string]lock.Row{}, down: map[string]bool{}, wants: map[string]time.Time{}}
	w.dispatcher = New(Options{Reader: w, Tables: w, Clock: w.clock, Cluster: "test"})
	w.dispatcher.OnGrant(func(key types.NamespacedName) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.granted = append(w.granted, key.Name)
	})
	return w
}

func (w *world) start() {
	w.t.Helper()
	if err := w.dispatcher.Start(w.t.Context()); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	switch into := list.(type) {
	case *v1alpha1.WorkItemList:
		into.Items = w.items
	case *v1alpha1.WorkEnvironmentList:
		into.Items = w.environments
	}
	return nil
}

func (w *world) LockReader(_ context.Context, namespace string, _ v1alpha1.AWSAccess, _ string) (lock.Reader, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.looks++
	if w.down[namespace] {
		return nil, errors.New("no role")
	}
	return table{w: w}, nil
}

func (w *world) Demand(context.Context, string, v1alpha1.AWSAccess, string) (lock.Demand, error) {
	return demand{w}, nil
}

// demand is the row in which clusters say that they want slots; without one the role may not reach it.
type demand struct{ w *world }

func (d demand) WantSlots(_ context.Context, projectARN, cluster string, now time.Time) error {
	if d.w.wants == nil || projectARN != project {
		return errors.New("not allowed")
	}
	d.w.told++
	d.w.wants[cluster] = now
	return nil
}

func (d demand) WhoWants(_ context.Context, projectARN string) (map[string]time.Time, error) {
	if d.w.wants == nil || projectARN != project {
		return nil, errors.New("not allowed")
	}
	return d.w.wants, nil
}

type table struct {
	lock.Reader
	w *world
}

func (t table) Rows(_ context.Context, keys []string) (map[string]lock.Row, error) {
	t.w.mu.Lock()
	defer t.w.mu.Unlock()
	found := map[string]lock.Row{}
	for _, k := range keys {
		found[k] = t.w.rows[k]
	}
	return found, nil
}

// hold has somebody hold a slot.
func (w *world) hold(n int, holder string, attempt int32) lock.Row {
	key := contract.SlotKey(project, n)
	w.rows[key] = lock.Row{
		Key: key, SlotKey: key, Exists: true, Status: contract.StatusInProgress, Holder: holder, Attempt: attempt, ProjectARN: project,
	}
	return w.rows[key]
}

func environment(namespace string, change ...func(*v1alpha1.WorkEnvironment)) *v1alpha1.WorkEnvironment {
	env := &v1alpha1.WorkEnvironment{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "env", Generation: 1}}
	env.Spec.AWS.Region, env.Spec.Lock.TableName, env.Status.ProjectARN = "eu-west-1", "locks", project
	env.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, ObservedGeneration: 1}}
	for _, c := range change {
		c(env)
	}
	return env
}

// waiting is an item that was accepted.
func waiting(name string, change ...func(*v1alpha1.WorkItem)) *v1alpha1.WorkItem {
	item := &v1alpha1.WorkItem{ObjectMeta: metav1.ObjectMeta{
		Namespace: "team", Name: name, UID: types.UID("uid-" + name), CreationTimestamp: metav1.NewTime(noon.Add(-time.Hour)),
	}}
	item.Spec.EnvironmentRef.Name, item.Spec.Branch = "env", name
	item.Status.Accepted = &v1alpha1.AcceptedWork{ForgeHost: "github.com", RepositoryID: 7}
	item.Status.Conditions = []metav1.Condition{{
		Type: v1alpha1.ConditionAccepted, Status: metav1.ConditionTrue, LastTransitionTime: metav1.NewTime(noon.Add(-time.Minute)),
	}}
	for _, c := range change {
		c(item)
	}
	return item
}

func attempt(number int32, outcome contract.Outcome, slot int) func(*v1alpha1.WorkItem) {
	return func(i *v1alpha1.WorkItem) {
		i.Status.Attempt = &v1alpha1.Attempt{Number: number, Outcome: string(outcome), Parameters: v1alpha1.FrozenParameters{
			LockRegion: "eu-west-1", TableName: "locks", ProjectARN: project, SlotKey: contract.SlotKey(project, slot), BranchKey: "branch#frozen",
		}}
	}
}

func (w *world) place(name string) queue.Place { return w.dispatcher.Place(types.UID("uid-" + name)) }
