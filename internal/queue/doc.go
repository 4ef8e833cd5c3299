// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package queue decides who is next in an environment, and which slot it may acquire. It only advises: what keeps two
// builds off one branch or one slot is the lock table, and a wrong or stale answer here costs a refused lock or a wait,
// never a second build. It knows no objects, no rows and no services.
//
// A Manager holds one queue an environment object, in memory. It does no I/O, starts no goroutine, reads no clock and
// decides nothing by the order of a map: each call is given the time, and returns the grants that it made and when Tick
// is to be called. A change and a grant cost O(log N) for N items that wait, so nothing here is ever listed or sorted.
//
// # States
//
// An entry is in exactly one state:
//
//	                Put
//	                 |
//	       +---------+--------------+
//	       | its time has come      | it has not
//	       v                        v
//	ready <--> blocked <--------- later <------------------+
//	  |           |      it has     ^                      |
//	  | first,    | a slot row      | refused, or nothing  | Put shows that the attempt is over
//	  | and a     | names it as     | came of it in two    | (ready or blocked, if nothing is to
//	  | slot is   | holder (of the  | minutes              | be waited for)
//	  | free      | ready, too)     |                      |
//	  v           v                 |                      |
//	granted ------------------------+                      |
//	  |                                                    |
//	  | Put shows its attempt                              |
//	  v                                                    |
//	active ------------------------------------------------+
//
// Remove takes an entry out of any state.
//
//   - ready: competes for the next free slot. Ordered by priority (highest first), the card's age (oldest first), name and
//     UID; with FairBySource, within one priority, first by how few slots the source's items use.
//   - blocked: its branch is held by a granted or active entry, or the branch has another entry that is before it. Of one
//     branch only the first by the plain order is ready, so that a release moves one entry and not all.
//   - later: a time has to come: its next attempt's, or the end of a refusal. While a branch's refusal lasts the branch
//     counts as held: its other items would only be refused in turn.
//   - granted: may acquire its slot. A grant is not taken back for a higher priority that comes later. It ends when the
//     item's event shows its attempt, when it is refused or removed, when the environment gets another project, or after
//     two minutes.
//   - active: an attempt works on it.
//
// # Slots
//
// Free is the environment's concurrency, less the rows in progress of its project, less the grants without a row, less the
// slots that rest. It is counted from rows, never from the state of items, and shared by all environments of a project; the
// one that uses the fewest slots is served first. Nothing is granted before Rebuild and before a look at the slots that
// succeeded, nor after a refused slot until the next look. Numbers are tried from a hash of the cluster's name on.
//
// A cluster that uses more than concurrency / clusters with demand leaves a slot that it freed alone for 15 s: it rests.
//
// # Brake
//
// Three infrastructure failures in a row with one reason, of different items, or one AgentCredentialsInvalid, apply the
// environment's brake: one item at a time is tried, the first after 30 s, then with growing waits up to 15 minutes. A
// success, a work failure (it shows that the infrastructure works) or a changed environment releases it.
//
// # What the caller does
//
//   - It makes one call at a time, and Rebuild under the same lock as the List it is given, so that an event that is newer
//     than the list comes after it.
//   - It calls Concluded before the Put or Remove of the same event, and Released for every row that it sees released,
//     with the row's holder and attempt.
//   - It calls Tick at Result.Next at the latest, then looks at the slots of every project in LooksDue, and hands in what it
//     found: Slots or LookFailed. A look's time is the one before the read.
//   - It reconciles the items in Result.Grants, ahead of all others, and no other items for the queue's sake.
//
// Order is the same order as a pure function of a list, for who has no Manager: positions for people.
package queue
