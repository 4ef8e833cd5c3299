// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"errors"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
	boardgithub "github.com/kiro-worker/kiro-worker/internal/board/github"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/notify"
)

// Builds, Table, Forge, Board and Notifier make the world the Clients of a reconciler.
func (w *world) BuildObserver(ctx context.Context, namespace string, aws v1alpha1.AWSAccess) (build.Observer, error) {
	return w.Builds(ctx, namespace, aws)
}

func (w *world) LockReader(ctx context.Context, namespace string, aws v1alpha1.AWSAccess, name string) (lock.Reader, error) {
	return w.Table(ctx, namespace, aws, name)
}

func (w *world) Demand(ctx context.Context, namespace string, aws v1alpha1.AWSAccess, name string) (lock.Demand, error) {
	return w.Table(ctx, namespace, aws, name)
}

func (w *world) Builds(context.Context, string, v1alpha1.AWSAccess) (build.Service, error) {
	return w.builds, nil
}

func (w *world) Table(context.Context, string, v1alpha1.AWSAccess, string) (lock.Table, error) {
	return w.table, nil
}

func (w *world) Forge(context.Context, string, string, v1alpha1.Credentials, v1alpha1.AWSAccess) (forge.Forge, error) {
	return w.forge, nil
}

func (w *world) Board(context.Context, *v1alpha1.WorkSource, *v1alpha1.WorkEnvironment) (board.Board, error) {
	return boardgithub.New(w.githubAPI), nil
}

func (w *world) Notifier(_ context.Context, _ string, _ v1alpha1.AWSAccess, rule *v1alpha1.NotificationRule) (notify.Notifier, error) {
	return notifier{w, rule.TopicARN + rule.QueueURL}, nil
}

// notifier sends to an address.
type notifier struct {
	w       *world
	address string
}

func (n notifier) Notify(_ context.Context, m notify.Message) error {
	if n.address == n.w.unreachable {
		return errors.New("no such queue")
	}
	n.w.sent = append(n.w.sent, m)
	return nil
}
