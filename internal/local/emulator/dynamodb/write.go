// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb/expression"
)

// action is a PutItem, UpdateItem, DeleteItem or ConditionCheck, alone or in a transaction.
type action struct {
	TableName string            `json:"TableName"`
	Key       item              `json:"Key"`
	Item      item              `json:"Item"`
	Condition string            `json:"ConditionExpression"`
	Update    string            `json:"UpdateExpression"`
	Names     map[string]string `json:"ExpressionAttributeNames"`
	Values    item              `json:"ExpressionAttributeValues"`
	// ReturnOld says whether a refusal has the row as it was.
	ReturnOld    string `json:"ReturnValuesOnConditionCheckFailure"`
	ReturnValues string `json:"ReturnValues"`
}

const allOld = "ALL_OLD"

// refusal is an answer in the service's form that says what is wrong with a request.
type refusal struct{ code, message string }

// Error implements error.
func (r refusal) Error() string { return r.code + ": " + r.message }

func invalid(format string, args ...any) error {
	return refusal{"ValidationException", fmt.Sprintf(format, args...)}
}

// planned is what an action would do to its row, as the row is now.
type planned struct {
	table     *table
	key       string
	old, next item   // nil is an absent row
	refused   bool   // by its condition
	problem   string // why the row cannot be written so
	returnOld bool
}

// plan finds out what an action would do. The caller holds mu.
func (e *Emulator) plan(kind string, a action) (planned, error) {
	t := e.tables[a.TableName]
	if t == nil {
		return planned{}, notFound(a.TableName)
	}
	given := a.Key
	if kind == "Put" {
		given = t.keyOf(a.Item)
	}
	key, err := t.rowKey(given)
	if err != nil {
		return planned{}, err
	}
	p := planned{table: t, key: key, old: t.rows[key], returnOld: a.ReturnOld == allOld}
	condition, update, err := a.expressions(kind)
	if err != nil {
		return planned{}, err
	}
	if condition != nil {
		holds, err := condition.Holds(expression.Row(p.old), expression.Row(a.Values))
		if err != nil {
			return planned{}, invalid("Invalid ConditionExpression: %v", err)
		}
		p.refused = !holds
	}
	if !p.refused {
		p.next, err = a.effect(kind, p.old, given, update)
		var row *expression.RowError
		if errors.As(err, &row) {
			p.problem, err = row.Message, nil
		} else if expression.Size(expression.Row(p.next)) > maxItem {
			p.problem = "Item size to update has exceeded the maximum allowed size"
		}
	}
	return p, err
}

// maxItem is the most that a row may have, in bytes.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html#limits-items
const maxItem = 400 << 10

// effect is the row as the action makes it.
func (a action) effect(kind string, old, key item, update *expression.Update) (item, error) {
	switch kind {
	case "Put":
		return a.Item, nil
	case "Delete":
		return nil, nil
	case "ConditionCheck":
		return old, nil
	}
	if old == nil {
		old = key
	}
	if update == nil {
		return old, nil
	}
	next, err := update.Apply(expression.Row(old), expression.Row(a.Values))
	if err != nil {
		return nil, fmt.Errorf("applying the update: %w", updateError(err))
	}
	return item(next), nil
}

func updateError(err error) error {
	var row *expression.RowError
	if errors.As(err, &row) {
		return err
	}
	return invalid("Invalid UpdateExpression: %v", err)
}

// expressions reads an action's expressions. As AWS does, it refuses placeholders that are not used: whoever sends them
// has another expression in mind.
func (a action) expressions(kind string) (condition *expression.Condition, update *expression.Update, err error) {
	if a.Condition != "" {
		if condition, err = expression.ParseCondition(a.Condition, a.Names); err != nil {
			return nil, nil, invalid("Invalid ConditionExpression: %v", err)
		}
	}
	if a.Update != "" && kind == "Update" {
		if update, err = expression.ParseUpdate(a.Update, a.Names); err != nil {
			return nil, nil, invalid("Invalid UpdateExpression: %v", err)
		}
		for _, name := range slices.Sorted(maps.Keys(a.Key)) {
			if update.Changes(name) {
				return nil, nil, invalid("Cannot update attribute %s. This attribute is part of the key", name)
			}
		}
	}
	unused := func(placeholder string) bool {
		return (condition == nil || !condition.Uses(placeholder)) && (update == nil || !update.Uses(placeholder))
	}
	for _, name := range slices.Sorted(maps.Keys(a.Names)) {
		if unused(name) {
			return nil, nil, invalid("Value provided in ExpressionAttributeNames unused in expressions: keys: {%s}", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(a.Values)) {
		if unused(name) {
			return nil, nil, invalid("Value provided in ExpressionAttributeValues unused in expressions: keys: {%s}", name)
		}
	}
	return condition, update, nil
}

// commit writes a planned row.
func (p planned) commit() {
	if p.next == nil {
		delete(p.table.rows, p.key)
		return
	}
	p.table.rows[p.key] = p.next
}

// write answers PutItem, UpdateItem and DeleteItem.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateItem.html
func (e *Emulator) write(w http.ResponseWriter, r *http.Request, operation string, body []byte) {
	var a action
	if err := json.Unmarshal(body, &a); err != nil {
		WriteError(w, r, http.StatusBadRequest, "SerializationException", err.Error())
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	p, err := e.plan(strings.TrimSuffix(operation, "Item"), a)
	switch {
	case err != nil:
		writeRefusal(w, r, err)
	case p.problem != "":
		writeRefusal(w, r, invalid("%s", p.problem))
	case p.refused:
		answer := map[string]any{
			"__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException", "message": "The conditional request failed",
		}
		if p.returnOld && p.old != nil {
			answer["Item"] = p.old
		}
		writeJSON(w, http.StatusBadRequest, answer)
	default:
		p.commit()
		writeJSON(w, http.StatusOK, p.answer(a.ReturnValues))
	}
}

func (p planned) answer(returnValues string) map[string]any {
	switch {
	case returnValues == allOld && p.old != nil:
		return map[string]any{"Attributes": p.old}
	case returnValues == "ALL_NEW" && p.next != nil:
		return map[string]any{"Attributes": p.next}
	}
	return map[string]any{}
}
