// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package workitem is the controller that takes one work item, step by step, to its end. What it decides is in policy, what
// it reports to people in reporting, and freeing locks that nobody will release in garbagecollection.
//
// Each step brings one condition; the first that is not done ends the reconcile, and the status is written once. The one
// write in between is the start step's intent. A crash at any point leaves a status and two lock rows from which the same
// steps go on.
//
//	             miss: look again          no grant: wait             held: wait
//	                ┌────┐                    ┌────┐                   ┌────┐
//	                ▼    │                    ▼    │                   ▼    │
//	triggered ──▶ [accept]─┘ ─Accepted──▶ [admit] ─┘ ─Admitted──▶ [lock] ───┘ ─Locked──┐
//	  ▲             ▲                                               │                  │
//	  │             │           too many slots, no build: abandoned │                  ▼
//	  │             ├───────────────────────────────────────────────┴────────────── [start]
//	  │             │                                                                  │ BuildStarted
//	  │             │ another attempt                                                  ▼
//	  │             └───────────────────────── [conclude] ◀──BuildFinished──────── [watch]
//	  │                                            │
//	  └────── triggered again ────── Concluded, Succeeded=True or False
//
// The first step, stop, runs wherever the item is: when a person requests an end (cancel, withdrawal, deletion) or a
// deadline has passed, a running build is asked to stop and watched to its end, and an attempt without a build is
// abandoned.
//
// Below the steps are access (the objects and clients that an item names), dispatch (who is granted a slot), locks (the lock
// of an item's attempts) and tracking (what this process has seen over time).
//
// Metrics:
//
//	kiro_worker_workitem_outcomes_total{outcome}       work items that ended
//	kiro_worker_workitem_attempts_total{outcome}       attempts that ended
//	kiro_worker_workitem_overdue_total{deadline}       waits that lasted longer than they should
//	kiro_worker_workitem_start_refusals_total          calls of StartBuild that returned no build
//	kiro_worker_workitem_status_writes_total           status writes
package workitem
