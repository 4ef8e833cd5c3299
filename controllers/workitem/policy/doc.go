// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package policy holds the decisions of the work item controller as pure functions of the time, the item and what was
// observed: whether its work can be accepted and admitted, whether its build is over, why it is to be stopped, what an
// attempt's outcome is and whether another attempt follows. It calls no service and remembers nothing.
//
//	acceptance.go   what keeps an item from being accepted
//	admission.go    what keeps an accepted item from its turn, besides the queue
//	liveness.go     whether a build is over; notfound.go: when a build that is not found counts as over
//	stop.go         why an item is to be stopped
//	overdue.go      which waits last too long
//	outcome.go      the outcome table; facts.go: what it is read from
//	retry.go        whether and when another attempt, or another call, follows
//	deadlines.go    every duration and number that the above and the steps go by
package policy
