// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package chaos shows, by deterministic simulation, what a user must be able to believe: a card's work is never done
// by two builds at once, never done twice for one trigger, never forgotten and never stuck, whatever crashes.
//
// The code under test is the real one: the work item controller with its steps, the watcher, the lock table's and
// CodeBuild's clients, the worker's lease. What they talk to is simulated in memory: DynamoDB (which evaluates the
// very expressions it is sent), CodeBuild, a forge, the API server with its caches, and time.
//
//	world      time, events in their order, one random generator made of the seed
//	process    a manager or a build's worker; it can be killed, frozen and cut off from a service
//	task       real code that runs as a coroutine of a process and is suspended in every call to the outside
//	call       one request: when it arrives, what is lost of it, and which answer its sender gets
//	invariants what really happened, and the invariants, checked at every change
//
// One coroutine runs at a time and nothing looks at the real clock, so a seed is a whole history: it fails again in
// the same way, and prints it with -v.
package chaos
