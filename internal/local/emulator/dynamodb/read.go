// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb/expression"
)

// get answers GetItem.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_GetItem.html
func (e *Emulator) get(w http.ResponseWriter, r *http.Request, body []byte) {
	var in struct {
		TableName              string
		Key                    item
		ConsistentRead         bool
		ReturnConsumedCapacity string
	}
	if err := json.Unmarshal(body, &in); err != nil {
		WriteError(w, r, http.StatusBadRequest, "SerializationException", err.Error())
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	row, err := e.row(in.TableName, in.Key)
	if err != nil {
		writeRefusal(w, r, err)
		return
	}
	answer := map[string]any{}
	if row != nil {
		answer["Item"] = row
	}
	if reported(in.ReturnConsumedCapacity) {
		answer["ConsumedCapacity"] = consumed{in.TableName, readUnits(row, in.ConsistentRead)}
	}
	writeJSON(w, http.StatusOK, answer)
}

func (e *Emulator) row(tableName string, key item) (item, error) {
	t := e.tables[tableName]
	if t == nil {
		return nil, notFound(tableName)
	}
	k, err := t.rowKey(key)
	return t.rows[k], err
}

// batchGet answers BatchGetItem.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html
func (e *Emulator) batchGet(w http.ResponseWriter, r *http.Request, body []byte) {
	type keys struct {
		Keys           []item
		ConsistentRead bool `json:",omitempty"`
	}
	var in struct {
		RequestItems           map[string]keys
		ReturnConsumedCapacity string
	}
	if err := json.Unmarshal(body, &in); err != nil {
		WriteError(w, r, http.StatusBadRequest, "SerializationException", err.Error())
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	found, left, asked, units := map[string][]item{}, map[string]keys{}, 0, map[string]float64{}
	for _, name := range slices.Sorted(maps.Keys(in.RequestItems)) {
		ask := in.RequestItems[name]
		asked += len(ask.Keys)
		found[name] = []item{}
		unprocessed := keys{ConsistentRead: ask.ConsistentRead}
		seen := map[string]bool{}
		for n, k := range ask.Keys {
			row, err := e.row(name, k)
			if err != nil {
				writeRefusal(w, r, err)
				return
			}
			t := e.tables[name]
			key, _ := t.rowKey(k) // row has looked at it
			if seen[key] {
				writeRefusal(w, r, invalid("Provided list of item keys contains duplicates"))
				return
			}
			seen[key] = true
			switch {
			case t.leave != nil && t.leave(n):
				unprocessed.Keys = append(unprocessed.Keys, k)
				continue
			case row != nil:
				found[name] = append(found[name], row)
			}
			units[name] += readUnits(row, ask.ConsistentRead)
		}
		if len(unprocessed.Keys) > 0 {
			left[name] = unprocessed
		}
	}
	if asked == 0 || asked > 100 {
		writeRefusal(w, r, invalid("Too many items requested for the BatchGetItem call, or none: %d", asked))
		return
	}
	answer := map[string]any{"Responses": found, "UnprocessedKeys": left}
	if reported(in.ReturnConsumedCapacity) {
		answer["ConsumedCapacity"] = listed(units)
	}
	writeJSON(w, http.StatusOK, answer)
}

// scan answers Scan, on one page.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_Scan.html
func (e *Emulator) scan(w http.ResponseWriter, r *http.Request, body []byte) {
	var in struct {
		TableName string
		Filter    string            `json:"FilterExpression"`
		Names     map[string]string `json:"ExpressionAttributeNames"`
		Values    item              `json:"ExpressionAttributeValues"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		WriteError(w, r, http.StatusBadRequest, "SerializationException", err.Error())
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	t := e.tables[in.TableName]
	if t == nil {
		writeRefusal(w, r, notFound(in.TableName))
		return
	}
	var filter *expression.Condition
	if in.Filter != "" {
		var err error
		if filter, err = expression.ParseCondition(in.Filter, in.Names); err != nil {
			writeRefusal(w, r, invalid("Invalid FilterExpression: %v", err))
			return
		}
	}
	items := []item{}
	for _, key := range slices.Sorted(maps.Keys(t.rows)) {
		row := t.rows[key]
		if filter != nil {
			holds, err := filter.Holds(expression.Row(row), expression.Row(in.Values))
			if err != nil {
				writeRefusal(w, r, invalid("Invalid FilterExpression: %v", err))
				return
			}
			if !holds {
				continue
			}
		}
		items = append(items, row)
	}
	writeJSON(w, http.StatusOK, map[string]any{"Items": items, "Count": len(items), "ScannedCount": len(t.rows)})
}
