// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package workenvironment says in the status of a WorkEnvironment whether it is usable and how busy it is; it decides
// nothing about what is worked on.
//
// The lock table, the CodeBuild project, the bucket, the secrets, and the topics and queues are checked each on its own, so
// that whoever sets an environment up sees at once all that is missing. The slots are read from the lock table's rows, so that
// their number is no counter that could drift; the queue is shown as the dispatcher has it. Readiness depends on what the
// environment refers to, never on the outcome of an item.
//
//	how much is due ─ nothing: wait ─ slots and queue ─ everything: checks first
//	      │
//	steps (steps.go), each on its own ─ failures (failure.go) ─ Ready, Stalled (summary.go) ─ one status patch ─ events
//
// Metrics, by tier; no object's name is a label:
//
//	kiro_worker_workenvironment_checks_total{check,result}        checks of what an environment names
//	kiro_worker_workenvironment_environments{tier,ready}          environments, by whether they are usable
//	kiro_worker_workenvironment_slots{tier}                       builds that may run at once
//	kiro_worker_workenvironment_slots_in_use{tier}                slots in use, over every cluster
//	kiro_worker_workenvironment_queue_length{tier}                work items that wait for a slot
//	kiro_worker_workenvironment_oldest_queued_timestamp_seconds{tier}
//	                                                              since when the longest waiting work item waits
package workenvironment
