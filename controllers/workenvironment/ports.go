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
	// Table returns the client of a lock table, reached as a namespace's environment says.
	Table(ctx context.Context, namespace string, aws v1alpha1.AWSAccess, tableName string) (lock.Table, error)
}

// Builds makes clients of the build service.
type Builds interface {
	// Builds returns the client of a region's build service, reached as a namespace's environment says.
	Builds(ctx context.Context, namespace string, aws v1alpha1.AWSAccess) (build.Service, error)
}

// Stores makes clients of the artifacts' store.
type Stores interface {
	// Store returns the client of a region's store, reached as a namespace's environment says.
	Store(ctx context.Context, namespace string, aws v1alpha1.AWSAccess) (artifacts.Store, error)
}
