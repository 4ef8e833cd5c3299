// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb

import (
	"context"
	"errors"
	"regexp"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// tries is for a transaction that meets others on its rows, and for a batch that comes back in part. The last try is
// at most three seconds of waiting after the first. Most of each wait is random: writers that met once must not meet
// again.
var tries = contract.Retry{
	Tries: 10, Base: contract.Duration(20 * time.Millisecond), Factor: 2, Cap: contract.Duration(600 * time.Millisecond), Jitter: 0.75,
}

// act is one action of a transaction: an expression, on a row, with values.
type act struct {
	key string
	expression
	values values
}

// old is what became of one action of a transaction that was refused: whether its condition failed, and the row
// that it failed on, as it was.
type old struct {
	failed bool
	item   map[string]types.AttributeValue
}

// transact writes all rows or none. Its answer is nil if they were written; else it has one old for each action.
// Only a failed condition is a refusal: everything else is an error, which leaves open whether the rows were
// written.
func (t *Table) transact(ctx context.Context, acts ...act) ([]old, error) {
	items := make([]types.TransactWriteItem, len(acts))
	for i, a := range acts {
		items[i] = t.item(a)
	}
	for try := 1; ; try++ {
		// A new input each time: the SDK writes the call's idempotency token into it.
		_, err := t.api.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: items})
		if err == nil {
			return nil, nil
		}
		var cancelled *types.TransactionCanceledException
		if !errors.As(err, &cancelled) {
			return nil, t.classify(err)
		}
		olds, again := reasons(cancelled, len(acts))
		switch {
		case olds != nil:
			return olds, nil
		case !again || tries.Exhausted(try):
			return nil, t.classify(err)
		}
		if err := t.pause(ctx, try); err != nil {
			return nil, err
		}
	}
}

// reasons reads why a transaction was cancelled. Its olds are nil unless a condition failed; again says that nothing
// but other writers was in the way.
func reasons(cancelled *types.TransactionCanceledException, acts int) (olds []old, again bool) {
	if len(cancelled.CancellationReasons) != acts {
		return nil, false
	}
	refused := false
	olds = make([]old, acts)
	for i, r := range cancelled.CancellationReasons {
		switch aws.ToString(r.Code) {
		case "ConditionalCheckFailed":
			olds[i] = old{failed: true, item: r.Item}
			refused = true
		case "TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded":
			again = true
		}
	}
	if !refused {
		return nil, again
	}
	return olds, false
}

// pause waits before the next try.
func (t *Table) pause(ctx context.Context, try int) error {
	return t.wait(ctx, tries.Backoff(try, t.random()))
}

func (t *Table) item(a act) types.TransactWriteItem {
	key := keyOf(a.key)
	names, vals := a.placeholders()
	if a.update == "" {
		return types.TransactWriteItem{ConditionCheck: &types.ConditionCheck{
			TableName:                           aws.String(t.name),
			Key:                                 key,
			ConditionExpression:                 aws.String(a.condition),
			ExpressionAttributeNames:            names,
			ExpressionAttributeValues:           vals,
			ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
		}}
	}
	return types.TransactWriteItem{Update: &types.Update{
		TableName:                           aws.String(t.name),
		Key:                                 key,
		ConditionExpression:                 aws.String(a.condition),
		UpdateExpression:                    aws.String(a.update),
		ExpressionAttributeNames:            names,
		ExpressionAttributeValues:           vals,
		ReturnValuesOnConditionCheckFailure: types.ReturnValuesOnConditionCheckFailureAllOld,
	}}
}

var placeholder = regexp.MustCompile(`[#:](\w+)`)

// placeholders are the names and values that the expression uses, and no others: DynamoDB refuses what is unused.
func (a act) placeholders() (names map[string]string, vals map[string]types.AttributeValue) {
	names, vals = map[string]string{}, map[string]types.AttributeValue{}
	for _, m := range placeholder.FindAllStringSubmatch(a.condition+" "+a.update, -1) {
		if m[0][0] == '#' {
			names[m[0]] = m[1]
		} else {
			vals[m[0]] = a.values[m[1]]
		}
	}
	return names, vals
}

func keyOf(key string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{contract.AttrLockKey: text(key)}
}
