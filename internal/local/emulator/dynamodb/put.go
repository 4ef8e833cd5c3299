// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb

import (
	"encoding/json"
	"net/http"
	"strings"
)

// put answers PutItem. minidyn forgets the old row of a refused one.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html, ReturnValuesOnConditionCheckFailure
func (e *Emulator) put(w http.ResponseWriter, body []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	status, answer := e.call("PutItem", body)
	if status != http.StatusOK && strings.Contains(string(answer), "ConditionalCheckFailedException") {
		answer = e.withOldRow(body, answer)
	}
	write(w, status, answer)
}

func (e *Emulator) withOldRow(body, answer []byte) []byte {
	var a action
	if err := json.Unmarshal(body, &a); err != nil || a.ReturnValues != "ALL_OLD" {
		return answer
	}
	get, err := json.Marshal(action{TableName: a.TableName, Key: e.keyOf(a)})
	if err != nil {
		return answer
	}
	var old struct{ Item json.RawMessage }
	refusal := map[string]json.RawMessage{}
	_, row := e.call("GetItem", get)
	if json.Unmarshal(row, &old) != nil || json.Unmarshal(answer, &refusal) != nil || len(old.Item) == 0 {
		return answer
	}
	refusal["Item"] = old.Item
	whole, err := json.Marshal(refusal)
	if err != nil {
		return answer
	}
	return whole
}
