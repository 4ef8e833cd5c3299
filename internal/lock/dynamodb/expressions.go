// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb

// The protocol as data. "#x" is the attribute x, always written so because DynamoDB reserves hundreds of words;
// ":x" is a value, see values. The table in the architecture document says the same in prose.

// expression is what one action of a transaction asks of a row and does to it. Without an update it only asks.
type expression struct {
	condition string
	update    string
}

// Parts of conditions.
const (
	// absentOrFree: nobody holds the row. A row without a fence is another program's and never free.
	absentOrFree = "attribute_not_exists(#lockKey) OR (attribute_type(#fence, :numberType) AND #status <> :inProgress"

	held       = "#lockId = :lockId AND #status = :inProgress"
	heldFenced = held + " AND #fence = :fence"

	unclaimed = " AND attribute_not_exists(#buildId)"
	claimable = " AND (attribute_not_exists(#buildId) OR #buildId = :buildId)"
	claimed   = " AND #buildId = :buildId"
)

// Acquire. The branch row decides whether this attempt has a lock already: it is asked in the same transaction, or an
// attempt that lost its first answer could hold two slots.
var (
	acquireBranch = expression{
		condition: absentOrFree + " AND #lockId <> :lockId)",
		update:    setAcquiredBranch,
	}
	acquireSlot = expression{
		condition: absentOrFree + ")",
		update:    setAcquired,
	}
	// The same for a lock that draws from budgets: its rows say from which, for whoever frees them.
	acquireBranchDrawn = expression{acquireBranch.condition, acquired + andParameters + andBudgets + removed}
	acquireSlotDrawn   = expression{acquireSlot.condition, acquired + andBudgets + removed}
	// cardNotDone: a card's record of this trigger, or of a later one, means that there is nothing to do.
	cardNotDone = expression{
		condition: "attribute_not_exists(#lockKey) OR #trigger < :trigger",
	}
)

// What a lock draws from budgets is set aside by the transaction that acquires it, and replaced by what was used when it is
// settled: the element of the set that says so is there exactly once, and whoever takes it out counts.
var (
	reserve = expression{
		condition: "(attribute_not_exists(#builds) OR #builds <= :buildsLeft)" +
			" AND (attribute_not_exists(#seconds) OR #seconds <= :secondsLeft)" +
			" AND (attribute_not_exists(#credits) OR #credits <= :creditsLeft)",
		update: "SET #builds = if_not_exists(#builds, :zero) + :builds" +
			", #seconds = if_not_exists(#seconds, :zero) + :seconds" +
			", #credits = if_not_exists(#credits, :zero) + :credits" +
			", #deleteAt = :deleteAt ADD #open :reservation",
	}
	settle = expression{
		condition: "contains(#open, :reserved)",
		update: "SET #builds = #builds + :builds, #seconds = #seconds + :seconds, #credits = #credits + :credits" +
			" DELETE #open :reservation",
	}
	// countTrigger counts a trigger once, in whichever attempt it is met first.
	countTrigger = expression{
		condition: "attribute_not_exists(#triggers) OR size(#triggers) < :most OR contains(#triggers, :trigger)",
		update:    "SET #deleteAt = :deleteAt ADD #triggers :counted",
	}
)

// giveBack ends a lock that no build has claimed, whatever its fence is.
var giveBack = expression{held + unclaimed, setFailed}

// The branch row alone holds the parameters: one copy is enough, and every heartbeat pays for the row's size.
const (
	setAcquired       = acquired + removed + ", #budgets"
	setAcquiredBranch = acquired + andParameters + removed + ", #budgets"

	andParameters = ", #parameters = :parameters"
	andBudgets    = ", #budgets = :budgets"

	acquired = "SET #fence = if_not_exists(#fence, :nowMillis) + :one" +
		", #lockId = :lockId, #workItemId = :workItemId, #holder = :holder, #attempt = :attempt" +
		", #slotKey = :slotKey, #branchKey = :branchKey, #cardKey = :cardKey, #projectArn = :projectArn" +
		", #status = :inProgress, #expiresAt = :expiresAt, #createdAt = :createdAt"
	removed = " REMOVE #buildId, #heartbeatAt, #stage, #tasks, #outcome, #result, #deleteAt"
)

// Claim. It races with abandon on the same rows, and exactly one of the two wins.
var (
	claimBranch = expression{heldFenced + claimable, setClaimed}
	claimSlot   = expression{held + claimable, setClaimed}
)

const setClaimed = "SET #buildId = :buildId, #expiresAt = :expiresAt"

// Heartbeat, with or without a result so far.
var (
	heartbeatBranch       = expression{heldFenced + claimed, setHeartbeat}
	heartbeatSlot         = expression{held + claimed, setHeartbeat}
	heartbeatBranchResult = expression{heldFenced + claimed, setHeartbeat + andResult}
	heartbeatSlotResult   = expression{held + claimed, setHeartbeat + andResult}
)

const (
	setHeartbeat = "SET #expiresAt = :expiresAt, #heartbeatAt = :now, #stage = :stage, #tasks = :tasks"
	andResult    = ", #result = :result"
)

// Release. Without a result, the last heartbeat's stays.
var (
	releaseBranch       = expression{heldFenced + claimed, setReleased}
	releaseSlot         = expression{held + claimed, setReleased}
	releaseBranchResult = expression{heldFenced + claimed, setReleased + andResult}
	releaseSlotResult   = expression{held + claimed, setReleased + andResult}

	// releasedByMe proves an earlier release whose answer was lost.
	releasedByMe = expression{condition: "#lockId = :lockId AND #buildId = :buildId AND #status = :ending"}

	// recordCard never overwrites the record of a later trigger, nor another attempt's of the same.
	recordCard       = expression{recordable, setRecorded}
	recordCardResult = expression{recordable, setRecorded + andResult}
)

const (
	setReleased = "SET #status = :ending, #outcome = :outcome, #deleteAt = :deleteAt"
	recordable  = "attribute_not_exists(#lockKey) OR #trigger < :trigger OR (#lockId = :lockId AND #trigger = :trigger)"
	setRecorded = "SET #trigger = :trigger, #lockId = :lockId, #outcome = :outcome, #deleteAt = :deleteCardAt"
)

// Abandon, reclaim and unlock free a row without its holder. What was read must still be so to the last attribute:
// any heartbeat since then changes one.
var (
	freeUnclaimed     = expression{asRead + unclaimed, setFailed}
	freeClaimed       = expression{asRead + claimed + noHeartbeat, setFailed}
	freeWithHeartbeat = expression{asRead + claimed + lastHeartbeat, setFailed}

	// notHeldByThat: the partner row is not, or not any more, this lock's, as after a table was restored.
	notHeldByThat = expression{
		condition: "attribute_not_exists(#lockId) OR #lockId <> :lockId OR #status <> :inProgress",
	}
	// claimedByAnother: the partner row has this lock's id but another build, which may be alive.
	claimedByAnother = expression{
		condition: "#lockId = :lockId AND attribute_exists(#buildId) AND #buildId <> :buildId",
	}
)

const (
	asRead        = heldFenced + " AND #expiresAt = :expiresAt"
	noHeartbeat   = " AND attribute_not_exists(#heartbeatAt)"
	lastHeartbeat = " AND #heartbeatAt = :heartbeatAt"
	setFailed     = "SET #status = :failed, #deleteAt = :deleteAt"
)
