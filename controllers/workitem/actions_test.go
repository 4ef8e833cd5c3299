// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	emulatorgithub "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

// usable says whether the environment is.
func (w *world) usable(yes bool) {
	env := w.environment()
	status := metav1.ConditionFalse
	if yes {
		status = metav1.ConditionTrue
	}
	env.Status.ProjectARN = "arn:aws:codebuild:" + region + ":" + account + ":project/" + project
	meta.SetStatusCondition(&env.Status.Conditions, metav1.Condition{
		Type: v1alpha1.ConditionReady, Status: status, Reason: v1alpha1.ReasonUsable, Message: "as the test says", ObservedGeneration: env.Generation,
	})
	w.must(w.client.Status().Update(w.t.Context(), env))
}

// concurrency changes how many builds may run at once.
func (w *world) concurrency(n int32) {
	w.t.Helper()
	env := w.environment()
	env.Spec.Concurrency = &n
	w.must(w.client.Update(w.t.Context(), env))
	w.usable(true)
}

func (w *world) environment() *v1alpha1.WorkEnvironment {
	env := &v1alpha1.WorkEnvironment{}
	w.must(w.client.Get(w.t.Context(), client.ObjectKey{Namespace: w.namespace, Name: "env"}, env))
	return env
}

// branch pushes a branch with a spec and opens its pull request.
func (w *world) branch(name string) int {
	w.t.Helper()
	spec := ".kiro/specs/" + name + "/"
	w.must(w.github.CreateBranch(repository, name, "main"))
	_, err := w.github.PushFiles(repository, name, emulatorgithub.Text(map[string]string{
		spec + "requirements.md": "# R\n", spec + "design.md": "# D\n", spec + "tasks.md": "- [ ] 1. Do it\n",
	}), "Spec")
	w.must(err)
	pr, err := w.github.OpenPullRequest(emulatorgithub.NewPullRequest{Repository: repository, Head: name, Title: name})
	w.must(err)
	return pr.Number
}

// item makes a work item by hand.
func (w *world) item(name, branch string, change ...func(*v1alpha1.WorkItem)) *v1alpha1.WorkItem {
	w.t.Helper()
	triggered := metav1.NewTime(w.clock.Now())
	item := &v1alpha1.WorkItem{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name},
		Spec: v1alpha1.WorkItemSpec{
			EnvironmentRef: v1alpha1.LocalObjectReference{Name: "env"}, Repository: repository, Branch: branch, TriggeredAt: &triggered,
		},
	}
	for _, c := range change {
		c(item)
	}
	w.must(w.client.Create(w.t.Context(), item))
	return item
}

func (w *world) get(name string) *v1alpha1.WorkItem {
	w.t.Helper()
	item := &v1alpha1.WorkItem{}
	w.must(w.client.Get(w.t.Context(), client.ObjectKey{Namespace: w.namespace, Name: name}, item))
	return item
}

// reconcile reconciles once and returns what it said.
func (w *world) reconcile(name string) (ctrl.Result, error) {
	return w.r.Reconcile(w.t.Context(), ctrl.Request{NamespacedName: client.ObjectKey{Namespace: w.namespace, Name: name}})
}

// dispatch has the dispatcher learn what has changed, and look at the slots if that is due.
func (w *world) dispatch() {
	w.t.Helper()
	all, environments := &v1alpha1.WorkItemList{}, &v1alpha1.WorkEnvironmentList{}
	w.must(w.client.List(w.t.Context(), environments, client.InNamespace(w.namespace)))
	for i := range environments.Items {
		w.dispatcher.ObserveEnvironment(&environments.Items[i])
	}
	w.must(w.client.List(w.t.Context(), all, client.InNamespace(w.namespace)))
	gone := w.known
	w.known = map[string]*v1alpha1.WorkItem{}
	for i := range all.Items {
		item := &all.Items[i]
		w.dispatcher.Observe(gone[item.Name], item)
		delete(gone, item.Name)
		w.known[item.Name] = item
	}
	for _, item := range gone {
		w.dispatcher.Forget(item)
	}
	w.dispatcher.Tick(w.t.Context())
}

// step reconciles an item, and again if it was granted a slot for what the first reconcile has made of it.
func (w *world) step(name string) (ctrl.Result, error) {
	w.t.Helper()
	w.dispatch()
	delete(w.granted, name)
	res, err := w.reconcile(name)
	w.dispatch()
	if err == nil && w.granted[name] {
		delete(w.granted, name)
		res, err = w.reconcile(name)
		w.dispatch()
	}
	return res, err
}

