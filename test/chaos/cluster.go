// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

const (
	namespace       = "team"
	environmentName = "builds"
	sourceName      = "board"
)

// cluster is one API server: its objects, the history that caches follow, and the manager that leads.
type cluster struct {
	w       *world
	name    string
	account *account
	items   map[string]*v1alpha1.WorkItem
	env     *v1alpha1.WorkEnvironment // nil: deleted
	version int
	log     []change
	// managers are the running ones: the leader last; those before it were frozen when it became the leader.
	managers []*manager
	gone     bool
	// budgeted is set if there ever was a budget: an item over one lets others go first for longer.
	budgeted bool
	// onDelete is the environment's, for the invariants: a manager may see another.
	onDelete v1alpha1.OnDelete
	uids     int
	// written is called with every new state of an item; deleted ones have no next.
	written func(*cluster, *v1alpha1.WorkItem, *v1alpha1.WorkItem)
}

// change is one line of the API server's history: an item or the environment as it then was.
type change struct {
	name string
	item *v1alpha1.WorkItem // nil: deleted
	// ofEnvironment is set where the line is of the environment; then nil is its deletion.
	ofEnvironment bool
	env           *v1alpha1.WorkEnvironment
}

// names are the items' names in a fixed order.
func (c *cluster) names() []string {
	names := make([]string, 0, len(c.items))
	for name := range c.items {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// put stores a new state of an item, which nobody changes any more.
func (c *cluster) put(item *v1alpha1.WorkItem) {
	c.version++
	item.ResourceVersion = strconv.Itoa(c.version)
	old := c.items[item.Name]
	if !item.DeletionTimestamp.IsZero() && len(item.Finalizers) == 0 {
		delete(c.items, item.Name)
		c.written(c, old, nil)
		c.publish(change{name: item.Name})
		return
	}
	c.items[item.Name] = item
	c.written(c, old, item)
	c.publish(change{name: item.Name, item: item})
}

// create makes an item. The name of a card's item is a function of the card, so there is at most one.
func (c *cluster) create(name string, spec v1alpha1.WorkItemSpec) {
	if c.items[name] != nil || c.gone {
		return
	}
	c.uids++
	c.put(&v1alpha1.WorkItem{
		ObjectMeta: metav1.ObjectMeta{
			Name: name, Namespace: namespace, UID: types.UID(fmt.Sprintf("%s-%s-%d", c.name, name, c.uids)),
			Generation: 1, CreationTimestamp: metav1.NewTime(c.w.now.Truncate(time.Second)),
		},
		Spec: spec,
	})
	c.w.say("%s: item %s is made, triggered at %s", c.name, name, spec.TriggeredAt.Sub(epoch))
}

// edit is a person's or the board poll's change of an item.
func (c *cluster) edit(name, what string, f func(*v1alpha1.WorkItem)) {
	item := c.items[name]
	if item == nil || c.gone {
		return
	}
	c.w.say("%s: item %s: %s", c.name, name, what)
	next := item.DeepCopy()
	f(next)
	next.Generation++
	c.put(next)
}

// remove is kubectl delete.
func (c *cluster) remove(name string) {
	c.edit(name, "deleted", func(i *v1alpha1.WorkItem) {
		if i.DeletionTimestamp.IsZero() {
			t := metav1.NewTime(c.w.now.Truncate(time.Second))
			i.DeletionTimestamp = &t
		}
	})
}

// setConcurrency changes the environment.
func (c *cluster) setConcurrency(n int32) {
	if c.env == nil {
		return
	}
	env := c.env.DeepCopy()
	env.Spec.Concurrency = &n
	c.w.say("%s: concurrency is %d", c.name, n)
	c.putEnvironment(env)
}

// putEnvironment stores a new state of the environment; nil is its deletion.
func (c *cluster) putEnvironment(env *v1alpha1.WorkEnvironment) {
	c.version++
	if env != nil {
		env.ResourceVersion = strconv.Itoa(c.version)
	}
	c.env = env
	c.publish(change{ofEnvironment: true, env: env})
}

// setTestCommand changes what the environment says to its builds.
func (c *cluster) setTestCommand() {
	if c.env == nil {
		return
	}
	env := c.env.DeepCopy()
	env.Spec.Gates.TestCommand += "make check;"
	c.w.say("%s: the test command changes", c.name)
	c.putEnvironment(env)
}

func (c *cluster) publish(ch change) {
	c.log = append(c.log, ch)
	for _, m := range c.managers {
		m.cache.follow(len(c.log))
	}
}

// patch is a merge patch of an item, of its status alone or of all but that. It is refused if it names another
// resourceVersion than the object has.
func (c *cluster) patch(name string, data []byte, wanted *v1alpha1.WorkItem, status bool) (*v1alpha1.WorkItem, error) {
	item := c.items[name]
	if c.gone || item == nil {
		return nil, apierrors.NewNotFound(resource, name)
	}
	var p map[string]json.RawMessage
	if err := json.Unmarshal(data, &p); err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	var meta struct{ ResourceVersion string }
	if raw := p["metadata"]; raw != nil {
		if err := json.Unmarshal(raw, &meta); err != nil {
			return nil, apierrors.NewBadRequest(err.Error())
		}
	}
	if meta.ResourceVersion != "" && meta.ResourceVersion != item.ResourceVersion {
		return nil, apierrors.NewConflict(resource, name, fmt.Errorf("it is at %s, not at %s", item.ResourceVersion, meta.ResourceVersion))
	}
	next := item.DeepCopy()
	if status && meta.ResourceVersion != "" {
		// What the patch was made from is what is here, so the patch makes of it what its sender has.
		next.Status = v1alpha1.WorkItemStatus{}
		if _, err := merge(wanted.Status, nil, &next.Status); err != nil {
			return nil, err
		}
	} else if status {
		merged, err := merge(item.Status, p["status"], &v1alpha1.WorkItemStatus{})
		if err != nil {
			return nil, err
		}
		next.Status = *merged
	} else {
		merged, err := merge(item.ObjectMeta, p["metadata"], &metav1.ObjectMeta{})
		if err != nil {
			return nil, err
		}
		next.ObjectMeta = *merged
	}
	if equality.Semantic.DeepEqual(item, next) {
		return item, nil // a patch that changes nothing makes no new version
	}
	c.put(next)
	return next, nil
}

var resource = schema.GroupResource{Group: v1alpha1.GroupVersion.Group, Resource: "workitems"}

// merge applies a JSON merge patch (RFC 7396). It goes through JSON, as at the API server: what JSON does not keep,
// such as parts of a second, is gone.
func merge[T any](old T, patch json.RawMessage, into *T) (*T, error) {
	text, err := json.Marshal(old)
	if err != nil {
		return nil, apierrors.NewInternalError(err)
	}
	if patch != nil {
		var doc, change any
		if err := errors.Join(json.Unmarshal(text, &doc), json.Unmarshal(patch, &change)); err != nil {
			return nil, apierrors.NewBadRequest(err.Error())
		}
		if text, err = json.Marshal(mergeValue(doc, change)); err != nil {
			return nil, apierrors.NewInternalError(err)
		}
	}
	if err := json.Unmarshal(text, into); err != nil {
		return nil, apierrors.NewInternalError(err)
	}
	return into, nil
}

func mergeValue(doc, change any) any {
	fields, ok := change.(map[string]any)
	if !ok {
		return change
	}
	target, ok := doc.(map[string]any)
	if !ok {
		target = map[string]any{}
	}
	for name, value := range fields {
		if value == nil {
			delete(target, name)
		} else {
			target[name] = mergeValue(target[name], value)
		}
	}
	return target
}
