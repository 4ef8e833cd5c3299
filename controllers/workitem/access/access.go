// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package access reaches what a work item names: its environment and source in the cluster, and the forge, build service
// and lock table behind them. It decides nothing, and keeps nothing.
package access

import (
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/lock/measured"
	"github.com/kiro-worker/kiro-worker/internal/notify"
)

// Clients makes the ports that a work item's way needs out of what its objects name.
type Clients interface {
	// Builds returns the build service.
	Builds(ctx context.Context, namespace string, aws v1alpha1.AWSAccess) (build.Service, error)
	// Table returns a lock table.
	Table(ctx context.Context, namespace string, aws v1alpha1.AWSAccess, tableName string) (lock.Table, error)
	// Forge returns the forge behind an API address.
	Forge(ctx context.Context, namespace, apiURL string, credentials v1alpha1.Credentials, aws v1alpha1.AWSAccess) (forge.Forge, error)
	// Board returns a source's board.
	Board(ctx context.Context, source *v1alpha1.WorkSource, environment *v1alpha1.WorkEnvironment) (board.Board, error)
	// Notifier returns what sends by a notification rule.
	Notifier(ctx context.Context, namespace string, aws v1alpha1.AWSAccess, rule *v1alpha1.NotificationRule) (notify.Notifier, error)
}

// Access reaches what a work item names.
type Access struct {
	Reader  client.Reader
	Clients Clients
	// Prompts reads the ConfigMaps with prompts of agents, past any cache.
	Prompts client.Reader
	// Locks counts what is done with the locks. Nil counts nothing.
	Locks *measured.Metrics
}

// Environment reads the item's environment.
func (a Access) Environment(ctx context.Context, item *v1alpha1.WorkItem) (*v1alpha1.WorkEnvironment, error) {
	env := &v1alpha1.WorkEnvironment{}
	if err := a.Reader.Get(ctx, client.ObjectKey{Namespace: item.Namespace, Name: item.Spec.EnvironmentRef.Name}, env); err != nil {
		return nil, fmt.Errorf("reading the environment: %w", err)
	}
	return env, nil
}

// Source reads the item's source. An item made by hand has none, and nil is returned.
func (a Access) Source(ctx context.Context, item *v1alpha1.WorkItem) (*v1alpha1.WorkSource, error) {
	if item.Spec.SourceRef == nil {
		return nil, nil //nolint:nilnil // no source is an answer, not an error
	}
	source := &v1alpha1.WorkSource{}
	if err := a.Reader.Get(ctx, client.ObjectKey{Namespace: item.Namespace, Name: item.Spec.SourceRef.Name}, source); err != nil {
		return nil, fmt.Errorf("reading the source: %w", err)
	}
	return source, nil
}

// Forge returns the item's forge: its source's, or the environment's for an item made by hand.
func (a Access) Forge(ctx context.Context, item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment) (forge.Forge, error) {
	source, err := a.Source(ctx, item)
	if err != nil {
		return nil, err
	}
	if source == nil {
		credentials := v1alpha1.Credentials{SecretsManagerARN: env.Spec.Credentials.GitHubTokenSecretARN}
		return a.Clients.Forge(ctx, item.Namespace, env.Spec.GitHub.APIURL, credentials, env.Spec.AWS)
	}
	return a.Clients.Forge(ctx, item.Namespace, source.Spec.GitHub.APIURL, source.Spec.GitHub.Credentials, env.Spec.AWS)
}

// ForgeURL is the address of the item's forge, for the build.
func (a Access) ForgeURL(ctx context.Context, item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment) (string, error) {
	source, err := a.Source(ctx, item)
	if err != nil {
		return "", err
	}
	if source == nil {
		return env.Spec.GitHub.APIURL, nil
	}
	return source.Spec.GitHub.APIURL, nil
}

// FollowUp is what of the pull request the item's source has worked off. An item made by hand is a person's decision as well.
func (a Access) FollowUp(ctx context.Context, item *v1alpha1.WorkItem) (*contract.FollowUp, error) {
	source, err := a.Source(ctx, item)
	if err != nil {
		return nil, err
	}
	return &contract.FollowUp{Reviews: source == nil || source.Spec.FollowUp.Reviews != v1alpha1.FollowUpNever}, nil
}

// Table returns the lock table of the item's attempt, from what the attempt froze.
func (a Access) Table(ctx context.Context, item *v1alpha1.WorkItem) (lock.Table, error) {
	p := item.Status.Attempt.Parameters
	return a.table(ctx, item.Namespace, item.Spec.EnvironmentRef.Name, p.LockAccess(), p.TableName)
}

// EnvironmentTable returns an environment's lock table, as its spec says now.
func (a Access) EnvironmentTable(ctx context.Context, env *v1alpha1.WorkEnvironment) (lock.Table, error) {
	return a.table(ctx, env.Namespace, env.Name, env.Spec.LockAccess(), env.Spec.Lock.TableName)
}

func (a Access) table(ctx context.Context, namespace, environment string, aws v1alpha1.AWSAccess, name string) (lock.Table, error) {
	table, err := a.Clients.Table(ctx, namespace, aws, name)
	if err != nil {
		return nil, fmt.Errorf("reaching the lock table: %w", err)
	}
	return a.Locks.Table(table, namespace, environment), nil
}

// Builds returns the build service of the item's attempt, from what the attempt froze.
func (a Access) Builds(ctx context.Context, item *v1alpha1.WorkItem) (build.Service, error) {
	service, err := a.Clients.Builds(ctx, item.Namespace, item.Status.Attempt.Parameters.AWS)
	if err != nil {
		return nil, fmt.Errorf("reaching CodeBuild: %w", err)
	}
	return service, nil
}
