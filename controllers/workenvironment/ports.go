// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"context"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/artifacts"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// Tables makes clients of lock tables.
type Tables interface {
	// LockReader returns what reads a lock table, reached as a namespace's environment says.
	LockReader(ctx context.Context, namespace string, aws v1alpha1.AWSAccess, tableName string) (lock.Reader, error)
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
