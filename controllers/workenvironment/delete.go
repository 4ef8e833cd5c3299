// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/items"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
)

// forced is the value of the annotation that deletes an environment although items use it.
const forced = "true"

// delete removes the finalizer once no unfinished item names the environment. Stopping and releasing never read it: it is
// kept for the sake of people, because an item that waits for an environment that is gone would wait for ever.
func (r *Reconciler) delete(ctx context.Context, environment *v1alpha1.WorkEnvironment) error {
	if !controllerutil.ContainsFinalizer(environment, v1alpha1.Finalizer) {
		return nil
	}
	all, err := items.InEnvironment(ctx, r.Client, client.ObjectKeyFromObject(environment))
	if err != nil {
		return err
	}
	users := usersOf(all)
	if len(users) > 0 && environment.Annotations[v1alpha1.ForceDeleteAnnotation] != forced {
		return r.awaitItems(ctx, environment, users)
	}
	if err := reconcile.RemoveFinalizer(ctx, r.Client, environment); err != nil {
		return err
	}
	if len(users) > 0 {
		r.recorder().Record(log.FromContext(ctx), environment, deletedWhileInUse(users))
	}
	return nil
}

// awaitItems says in the status which items keep the environment. They see the deletion, stop what runs for them and end;
// their events bring the next reconcile.
func (r *Reconciler) awaitItems(ctx context.Context, environment *v1alpha1.WorkEnvironment, users []user) error {
	before := environment.DeepCopy()
	environment.Status.ObservedGeneration = environment.Generation
	conditionsOf(environment, r.Clock.Now()).False(v1alpha1.ConditionReady, v1alpha1.ReasonInUse, fmt.Sprintf(
		"It is being deleted, and waits for %d work items whose builds are being stopped: %s. If a build does not stop, its work item says "+
			"what to do; the annotation %s, set to %q, deletes the environment without waiting.",
		len(users), names(users), v1alpha1.ForceDeleteAnnotation, forced))
	if _, err := reconcile.PatchStatus(ctx, r.Client, before, environment); err != nil {
		return err
	}
	r.recorder().Transitions(log.FromContext(ctx), before, environment, withEvents, conditionChanged)
	return nil
}

// user is an unfinished item of an environment.
type user struct {
	name  string
	build string // the build that may run; empty if there is none
}

func usersOf(all []v1alpha1.WorkItem) []user {
	var users []user
	for i := range all {
		item := &all[i]
		if item.Done() && !item.AttemptActive() {
			continue
		}
		u := user{name: item.Name}
		if item.AttemptActive() && item.Status.Attempt.Build != nil {
			u.build = item.Status.Attempt.Build.ARN
		}
		users = append(users, u)
	}
	slices.SortFunc(users, func(a, b user) int { return strings.Compare(a.name, b.name) })
	return users
}

// namedUsers is how many of the items a message names.
const namedUsers = 3

func names(users []user) string {
	var all []string
	for _, u := range users[:min(len(users), namedUsers)] {
		all = append(all, u.name)
	}
	if more := len(users) - namedUsers; more > 0 {
		all = append(all, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(all, ", ")
}
