// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	buildemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	tableemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
)

func TestUsableEnvironment(t *testing.T) {
	w := newWorld(t)
	w.environment()
	result := w.reconcile()
	e := w.get()
	for _, kind := range []string{v1alpha1.ConditionReady, v1alpha1.ConditionLockTableReady, v1alpha1.ConditionProjectReady, v1alpha1.ConditionBucketReady} {
		if got := condition(e, kind); got != "True Usable" {
			t.Errorf("%s is %s: %s", kind, got, message(e, kind))
		}
	}
	if !strings.HasSuffix(e.Status.ProjectARN, ":project/project") || e.Status.ObservedGeneration != e.Generation || !slices.Contains(e.Finalizers, v1alpha1.Finalizer) {
		t.Errorf("project %s, generation %d, finalizers %v", e.Status.ProjectARN, e.Status.ObservedGeneration, e.Finalizers)
	}
	if result.RequeueAfter != time.Minute {
		t.Errorf("requeued after %s", result.RequeueAfter)
	}

	// Out of turn it is left alone; in turn it is checked, and written once for its time alone.
	w.calls()
	if w.after(5 * time.Second); w.calls() != 0 {
		t.Error("a reconcile out of turn asked AWS")
	}
	if got := w.after(time.Minute); !got.Status.LastCheckTime.Time.Equal(w.clock.Now()) || w.calls() == 0 {
		t.Errorf("after a minute the last check is of %s", got.Status.LastCheckTime)
	}
}

// TestTrouble is what can be wrong with an environment. Each has its own condition, and the other checks are made all
// the same.
func TestTrouble(t *testing.T) {
	foreign := func(w *world) {
		w.reconcile()
		must(w.t, w.tables.PutRow("locks", tableemulator.Row{
			contract.AttrLockKey: tableemulator.String(contract.SlotKey(w.get().Status.ProjectARN, 3)),
			contract.AttrStatus:  tableemulator.String("in_progress"),
		}))
		w.clock.SetTime(w.clock.Now().Add(time.Minute))
	}
	breaks := func(service string, f faults.Fault) func(*world) {
		return func(w *world) { w.faults.Add(faults.Rule{Service: service, Fault: f}) }
	}
	cases := []struct {
		why     string
		change  func(*v1alpha1.WorkEnvironment)
		trouble func(*world)
		kind    string
		want    string
		says    string
		stalled string
	}{
		{
			why:    "the table does not exist",
			change: func(e *v1alpha1.WorkEnvironment) { e.Spec.Lock.TableName = "no-such-table" },
			kind:   v1alpha1.ConditionLockTableReady, want: "False NotFound", says: "no-such-table", stalled: "True NotFound",
		},
		{
			why:     "the table has another key",
			change:  func(e *v1alpha1.WorkEnvironment) { e.Spec.Lock.TableName = "other-key" },
			trouble: func(w *world) { must(w.t, w.tables.CreateTable("other-key", "id", "deleteAt")) },
			kind:    v1alpha1.ConditionLockTableReady, want: "False InvalidConfiguration", says: "lockKey", stalled: "True InvalidConfiguration",
		},
		{
			why:     "the table's time to live would delete the rows of running builds",
			change:  func(e *v1alpha1.WorkEnvironment) { e.Spec.Lock.TableName = "other-ttl" },
			trouble: func(w *world) { must(w.t, w.tables.CreateTable("other-ttl", "lockKey", "expiresAt")) },
			kind:    v1alpha1.ConditionLockTableReady, want: "False InvalidConfiguration", says: "expiresAt", stalled: "True InvalidConfiguration",
		},
		{
			why: "another program's rows are in the table", trouble: foreign,
			kind: v1alpha1.ConditionLockTableReady, want: "False ForeignRow", says: "#3", stalled: "absent",
		},
		{
			why:     "the CodeBuild project is gone",
			trouble: func(w *world) { w.builds.DeleteProject("project") },
			kind:    v1alpha1.ConditionProjectReady, want: "False NotFound", says: "project", stalled: "True NotFound",
		},
		{
			why: "the environment sets a variable of the contract",
			change: func(e *v1alpha1.WorkEnvironment) {
				e.Spec.CodeBuild.Env = []v1alpha1.EnvironmentVariable{{Name: "BRANCH_NAME", Value: "main"}}
			},
			kind: v1alpha1.ConditionProjectReady, want: "False InvalidConfiguration", says: "BRANCH_NAME", stalled: "True InvalidConfiguration",
		},
		{
			why:    "the bucket does not exist",
			change: func(e *v1alpha1.WorkEnvironment) { e.Spec.Artifacts.Bucket = "no-such-bucket" },
			kind:   v1alpha1.ConditionBucketReady, want: "False NotFound", says: "no-such-bucket", stalled: "True NotFound",
		},
		{
			why:     "CodeBuild answers with a web page: of the project nothing is known",
			trouble: breaks(buildemulator.Service, faults.Fault{NotJSON: true, Status: http.StatusOK}),
			kind:    v1alpha1.ConditionProjectReady, want: "Unknown InvalidAnswer", says: "again", stalled: "absent",
		},
		{
			why:     "a right is missing",
			trouble: breaks(tableemulator.Service, faults.Fault{Status: http.StatusBadRequest, Code: "AccessDeniedException", Message: "not authorized"}),
			kind:    v1alpha1.ConditionLockTableReady, want: "False AccessDenied", stalled: "True AccessDenied",
		},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			w := newWorld(t)
			w.environment(func(e *v1alpha1.WorkEnvironment) {
				if c.change != nil {
					c.change(e)
				}
			})
			if c.trouble != nil {
				c.trouble(w)
			}
			w.reconcile()
			e := w.get()
			if got := condition(e, c.kind); got != c.want || condition(e, v1alpha1.ConditionReady) != c.want {
				t.Errorf("%s is %s, Ready %s: %s", c.kind, got, condition(e, v1alpha1.ConditionReady), message(e, c.kind))
			}
			if text := message(e, c.kind); text == "" || !strings.Contains(text, c.says) {
				t.Errorf("the message is %q", text)
			}
			if got := condition(e, v1alpha1.ConditionStalled); got != c.stalled {
				t.Errorf("Stalled is %s", got)
			}
			for _, other := range []string{v1alpha1.ConditionLockTableReady, v1alpha1.ConditionProjectReady, v1alpha1.ConditionBucketReady} {
				if other != c.kind && condition(e, other) != "True Usable" {
					t.Errorf("%s is %s as well", other, condition(e, other))
				}
			}
		})
	}
}

