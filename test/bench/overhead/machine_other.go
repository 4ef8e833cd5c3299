// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package main

// onOneCore calls start. Other systems cannot keep a process to one core; its time is counted all the same.
func onOneCore(start func() error) error { return start() }

// place is where the repositories are: the directory of temporary files.
func place() string { return "" }
