// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import "time"

// All durations and numbers that a work item's way goes by, in the order of its steps. What an environment sets
// (time-outs, retries, lease duration) is not here.

// When an item is looked at again.
const (
	// Soon is how soon the next reconcile follows one that changed where the item is on its way.
	Soon = time.Second
	// AcceptSoonest and AcceptLatest are how often the forge is asked for what is missing: soon after the first miss,
	// when somebody is likely to work on it, and then less and less often.
	AcceptSoonest = 5 * time.Second
	AcceptLatest  = 5 * time.Minute
	// BudgetRecheck is how soon an item over a budget is tried again at the latest.
	BudgetRecheck = 5 * time.Minute
	// HeldRecheck is how soon a slot that was acquired and released again, because too many were in use, is tried again, plus
	// up to as much at random.
	HeldRecheck = 5 * time.Second
	// RunningRecheck is how soon a running item is looked at without news: deadlines pass without any.
	RunningRecheck = time.Minute
	// ConcludeAgain is how soon an outcome that could not be reported to everybody is reported again.
	ConcludeAgain = 15 * time.Second
)

// Admission and lock.
const (
	// AcceptFresh is how old acceptance may be when the lock is acquired.
	AcceptFresh = 10 * time.Second
)

// Start.
const (
	// StartWindow is how long a start is tried. With the call's own time-out it stays well under the five minutes for
	// which CodeBuild knows the token.
	StartWindow = 2 * time.Minute
	// LeastStartWait is the least time between two calls of StartBuild, whatever the environment's policy is.
	LeastStartWait = time.Second
	// LookBack is how far before the intent builds are looked for, because clocks differ.
	LookBack = 5 * time.Minute
	// AbandonedPause is how soon an item is in the queue again after an attempt without a build. It doubles with each
	// such attempt in a row.
	AbandonedPause = 30 * time.Second
	// RunGrace is what a build may take over its time-outs before it is asked to stop.
	RunGrace = 10 * time.Minute
)

// Watch.
const (
	// FreshLook is how old an observation may be to be acted on.
	FreshLook = 2 * time.Minute
	// SilentAfter is how long a worker that has sent heartbeats may send none. It sends one every 30 seconds, whatever
	// the agent and the tests do.
	SilentAfter = 10 * time.Minute
	// A build that the build service does not know is over only after NotFoundTimes looks in a row, NotFoundSpacing
	// apart, and no earlier than NotFoundAfter after its start: a build that was just started may not be found yet.
	NotFoundTimes   = 3
	NotFoundSpacing = time.Minute
	NotFoundAfter   = 15 * time.Minute
)

// Stop.
const (
	// StopAgain is how soon a build that does not stop, or may not be stopped, is asked again.
	StopAgain = time.Minute
	// StopRetry is how soon it is asked again where the request itself was lost.
	StopRetry = 5 * time.Second
	// StopPatience is how long a build may take to stop before that is reported.
	StopPatience = 10 * time.Minute
)

// Deadlines that end nothing. Who waits for a person, or for a turn, goes on waiting; but a wait that nobody has looked at
// for a day is a card that everybody believes to be worked on.
const (
	AcceptanceOverdue = 24 * time.Hour
	QueueOverdue      = 24 * time.Hour
	// ConcludeWindow is how long releasing a lock may take, and how long reporting an outcome is tried. After it the item
	// is concluded all the same, and says who could not be notified.
	ConcludeWindow = 10 * time.Minute
)

// Memory.
const (
	// MaxPastAttempts is how many ended attempts an item's status keeps.
	MaxPastAttempts = 5
	// Remembered is how long a process remembers what it saw of a build: longer than anybody waits for it.
	Remembered = 24 * time.Hour
)
