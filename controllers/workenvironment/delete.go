// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/conditions"
)

// delete lets an environment go once no unfinished item names it. Stopping and releasing never read it, so it is
// kept for the sake of those who look: an item that waits in an environment that is gone would wait for ever.
func (r *Reconciler) delete(ctx context.Context, environment *v1alpha1.WorkEnvironment) error {
	if !controllerutil.ContainsFinalizer(environment, v1alpha1.Finalizer) {
		return nil
	}
	items, err := itemsOf(ctx, r.Client, environment)
	if err != nil {
		return err
	}
	users := usersOf(items)
	forced := environment.Annotations[v1alpha1.ForceDeleteAnnotation] == "true"
	if len(users) > 0 && !forced {
		return r.awaitItems(ctx, environment, users)
	}
	before := environment.DeepCopy()
	controllerutil.RemoveFinalizer(environment, v1alpha1.Finalizer)
	if err := r.patchFinalizers(ctx, before, environment); err != nil {
		return err
	}
	if len(users) > 0 {
		r.tell(environment, forcedOff(users))
	}
	return nil
}

// awaitItems says in the status what keeps the environment. Its items see the deletion, stop what runs for them and end;
// their events bring the next look.
func (r *Reconciler) awaitItems(ctx context.Context, environment *v1alpha1.WorkEnvironment, users []user) error {
	before := environment.DeepCopy()
	environment.Status.ObservedGeneration = environment.Generation
	conditions.Of(&environment.Status.Conditions, environment.Generation, r.Clock.Now()).False(
		v1alpha1.ConditionReady, v1alpha1.ReasonInUse, fmt.Sprintf(
			"It is being deleted, and waits for %d work items whose builds are being stopped: %s. If one will not stop, the item says "+
				"what to do; the annotation %s, set to \"true\", lets the environment go without them.",
			len(users), names(users), v1alpha1.ForceDeleteAnnotation))
	if err := r.patchStatus(ctx, before, environment); err != nil {
		return err
	}
	r.announce(ctx, before, environment)
	return nil
}

// user is an unfinished item of an environment.
type user struct {
	name  string
	build string // the build that may run; empty if there is none
}

func usersOf(items []v1alpha1.WorkItem) []user {
	var users []user
	for i := range items {
		item := &items[i]
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
