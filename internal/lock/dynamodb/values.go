// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb

import (
	"maps"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// values are what the ":x" of expressions stand for, without the colon.
type values map[string]types.AttributeValue

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func seconds(t time.Time) types.AttributeValue { return number(t.Unix()) }

func millis(t time.Time) types.AttributeValue { return number(t.UnixMilli()) }

func (v values) with(more values) values {
	all := maps.Clone(v)
	maps.Copy(all, more)
	return all
}

func valuesOfRequest(r lock.Request) values {
	v := values{
		"inProgress": text(string(contract.StatusInProgress)),
		"lockId":     text(r.LockID),
		"workItemId": text(r.WorkItemID),
		"holder":     text(r.Holder),
		"attempt":    number(int64(r.Attempt)),
		"slotKey":    text(r.SlotKey),
		"branchKey":  text(r.BranchKey),
		"cardKey":    text(r.CardKey),
		"projectArn": text(r.ProjectARN),
		"parameters": text(r.Parameters),
		"expiresAt":  seconds(r.ExpiresAt),
		"createdAt":  text(r.Now.UTC().Format(time.RFC3339)),
		"nowMillis":  millis(r.Now),
		"one":        number(1),
		"numberType": text("N"),
		"trigger":    millis(r.Trigger),
	}
	if len(r.Draws) > 0 {
		keys := make([]string, len(r.Draws))
		for i, d := range r.Draws {
			keys[i] = d.Key
		}
		v["budgets"] = texts(keys...)
	}
	return v
}

func texts(of ...string) types.AttributeValue { return &types.AttributeValueMemberSS{Value: of} }

func valuesOfLock(l lock.Lock) values {
	return values{
		"inProgress": text(string(contract.StatusInProgress)),
		"lockId":     text(l.LockID),
		"fence":      number(l.Fence),
	}
}

// valuesOfRow are what a row was read as, and what it becomes when it is freed.
func valuesOfRow(r lock.Row, now time.Time) values {
	return values{
		"inProgress":  text(string(contract.StatusInProgress)),
		"failed":      text(string(contract.StatusFailed)),
		"lockId":      text(r.LockID),
		"fence":       number(r.Fence),
		"buildId":     text(r.BuildID),
		"expiresAt":   seconds(r.ExpiresAt),
		"heartbeatAt": seconds(r.HeartbeatAt),
		"deleteAt":    seconds(now.Add(keepReleased)),
	}
}

func tasks(t contract.Tasks) types.AttributeValue {
	return &types.AttributeValueMemberM{Value: map[string]types.AttributeValue{
		"done":  number(int64(t.Done)),
		"total": number(int64(t.Total)),
	}}
}
