// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package queue decides who is next in an environment and who may start. It is pure: what it is given is all
// that it knows, and the same input gives the same answer in any order. It only advises. What keeps two builds
// off one branch is the lock table; a wrong or stale answer here costs a refused lock and never a second build.
//
// The order is priority (highest first), then the card's age (oldest first), then the name. An entry whose
// branch is held, or that backs off, is passed over, so that one stuck item never stops the rest.
package queue
