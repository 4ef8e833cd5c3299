// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb

import (
	"crypto/sha256"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// tokenLife is how long an idempotency token counts, from its first success.
const tokenLife = 10 * time.Minute

// maxToken is how many letters a token may have.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html#API_TransactWriteItems_RequestSyntax
const maxToken = 36

// token is what is remembered of a transaction that succeeded.
type token struct {
	request [sha256.Size]byte
	until   time.Time
}

type transaction struct {
	ClientRequestToken string
	TransactItems      []map[string]action // each with one action, by its kind

	ReturnConsumedCapacity string
}

type reason struct {
	Code    string `json:"Code"`
	Message string `json:"Message,omitempty"`
	Item    item   `json:"Item,omitempty"`
}

// transact answers TransactWriteItems.
// https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
func (e *Emulator) transact(w http.ResponseWriter, r *http.Request, body []byte) {
	var t transaction
	if err := json.Unmarshal(body, &t); err != nil {
		WriteError(w, r, http.StatusBadRequest, "SerializationException", err.Error())
		return
	}
	if len(t.TransactItems) == 0 || len(t.TransactItems) > 100 {
		WriteError(w, r, http.StatusBadRequest, "ValidationException",
			"Member must have length between 1 and 100 at 'transactItems'")
		return
	}
	if len(t.ClientRequestToken) > maxToken {
		WriteError(w, r, http.StatusBadRequest, "ValidationException", "1 validation error detected: Value at 'clientRequestToken' "+
			"failed to satisfy constraint: Member must have length less than or equal to 36")
		return
	}
	keys := e.keysOf(t)
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
	all, err := e.planAll(t)
	if err != nil {
		writeRefusal(w, r, err)
		return
	}
	if reasons := reasonsOf(all); reasons != nil {
		writeCancelled(w, reasons)
		return
	}
	for _, p := range all {
		p.commit()
	}
	e.remember(t.ClientRequestToken, request)
	answer := map[string]any{}
	if reported(t.ReturnConsumedCapacity) {
		answer["ConsumedCapacity"] = transactionUnits(all)
	}
	writeJSON(w, http.StatusOK, answer)
}

// planAll plans a transaction's actions, each over the rows as they are before all of them.
func (e *Emulator) planAll(t transaction) ([]planned, error) {
	all := make([]planned, 0, len(t.TransactItems))
	for _, one := range t.TransactItems {
		if len(one) != 1 {
			return nil, invalid("TransactItems can only contain one of Check, Put, Update or Delete")
		}
		for kind, a := range one {
			p, err := e.plan(kind, a)
			if err != nil {
				return nil, err
			}
			if p.table.consistency == "STRONG" { // V2globaltables_HowItWorks.html: MRSC has no transactions
				return nil, invalid("Transactions are not supported on global tables with multi-Region strong consistency")
			}
			if slices.ContainsFunc(all, func(o planned) bool { return o.table == p.table && o.key == p.key }) {
				return nil, invalid("Transaction request cannot include multiple operations on one item")
			}
			all = append(all, p)
		}
	}
	return all, nil
}

// reasonsOf are nil if every action can be done. AWS names every action's, and the row as it was of those whose condition failed.
func reasonsOf(all []planned) []reason {
	reasons := make([]reason, len(all))
	refused := false
	for i, p := range all {
		reasons[i].Code = "None"
		if p.problem != "" {
			refused = true
			reasons[i] = reason{Code: "ValidationError", Message: p.problem}
		}
		if p.refused {
			refused = true
			reasons[i] = reason{Code: "ConditionalCheckFailed", Message: "The conditional request failed"}
			if p.returnOld {
				reasons[i].Item = p.old
			}
		}
	}
	if !refused {
		return nil
	}
	return reasons
}

func (e *Emulator) remember(name string, request [sha256.Size]byte) {
	if name == "" {
		return
	}
	now := e.options.Clock.Now()
	maps.DeleteFunc(e.tokens, func(_ string, t token) bool { return !now.Before(t.until) })
	e.tokens[name] = token{request: request, until: now.Add(tokenLife)}
}

// writeCancelled writes a cancelled transaction; the reasons are in the order of the actions.
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

// keysOf are the rows of a transaction. What has no key is refused later.
func (e *Emulator) keysOf(t transaction) []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	keys := make([]string, len(t.TransactItems))
	for i, one := range t.TransactItems {
		for kind, a := range one {
			keys[i] = a.TableName + " "
			if t := e.tables[a.TableName]; t != nil {
				given := a.Key
				if kind == "Put" {
					given = t.keyOf(a.Item)
				}
				key, _ := t.rowKey(given)
				keys[i] += key
			}
		}
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
