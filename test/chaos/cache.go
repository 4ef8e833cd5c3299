// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// cache is a manager's informer cache. It follows the API server's history in order, some time behind.
type cache struct {
	w       *world
	cluster *cluster
	process *process
	seen    int
	items   map[string]*v1alpha1.WorkItem
	env     *v1alpha1.WorkEnvironment
	// changed is called with each event: the item as it was and as it is, nil where there was or is none.
	changed func(name string, old, next *v1alpha1.WorkItem)
	// configured is called with each new state of the environment.
	configured func(env *v1alpha1.WorkEnvironment)
	// sends is called when the manager writes an item. What it returns is called with the result, if the write arrives.
	sends func(name string) func(old, next *v1alpha1.WorkItem)
}

// newCache begins with a list of all that there is.
func newCache(c *cluster, p *process) *cache {
	k := &cache{w: c.w, cluster: c, process: p, seen: len(c.log), env: c.env, items: map[string]*v1alpha1.WorkItem{}}
	for name, item := range c.items {
		k.items[name] = item
	}
	return k
}

// follow lets the cache learn of the history up to a line, after a while.
func (k *cache) follow(upTo int) {
	lag := k.w.between(time.Millisecond, 30*time.Millisecond)
	if k.w.chance(k.w.faults.lag) {
		lag = k.w.between(100*time.Millisecond, 20*time.Second)
	}
	k.w.after(lag, func() { k.learn(upTo) })
}

func (k *cache) learn(upTo int) {
	switch {
	case k.process.dead || k.cluster.gone:
		return
	case k.w.now.Before(k.process.frozen):
		k.w.at(k.process.frozen.Add(k.w.between(0, time.Second)), func() { k.learn(upTo) })
		return
	}
	for ; k.seen < upTo; k.seen++ {
		switch ch := k.cluster.log[k.seen]; {
		case ch.ofEnvironment:
			k.env = ch.env
			k.configured(ch.env)
		case ch.item == nil:
			old := k.items[ch.name]
			delete(k.items, ch.name)
			k.changed(ch.name, old, nil)
		default:
			old := k.items[ch.name]
			k.items[ch.name] = ch.item
			k.changed(ch.name, old, ch.item)
		}
	}
}

func (k *cache) names() []string {
	names := make([]string, 0, len(k.items))
	for name := range k.items {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (k *cache) environment() types.NamespacedName {
	return types.NamespacedName{Namespace: namespace, Name: environmentName}
}

// kubeClient is the part of a client that the controller uses: it reads from the cache and writes to the API server.
// The parts that it does not have are nil, so that a use of them is noticed.
type kubeClient struct {
	client.Client
	cache *cache
}

// Get implements client.Client.
func (c *kubeClient) Get(_ context.Context, key client.ObjectKey, obj client.Object, _ ...client.GetOption) error {
	switch into := obj.(type) {
	case *v1alpha1.WorkItem:
		item := c.cache.items[key.Name]
		if item == nil {
			return apierrors.NewNotFound(resource, key.Name)
		}
		item.DeepCopyInto(into)
	case *v1alpha1.WorkEnvironment:
		if key.Name != environmentName || c.cache.env == nil {
			return apierrors.NewNotFound(resource, key.Name)
		}
		c.cache.env.DeepCopyInto(into)
	case *v1alpha1.WorkSource:
		if key.Name != sourceName {
			return apierrors.NewNotFound(resource, key.Name)
		}
		into.ObjectMeta = metav1.ObjectMeta{Namespace: namespace, Name: sourceName}
	default:
		return fmt.Errorf("simulation: %T is not simulated", obj)
	}
	return nil
}

// List implements client.Client. There is one namespace and one environment, so the index of environments selects all.
func (c *kubeClient) List(_ context.Context, list client.ObjectList, options ...client.ListOption) error {
	dependency, byDependency := "", false
	if o := (&client.ListOptions{}).ApplyOptions(options); o.FieldSelector != nil {
		dependency, byDependency = o.FieldSelector.RequiresExactMatch(dependencyIndex)
	}
	switch into := list.(type) {
	case *v1alpha1.WorkItemList:
		for _, name := range c.cache.names() {
			if byDependency && !slices.Contains(c.cache.items[name].DependencyNames(), dependency) {
				continue
			}
			into.Items = append(into.Items, *c.cache.items[name].DeepCopy())
		}
	case *v1alpha1.WorkEnvironmentList:
		if c.cache.env != nil {
			into.Items = append(into.Items, *c.cache.env.DeepCopy())
		}
	default:
		return fmt.Errorf("simulation: %T is not simulated", list)
	}
	return nil
}

// Patch implements client.Client.
func (c *kubeClient) Patch(_ context.Context, obj client.Object, patch client.Patch, _ ...client.PatchOption) error {
	return c.patch(obj, patch, false)
}

// Status implements client.Client.
func (c *kubeClient) Status() client.SubResourceWriter { return statusWriter{c: c} }

type statusWriter struct {
	client.SubResourceWriter
	c *kubeClient
}

// Patch implements client.SubResourceWriter.
func (s statusWriter) Patch(_ context.Context, obj client.Object, patch client.Patch, _ ...client.SubResourcePatchOption) error {
	return s.c.patch(obj, patch, true)
}

func (c *kubeClient) patch(obj client.Object, patch client.Patch, status bool) error {
	item, ok := obj.(*v1alpha1.WorkItem)
	if !ok {
		return errors.New("simulation: only work items are patched")
	}
	data, err := patch.Data(obj)
	if err != nil {
		return err
	}
	op := "patch"
	if status {
		op = "patch status"
	}
	k, wanted := c.cache, item.DeepCopy()
	wrote := k.sends(item.Name)
	v, err := k.w.do(&call{to: toKubernetes, op: op, what: item.Name, writes: true, effect: func() (any, error) {
		old := k.cluster.items[item.Name]
		next, err := k.cluster.patch(item.Name, data, wanted, status)
		if err == nil {
			wrote(old, next)
		}
		return next, err
	}})
	if err != nil {
		return err
	}
	v.(*v1alpha1.WorkItem).DeepCopyInto(item) //nolint:forcetypeassert // the effect above made it
	return nil
}
