// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package preset knows the dialects of coding agents: how each is called without a person, and how what it writes is read. It
// runs nothing and decides nothing about a task.
//
// A preset is one small file with one type, and a line in the list of preset.go. Kiro's was measured by others; the others
// follow what their makers publish, and their tests read transcripts from there (testdata/README.md): none of these programs
// could be run where this was written.
package preset
