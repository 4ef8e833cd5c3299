// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb_test

import (
	"encoding/json"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/outside"
)

// What the tests do to rows beside the port, by the SDK where the table was given from outside.

func (f *table) sdk(t *testing.T) *sdk.Client {
	t.Helper()
	api, err := outside.Clients().DynamoDB(t.Context(), outside.Target())
	if err != nil {
		t.Fatal(err)
	}
	client, ok := api.(*sdk.Client)
	if !ok {
		t.Fatalf("the client is a %T", api)
	}
	return client
}

func (f *table) putRow(t *testing.T, row emulator.Row) {
	t.Helper()
	if f.cloud != nil {
		must(t, f.cloud.DynamoDB.PutRow(tableName, row))
		return
	}
	_, err := f.sdk(t).PutItem(t.Context(), &sdk.PutItemInput{TableName: aws.String(outside.Need(t, outside.EnvTable)), Item: toItem(row)})
	must(t, err)
}

func (f *table) deleteRow(t *testing.T, key string) {
	t.Helper()
	if f.cloud != nil {
		must(t, f.cloud.DynamoDB.DeleteRow(tableName, key))
		return
	}
	_, err := f.sdk(t).DeleteItem(t.Context(), &sdk.DeleteItemInput{
		TableName: aws.String(outside.Need(t, outside.EnvTable)), Key: map[string]types.AttributeValue{"lockKey": &types.AttributeValueMemberS{Value: key}},
	})
	must(t, err)
}

// rows are all rows, as they go over the wire.
func (f *table) rows(t *testing.T) map[string]emulator.Row {
	t.Helper()
	if f.cloud != nil {
		rows, err := f.cloud.DynamoDB.Rows(tableName)
		must(t, err)
		return rows
	}
	rows := map[string]emulator.Row{}
	pages := sdk.NewScanPaginator(f.sdk(t), &sdk.ScanInput{TableName: aws.String(outside.Need(t, outside.EnvTable)), ConsistentRead: aws.Bool(true)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		for _, item := range page.Items {
			row := fromItem(t, item)
			key, _ := row["lockKey"]["S"].(string)
			rows[key] = row
		}
	}
	return rows
}

// clear empties the table, which all tests share.
func (f *table) clear(t *testing.T) {
	t.Helper()
	for key := range f.rows(t) {
		f.deleteRow(t, key)
	}
}

// toItem knows the types that the tests write: texts and numbers.
func toItem(row emulator.Row) map[string]types.AttributeValue {
	item := map[string]types.AttributeValue{}
	for name, value := range row {
		if text, ok := value["S"].(string); ok {
			item[name] = &types.AttributeValueMemberS{Value: text}
		} else if number, ok := value["N"].(string); ok {
			item[name] = &types.AttributeValueMemberN{Value: number}
		}
	}
	return item
}

func fromItem(t *testing.T, item map[string]types.AttributeValue) emulator.Row {
	t.Helper()
	row := emulator.Row{}
	for name, value := range item {
		switch v := value.(type) {
		case *types.AttributeValueMemberS:
			row[name] = emulator.String(v.Value)
		case *types.AttributeValueMemberN:
			row[name] = map[string]any{"N": v.Value}
		case *types.AttributeValueMemberSS:
			row[name] = map[string]any{"SS": members(v.Value)}
		case *types.AttributeValueMemberNS:
			row[name] = map[string]any{"NS": members(v.Value)}
		case *types.AttributeValueMemberM:
			inner, err := json.Marshal(fromItem(t, v.Value))
			must(t, err)
			var m any
			must(t, json.Unmarshal(inner, &m))
			row[name] = map[string]any{"M": m}
		default:
			t.Fatalf("%s is a %T", name, value)
		}
	}
	return row
}

// members are a set's, as decoded JSON has them.
func members(set []string) []any {
	all := make([]any, len(set))
	for n, one := range set {
		all[n] = one
	}
	return all
}
