// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"slices"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/prbody"
)

// protected are those of some changed paths whose change fails the attempt.
func protected(rules []contract.ProtectedPath, changed []string) []string {
	var found []string
	for _, name := range changed {
		if slices.ContainsFunc(rules, func(p contract.ProtectedPath) bool { return !p.NameOnly && prbody.MatchPath(p.Glob, name) }) {
			found = append(found, name)
		}
	}
	return found
}
