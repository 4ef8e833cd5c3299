// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package process

// giveNothingMore does nothing here: only in a build, on Linux, does a program run as another user.
func giveNothingMore() error { return nil }
