// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb

import (
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Row is a row as it goes over the wire: attributes by name, each as {"S": "text"}, {"N": "1"} and so on.
type Row map[string]map[string]any

// String is a text attribute.
func String(s string) map[string]any { return map[string]any{"S": s} }

// Number is a number attribute.
func Number(n int64) map[string]any { return map[string]any{"N": strconv.FormatInt(n, 10)} }

// CreateTable makes a table with a text partition key, and with time to live on an attribute unless that is empty.
func (e *Emulator) CreateTable(name, partitionKey, ttlAttribute string) error {
	d := tableDefinition{
		TableName:            name,
		AttributeDefinitions: []attribute{{Name: partitionKey, Type: "S"}},
		KeySchema:            []key{{Name: partitionKey, Type: "HASH"}},
		BillingMode:          "PAY_PER_REQUEST",
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	t, err := e.add(d)
	if err != nil {
		return fmt.Errorf("creating table %s: %w", name, err)
	}
	t.ttl = ttlAttribute
	return nil
}

// CreateLockTable makes a table as the installation's templates make it.
func (e *Emulator) CreateLockTable(name string) error {
	return e.CreateTable(name, "lockKey", "deleteAt")
}

// SetTableStatus sets what DescribeTable says of a table.
func (e *Emulator) SetTableStatus(name, status string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if t := e.tables[name]; t != nil {
		t.status = status
	}
}

// SetReplicas makes a table one replica of a global table; consistency is EVENTUAL or STRONG.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html
func (e *Emulator) SetReplicas(name, consistency string, regions ...string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if t := e.tables[name]; t != nil {
		t.replicas, t.consistency = regions, consistency
	}
}

// PutRow writes a row, whatever was there.
func (e *Emulator) PutRow(tableName string, row Row) error {
	text, err := json.Marshal(row)
	if err != nil {
		return err
	}
	a := action{TableName: tableName}
	if err := json.Unmarshal(text, &a.Item); err != nil {
		return fmt.Errorf("reading the row: %w", err)
	}
	return e.do("Put", a)
}

// DeleteRow deletes a row by its partition key.
func (e *Emulator) DeleteRow(tableName, partitionKey string) error {
	e.mu.Lock()
	t := e.tables[tableName]
	e.mu.Unlock()
	if t == nil {
		return notFound(tableName)
	}
	name := t.definition.KeySchema[0].Name
	return e.do("Delete", action{TableName: tableName, Key: item{name: &types.AttributeValueMemberS{Value: partitionKey}}})
}

func (e *Emulator) do(kind string, a action) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	p, err := e.plan(kind, a)
	if err != nil {
		return err
	}
	if p.problem != "" {
		return invalid("%s", p.problem)
	}
	p.commit()
	return nil
}

// Rows returns all rows of a table by their partition keys.
func (e *Emulator) Rows(tableName string) (map[string]Row, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	t := e.tables[tableName]
	if t == nil {
		return nil, notFound(tableName)
	}
	text, err := json.Marshal(t.rows)
	if err != nil {
		return nil, err
	}
	var rows map[string]Row
	return rows, json.Unmarshal(text, &rows)
}

// DeleteExpired deletes the rows whose time to live is over. AWS does so "typically within two days", so nothing
// here does it by itself.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
func (e *Emulator) DeleteExpired(tableName string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	t := e.tables[tableName]
	if t == nil {
		return notFound(tableName)
	}
	now := e.options.Clock.Now().Unix()
	for key, row := range t.rows {
		n, isNumber := row[t.ttl].(*types.AttributeValueMemberN)
		if !isNumber {
			continue
		}
		if at, err := strconv.ParseInt(n.Value, 10, 64); err == nil && at < now {
			delete(t.rows, key)
		}
	}
	return nil
}

// Conflict cancels the next n transactions as if each row were being written by another.
func (e *Emulator) Conflict(n int) {
	e.conflicts.mu.Lock()
	defer e.conflicts.mu.Unlock()
	e.conflicts.forced = n
}

// LeaveUnprocessed makes BatchGetItem leave the keys out for which leave says so; n is a key's place in its call.
// Nil ends it. https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html, UnprocessedKeys
func (e *Emulator) LeaveUnprocessed(tableName string, leave func(n int) bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if t := e.tables[tableName]; t != nil {
		t.leave = leave
	}
}
