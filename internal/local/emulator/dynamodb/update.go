// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// update answers UpdateItem.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html
func (e *Emulator) update(w http.ResponseWriter, r *http.Request, body []byte) {
	e.mu.Lock()
	defer e.mu.Unlock()
	status, answer := e.call("UpdateItem", body)
	var in struct {
		action
		ReturnValues string `json:"ReturnValues"`
	}
	if status != http.StatusOK || json.Unmarshal(body, &in) != nil {
		write(w, status, answer)
		return
	}
	removed := removedBy(in.action)
	if err := e.removeAttributes(in.action, removed); err != nil {
		WriteError(w, r, http.StatusInternalServerError, "InternalServerError", err.Error())
		return
	}
	var out struct{ Attributes map[string]json.RawMessage }
	if len(removed) > 0 && in.ReturnValues == "ALL_NEW" && json.Unmarshal(answer, &out) == nil {
		for _, name := range removed {
			delete(out.Attributes, name)
		}
		writeJSON(w, http.StatusOK, out)
		return
	}
	write(w, status, answer)
}

// removeAttributes does what minidyn leaves undone: an attribute that a REMOVE clause names stays in its row. The
// caller holds mu since the update, so nobody sees the row in between.
func (e *Emulator) removeAttributes(a action, names []string) error {
	if len(names) == 0 {
		return nil
	}
	get, err := json.Marshal(action{TableName: a.TableName, Key: a.Key})
	if err != nil {
		return err
	}
	_, answer := e.call("GetItem", get)
	var row struct{ Item map[string]json.RawMessage }
	if err := json.Unmarshal(answer, &row); err != nil || row.Item == nil {
		return fmt.Errorf("reading the updated row: %s", answer)
	}
	for _, name := range names {
		delete(row.Item, name)
	}
	put, err := json.Marshal(action{TableName: a.TableName, Item: row.Item})
	if err != nil {
		return err
	}
	if status, answer := e.call("PutItem", put); status != http.StatusOK {
		return fmt.Errorf("writing the updated row: %s", answer)
	}
	return nil
}

// clause finds an update expression's clauses. Their names are reserved words, so no attribute is called so.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
var clause = regexp.MustCompile(`(?i)(^|[\s,])(SET|REMOVE|ADD|DELETE)\s`)

// removedBy are the whole attributes that an update's REMOVE clause names. Parts of one minidyn removes itself.
func removedBy(a action) []string {
	var names []string
	found := clause.FindAllStringSubmatchIndex(a.Update, -1)
	for n, at := range found {
		if !strings.EqualFold(a.Update[at[4]:at[5]], "REMOVE") {
			continue
		}
		end := len(a.Update)
		if n+1 < len(found) {
			end = found[n+1][0]
		}
		for path := range strings.SplitSeq(a.Update[at[1]:end], ",") {
			path = strings.TrimSpace(path)
			if strings.ContainsAny(path, ".[") || path == "" {
				continue
			}
			if name, ok := a.Names[path]; ok {
				path = name
			}
			names = append(names, path)
		}
	}
	return names
}
