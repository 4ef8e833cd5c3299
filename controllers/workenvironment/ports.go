// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"context"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/artifacts"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/notify"
	"github.com/kiro-worker/kiro-worker/internal/queue"
	"github.com/kiro-worker/kiro-worker/internal/secrets"
)

// Tables makes clients of lock tables.
type Tables interface {
	// LockReader returns what reads a lock table, reached as a namespace's environment says.
	LockReader(ctx context.Context, namespace string, aws v1alpha1.AWSAccess, tableName string) (lock.Reader, error)
}

// Queues are the queues of all environments.
type Queues interface {
	// Snapshot shows an environment's queue; known is false as long as the queues are not complete.
	Snapshot(environment types.NamespacedName) (snapshot queue.Snapshot, known bool)
}

// Builds makes clients of the build service.
type Builds interface {
	// BuildProjects returns what looks up the projects of a region's build service, reached as a namespace's
	// environment says.
	BuildProjects(ctx context.Context, namespace string, aws v1alpha1.AWSAccess) (build.Projects, error)
}

// Stores makes clients of the artifacts' store.
type Stores interface {
	// Store returns the client of a region's store, reached as a namespace's environment says.
	Store(ctx context.Context, namespace string, aws v1alpha1.AWSAccess) (artifacts.Store, error)
}

// Secrets makes clients that look secrets up.
type Secrets interface {
	// SecretFinder returns what looks up a secret in the region that its ARN names, reached as a namespace's environment
	// says.
	SecretFinder(ctx context.Context, namespace string, aws v1alpha1.AWSAccess, arn string) (secrets.Finder, error)
}

// Notifications makes clients that look topics and queues up.
type Notifications interface {
	// NotificationChecker returns what looks whether the destination of a rule is there.
	NotificationChecker(ctx context.Context, namespace string, aws v1alpha1.AWSAccess, rule *v1alpha1.NotificationRule) (notify.Checker, error)
}
