// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb

import (
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// item is a row as DynamoDB gives it. Other programs may write to the table: an attribute of an unexpected type
// reads as an absent one, and the conditions, which compare types too, then refuse.
type item map[string]types.AttributeValue

func (i item) text(name string) string {
	if s, ok := i[name].(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

// texts is a set of texts, in a fixed order.
func (i item) texts(name string) []string {
	if s, ok := i[name].(*types.AttributeValueMemberSS); ok {
		return slices.Sorted(slices.Values(s.Value))
	}
	return nil
}

func (i item) number(name string) (int64, bool) {
	n, ok := i[name].(*types.AttributeValueMemberN)
	if !ok {
		return 0, false
	}
	v, err := strconv.ParseInt(n.Value, 10, 64)
	return v, err == nil
}

func (i item) integer(name string) int64 {
	v, _ := i.number(name)
	return v
}

// seconds is a time in epoch seconds; the zero time if it is absent.
func (i item) seconds(name string) time.Time {
	v, ok := i.number(name)
	if !ok {
		return time.Time{}
	}
	return time.Unix(v, 0).UTC()
}

func rowOf(key string, i item) lock.Row {
	if len(i) == 0 {
		return lock.Row{Key: key}
	}
	fence, ours := i.number(contract.AttrFence)
	created, _ := time.Parse(time.RFC3339, i.text(contract.AttrCreatedAt)) // another format is no error: nothing is decided by a time that is not known
	row := lock.Row{
		Key:         key,
		Exists:      true,
		Foreign:     !ours,
		LockID:      i.text(contract.AttrLockID),
		WorkItemID:  i.text(contract.AttrWorkItemID),
		Holder:      i.text(contract.AttrHolder),
		BuildID:     i.text(contract.AttrBuildID),
		Status:      contract.RowStatus(i.text(contract.AttrStatus)),
		Fence:       fence,
		Attempt:     int32(i.integer(contract.AttrAttempt)), //nolint:gosec // written from an int32
		ExpiresAt:   i.seconds(contract.AttrExpiresAt),
		CreatedAt:   created,
		HeartbeatAt: i.seconds(contract.AttrHeartbeatAt),
		SlotKey:     i.text(contract.AttrSlotKey),
		BranchKey:   i.text(contract.AttrBranchKey),
		CardKey:     i.text(contract.AttrCardKey),
		ProjectARN:  i.text(contract.AttrProjectARN),
		Stage:       contract.Stage(i.text(contract.AttrStage)),
		Result:      i.text(contract.AttrResult),
	}.WithBudgets(i.texts(contract.AttrBudgets))
	if m, ok := i[contract.AttrTasks].(*types.AttributeValueMemberM); ok {
		counts := item(m.Value)
		row.Tasks = contract.Tasks{
			Done:  int32(counts.integer("done")),  //nolint:gosec // written from an int32
			Total: int32(counts.integer("total")), //nolint:gosec // written from an int32
		}
	}
	return row
}

func cardOf(i item) lock.CardRow {
	if len(i) == 0 {
		return lock.CardRow{}
	}
	card := lock.CardRow{
		Exists:  true,
		LockID:  i.text(contract.AttrLockID),
		Outcome: contract.Outcome(i.text(contract.AttrOutcome)),
		Result:  i.text(contract.AttrResult),
	}
	if at, ok := i.number(contract.AttrTrigger); ok {
		card.Trigger = time.UnixMilli(at).UTC()
	}
	return card
}