func TestTroubleEnds(t *testing.T) {
	w := newWorld(t)
	w.environment(func(e *v1alpha1.WorkEnvironment) { e.Spec.Artifacts.Bucket = "later-bucket" })
	if result := w.reconcile(); result.RequeueAfter != 5*time.Second {
		t.Errorf("an environment that is being set up is checked again after %s", result.RequeueAfter)
	}
	must(t, w.buckets.CreateBucket("later-bucket"))
	if e := w.after(5 * time.Second); condition(e, v1alpha1.ConditionReady) != "True Usable" || condition(e, v1alpha1.ConditionStalled) != "absent" {
		t.Errorf("after the bucket was made the environment is %s", condition(e, v1alpha1.ConditionReady))
	}
	close(w.events.Events)
	var got []string
	for e := range w.events.Events {
		got = append(got, strings.Join(strings.Fields(e)[:2], " "))
	}
	if diff := cmp.Diff([]string{"Warning NotFound", "Normal Usable"}, got); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

func TestAskedToWaitTakesNothingBack(t *testing.T) {
	w := newWorld(t)
	w.environment()
	w.reconcile()
	w.faults.Add(faults.Rule{Service: tableemulator.Service, Fault: faults.Fault{
		Status: http.StatusBadRequest, Code: "ThrottlingException", Message: "Rate of requests exceeds the allowed throughput",
	}})
	e := w.after(time.Minute)
	if got := condition(e, v1alpha1.ConditionReady); got != "True Usable" {
		t.Errorf("throttling made a usable environment %s: %s", got, message(e, v1alpha1.ConditionReady))
	}
}

func TestAutoRetryIsToldAndStopsNothing(t *testing.T) {
	w := newWorld(t)
	must(t, w.builds.PutProject(buildemulator.Project{Name: "project", Buildspec: "version: 0.2\n", AutoRetryLimit: 2}))
	w.environment()
	w.reconcile()
	e := w.get()
	if got := condition(e, v1alpha1.ConditionProjectReady); got != "True InvalidConfiguration" || condition(e, v1alpha1.ConditionReady) != "True Usable" {
		t.Errorf("ProjectReady is %s, Ready %s", got, condition(e, v1alpha1.ConditionReady))
	}
}

func TestSlotsAndQueue(t *testing.T) {
	w := newWorld(t)
	w.environment(func(e *v1alpha1.WorkEnvironment) { e.Spec.Concurrency = ptr.To(int32(2)) })
	w.reconcile()
	w.hold(0, "cluster/team/a")
	w.hold(41, "other-cluster/team/b") // taken when concurrency was higher
	w.item("waits")
	w.item("urgent", func(i *v1alpha1.WorkItem) { i.Spec.Priority = 3 })
	w.item("elsewhere", func(i *v1alpha1.WorkItem) { i.Spec.EnvironmentRef.Name = "another" })

	if e := w.after(time.Second); e.Status.SlotsInUse != 0 {
		t.Error("slots were read again after a second, however much goes on")
	}
	e := w.after(10 * time.Second)
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
		t.Errorf("the fifty slots were read in %d calls, want one a look", calls)
	}
}

func TestForeignRowThatGoes(t *testing.T) {
	w := newWorld(t)
	w.environment()
	w.reconcile()
	key := contract.SlotKey(w.get().Status.ProjectARN, 0)
	must(t, w.tables.PutRow("locks", tableemulator.Row{contract.AttrLockKey: tableemulator.String(key)}))
	e := w.after(10 * time.Second)
	if got := condition(e, v1alpha1.ConditionReady); got != "False ForeignRow" || e.Status.SlotsInUse != 1 {
		t.Errorf("with another program's row the environment is %s, %d slots in use", got, e.Status.SlotsInUse)
	}
	must(t, w.tables.DeleteRow("locks", key))
	if e := w.after(10 * time.Second); condition(e, v1alpha1.ConditionReady) != "True Usable" || e.Status.SlotsInUse != 0 {
		t.Errorf("after the row went the environment is %s", condition(e, v1alpha1.ConditionReady))
	}
}

