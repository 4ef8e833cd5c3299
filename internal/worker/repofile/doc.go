// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package repofile reads what a repository says about its own work, in .kiro/worker.yaml, and joins it with what the environment
// says. It fetches nothing: which commit's file it is given, and whether the environment lets the repository have a say, is
// for the caller.
//
// The rule of Apply: what the environment has settled itself stays, a gate can be made stricter and never weaker, and whatever was
// not used is said.
package repofile
