// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package tracking remembers what this process has seen over time: when a build was first seen to be over, in how many
// looks it was not found, how long a worker's heartbeat has not changed, and which trouble was logged already. All of it
// may be lost in a restart, which costs time and never a lock. What follows from it is decided in policy.
package tracking
