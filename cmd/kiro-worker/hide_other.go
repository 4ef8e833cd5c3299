// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package main

// hide does nothing where there is no /proc to be read.
func hide() {}
