// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package dispatch connects the queues (internal/queue) with objects, slot rows and time. It decides nothing: it hands
// events in, looks at slots when that is due, and has the items reconciled that were granted a slot.
//
//	informers ── Observe, ObserveEnvironment ──▶ ┌────────────┐
//	steps ────── Acquired, Refused, Released ──▶ │ Dispatcher │ ── grants ──▶ the work queue, ahead of all others
//	Runner ───── Tick: look at slots that are due│            │ ◀── Place, Snapshot ── admit, lock; the environment
//	                                             └────────────┘
//
// A handler only locks, calls and unlocks. Slot rows are read, and grants are handed on, without the lock.
package dispatch
