// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/ptr"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/items"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	tableemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
)

func TestSlotsInUse(t *testing.T) {
	rows := items.Slots{
		{},
		{Exists: true, Status: contract.StatusInProgress, WorkItemID: "team/a", BuildID: "arn:build", ExpiresAt: epoch},
		{Exists: true, Status: contract.StatusComplete, WorkItemID: "team/b"},
		{Exists: true, Foreign: true},
		{Exists: true, Status: contract.StatusInProgress, WorkItemID: "team/c", ExpiresAt: epoch.Add(-time.Hour)},
	}
	want := []v1alpha1.SlotStatus{
		{Slot: 1, WorkItem: "team/a", BuildARN: "arn:build", ExpiresAt: at(0)},
		{Slot: 3, WorkItem: "another program"},
		{Slot: 4, WorkItem: "team/c", ExpiresAt: at(-time.Hour)}, // expired, and held: time alone frees no slot
	}
	if diff := cmp.Diff(want, slotsInUse(rows)); diff != "" {
		t.Errorf("slots (-want +got):\n%s", diff)
	}
}

func TestForeignRowsAreNamedAndForgotten(t *testing.T) {
	e := checked(func(e *v1alpha1.WorkEnvironment) { e.Spec.Lock.TableName = "locks" })
	conditionsOf(e, epoch).True(v1alpha1.ConditionLockTableReady, v1alpha1.ReasonUsable, "")

	reportForeign(e, epoch, items.Slots{{Key: "slot#p#0"}, {Key: "slot#p#1", Exists: true, Foreign: true}})
	if got := condition(e, v1alpha1.ConditionLockTableReady); got != "False ForeignRow" || !strings.Contains(message(e, v1alpha1.ConditionLockTableReady), `"slot#p#1"`) {
		t.Errorf("the condition is %s: %s", got, message(e, v1alpha1.ConditionLockTableReady))
	}
	if !tableUsable(e) {
		t.Error("the slots are not read any more, so nobody would notice when the row is gone")
	}
	reportForeign(e, epoch, items.Slots{{Key: "slot#p#0"}})
	if got := condition(e, v1alpha1.ConditionLockTableReady); got != "True Usable" {
		t.Errorf("after the row is gone the condition is %s", got)
	}
}

func TestForeignRowThatIsDeleted(t *testing.T) {
	w := newWorld(t)
	w.environment()
	w.reconcile()
	key := contract.SlotKey(w.get().Status.ProjectARN, 0)
	must(t, w.tables.PutRow("locks", tableemulator.Row{contract.AttrLockKey: tableemulator.String(key)}))
	e := w.after(30 * time.Second)
	if got := condition(e, v1alpha1.ConditionReady); got != "False ForeignRow" || e.Status.SlotsInUse != 1 {
		t.Errorf("with another program's row the environment is %s, %d slots in use", got, e.Status.SlotsInUse)
	}
	must(t, w.tables.DeleteRow("locks", key))
	if e := w.after(30 * time.Second); condition(e, v1alpha1.ConditionReady) != "True Usable" || e.Status.SlotsInUse != 0 {
		t.Errorf("after the row was deleted the environment is %s", condition(e, v1alpha1.ConditionReady))
	}
}

func TestSlotsAndQueue(t *testing.T) {
	w := newWorld(t)
	w.environment(func(e *v1alpha1.WorkEnvironment) { e.Spec.Concurrency = ptr.To(int32(2)) })
	w.reconcile()
	w.hold(0, "cluster/team/a")
	w.hold(41, "other-cluster/team/b") // acquired when concurrency was higher
	w.item("waits")
	w.item("urgent", func(i *v1alpha1.WorkItem) { i.Spec.Priority = 3 })
	w.item("elsewhere", func(i *v1alpha1.WorkItem) { i.Spec.EnvironmentRef.Name = "another" })

	if e := w.after(time.Second); e.Status.SlotsInUse != 0 {
		t.Error("slots were read again after a second, however many items change")
	}
	e := w.after(30 * time.Second)
	want := []v1alpha1.SlotStatus{
		{Slot: 0, WorkItem: "cluster/team/a", ExpiresAt: at(time.Hour)},
		{Slot: 41, WorkItem: "other-cluster/team/b", ExpiresAt: at(time.Hour)},
	}
	if diff := cmp.Diff(want, e.Status.Slots); diff != "" || e.Status.SlotsInUse != 2 {
		t.Errorf("%d slots in use (-want +got):\n%s", e.Status.SlotsInUse, diff)
	}
	q := e.Status.Queue
	if q.Length != 2 || len(q.First) != 2 || q.First[0].Name != "urgent" || q.First[1].Name != "waits" || !q.OldestSince.Equal(at(0)) {
		t.Errorf("the queue is %+v", q)
	}
	if calls := w.faults.Calls(tableemulator.Service, "BatchGetItem"); calls != 2 {
		t.Errorf("the fifty slots were read in %d calls, want one each time", calls)
	}
}

func TestSlotsTrouble(t *testing.T) {
	foreign := func(w *world) {
		w.reconcile()
		must(w.t, w.tables.PutRow("locks", tableemulator.Row{
			contract.AttrLockKey: tableemulator.String(contract.SlotKey(w.get().Status.ProjectARN, 3)),
			contract.AttrStatus:  tableemulator.String("in_progress"),
		}))
		w.clock.SetTime(w.clock.Now().Add(time.Minute))
	}
	testTrouble(t, []trouble{
		{
			why: "another program's rows are in the table", cause: foreign,
			kind: v1alpha1.ConditionLockTableReady, want: "False ForeignRow", says: "#3", stalled: "absent",
		},
	})
}
