// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"context"
	"errors"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
)

func TestPollDecidedOnAnOldObjectIsDropped(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	w.source()
	w.boards.(*boards).asked = func() {
		w.change(func(s *v1alpha1.WorkSource) { s.Spec.Suspend = true })
	}
	conflict, _ := reconcile.End(reconcile.Result{}, apierrors.NewConflict(schema.GroupResource{}, "board", nil))
	if result := w.reconcile(); result != conflict {
		t.Errorf("a conflict is requeued after %s, want %s", result.RequeueAfter, conflict.RequeueAfter)
	}
	if s := w.get(); s.Status.LastPollTime != nil || len(s.Status.Conditions) != 0 {
		t.Errorf("the status of an old object was written: %+v", s.Status)
	}
}

// TestErrorOfKubernetesInterruptsThePoll: it is retried with the queue's backoff, and the board is not read again at that pace.
func TestErrorOfKubernetesInterruptsThePoll(t *testing.T) {
	w := newWorld(t)
	w.environment(true)
	source := w.source()
	down := errors.New("the API server is down")
	whole := w.r.client
	w.r.client = interceptor.NewClient(w.client.(client.WithWatch), interceptor.Funcs{
		List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error { return down },
	})
	if _, err := w.r.Reconcile(t.Context(), requestFor(source)); !errors.Is(err, down) {
		t.Errorf("the queue is given %v", err)
	}
	s := w.get()
	if s.Status.LastPollTime != nil || condition(s, v1alpha1.ConditionBoardReachable) != "absent" || condition(s, v1alpha1.ConditionBoardResolved) != "True Resolved" {
		t.Errorf("the board did not fail, and the status says %+v", s.Status)
	}
	w.r.client = whole
	w.calls()
	if result := w.reconcile(); result.RequeueAfter != soonestRetry || len(w.calls()) != 0 {
		t.Errorf("the board is asked again at once; requeued after %s", result.RequeueAfter)
	}
	w.clock.SetTime(epoch.Add(soonestRetry))
	w.reconcile()
	if got := condition(w.get(), v1alpha1.ConditionReady); got != "True Polled" {
		t.Errorf("after the API server is back the source is %s", got)
	}
}
