// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"fmt"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/items"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
)

// waitForDependencies asks whether what the item depends on is as far as it has to be. Changes of those items wake this one; only
// a merge is asked for again, because nobody tells of it. It is done where nothing is in the way.
func (s *acceptStep) waitForDependencies(ctx context.Context, item *v1alpha1.WorkItem) (reconcile.Result, error) {
	if len(item.DependencyNames()) == 0 && (item.Spec.Card == nil || len(item.Spec.Card.BlockedBy) == 0) {
		return reconcile.Done(), nil
	}
	known, err := s.dependencies(ctx, item)
	if err != nil {
		return reconcile.Result{}, err
	}
	now := s.clock.Now()
	miss := policy.UnmetDependency(item, known)
	merged := miss == nil && item.Spec.UntilMerged()
	if merged {
		pulls, err := s.pulls(ctx, item, known)
		if err != nil {
			return reconcile.Result{}, err
		}
		miss = policy.UnmergedDependency(item, pulls)
	}
	if miss == nil {
		return reconcile.Done(), nil
	}
	conditionsOf(now, item).False(v1alpha1.ConditionAccepted, miss.Reason, miss.Message)
	item.Status.Accepted = nil
	if merged {
		return reconcile.WaitFor(policy.AcceptAgain(now, item)), nil
	}
	return reconcile.WaitFor(policy.AcceptanceDeadline(now, item)), nil
}

// dependencies are the items that an item depends on, directly or not, as the cache has them.
func (s *acceptStep) dependencies(ctx context.Context, item *v1alpha1.WorkItem) (policy.Dependencies, error) {
	known := policy.Dependencies{}
	for next := item.DependencyNames(); len(next) > 0 && len(known) < policy.MaxDependencies; {
		name := next[0]
		next = next[1:]
		if known[name] != nil {
			continue
		}
		found := &v1alpha1.WorkItem{}
		err := s.access.Reader.Get(ctx, client.ObjectKey{Namespace: item.Namespace, Name: name}, found)
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading work item %s, which this one depends on: %w", name, err)
		}
		known[name] = found
		next = append(next, found.DependencyNames()...)
	}
	return known, nil
}

// pulls asks the forge for the pull requests of the items that this one depends on.
func (s *acceptStep) pulls(ctx context.Context, item *v1alpha1.WorkItem, known policy.Dependencies) ([]policy.Pull, error) {
	var pulls []policy.Pull
	for _, name := range item.DependencyNames() {
		d := known[name]
		p := policy.Pull{Item: d}
		if d.Status.Accepted != nil {
			env, err := s.access.Environment(ctx, d)
			if err != nil {
				return nil, err
			}
			client, err := s.access.Forge(ctx, d, env)
			if err != nil {
				return nil, err
			}
			pull, err := client.Get(ctx, d.Spec.Repository, d.Status.Accepted.PullRequest)
			if err != nil {
				return nil, err
			}
			p.State = pull.State
		}
		pulls = append(pulls, p)
	}
	return pulls, nil
}

// DependentsOf are the waiting items that a change of another concerns: that it was made, reached its end, was triggered again or
// deleted (then item is nil), and, for all that wait for it directly or not, that it depends on others than before: that makes
// circles and ends them.
func (r *Reconciler) DependentsOf(ctx context.Context, old, item *v1alpha1.WorkItem) ([]types.NamespacedName, error) {
	of, all := item, false
	switch {
	case item == nil:
		of = old
	case old != nil:
		all = !slices.Equal(old.DependencyNames(), item.DependencyNames())
		if !all && endOf(old) == endOf(item) {
			return nil, nil
		}
	}
	seen := map[string]bool{of.Name: true}
	var found []types.NamespacedName
	for next := []string{of.Name}; len(next) > 0 && len(seen) < policy.MaxDependencies; next = next[1:] {
		dependents, err := items.DependingOn(ctx, r.client, client.ObjectKey{Namespace: of.Namespace, Name: next[0]})
		if err != nil {
			return nil, err
		}
		slices.SortFunc(dependents, func(a, b v1alpha1.WorkItem) int { return strings.Compare(a.Name, b.Name) })
		for i := range dependents {
			d := &dependents[i]
			if seen[d.Name] || d.AttemptActive() || d.Finished() {
				continue
			}
			seen[d.Name] = true
			found = append(found, client.ObjectKeyFromObject(d))
			if all {
				next = append(next, d.Name)
			}
		}
		if !all {
			break
		}
	}
	return found, nil
}

// end is what those that depend on an item have to know of it.
type end struct {
	status    metav1.ConditionStatus
	reason    string
	triggered bool
}

func endOf(item *v1alpha1.WorkItem) end {
	c := item.Condition(v1alpha1.ConditionSucceeded)
	if c.Status == metav1.ConditionUnknown {
		c.Reason = "" // what it waits for is its own affair
	}
	return end{c.Status, c.Reason, item.Retriggered()}
}

// dependents wakes the items that depend on one that has changed.
func (r *Reconciler) dependents() handler.EventHandler {
	type requests = workqueue.TypedRateLimitingInterface[ctrl.Request]
	wake := func(ctx context.Context, old, next client.Object, q requests) {
		was, _ := old.(*v1alpha1.WorkItem)
		is, _ := next.(*v1alpha1.WorkItem)
		if was == nil && is == nil {
			return
		}
		keys, err := r.DependentsOf(ctx, was, is)
		if err != nil {
			log.FromContext(ctx).Error(err, "Could not wake the items that depend on a changed one")
		}
		for _, key := range keys {
			q.Add(ctrl.Request{NamespacedName: key})
		}
	}
	return handler.Funcs{
		CreateFunc: func(ctx context.Context, e event.CreateEvent, q requests) { wake(ctx, nil, e.Object, q) },
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, q requests) { wake(ctx, e.ObjectOld, e.ObjectNew, q) },
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q requests) { wake(ctx, e.Object, nil, q) },
	}
}
