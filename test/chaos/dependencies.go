// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"math/rand/v2"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// dependencyStream tells the random numbers of this file from the seed's others, so that the seeds without dependencies have the
// history that they had before there were any.
const dependencyStream = 0xde

// planDependencies has cards depend on each other, now and then in a circle.
func (s *simulation) planDependencies() {
	random := rand.New(rand.NewPCG(s.seed, dependencyStream))
	if random.Float64() >= 0.25 {
		return
	}
	at := func(n int) *card { return s.cards[fmt.Sprintf("PVTI_card-%d", n)] }
	for n := 1; at(n) != nil; n++ {
		other := random.IntN(n)
		if random.Float64() < 0.6 {
			at(n).spec.DependsOn = []string{at(other).name}
		}
		if random.Float64() < 0.1 {
			at(other).spec.DependsOn = []string{at(n).name}
		}
	}
}

// takeOut is what a person does, once the faults have ended, about an item that says that it waits for what will not come. One
// that says so wrongly is left alone, and then nobody helps it.
func (s *simulation) takeOut() {
	for _, c := range s.clusters {
		for _, name := range c.names() {
			if !c.gone && c.waitsInVain(c.items[name]) {
				c.edit(name, "depends on nothing any more", func(i *v1alpha1.WorkItem) { i.Spec.DependsOn = nil })
			}
		}
	}
}

// waitsInVain reports whether an item says that a person has to do something about what it depends on, and is right.
func (c *cluster) waitsInVain(item *v1alpha1.WorkItem) bool {
	says := item.Condition(v1alpha1.ConditionAccepted).Reason
	for _, name := range item.Spec.DependsOn {
		other := c.items[name]
		switch says {
		case v1alpha1.ReasonDependencyNotFound:
			if other == nil {
				return true
			}
		case v1alpha1.ReasonDependencyFailed:
			if other != nil && other.Finished() && !other.IsTrue(v1alpha1.ConditionSucceeded) {
				return true
			}
		case v1alpha1.ReasonDependencyCycle:
			return true
		}
	}
	return false
}

// dependencies checks that nothing is begun before what it depends on has succeeded at some time: a cache may not show yet that
// somebody triggered that again.
func (t *invariants) dependencies(c *cluster, old, next *v1alpha1.WorkItem) {
	if next == nil {
		return
	}
	if next.IsTrue(v1alpha1.ConditionSucceeded) {
		t.succeeded[c.name+"/"+next.Name] = true
	}
	a, b := next.Status.Attempt, before(old)
	if a == nil || a.IntentTime == nil || b != nil && b.LockID == a.LockID && b.IntentTime != nil {
		return
	}
	for _, name := range next.Spec.DependsOn {
		if !t.succeeded[c.name+"/"+name] {
			t.s.fail(&t.s.counts.Double, "attempt %d of %s of cluster %s begins, and %s, on which it depends, never succeeded", a.Number, next.Name, c.name, name)
		}
	}
}

// dependencyIndex is the name of the cache's index of items by what they depend on.
const dependencyIndex = "dependencies"

// independent shows items as ones that depend on nothing.
type independent struct{ client.Client }

// Get implements client.Reader.
func (i independent) Get(ctx context.Context, key client.ObjectKey, o client.Object, options ...client.GetOption) error {
	if err := i.Client.Get(ctx, key, o, options...); err != nil {
		return err
	}
	if item, ok := o.(*v1alpha1.WorkItem); ok {
		item.Spec.DependsOn = nil
	}
	return nil
}
