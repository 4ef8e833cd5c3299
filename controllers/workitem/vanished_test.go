// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// No build is started for an item that is gone, whatever the cache still shows, and no lock stays behind.
func TestAnItemThatIsGoneStartsNothing(t *testing.T) {
	for name, c := range map[string]struct {
		why  string
		seen func(*world) *v1alpha1.WorkItem // the item as the cache shows it
	}{
		"before its finalizer": {
			"it was created and deleted at once: nothing kept it",
			func(w *world) *v1alpha1.WorkItem { return w.get("one") },
		},
		"after its finalizer": {
			"somebody took the finalizer off by hand; the intent is the first write that could tell",
			func(w *world) *v1alpha1.WorkItem {
				item := w.get("one")
				controllerutil.AddFinalizer(item, v1alpha1.Finalizer)
				w.must(w.client.Update(w.t.Context(), item))
				item = w.get("one")
				gone := item.DeepCopy()
				gone.Finalizers = nil
				w.must(w.client.Update(w.t.Context(), gone))
				return item
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.branch("feature/x")
			w.item("one", "feature/x")
			seen := c.seen(w)
			w.must(w.client.Delete(t.Context(), seen))
			w.stale = seen
			for range 3 {
				if res := w.look("one"); res.RequeueAfter != 0 {
					t.Errorf("%s: it is looked at again after %s", c.why, res.RequeueAfter)
				}
			}
			if w.starts() != 0 || w.held() != 0 {
				t.Errorf("%s: %d builds were started, %d rows are held", c.why, w.starts(), w.held())
			}
			w.stale = nil
			w.look("one")
		})
	}
}
