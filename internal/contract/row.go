// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package contract

// Attributes of the lock table's rows. The first group is what the table had from its beginning, and what
// other programs that share it know.
const (
	AttrLockKey    = "lockKey"    // S, partition key
	AttrLockID     = "lockId"     // S
	AttrWorkItemID = "workItemId" // S, "<cluster>/<namespace>/<name>"
	AttrBuildID    = "buildId"    // S, the build's full ARN, once claimed
	AttrExpiresAt  = "expiresAt"  // N, epoch seconds, the lease's end
	AttrStatus     = "status"     // S, one of the Status constants
	AttrCreatedAt  = "createdAt"  // S, RFC 3339

	AttrSlotKey     = "slotKey"     // S, the slot row of this lock
	AttrBranchKey   = "branchKey"   // S, the branch row of this lock
	AttrCardKey     = "cardKey"     // S, the card row of this lock
	AttrFence       = "fence"       // N, grows each time the row is acquired
	AttrAttempt     = "attempt"     // N
	AttrHolder      = "holder"      // S, the object's UID
	AttrProjectARN  = "projectArn"  // S
	AttrParameters  = "parameters"  // S, a Frozen as JSON; branch row
	AttrHeartbeatAt = "heartbeatAt" // N, epoch seconds
	AttrStage       = "stage"       // S
	AttrTasks       = "tasks"       // M {done N, total N}
	AttrResult      = "result"      // S, a Result as JSON
	AttrDeleteAt    = "deleteAt"    // N, epoch seconds; the table's TTL attribute, set only at release
	AttrTrigger     = "trigger"     // N, epoch milliseconds; card row
	AttrOutcome     = "outcome"     // S; card row
	AttrBudgets     = "budgets"     // SS, the keys of the budget rows that this lock has drawn from
)

// Attributes of budget rows, which hold nothing and have no status. Each begins with "budget#". A row of triggers has only
// triggers and deleteAt.
const (
	AttrBuilds   = "builds"   // N, used or set aside
	AttrSeconds  = "seconds"  // N, of build time, used or set aside
	AttrCredits  = "credits"  // N, thousandths of the agent's credits, used or set aside
	AttrOpen     = "open"     // SS, what is set aside: "<lockId> <builds> <seconds> <credits>"
	AttrTriggers = "triggers" // NS, the triggers that were worked on, epoch milliseconds
)

// TTLAttribute is the table's TTL attribute. It is not expiresAt: DynamoDB would delete the row of a running
// build.
const TTLAttribute = AttrDeleteAt

// RowStatus is the status of a slot or branch row.
type RowStatus string

const (
	// StatusInProgress is held.
	StatusInProgress RowStatus = "in_progress"
	// StatusComplete was released after success.
	StatusComplete RowStatus = "complete"
	// StatusFailed was released after a failure, reclaimed or abandoned.
	StatusFailed RowStatus = "failed"
)