// look lets an item go one step on, and fails the test on an error.
func (w *world) look(name string) ctrl.Result {
	w.t.Helper()
	res, err := w.step(name)
	w.must(err)
	return res
}

// sweepEvery is how often the sweeper looks in a test.
const sweepEvery = 2 * time.Minute

// goOn lets an item go one step on, with all that runs beside it.
func (w *world) goOn(name string) {
	w.t.Helper()
	w.watcher.Tick(w.t.Context(), w.clock.Now())
	if w.clock.Now().Sub(w.swept) >= sweepEvery {
		w.swept = w.clock.Now()
		if err := w.collector.Sweep(w.t.Context(), w.environment()); err != nil {
			w.t.Logf("sweep: %v", err)
		}
	}
	if _, err := w.step(name); err != nil {
		w.t.Logf("reconcile: %v", err)
	}
}

// until lets the world go on until the item is as asked: it ticks the watch, reconciles, and moves the clock.
func (w *world) until(name string, what string, done func(*v1alpha1.WorkItem) bool) *v1alpha1.WorkItem {
	w.t.Helper()
	for range 400 {
		w.goOn(name)
		item := w.get(name)
		if done(item) {
			return item
		}
		w.clock.Step(5 * time.Second)
		time.Sleep(2 * time.Millisecond) // the emulator's builds run in real time
	}
	item := w.get(name)
	w.t.Fatalf("never %s: phase %s, conditions %s, attempt %+v", what, item.Status.Phase, describe(item), item.Status.Attempt)
	return nil
}

func describe(item *v1alpha1.WorkItem) string {
	text := ""
	for _, c := range item.Status.Conditions {
		text += fmt.Sprintf("\n  %s=%s %s: %s", c.Type, c.Status, c.Reason, c.Message)
	}
	return text
}

func concluded(item *v1alpha1.WorkItem) bool { return item.IsTrue(v1alpha1.ConditionConcluded) }

func isRunning(item *v1alpha1.WorkItem) bool { return item.Status.Phase == v1alpha1.PhaseRunning }

// held counts the rows that somebody holds.
func (w *world) held() int {
	w.t.Helper()
	rows, err := w.dynamodb.Rows(tableName)
	w.must(err)
	n := 0
	for _, row := range rows {
		if row[contract.AttrStatus]["S"] == string(contract.StatusInProgress) {
			n++
		}
	}
	return n
}

// starts counts the builds that were ever started.
func (w *world) starts() int { return len(w.codebuild.Builds()) }

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) cancel(name string) {
	w.t.Helper()
	item := w.get(name)
	item.Spec.Cancel = true
	w.must(w.client.Update(w.t.Context(), item))
}

// deny has AWS deny an operation until allow is called.
func (w *world) deny(service, operation string) (allow func()) {
	return w.faults.Add(faults.Rule{Service: service, Operation: operation, Rate: 1, Fault: faults.Fault{
		Status: http.StatusBadRequest, Code: "AccessDeniedException", Message: "not authorized to perform " + operation,
	}})
}

// untilGone lets the world go on until the object is no more.
func (w *world) untilGone(name string) {
	w.t.Helper()
	item := &v1alpha1.WorkItem{}
	for range 400 {
		w.goOn(name)
		err := w.client.Get(w.t.Context(), client.ObjectKey{Namespace: w.namespace, Name: name}, item)
		if apierrors.IsNotFound(err) {
			return
		}
		w.must(err)
		w.clock.Step(5 * time.Second)
		time.Sleep(2 * time.Millisecond) // the emulator's builds run in real time
	}
	w.t.Fatalf("never gone: %s, attempt %+v", describe(item), item.Status.Attempt)
}

// happened reports whether an event of that reason was recorded, and forgets what was recorded before it.
func (w *world) happened(reason string) bool {
	for {
		select {
		case e := <-w.events.Events:
			if strings.Contains(e, " "+reason+" ") {
				return true
			}
		default:
			return false
		}
	}
}

// acquireOnly has an item acquire its lock, and the write that would have recorded it refused.
func (w *world) acquireOnly(name string) {
	w.t.Helper()
	w.failStatus = conflictOfAttempt
	w.look(name)
	w.failStatus = nil
	if w.held() != 2 {
		w.t.Fatalf("%d rows are held: the case is not what it should be", w.held())
	}
}

// conflictOfAttempt refuses each write that records an attempt at work.
func conflictOfAttempt(item *v1alpha1.WorkItem) error {
	if !item.AttemptActive() {
		return nil
	}
	return apierrors.NewConflict(schema.GroupResource{Resource: "workitems"}, item.Name, errors.New("somebody wrote"))
}
