// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package secrets is the port to a store of secrets. It reads, and neither keeps nor understands them.
package secrets

import "context"

// Reader reads secrets.
type Reader interface {
	// Read returns a secret's current value. A terminal fault with CodeCredentialsInvalid says that there is none.
	Read(ctx context.Context, arn string) (string, error)
}

// Finder looks secrets up without reading them.
type Finder interface {
	// Find returns nil if a secret is there and is not about to be deleted. A terminal fault with CodeCredentialsInvalid
	// says that it is not, and what to do.
	Find(ctx context.Context, arn string) error
}
