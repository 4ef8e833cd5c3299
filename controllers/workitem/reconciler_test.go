// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	emulatordynamodb "github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

func TestPlainWay(t *testing.T) {
	w := newWorld(t)
	number := w.branch("feature/x")
	w.item("one", "feature/x")
	item := w.until("one", "concluded", concluded)

	if item.Status.Phase != v1alpha1.PhaseSucceeded || !item.IsTrue(v1alpha1.ConditionReady) {
		t.Errorf("phase %s, conditions %s", item.Status.Phase, describe(item))
	}
	if r := item.Status.Result; r == nil || r.Commit != "abc" || r.Tests.Passed != 3 || !strings.Contains(r.PullRequestURL, fmt.Sprint(number)) {
		t.Errorf("result %+v", item.Status.Result)
	}
	if n := w.held(); n != 0 {
		t.Errorf("%d rows are still held", n)
	}
	if w.starts() != 1 {
		t.Errorf("%d builds were started", w.starts())
	}
	if w.statusWrites > 6 {
		t.Errorf("%d status writes; the plain way may cost six", w.statusWrites)
	}
	if len(w.sent) != 1 || w.sent[0].Attributes["outcome"] != v1alpha1.ReasonSucceeded {
		t.Errorf("sent %+v", w.sent)
	}
}

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

// rows are the table's, by key: a backup.
func (w *world) rows() map[string]emulatordynamodb.Row {
	w.t.Helper()
	rows, err := w.dynamodb.Rows(tableName)
	w.must(err)
	return rows
}

// restore makes the table what it was when the backup was made. A nil backup is a table that was made again.
func (w *world) restore(backup map[string]emulatordynamodb.Row) {
	w.t.Helper()
	for key := range w.rows() {
		w.must(w.dynamodb.DeleteRow(tableName, key))
	}
	for _, row := range backup {
		w.must(w.dynamodb.PutRow(tableName, row))
	}
}

// The lock table is deleted and made again while a build runs: the build loses its lock and does nothing more, and the
// work begins again once it is over.
func TestATableThatIsMadeAgain(t *testing.T) {
	w := newWorld(t)
	lost := make(chan error, 1)
	w.work = renewing(lost)
	w.branch("feature/x")
	w.item("one", "feature/x")
	w.until("one", "running", isRunning)
	w.restore(nil)
	if err := <-lost; !errors.Is(err, lock.ErrNotHolder) {
		t.Errorf("the build was answered %v, want that it has lost its lock", err)
	}
	w.work = succeed
	item := w.until("one", "concluded", concluded)
	if item.Status.Phase != v1alpha1.PhaseSucceeded || item.Status.Attempt.Number != 2 || w.starts() != 2 || w.held() != 0 {
		t.Errorf("phase %s, attempt %d, %d builds, %d rows held", item.Status.Phase, item.Status.Attempt.Number, w.starts(), w.held())
	}
}
