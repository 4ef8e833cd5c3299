// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"errors"
	"maps"
	"strings"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// always is a condition that every row fulfils, and every absent one.
const always = "attribute_exists(#lockKey) OR attribute_not_exists(#lockKey)"

// What an action does to its row shows which operation it belongs to.
const (
	doesAcquire   = "SET #fence = "
	doesClaim     = "SET #buildId = "
	doesHeartbeat = "#heartbeatAt = :now"
	doesRelease   = "SET #status = :ending"
	doesFree      = "SET #status = :failed"
)

// edited is before DynamoDB and changes what it is asked.
type edited struct {
	awsapi.DynamoDB
	edit func(n int, condition, update *string)
	// edits counts what was changed. A mutant that changes nothing would be covered by anything.
	edits *atomic.Int64
}

// changed edits an action and counts it if it became another.
func (e edited) changed(n int, condition, update *string) {
	before := *condition + *update
	if e.edit(n, condition, update); *condition+*update != before {
		e.edits.Add(1)
	}
}

// TransactWriteItems implements awsapi.DynamoDB.
func (e edited) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, o ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	out := &dynamodb.TransactWriteItemsInput{}
	for n, item := range in.TransactItems {
		if c := item.ConditionCheck; c != nil {
			check, none := *c, ""
			condition := aws.ToString(check.ConditionExpression)
			e.changed(n, &condition, &none)
			check.ConditionExpression, check.ExpressionAttributeNames = &condition, withLockKey(check.ExpressionAttributeNames)
			item = types.TransactWriteItem{ConditionCheck: &check}
		} else {
			change := *item.Update
			condition, update := aws.ToString(change.ConditionExpression), aws.ToString(change.UpdateExpression)
			e.changed(n, &condition, &update)
			change.ConditionExpression, change.UpdateExpression = &condition, &update
			change.ExpressionAttributeNames = withLockKey(change.ExpressionAttributeNames)
			item = types.TransactWriteItem{Update: &change}
		}
		out.TransactItems = append(out.TransactItems, item)
	}
	return e.DynamoDB.TransactWriteItems(ctx, out, o...)
}

// withLockKey adds the name that an edit may have brought in.
func withLockKey(names map[string]string) map[string]string {
	all := maps.Clone(names)
	all["#lockKey"] = contract.AttrLockKey
	return all
}

// editing is a mutant of the lock table's expressions.
func editing(name string, edit func(n int, condition, update *string)) Mutant {
	edits := &atomic.Int64{}
	return Mutant{Name: name, Edits: edits, Table: func(api awsapi.DynamoDB) awsapi.DynamoDB { return edited{api, edit, edits} }}
}

// without removes a part of the conditions of one operation.
func without(does string, parts ...string) func(int, *string, *string) {
	return func(_ int, condition, update *string) {
		if !strings.Contains(*update, does) {
			return
		}
		for _, part := range parts {
			*condition = strings.Replace(*condition, part, "", 1)
		}
	}
}

// cardUnread lets acquire pass whatever the card's record says.
func cardUnread(_ int, condition, update *string) {
	if *update == "" && strings.Contains(*condition, "#trigger") {
		*condition = always
	}
}

// keepsOld lets acquire leave what the attempt before left in the rows.
func keepsOld(_ int, _, update *string) {
	if strings.HasPrefix(*update, doesAcquire) {
		*update, _, _ = strings.Cut(*update, " REMOVE")
	}
}

// partnerKept frees the row that was looked at, and not the one that it names.
func partnerKept(n int, condition, update *string) {
	if n == 1 && strings.HasPrefix(*update, doesFree) {
		*condition, *update = always, ""
	}
}

// releaseUnasked lets anybody release any row.
func releaseUnasked(_ int, condition, update *string) {
	if strings.HasPrefix(*update, doesRelease) {
		*condition = "attribute_exists(#lockKey)"
	}
}

// fenceless compares no fence anywhere.
func fenceless(_ int, condition, _ *string) {
	*condition = strings.Replace(*condition, " AND #fence = :fence", "", 1)
}

// rowByRow makes each action of a transaction a write of its own.
type rowByRow struct{ awsapi.DynamoDB }

// TransactWriteItems implements awsapi.DynamoDB.
func (r rowByRow) TransactWriteItems(ctx context.Context, in *dynamodb.TransactWriteItemsInput, o ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	for n, item := range in.TransactItems {
		_, err := r.DynamoDB.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{item}}, o...)
		var cancelled *types.TransactionCanceledException
		if errors.As(err, &cancelled) {
			reasons := make([]types.CancellationReason, len(in.TransactItems))
			reasons[n] = cancelled.CancellationReasons[0]
			return nil, &types.TransactionCanceledException{CancellationReasons: reasons}
		}
		if err != nil {
			return nil, err
		}
	}
	return &dynamodb.TransactWriteItemsOutput{}, nil
}

// tokenless drops the idempotency token.
type tokenless struct{ awsapi.CodeBuild }

// StartBuild implements awsapi.CodeBuild.
func (t tokenless) StartBuild(ctx context.Context, in *codebuild.StartBuildInput, o ...func(*codebuild.Options)) (*codebuild.StartBuildOutput, error) {
	out := *in
	out.IdempotencyToken = nil
	return t.CodeBuild.StartBuild(ctx, &out, o...)
}
