// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build race

package chaos

// The race detector makes a seed about ten times as long.
func init() { defaultSeeds = 40 }
