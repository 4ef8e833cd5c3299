// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// deletions are the ways on which somebody deletes things while the build works: it is stopped and waited for, its lock
// is freed, and only then the objects go.
var deletions = []scenario{
	// Its card was moved to the column of what is in progress, and so nothing makes it again.
	{name: "item deleted", conducts: []conduct{hangs}, act: deletes(theItem), gone: true, builds: 1},
	{name: "source deleted", conducts: []conduct{hangs}, act: deletes(theSource), gone: true, builds: 1},
	{
		// The item stays, and says why it ended.
		name: "environment deleted", conducts: []conduct{hangs}, act: deletesAndCancels,
		reason: v1alpha1.ReasonEnvironmentDeleted, column: columnFailed, attempts: 1, builds: 1,
	},
	{
		// As by a wrong commit: what runs goes on to its end, and what waits goes on when it is back.
		name: "environment deleted and made again", conducts: []conduct{succeeds}, act: losesTheEnvironment,
		reason: v1alpha1.ReasonSucceeded, column: columnDone, attempts: 1, builds: 1, pushes: 1,
	},
	{name: "all deleted", conducts: []conduct{hangs}, act: deletes(everything), gone: true, builds: 1},
}

// deletes deletes objects once the build works.
func deletes(what func(*world, *v1alpha1.WorkItem) []client.Object) func(context.Context, *world, *v1alpha1.WorkItem) (bool, error) {
	return func(ctx context.Context, w *world, item *v1alpha1.WorkItem) (bool, error) {
		if !w.working(item) {
			return false, nil
		}
		var errs []error
		for _, o := range what(w, item) {
			errs = append(errs, client.IgnoreNotFound(w.client.Delete(ctx, o)))
		}
		if err := errors.Join(errs...); err != nil {
			return false, fmt.Errorf("deleting: %w", err)
		}
		return true, nil
	}
}

func theItem(_ *world, item *v1alpha1.WorkItem) []client.Object { return []client.Object{item} }

func theSource(w *world, _ *v1alpha1.WorkItem) []client.Object {
	return []client.Object{&v1alpha1.WorkSource{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "board"}}}
}

func theEnvironment(w *world) *v1alpha1.WorkEnvironment {
	return &v1alpha1.WorkEnvironment{ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "env"}}
}

func theEnvironments(w *world, _ *v1alpha1.WorkItem) []client.Object {
	return []client.Object{theEnvironment(w)}
}

// deletesAndCancels deletes an environment whose deletion stops what works in it.
func deletesAndCancels(ctx context.Context, w *world, item *v1alpha1.WorkItem) (bool, error) {
	if !w.working(item) {
		return false, nil
	}
	cancel := client.RawPatch(types.MergePatchType, []byte(`{"spec":{"onDelete":"Cancel"}}`))
	if err := client.IgnoreNotFound(w.client.Patch(ctx, theEnvironment(w), cancel)); err != nil {
		return false, fmt.Errorf("having the deletion cancel: %w", err)
	}
	return deletes(theEnvironments)(ctx, w, item)
}

// losesTheEnvironment deletes the environment as soon as there is an item, and makes it again once it is gone.
func losesTheEnvironment(ctx context.Context, w *world, item *v1alpha1.WorkItem) (bool, error) {
	if item == nil {
		return false, nil
	}
	env := theEnvironment(w)
	err := w.client.Get(ctx, client.ObjectKeyFromObject(env), env)
	switch {
	case apierrors.IsNotFound(err) && w.lost != nil:
		again := theEnvironment(w)
		again.Spec = *w.lost
		return true, client.IgnoreAlreadyExists(w.client.Create(ctx, again))
	case err != nil:
		return false, fmt.Errorf("looking at the environment: %w", err)
	case env.DeletionTimestamp.IsZero():
		w.lost = env.Spec.DeepCopy()
		return false, client.IgnoreNotFound(w.client.Delete(ctx, env))
	}
	return false, nil
}

// everything is what the namespace's deletion deletes, in any order. The namespace comes first: from then on the API
// server lets nobody make anything in it.
func everything(w *world, item *v1alpha1.WorkItem) []client.Object {
	meta := metav1.ObjectMeta{Namespace: w.namespace, Name: "github"}
	all := []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.namespace}},
		&corev1.Secret{ObjectMeta: meta}, theEnvironment(w),
	}
	return append(append(all, theSource(w, item)...), item)
}

// isGone reports whether there is no item, and nothing else that is on its way out.
func (w *world) isGone(ctx context.Context, item *v1alpha1.WorkItem) (bool, error) {
	environments, sources := &v1alpha1.WorkEnvironmentList{}, &v1alpha1.WorkSourceList{}
	err := errors.Join(w.client.List(ctx, environments, client.InNamespace(w.namespace)), w.client.List(ctx, sources, client.InNamespace(w.namespace)))
	if err != nil || item != nil {
		return false, nil //nolint:nilerr // the API server may be away for a while; patience is what ends this
	}
	for i := range environments.Items {
		if !environments.Items[i].DeletionTimestamp.IsZero() {
			return false, nil
		}
	}
	for i := range sources.Items {
		if !sources.Items[i].DeletionTimestamp.IsZero() {
			return false, nil
		}
	}
	return true, nil
}
