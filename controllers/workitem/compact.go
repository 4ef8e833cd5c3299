// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// Compactor makes objects smaller before the cache keeps them, which may be ten thousand that wait for the same. It is safe
// for concurrent use.
type Compactor struct {
	mu    sync.Mutex
	texts map[string]string
}

// mostTexts bounds how many texts are remembered. What is said of one item alone is among them, and would fill any bound.
const mostTexts = 4096

// NewCompactor returns a Compactor.
func NewCompactor() *Compactor { return &Compactor{texts: map[string]string{}} }

// Transform leaves out which manager set which field: nobody here reads that, and it is close to half of an item. A work item's
// texts that others have as well are kept once, and its conditions take no more room than they need. It is a cache's transform.
func (c *Compactor) Transform(object any) (any, error) {
	if o, err := meta.Accessor(object); err == nil {
		o.SetManagedFields(nil)
	}
	if item, ok := object.(*v1alpha1.WorkItem); ok {
		c.compact(item)
	}
	return object, nil
}

func (c *Compactor) compact(item *v1alpha1.WorkItem) {
	status := &item.Status
	list := status.Conditions
	if len(list) < cap(list) { // a decoder's has room for up to twice as many
		list = make([]metav1.Condition, len(status.Conditions))
		copy(list, status.Conditions)
		status.Conditions = list
	}
	texts := []*string{
		&item.Kind, &item.APIVersion, &item.Namespace, &item.Spec.EnvironmentRef.Name, &item.Spec.Repository, &item.Spec.SpecPath,
		(*string)(&status.Phase),
	}
	for i := range item.Finalizers {
		texts = append(texts, &item.Finalizers[i])
	}
	if ref := item.Spec.SourceRef; ref != nil {
		texts = append(texts, &ref.Name)
	}
	if q := status.Queue; q != nil {
		texts = append(texts, &q.Reason)
	}
	if a := status.Accepted; a != nil {
		texts = append(texts, &a.ForgeHost, &a.SpecPath, &a.Commit)
	}
	for i := range list {
		texts = append(texts, &list[i].Type, (*string)(&list[i].Status), &list[i].Reason, &list[i].Message)
	}
	c.share(texts)
}

// share replaces texts by the ones that were seen before.
func (c *Compactor) share(texts []*string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, t := range texts {
		known, ok := c.texts[*t]
		if !ok {
			if len(c.texts) >= mostTexts {
				clear(c.texts)
			}
			known = *t
			c.texts[known] = known
		}
		*t = known
	}
}
