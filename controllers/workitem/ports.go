// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"

	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/notify"
)

// Clients makes the ports that an item's way needs out of what its objects name.
type Clients interface {
	// Builds returns the build service.
	Builds(ctx context.Context, namespace string, aws v1alpha1.AWSAccess) (build.Service, error)
	// Table returns a lock table.
	Table(ctx context.Context, namespace string, aws v1alpha1.AWSAccess, tableName string) (lock.Table, error)
	// Forge returns the forge behind an API address.
	Forge(ctx context.Context, namespace, apiURL string, credentials v1alpha1.Credentials, aws v1alpha1.AWSAccess) (forge.Forge, error)
	// Board returns a source's board.
	Board(ctx context.Context, source *v1alpha1.WorkSource, environment *v1alpha1.WorkEnvironment) (board.Board, error)
	// Notifier returns what tells a topic or a queue.
	Notifier(ctx context.Context, namespace string, aws v1alpha1.AWSAccess, destination string) (notify.Notifier, error)
}

// deps is what every step has.
type deps struct {
	reader  client.Reader
	clients Clients
	clock   clock.PassiveClock
	events  EventRecorder
	metrics *Metrics
	random  func() float64
	cluster string
	// over is when builds were first seen to be over.
	over *sightings
	// silent is how long workers have given no sign of life.
	silent *silences
}

// environment reads the item's environment.
func (d deps) environment(ctx context.Context, item *v1alpha1.WorkItem) (*v1alpha1.WorkEnvironment, error) {
	env := &v1alpha1.WorkEnvironment{}
	key := client.ObjectKey{Namespace: item.Namespace, Name: item.Spec.EnvironmentRef.Name}
	return env, d.reader.Get(ctx, key, env)
}

// source reads the item's source; an item made by hand has none, and nil is returned.
func (d deps) source(ctx context.Context, item *v1alpha1.WorkItem) (*v1alpha1.WorkSource, error) {
	if item.Spec.SourceRef == nil {
		return nil, nil //nolint:nilnil // no source is an answer, not an error
	}
	source := &v1alpha1.WorkSource{}
	key := client.ObjectKey{Namespace: item.Namespace, Name: item.Spec.SourceRef.Name}
	return source, d.reader.Get(ctx, key, source)
}

// forge returns the item's forge: the one of its source, or the environment's for an item made by hand.
func (d deps) forge(ctx context.Context, item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment) (forge.Forge, error) {
	source, err := d.source(ctx, item)
	if err != nil {
		return nil, err
	}
	if source == nil {
		credentials := v1alpha1.Credentials{SecretsManagerARN: env.Spec.Credentials.GitHubTokenSecretARN}
		return d.clients.Forge(ctx, item.Namespace, env.Spec.GitHub.APIURL, credentials, env.Spec.AWS)
	}
	return d.clients.Forge(ctx, item.Namespace, source.Spec.GitHub.APIURL, source.Spec.GitHub.Credentials, env.Spec.AWS)
}

// apiURL is the address of the item's forge, for the build.
func (d deps) apiURL(ctx context.Context, item *v1alpha1.WorkItem, env *v1alpha1.WorkEnvironment) (string, error) {
	source, err := d.source(ctx, item)
	if err != nil {
		return "", err
	}
	if source == nil {
		return env.Spec.GitHub.APIURL, nil
	}
	return source.Spec.GitHub.APIURL, nil
}