func TestAnnotationAsksForALook(t *testing.T) {
	w := newWorld(t)
	w.environment()
	w.reconcile()
	w.calls()
	e := w.get()
	e.Annotations = map[string]string{v1alpha1.ReconcileAnnotation: "now"}
	must(t, w.client.Update(t.Context(), e))
	if w.after(time.Second); w.calls() == 0 {
		t.Error("the annotation was not heard")
	}
	if w.after(time.Second); w.calls() != 0 {
		t.Error("one annotation was heard twice")
	}
}

// The items stop by themselves; the environment waits until the last of them has ended. In a namespace that is being
// deleted it is the same.
func TestDeletionWaitsUntilItsItemsHaveEnded(t *testing.T) {
	for name, namespaceToo := range map[string]bool{"the environment's": false, "the namespace's": true} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			e := w.environment()
			w.reconcile()
			w.item("running", working)
			w.item("done", done)
			w.item("past", done, func(i *v1alpha1.WorkItem) {
				i.Spec.TriggeredAt, i.Status.ObservedTrigger = at(0), at(time.Minute)
			})
			if namespaceToo {
				must(t, w.client.Delete(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.namespace}}))
			}
			must(t, w.client.Delete(t.Context(), e))
			w.reconcile()
			got := w.get()
			text := message(got, v1alpha1.ConditionReady)
			if condition(got, v1alpha1.ConditionReady) != "False InUse" || !strings.Contains(text, "waits for 1 ") || !strings.Contains(text, "running") {
				t.Errorf("while an item uses it the environment is %s: %s", condition(got, v1alpha1.ConditionReady), text)
			}
			i := &v1alpha1.WorkItem{}
			must(t, w.client.Get(t.Context(), client.ObjectKey{Namespace: w.namespace, Name: "running"}, i))
			i.Status.Attempt.Outcome = v1alpha1.ReasonEnvironmentDeleted
			done(i)
			must(t, w.client.Status().Update(t.Context(), i))
			w.reconcile()
			if err := w.client.Get(t.Context(), w.key(), e); !apierrors.IsNotFound(err) {
				t.Errorf("after its last item ended, the environment is still there: %v", err)
			}
		})
	}
}

func TestDeletionByForceNamesWhatMayStillRun(t *testing.T) {
	w := newWorld(t)
	e := w.environment(func(e *v1alpha1.WorkEnvironment) {
		e.Annotations = map[string]string{v1alpha1.ForceDeleteAnnotation: "true"}
	})
	w.reconcile()
	w.item("running", working)
	for len(w.events.Events) > 0 {
		<-w.events.Events
	}
	must(t, w.client.Delete(t.Context(), e))
	w.reconcile()
	if err := w.client.Get(t.Context(), w.key(), e); !apierrors.IsNotFound(err) {
		t.Errorf("the environment is still there: %v", err)
	}
	if event := <-w.events.Events; !strings.Contains(event, "arn:build/running") {
		t.Errorf("the event is %q", event)
	}
}

func TestLookDecidedOnAnOldObjectIsDropped(t *testing.T) {
	w := newWorld(t)
	w.environment()
	w.reconcile()
	w.resolver.asked = func() {
		e := w.get()
		e.Spec.Artifacts.Bucket = "another-bucket"
		must(t, w.client.Update(t.Context(), e))
		w.resolver.asked = nil
	}
	w.clock.SetTime(w.clock.Now().Add(time.Minute))
	if result := w.reconcile(); result.RequeueAfter != conflictRetry {
		t.Errorf("a conflict is requeued after %s", result.RequeueAfter)
	}
	if e := w.get(); !e.Status.LastCheckTime.Equal(at(0)) {
		t.Error("the status of an old object was written")
	}
	w.reconcile()
	if got := condition(w.get(), v1alpha1.ConditionBucketReady); got != "False NotFound" {
		t.Errorf("the next look found the bucket %s", got)
	}
}

func TestSplitExclusionIsTold(t *testing.T) {
	w := newWorld(t)
	must(t, w.tables.CreateLockTable("locks-2"))
	w.environment()
	w.environment(func(e *v1alpha1.WorkEnvironment) { e.Name, e.Spec.Lock.TableName = "second", "locks-2" })
	w.item("a")
	w.item("b", func(i *v1alpha1.WorkItem) { i.Spec.EnvironmentRef.Name = "second" })
	w.reconcile()
	e := w.get()
	if got := condition(e, v1alpha1.ConditionLockTableReady); got != "True InvalidConfiguration" || condition(e, v1alpha1.ConditionReady) != "True Usable" {
		t.Errorf("LockTableReady is %s, Ready %s: %s", got, condition(e, v1alpha1.ConditionReady), message(e, v1alpha1.ConditionLockTableReady))
	}
}
