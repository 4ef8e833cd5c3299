// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// standing is what a round or an attempt leaves behind. Times, costs, texts and commits are not in it: they differ each
// time, and two rounds that differ in nothing else came to the same.
type standing struct {
	// Tree is of what was pushed; with where the work began it is what was changed.
	Tree string `json:"tree"`
	// Unfinished is of what was changed and not pushed.
	Unfinished   string                 `json:"unfinished,omitempty"`
	Tasks        contract.Tasks         `json:"tasks"`
	FailedTests  []string               `json:"failedTests,omitempty"`
	TestsGate    contract.Gate          `json:"testsGate,omitempty"`
	CoverageGate contract.Gate          `json:"coverageGate,omitempty"`
	Coverage     *contract.Coverage     `json:"coverage,omitempty"`
	ChangedLines *contract.ChangedLines `json:"changedLines,omitempty"`
}

// fingerprint is the SHA-256 of how things stand, in hex; empty before the branch was checked out.
func (s *State) fingerprint() string {
	if s.Tree == "" {
		return ""
	}
	names := slices.Clone(s.FailedTests)
	slices.Sort(names)
	text, err := json.Marshal(standing{
		Tree: s.Tree, Unfinished: s.Unfinished, Tasks: s.Result.Tasks, FailedTests: slices.Compact(names),
		TestsGate: s.Result.TestsGate, CoverageGate: s.Result.CoverageGate, Coverage: s.Result.Coverage, ChangedLines: s.Result.ChangedLines,
	})
	if err != nil {
		return "" // a number that is none; nothing can be said then
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
