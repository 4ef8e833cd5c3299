// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package lease is what a build does with its lock: it claims it, renews its lease with heartbeats, says whether an
// effect outside may begin now, and releases it. When that happens, how often it is tried and what the build does after
// a refusal is decided by whoever calls.
//
// It starts no goroutine and takes its clock from outside, so the simulation of the protocols (test/chaos) runs this
// very code.
package lease
