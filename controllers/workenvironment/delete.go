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

// delete removes the finalizer once nothing runs in the environment, and, where its deletion cancels its items, once all of
// them have ended. Stopping and releasing never read it: it is kept for the sake of people, who see in it what still runs,
// and of the reports at the ends of builds, which it says how to send. Items that wait for their turn do not keep it: they
// go on when it comes back.
func (r *Reconciler) delete(ctx context.Context, environment *v1alpha1.WorkEnvironment) error {
	if !controllerutil.ContainsFinalizer(environment, v1alpha1.Finalizer) {
		return nil
	}
	all, err := items.InEnvironment(ctx, r.Client, client.ObjectKeyFromObject(environment))
	if err != nil {
		return err
	}
	users := usersOf(environment, all)
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

// awaitItems says in the status which items keep the environment. Their events bring the next reconcile.
func (r *Reconciler) awaitItems(ctx context.Context, environment *v1alpha1.WorkEnvironment, users []user) error {
	before := environment.DeepCopy()
	environment.Status.ObservedGeneration = environment.Generation
	conditionsOf(environment, r.Clock.Now()).False(v1alpha1.ConditionReady, v1alpha1.ReasonInUse, inUse(environment, users))
	if _, err := reconcile.PatchStatus(ctx, r.Client, before, environment); err != nil {
		return err
	}
	r.recorder().Transitions(log.FromContext(ctx), before, environment, withEvents, conditionChanged)
	return nil
}

// inUse says what an environment that is being deleted waits for, and what to do about it.
func inUse(environment *v1alpha1.WorkEnvironment, users []user) string {
	without := fmt.Sprintf("The annotation %s, set to %q, deletes the environment without waiting.", v1alpha1.ForceDeleteAnnotation, forced)
	if cancels(environment) {
		return fmt.Sprintf("It is being deleted, and waits for %d work items whose builds are being stopped: %s. If a build does not stop, its work item says what to do. %s",
			len(users), names(users), without)
	}
	return fmt.Sprintf("It is being deleted, and waits for the builds of %d work items, which go on to their ends: %s. Nothing new starts; items that wait stay, "+
		"and go on once an environment of this name exists again. To stop the builds, set spec.onDelete to Cancel. %s", len(users), names(users), without)
}

func cancels(environment *v1alpha1.WorkEnvironment) bool {
	return environment.Spec.OnDelete == v1alpha1.OnDeleteCancel
}

// user is an item that keeps an environment.
type user struct {
	name  string
	build string // the build that may run; empty if there is none
}

// usersOf are the items with an attempt that is not over, or whose end is not reported yet, and, where the deletion cancels
// them, those that have not ended.
func usersOf(environment *v1alpha1.WorkEnvironment, all []v1alpha1.WorkItem) []user {
	var users []user
	for i := range all {
		item := &all[i]
		if !item.AttemptActive() && !unreported(item) && (item.Done() || !cancels(environment)) {
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

// unreported reports whether it is still to be told how an item ended: the environment says to whom. That is given up after
// some minutes.
func unreported(item *v1alpha1.WorkItem) bool {
	return item.Finished() && !item.IsTrue(v1alpha1.ConditionConcluded) && item.DeletionTimestamp.IsZero()
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
