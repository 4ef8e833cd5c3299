// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// What a call consumed is told to who asks, and only then.
func TestConsumedCapacity(t *testing.T) {
	f := serve(t)
	row := keyed("a")
	row["result"] = &types.AttributeValueMemberS{Value: strings.Repeat("x", 5000)}
	write := &sdk.TransactWriteItemsInput{
		TransactItems:          []types.TransactWriteItem{{Put: &types.Put{TableName: aws.String("locks"), Item: row}}},
		ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	}
	written, err := f.sdk.TransactWriteItems(t.Context(), write)
	if err != nil {
		t.Fatal(err)
	}
	if c := written.ConsumedCapacity; len(c) != 1 || aws.ToFloat64(c[0].CapacityUnits) != 10 || aws.ToString(c[0].TableName) != "locks" {
		t.Errorf("a transaction of 5 KB consumed %+v, want 10 units", c)
	}
	for _, c := range []struct {
		consistent bool
		want       float64
	}{{true, 2}, {false, 1}} {
		read, err := f.sdk.GetItem(t.Context(), &sdk.GetItemInput{
			TableName: aws.String("locks"), Key: keyed("a"), ConsistentRead: &c.consistent, ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
		})
		if err != nil || read.ConsumedCapacity == nil || aws.ToFloat64(read.ConsumedCapacity.CapacityUnits) != c.want {
			t.Errorf("a read of 5 KB, consistent %v, consumed %+v, %v, want %v", c.consistent, read.ConsumedCapacity, err, c.want)
		}
	}
	batch := &sdk.BatchGetItemInput{
		RequestItems:           map[string]types.KeysAndAttributes{"locks": {Keys: []map[string]types.AttributeValue{keyed("a"), keyed("b")}, ConsistentRead: aws.Bool(true)}},
		ReturnConsumedCapacity: types.ReturnConsumedCapacityTotal,
	}
	read, err := f.sdk.BatchGetItem(t.Context(), batch)
	if err != nil || len(read.ConsumedCapacity) != 1 || aws.ToFloat64(read.ConsumedCapacity[0].CapacityUnits) != 3 {
		t.Errorf("a batch consumed %+v, %v, want 3 units: an absent row costs one", read.ConsumedCapacity, err)
	}
	silent, err := f.sdk.GetItem(t.Context(), &sdk.GetItemInput{TableName: aws.String("locks"), Key: keyed("a")})
	if err != nil || silent.ConsumedCapacity != nil {
		t.Errorf("nobody asked, and was told %+v, %v", silent.ConsumedCapacity, err)
	}
}
