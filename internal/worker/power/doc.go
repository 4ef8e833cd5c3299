// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package power reads a Kiro Power from its source, a git repository or an archive, and brings a checkout's steering
// files up to it without overwriting what somebody edited. It fetches once and commits nothing; trying again, notes for
// people and the commit are the caller's.
package power
