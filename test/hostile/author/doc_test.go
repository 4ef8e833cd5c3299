// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package author puts the worst that there is into every field of the three kinds, against a real API server. What the
// schema has to let through, and who stops it then, is in the table as well.
package author

import (
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/local/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }
