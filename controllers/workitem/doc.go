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
// Metrics, each but the last with namespace, environment and tier; docs/metrics.md says what they mean:
//
//	kiro_worker_workitem_items{phase}, _overdue{deadline}, _oldest_attempt_timestamp_seconds, counted from the objects
//	kiro_worker_workitem_outcomes_total{outcome,class}, _attempts_total{outcome,class}
//	kiro_worker_workitem_overdue_total{deadline}, _start_refusals_total{reason}, _notifications_total{type,result}
//	kiro_worker_workitem_queue_seconds, _dispatch_seconds, _lead_seconds, _attempt_seconds{class}, _end_to_end_seconds{class}
//	kiro_worker_workitem_stage_seconds{stage}, _tests_total{result}, _coverage_ratio{metric}, _tasks_done_total,
//	_agent_seconds_total, _agent_credits_total, _agent_tokens_total, _repair_rounds_total{end}, as builds reported them
//	kiro_worker_workitem_build_phase_seconds{phase}, as CodeBuild says
//	kiro_worker_workitem_status_writes_total
package workitem
