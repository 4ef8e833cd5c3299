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
// Metrics, each with namespace and environment; docs/metrics.md says what they mean:
//
//	kiro_worker_workenvironment_checks_total{check,result}
//	kiro_worker_workenvironment_ready{tier}, _degraded{tier}, _credentials_valid{tier}
//	kiro_worker_workenvironment_slots{tier}, _slots_in_use{tier}, _slots_held_by_nobody{tier}, _queue_length{tier}, _oldest_queued_timestamp_seconds{tier}
//	kiro_worker_workenvironment_budget_used{tier,period,unit}, _budget_limit{tier,period,unit}
package workenvironment
