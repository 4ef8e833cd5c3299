// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// table is the lock table, one for all clusters and accounts.
type table struct {
	rows map[string]attrs
	// changed is called with every row that a request has changed.
	changed func(key string, old, next attrs)
}

func newTable(changed func(string, attrs, attrs)) *table {
	return &table{rows: map[string]attrs{}, changed: changed}
}

// write is one action of a transaction.
type write struct {
	key, condition, update string
	names                  map[string]string
	values                 attrs
}

func writeOf(i types.TransactWriteItem) write {
	if c := i.ConditionCheck; c != nil {
		return write{keyOf(c.Key), aws.ToString(c.ConditionExpression), "", c.ExpressionAttributeNames, c.ExpressionAttributeValues}
	}
	u := i.Update
	return write{keyOf(u.Key), aws.ToString(u.ConditionExpression), aws.ToString(u.UpdateExpression), u.ExpressionAttributeNames, u.ExpressionAttributeValues}
}

// transact writes all or nothing, and answers for each condition that failed with the row as it was.
func (t *table) transact(items []types.TransactWriteItem) error {
	writes := make([]write, len(items))
	reasons := make([]types.CancellationReason, len(items))
	refused := false
	for i := range items {
		writes[i] = writeOf(items[i])
		w := writes[i]
		reasons[i].Code = aws.String("None")
		if w.condition != "" && !w.holds(t.rows[w.key]) {
			refused = true
			reasons[i] = types.CancellationReason{Code: aws.String("ConditionalCheckFailed"), Item: t.rows[w.key]}
		}
	}
	if refused {
		return &types.TransactionCanceledException{CancellationReasons: reasons}
	}
	olds := make([]attrs, len(writes))
	for i, w := range writes {
		if w.update == "" {
			continue
		}
		olds[i] = t.rows[w.key]
		row := olds[i]
		if row == nil {
			row = attrs{contract.AttrLockKey: textValue(w.key)}
		}
		t.rows[w.key] = w.apply(row)
	}
	for i, w := range writes {
		if w.update != "" {
			t.changed(w.key, olds[i], t.rows[w.key])
		}
	}
	return nil
}

// tableClient is the table as a process reaches it.
type tableClient struct {
	w *world
	t *table
}

var _ awsapi.DynamoDB = tableClient{}

// TransactWriteItems implements awsapi.DynamoDB. The SDK gives every call a token, so that a request that arrives
// twice has its effect once.
func (c tableClient) TransactWriteItems(_ context.Context, in *dynamodb.TransactWriteItemsInput, _ ...func(*dynamodb.Options)) (*dynamodb.TransactWriteItemsOutput, error) {
	c.asksOfRows(in)
	written := false
	_, err := c.w.do(&call{
		to: toDynamoDB, op: "TransactWriteItems", what: c.describe(in), writes: true, actions: len(in.TransactItems),
		effect: func() (any, error) {
			if written {
				return nil, nil
			}
			err := c.t.transact(in.TransactItems)
			written = err == nil
			return nil, err
		},
	})
	if err != nil {
		return nil, err
	}
	return &dynamodb.TransactWriteItemsOutput{}, nil
}

// describe is for the history: the row, and what is done to it.
func (c tableClient) describe(in *dynamodb.TransactWriteItemsInput) string {
	if c.w.trace == nil {
		return ""
	}
	var parts []string
	for _, i := range in.TransactItems {
		w := writeOf(i)
		doing, _, _ := strings.Cut(w.update, ",")
		part := w.key + " " + doing
		for _, name := range []string{":lockId", ":buildId", ":status", ":ending", ":outcome"} {
			if v := textOf(w.values[name]); v != "" {
				part += " " + name[1:] + "=" + brief(v)
			}
		}
		parts = append(parts, part)
	}
	return strings.Join(parts, "; ")
}

// brief is the end of a long name.
func brief(s string) string {
	if len(s) <= 12 {
		return s
	}
	return "…" + s[len(s)-10:]
}

// GetItem implements awsapi.DynamoDB.
func (c tableClient) GetItem(_ context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	if !aws.ToBool(in.ConsistentRead) {
		return nil, errors.New("simulation: a read of the lock table must be consistent")
	}
	c.w.asks("dynamodb:GetItem", aws.ToString(in.TableName), keyOf(in.Key), "")
	v, err := c.w.do(&call{to: toDynamoDB, op: "GetItem", what: keyOf(in.Key), effect: func() (any, error) {
		return c.t.rows[keyOf(in.Key)], nil
	}})
	if err != nil {
		return nil, err
	}
	row, _ := v.(attrs)
	return &dynamodb.GetItemOutput{Item: row}, nil
}

// BatchGetItem implements awsapi.DynamoDB. Each row is read consistently; all of them together are no snapshot.
func (c tableClient) BatchGetItem(_ context.Context, in *dynamodb.BatchGetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.BatchGetItemOutput, error) {
	for name, ask := range in.RequestItems {
		for _, k := range ask.Keys {
			c.w.asks("dynamodb:BatchGetItem", name, keyOf(k), "")
		}
	}
	v, err := c.w.do(&call{to: toDynamoDB, op: "BatchGetItem", effect: func() (any, error) {
		out := &dynamodb.BatchGetItemOutput{Responses: map[string][]attrs{}}
		for name, ask := range in.RequestItems {
			rows := []attrs{}
			for _, k := range ask.Keys {
				if row := c.t.rows[keyOf(k)]; row != nil {
					rows = append(rows, row)
				}
			}
			out.Responses[name] = rows
		}
		return out, nil
	}})
	if err != nil {
		return nil, err
	}
	return v.(*dynamodb.BatchGetItemOutput), nil //nolint:forcetypeassert // the effect above made it
}

// DescribeTable implements awsapi.DynamoDB. The environment's controller, which asks, is not simulated.
func (tableClient) DescribeTable(context.Context, *dynamodb.DescribeTableInput, ...func(*dynamodb.Options)) (*dynamodb.DescribeTableOutput, error) {
	return nil, errors.New("simulation: DescribeTable is not simulated")
}

// DescribeTimeToLive implements awsapi.DynamoDB.
func (tableClient) DescribeTimeToLive(context.Context, *dynamodb.DescribeTimeToLiveInput, ...func(*dynamodb.Options)) (*dynamodb.DescribeTimeToLiveOutput, error) {
	return nil, errors.New("simulation: DescribeTimeToLive is not simulated")
}

func keyOf(key attrs) string { return textOf(key[contract.AttrLockKey]) }

func textValue(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func textOf(v types.AttributeValue) string {
	if s, ok := v.(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

func numberOf(v types.AttributeValue) int64 {
	if n, ok := v.(*types.AttributeValueMemberN); ok {
		i, _ := strconv.ParseInt(n.Value, 10, 64) // whole numbers are all that we write
		return i
	}
	return 0
}
