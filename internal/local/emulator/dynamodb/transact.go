// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb

import (
	"crypto/sha256"
	"encoding/json"
	"maps"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
)

// tokenLife is how long an idempotency token counts, from its first success.
const tokenLife = 10 * time.Minute

// token is what is remembered of a transaction that succeeded.
type token struct {
	request [sha256.Size]byte
	until   time.Time
}

type transaction struct {
	ClientRequestToken string              `json:"ClientRequestToken,omitempty"`
	TransactItems      []map[string]action `json:"TransactItems"`
}

// action is one of Put, Update, Delete and ConditionCheck.
type action struct {
	TableName    string                     `json:"TableName"`
	Key          map[string]json.RawMessage `json:"Key,omitempty"`
	Item         map[string]json.RawMessage `json:"Item,omitempty"`
	Condition    string                     `json:"ConditionExpression,omitempty"`
	Update       string                     `json:"UpdateExpression,omitempty"`
	Names        map[string]string          `json:"ExpressionAttributeNames,omitempty"`
	Values       map[string]json.RawMessage `json:"ExpressionAttributeValues,omitempty"`
	ReturnValues string                     `json:"ReturnValuesOnConditionCheckFailure,omitempty"`
}

func (t transaction) actions() []action {
	actions := make([]action, len(t.TransactItems))
	for i, item := range t.TransactItems {
		for _, a := range item {
			actions[i] = a
		}
	}
	return actions
}

type reason struct {
	Code    string          `json:"Code"`
	Message string          `json:"Message,omitempty"`
	Item    json.RawMessage `json:"Item,omitempty"`
}

// transact answers TransactWriteItems.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
func (e *Emulator) transact(w http.ResponseWriter, r *http.Request, body []byte) {
	var t transaction
	if err := json.Unmarshal(body, &t); err != nil {
		WriteError(w, r, http.StatusBadRequest, "SerializationException", err.Error())
		return
	}
	actions := t.actions()
	if len(actions) == 0 || len(actions) > 100 {
		WriteError(w, r, http.StatusBadRequest, "ValidationException",
			"Member must have length between 1 and 100 at 'transactItems'")
		return
	}
	keys := e.keysOf(actions)
	if reasons := e.conflicts.begin(keys); reasons != nil {
		writeCancelled(w, reasons)
		return
	}
	defer e.conflicts.end(keys)

	e.mu.Lock()
	defer e.mu.Unlock()
	request := sha256.Sum256(body)
	if done, ok := e.tokens[t.ClientRequestToken]; ok && e.options.Clock.Now().Before(done.until) {
		if done.request != request {
			WriteError(w, r, http.StatusBadRequest, "IdempotentParameterMismatchException",
				"The request uses the same client token as a previous, but non-identical request.")
			return
		}
		write(w, http.StatusOK, []byte("{}"))
		return
	}
	status, answer := e.call("TransactWriteItems", body)
	switch {
	case status == http.StatusOK:
		for _, a := range actions {
			if err := e.removeAttributes(a, removedBy(a)); err != nil {
				WriteError(w, r, http.StatusInternalServerError, "InternalServerError", err.Error())
				return
			}
		}
		e.remember(t.ClientRequestToken, request)
		write(w, status, answer)
	case strings.Contains(string(answer), `"TransactionCanceledException"`):
		writeCancelled(w, e.reasons(actions))
	default:
		write(w, status, answer)
	}
}

func (e *Emulator) remember(name string, request [sha256.Size]byte) {
	if name == "" {
		return
	}
	now := e.options.Clock.Now()
	maps.DeleteFunc(e.tokens, func(_ string, t token) bool { return !now.Before(t.until) })
	e.tokens[name] = token{request: request, until: now.Add(tokenLife)}
}

// reasons asks for every action by itself whether its condition holds: minidyn stops at the first that does not,
// AWS tells all.
func (e *Emulator) reasons(actions []action) []reason {
	reasons := make([]reason, len(actions))
	for i, a := range actions {
		reasons[i] = e.reasonOf(a)
	}
	return reasons
}

func (e *Emulator) reasonOf(a action) reason {
	none := reason{Code: "None"}
	if a.Condition == "" {
		return none
	}
	check := a
	check.Key, check.Item, check.Update = e.keyOf(a), nil, ""
	check.Names, check.Values = map[string]string{}, map[string]json.RawMessage{}
	for _, name := range placeholder.FindAllString(a.Condition, -1) { // what only the update uses is refused here
		if v, ok := a.Names[name]; ok {
			check.Names[name] = v
		}
		if v, ok := a.Values[name]; ok {
			check.Values[name] = v
		}
	}
	body, err := json.Marshal(transaction{TransactItems: []map[string]action{{"ConditionCheck": check}}})
	if err != nil {
		return reason{Code: "ValidationError", Message: err.Error()}
	}
	status, answer := e.call("TransactWriteItems", body)
	if status == http.StatusOK {
		return none
	}
	var cancelled struct{ CancellationReasons []reason }
	if err := json.Unmarshal(answer, &cancelled); err != nil || len(cancelled.CancellationReasons) != 1 {
		return reason{Code: "ValidationError", Message: string(answer)}
	}
	return cancelled.CancellationReasons[0]
}

var placeholder = regexp.MustCompile(`[#:]\w+`)

// writeCancelled writes a cancelled transaction; the reasons stand in the order of the actions.
func writeCancelled(w http.ResponseWriter, reasons []reason) {
	codes := make([]string, len(reasons))
	for i, r := range reasons {
		codes[i] = r.Code
	}
	writeJSON(w, http.StatusBadRequest, map[string]any{
		"__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
		"Message": "Transaction cancelled, please refer cancellation reasons for specific reasons [" +
			strings.Join(codes, ", ") + "]",
		"CancellationReasons": reasons,
	})
}

// keyOf is the primary key of an action's row.
func (e *Emulator) keyOf(a action) map[string]json.RawMessage {
	if len(a.Key) > 0 {
		return a.Key
	}
	k := map[string]json.RawMessage{}
	if t := e.tables[a.TableName]; t != nil {
		for name, value := range a.Item {
			if t.isKey(name) {
				k[name] = value
			}
		}
	}
	return k
}

func (e *Emulator) keysOf(actions []action) []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	keys := make([]string, len(actions))
	for i, a := range actions {
		k, _ := json.Marshal(e.keyOf(a)) //nolint:errchkjson // it was JSON a moment ago
		keys[i] = a.TableName + string(k)
	}
	return keys
}

// conflicts are transactions that meet on a row: the later one is cancelled, not queued.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html, "Transaction conflict handling"
type conflicts struct {
	mu       sync.Mutex
	inFlight map[string]bool
	forced   int
}

// begin marks rows as being written. Its reasons are not nil if one of them is being written already.
func (c *conflicts) begin(keys []string) []reason {
	c.mu.Lock()
	defer c.mu.Unlock()
	conflict := c.forced > 0
	reasons := make([]reason, len(keys))
	for i, k := range keys {
		reasons[i] = reason{Code: "None"}
		if c.inFlight[k] || c.forced > 0 {
			reasons[i] = reason{Code: "TransactionConflict", Message: "Transaction is ongoing for the item"}
			conflict = true
		}
	}
	if conflict {
		c.forced = max(0, c.forced-1)
		return reasons
	}
	for _, k := range keys {
		c.inFlight[k] = true
	}
	return nil
}

func (c *conflicts) end(keys []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, k := range keys {
		delete(c.inFlight, k)
	}
}
