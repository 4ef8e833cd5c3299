// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package reporting reports how a work item goes: on the board, on its pull request, by the environment's
// notification rules and in its dead-letter queue. No decision about the item depends on it.
package reporting

import (
	"context"
	"errors"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/access"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/tracking"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/logging"
)

// Reporter reports how a work item goes. What was reported is recorded in the item's status, in memory.
type Reporter struct {
	access  access.Access
	clock   clock.PassiveClock
	trouble *tracking.TroubleTracker
	sent    func(item *v1alpha1.WorkItem, kind string, err error)
}

// New returns a Reporter. sent is told what became of each notification; its kind is one of Kinds.
func New(reach access.Access, now clock.PassiveClock, sent func(item *v1alpha1.WorkItem, kind string, err error)) *Reporter {
	return &Reporter{access: reach, clock: now, trouble: tracking.NewTroubleTracker(), sent: sent}
}

// Started gives the card the status that says that its work has begun. The work does not depend on it, so a failure is
// logged and tried again with the next look. It is called for a build that was just seen running, and not as soon as one
// was started: a leader that was frozen in between, and woken after its successor had finished, would move the finished
// card back before its stale status write is refused.
func (r *Reporter) Started(ctx context.Context, item *v1alpha1.WorkItem) {
	err := r.started(ctx, item)
	if r.trouble.Changed(client.ObjectKeyFromObject(item).String(), fault.Message(err), r.clock.Now()) {
		logging.Warn(log.FromContext(ctx), "Could not set the card's status", logging.KeyError, fault.Message(err))
	}
}

func (r *Reporter) started(ctx context.Context, item *v1alpha1.WorkItem) error {
	source, err := r.access.Source(ctx, item)
	if err != nil || source == nil || source.Spec.WriteBack == nil || policy.StopRequested(item, nil) != nil {
		return client.IgnoreNotFound(err)
	}
	env, err := r.access.Environment(ctx, item)
	if err != nil {
		return client.IgnoreNotFound(err)
	}
	return r.setBoardStatus(ctx, item, source, env, source.Spec.WriteBack.Started)
}

// Ended says how the item ended: on the board, on the pull request where the build could not, and to those who asked to be
// notified. Each part may be repeated; all are tried, whatever becomes of the others.
func (r *Reporter) Ended(ctx context.Context, item *v1alpha1.WorkItem) error {
	env, err := r.access.Environment(ctx, item)
	if apierrors.IsNotFound(err) {
		return nil // its deletion removed the means to reach anybody
	}
	if err != nil {
		return err
	}
	source, err := r.access.Source(ctx, item)
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(
		r.setBoardStatus(ctx, item, source, env, finalBoardStatus(item, source)),
		r.comment(ctx, item, env),
		r.notify(ctx, item, env),
	)
}
