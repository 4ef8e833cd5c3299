// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/truora/minidyn/server"
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
	body, err := json.Marshal(d)
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if status, answer := e.call("CreateTable", body); status != http.StatusOK {
		return fmt.Errorf("creating table %s: %s", name, answer)
	}
	e.tables[name] = &table{definition: d, created: e.options.Clock.Now(), status: "ACTIVE", ttl: ttlAttribute}
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

// PutRow writes a row, whatever was there.
func (e *Emulator) PutRow(tableName string, row Row) error {
	body, err := json.Marshal(map[string]any{"TableName": tableName, "Item": row})
	if err != nil {
		return err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if status, answer := e.call("PutItem", body); status != http.StatusOK {
		return fmt.Errorf("writing a row of %s: %s", tableName, answer)
	}
	return nil
}

// DeleteRow deletes a row by its partition key.
func (e *Emulator) DeleteRow(tableName, partitionKey string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.deleteRow(tableName, partitionKey)
}

func (e *Emulator) deleteRow(tableName, partitionKey string) error {
	t := e.tables[tableName]
	if t == nil {
		return fmt.Errorf("there is no table %s", tableName)
	}
	body, err := json.Marshal(map[string]any{
		"TableName": tableName,
		"Key":       Row{t.definition.KeySchema[0].Name: String(partitionKey)},
	})
	if err != nil {
		return err
	}
	if status, answer := e.call("DeleteItem", body); status != http.StatusOK {
		return fmt.Errorf("deleting a row of %s: %s", tableName, answer)
	}
	return nil
}

// Rows returns all rows of a table by their partition keys.
func (e *Emulator) Rows(tableName string) (map[string]Row, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.rows(tableName)
}

func (e *Emulator) rows(tableName string) (map[string]Row, error) {
	t := e.tables[tableName]
	if t == nil {
		return nil, fmt.Errorf("there is no table %s", tableName)
	}
	status, answer := e.call("Scan", fmt.Appendf(nil, `{"TableName":%q}`, tableName))
	if status != http.StatusOK {
		return nil, fmt.Errorf("reading table %s: %s", tableName, answer)
	}
	var scanned struct{ Items []Row }
	if err := json.Unmarshal(answer, &scanned); err != nil {
		return nil, fmt.Errorf("reading table %s: %w", tableName, err)
	}
	rows := make(map[string]Row, len(scanned.Items))
	for _, row := range scanned.Items {
		rows[fmt.Sprint(row[t.definition.KeySchema[0].Name]["S"])] = row
	}
	return rows, nil
}

// DeleteExpired deletes the rows whose time to live is over. AWS does so "typically within two days", so nothing
// here does it by itself.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
func (e *Emulator) DeleteExpired(tableName string) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	rows, err := e.rows(tableName)
	if err != nil {
		return err
	}
	now := e.options.Clock.Now().Unix()
	for partitionKey, row := range rows {
		text, isNumber := row[e.tables[tableName].ttl]["N"].(string)
		if at, err := strconv.ParseInt(text, 10, 64); !isNumber || err != nil || at >= now {
			continue
		}
		if err := e.deleteRow(tableName, partitionKey); err != nil {
			return err
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
	if leave == nil {
		e.engine.EmulateUnprocessedItems(tableName, nil)
		return
	}
	e.engine.EmulateUnprocessedItems(tableName, func(n int, _ map[string]*server.AttributeValue) bool { return leave(n) })
}
