// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package controlplane

// ServeAsProgram does nothing here: only Linux kills a process with its parent.
func ServeAsProgram() {}

// launchers leaves the servers to be started directly.
func launchers(Options, string) (etcd, server string, err error) { return "", "", nil }
