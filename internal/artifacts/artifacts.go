// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package artifacts is the port to where builds leave their logs, reports and diffs. What is left there, and that it was
// redacted, is its caller's.
package artifacts

import (
	"context"
	"io"
)

// Object is one artifact.
type Object struct {
	Key         string // "<tier>/<uuid>/logs/build.log"
	ContentType string
	Body        io.ReadSeeker
	// EncryptionKey names the key that it is encrypted with; empty leaves it to the bucket.
	EncryptionKey string
}

// Uploader writes artifacts.
type Uploader interface {
	// Put writes one, checksummed and encrypted. It is idempotent.
	Put(ctx context.Context, bucket string, o Object) error
}

// Checker looks at buckets.
type Checker interface {
	// CheckBucket reports whether the bucket is there and can be reached.
	CheckBucket(ctx context.Context, bucket string) error
}

// Store is all of the above.
type Store interface {
	Uploader
	Checker
}
