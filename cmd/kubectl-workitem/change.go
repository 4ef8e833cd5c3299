// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/spf13/pflag"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientretry "k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// change lets decide change an item's spec, and writes it only if nobody wrote the item since it was read: a decision
// made when there was no attempt must not be written once there is one.
func (s *session) change(ctx context.Context, name string, decide func(*v1alpha1.WorkItem) error) (*v1alpha1.WorkItem, error) {
	var item *v1alpha1.WorkItem
	err := clientretry.RetryOnConflict(clientretry.DefaultBackoff, func() error {
		var err error
		if item, err = s.item(ctx, name); err != nil {
			return err
		}
		before := item.DeepCopy()
		if err := decide(item); err != nil {
			return err
		}
		if equality.Semantic.DeepEqual(before.Spec, item.Spec) {
			return nil
		}
		return s.client.Patch(ctx, item, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
	})
	if apierrors.IsConflict(err) {
		return nil, fmt.Errorf("somebody else keeps writing the work item; try again: %w", err)
	}
	return item, err
}

func retryCommand() command {
	return command{
		name: "retry", args: "NAME", least: 1, most: 1,
		short: "Trigger a work item again, so that it is worked on again.",
		long: "This does what moving the card away and back does: a new trigger, with the full number of tries. It is refused\n" +
			"while an attempt runs, because another one would begin right after that one's end.",
		prepare: func(flags *pflag.FlagSet) func(context.Context, *session, []string) error {
			force := flags.Bool("force", false, "Undo a cancellation (spec.cancel) as well.")
			return func(ctx context.Context, s *session, args []string) error { return s.retry(ctx, args[0], *force) }
		},
	}
}

func (s *session) retry(ctx context.Context, name string, force bool) error {
	item, err := s.change(ctx, name, func(item *v1alpha1.WorkItem) error {
		switch {
		case !item.DeletionTimestamp.IsZero():
			return refused("%s is being deleted; make another work item, or wait until the board's next poll makes it again", name)
		case item.AttemptActive():
			return refused("attempt %d of %s still runs (phase %s); wait for its end, or stop it with `kubectl workitem cancel %s`",
				item.Status.Attempt.Number, name, item.Status.Phase, name)
		case item.Spec.Cancel && !force:
			return refused("%s is cancelled (spec.cancel is set); give --force to undo that", name)
		}
		triggered := nextTrigger(item, s.clock.Now())
		item.Spec.TriggeredAt, item.Spec.Cancel = &triggered, false
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "%s is triggered again, as of %s.\n", name, item.Spec.TriggeredAt.In(s.location).Format(time.DateTime))
	if _, withdrawn := item.Annotations[v1alpha1.WithdrawnAnnotation]; withdrawn {
		fmt.Fprintln(s.errOut, "note: its card was moved out of the ready status. Move it back, or the next polls will withdraw it again.")
	}
	return nil
}

// nextTrigger is the later of now and the recorded trigger plus a second, so it is later than the recorded one in any
// case: triggers differ by whole seconds, and clocks differ.
func nextTrigger(item *v1alpha1.WorkItem, now time.Time) metav1.Time {
	recorded := item.Trigger().Time
	if o := item.Status.ObservedTrigger; o != nil && o.After(recorded) {
		recorded = o.Time
	}
	next := now.UTC().Truncate(time.Second)
	if after := recorded.Add(time.Second); after.After(next) {
		next = after
	}
	return metav1.NewTime(next)
}

func cancelCommand() command {
	return command{
		name: "cancel", args: "NAME", least: 1, most: 1,
		short: "Stop the work on a work item, and do not start it again.",
		long: "A running build is stopped, and the lock is released once it is over. `kubectl workitem retry NAME --force` undoes\n" +
			"it.",
		prepare: func(*pflag.FlagSet) func(context.Context, *session, []string) error {
			return func(ctx context.Context, s *session, args []string) error { return s.cancel(ctx, args[0]) }
		},
	}
}

func (s *session) cancel(ctx context.Context, name string) error {
	already := false
	item, err := s.change(ctx, name, func(item *v1alpha1.WorkItem) error {
		already = item.Spec.Cancel
		if !already && item.Done() {
			return refused("%s has ended already (%s); there is nothing to cancel", name, item.Condition(v1alpha1.ConditionSucceeded).Reason)
		}
		item.Spec.Cancel = true
		return nil
	})
	switch {
	case err != nil:
		return err
	case already:
		fmt.Fprintf(s.out, "%s is cancelled already.\n", name)
	case item.AttemptActive():
		fmt.Fprintf(s.out, "%s is cancelled. Its build is being stopped; `kubectl wait --for=condition=Concluded workitem/%s` waits for the end.\n", name, name)
	default:
		fmt.Fprintf(s.out, "%s is cancelled. No attempt was running.\n", name)
	}
	return nil
}

// The bounds of spec.priority. The API server has them too; here they come with the argument's name.
const leastPriority, mostPriority = -1000, 1000

func priorityCommand() command {
	return command{
		name: "priority", args: "NAME N", least: 2, most: 2,
		short: "Set a work item's priority in the queue, -1000 to 1000; the highest is first.",
		prepare: func(*pflag.FlagSet) func(context.Context, *session, []string) error {
			return func(ctx context.Context, s *session, args []string) error { return s.prioritize(ctx, args[0], args[1]) }
		},
	}
}

func (s *session) prioritize(ctx context.Context, name, text string) error {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil || n < leastPriority || n > mostPriority {
		return misused("the priority %q is not a whole number from %d to %d", text, leastPriority, mostPriority)
	}
	item, err := s.change(ctx, name, func(item *v1alpha1.WorkItem) error {
		item.Spec.Priority = int32(n) //nolint:gosec // bounded above
		return nil
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(s.out, "The priority of %s is %d.\n", name, n)
	if item.AttemptActive() {
		fmt.Fprintln(s.errOut, "note: an attempt is running. The priority counts when the item waits in the queue again.")
	}
	return nil
}
