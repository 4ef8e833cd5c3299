// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv"
	"github.com/kiro-worker/kiro-worker/internal/logging"
)

func TestUsableEnvironment(t *testing.T) {
	w := newWorld(t)
	w.environment()
	result := w.reconcile()
	e := w.get()
	for _, kind := range append([]string{v1alpha1.ConditionReady}, checkedConditions...) {
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

	// Before its time it is left alone; then it is checked, and written once for its time alone.
	w.calls()
	if w.after(5 * time.Second); w.calls() != 0 {
		t.Error("a reconcile before its time called AWS")
	}
	if got := w.after(time.Minute); !got.Status.LastCheckTime.Time.Equal(w.clock.Now()) || w.calls() == 0 {
		t.Errorf("after a minute the last check was at %s", got.Status.LastCheckTime)
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

func TestAnnotationAsksForACheck(t *testing.T) {
	w := newWorld(t)
	w.environment()
	w.reconcile()
	w.calls()
	e := w.get()
	e.Annotations = map[string]string{v1alpha1.ReconcileAnnotation: "now"}
	must(t, w.client.Update(t.Context(), e))
	if w.after(time.Second); w.calls() == 0 {
		t.Error("the annotation made no check")
	}
	if w.after(time.Second); w.calls() != 0 {
		t.Error("one annotation made two checks")
	}
}

func TestDecisionOnAnOldObjectIsDropped(t *testing.T) {
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
	conflict, _ := reconcile.End(reconcile.Result{}, apierrors.NewConflict(schema.GroupResource{}, "builds", nil))
	if result := w.reconcile(); result != conflict {
		t.Errorf("a conflict is requeued after %s, want %s", result.RequeueAfter, conflict.RequeueAfter)
	}
	if e := w.get(); !e.Status.LastCheckTime.Equal(at(0)) {
		t.Error("the status of an old object was written")
	}
	w.reconcile()
	if got := condition(w.get(), v1alpha1.ConditionBucketReady); got != "False NotFound" {
		t.Errorf("the next reconcile found the bucket %s", got)
	}
}

// TestLogLines reads the log as a strict reader does: a key that is there twice is an error in some, and hides a value in all
// others.
func TestLogLines(t *testing.T) {
	w := newWorld(t)
	w.environment(func(e *v1alpha1.WorkEnvironment) { e.Spec.Artifacts.Bucket = "later-bucket" })
	var out bytes.Buffer
	logger, err := logging.New(&out, "info")
	must(t, err)
	lines := func() []map[string]any {
		defer out.Reset()
		w.clock.SetTime(w.clock.Now().Add(time.Minute))
		_, err := w.r.Reconcile(log.IntoContext(t.Context(), logger), ctrl.Request{NamespacedName: w.key()})
		must(t, err)
		return testenv.LogLines(t, out.Bytes())
	}
	missing := lines()
	if len(missing) != 1 || missing[0][logging.KeyLevel] != "warn" || missing[0][logging.KeyReason] != v1alpha1.ReasonNotFound ||
		!strings.Contains(fmt.Sprint(missing[0][logging.KeyDetail]), "later-bucket") {
		t.Errorf("a missing bucket is logged as %v", missing)
	}
	if again := lines(); len(again) != 0 {
		t.Errorf("nothing changed, and the log says %v", again)
	}
	must(t, w.buckets.CreateBucket("later-bucket"))
	if usable := lines(); len(usable) != 1 || usable[0][logging.KeyLevel] != "info" || usable[0][logging.KeyReason] != v1alpha1.ReasonUsable {
		t.Errorf("an environment that became usable is logged as %v", usable)
	}
}
