// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package prbody

import (
	"fmt"
	"slices"
	"strings"
)

// Repository is what came of the settings that a repository has for its own work.
type Repository struct {
	// File is their path, and Commit the default branch's commit that they were read of; empty in a local run.
	File, Commit string
	// Used and Unused say what counts, and what does not and why, one line each.
	Used, Unused []string
}

func (s Summary) repository(w *strings.Builder) {
	r := s.Repository
	if r == nil {
		return
	}
	var inner strings.Builder
	for _, line := range slices.Concat(r.Used, r.Unused) {
		fmt.Fprintf(&inner, "- %s\n", code(line, 300))
	}
	title := "Settings of " + r.File
	if len(r.Commit) >= 12 {
		title += " at the default branch's " + r.Commit[:12]
	}
	details(w, title, inner.String())
}
