// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"context"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
)

// Boards makes boards' clients out of what the objects say of credentials and addresses.
type Boards interface {
	// Board returns the client of a source's board. The environment's role reads credentials that are in Secrets
	// Manager. A terminal fault says what is wrong with the credentials or the address.
	Board(ctx context.Context, source *v1alpha1.WorkSource, environment *v1alpha1.WorkEnvironment) (board.Board, error)
}
