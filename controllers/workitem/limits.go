// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

// The longest texts that the schema allows in a status, in characters. Most texts are cut by bytes, which are never fewer.
const (
	maxTrouble = 512
	maxWord    = 32 // a stage, a phase of the build
	maxTitle   = 40 // counted in characters
	maxOutcome = 64
	maxCommit  = 64
	maxMessage = 512
	maxLogName = 512
	maxURL     = 1024
)
