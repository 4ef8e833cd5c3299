// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// maxBatch is the highest number of keys that one BatchGetItem takes.
const maxBatch = 100

// Rows implements lock.Reader.
func (t *Table) Rows(ctx context.Context, keys []string) (map[string]lock.Row, error) {
	rows := make(map[string]lock.Row, len(keys))
	var ask []string
	for _, key := range keys {
		if _, twice := rows[key]; !twice && key != "" { // DynamoDB refuses a key twice, and an empty one
			ask = append(ask, key)
		}
		rows[key] = lock.Row{Key: key}
	}
	for batch := range slices.Chunk(ask, maxBatch) {
		if err := t.readBatch(ctx, batch, rows); err != nil {
			return nil, fmt.Errorf("reading %d rows of table %s: %w", len(keys), t.name, err)
		}
	}
	return rows, nil
}

// readBatch reads until nothing is left: a batch may come back in part, and a row that was left out would look
// like a free one.
func (t *Table) readBatch(ctx context.Context, keys []string, into map[string]lock.Row) error {
	ask := types.KeysAndAttributes{ConsistentRead: aws.Bool(true)}
	for _, key := range keys {
		ask.Keys = append(ask.Keys, keyOf(key))
	}
	for try := 1; len(ask.Keys) > 0; try++ {
		out, err := t.api.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{
			RequestItems: map[string]types.KeysAndAttributes{t.name: ask},
		})
		if err != nil {
			return t.classify(err)
		}
		left := out.UnprocessedKeys[t.name]
		if out.Responses == nil && len(left.Keys) == 0 {
			return fault.NewRetryable(fault.CodeInvalidAnswer,
				errors.New("the answer has no rows; check the endpoint and proxies on the way"))
		}
		for _, i := range out.Responses[t.name] {
			key := item(i).text(contract.AttrLockKey)
			into[key] = rowOf(key, i)
		}
		ask.Keys = left.Keys
		if len(ask.Keys) == 0 {
			return nil
		}
		if tries.Exhausted(try) {
			return fault.NewWait(0, fault.CodeRateLimited, fmt.Errorf(
				"DynamoDB left %d rows out %d times; raise the table's read capacity if it goes on", len(ask.Keys), try))
		}
		if err := t.pause(ctx, try); err != nil {
			return err
		}
	}
	return nil
}

// Card implements lock.Reader.
func (t *Table) Card(ctx context.Context, key string) (lock.CardRow, error) {
	i, err := t.get(ctx, key)
	if err != nil {
		return lock.CardRow{}, fmt.Errorf("reading the card's record: %w", err)
	}
	return cardOf(i), nil
}

func (t *Table) row(ctx context.Context, key string) (lock.Row, error) {
	i, err := t.get(ctx, key)
	if err != nil {
		return lock.Row{}, err
	}
	return rowOf(key, i), nil
}

func (t *Table) get(ctx context.Context, key string) (item, error) {
	out, err := t.api.GetItem(ctx, &dynamodb.GetItemInput{
		TableName:      aws.String(t.name),
		Key:            keyOf(key),
		ConsistentRead: aws.Bool(true),
	})
	if err != nil {
		return nil, t.classify(err)
	}
	return out.Item, nil
}
