// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
)

// outcome is the answer that a client got to an operation.
type outcome string

const (
	done    outcome = "done"
	refused outcome = "refused"
	// unknown: no answer came. It may have taken effect, may yet, or never will.
	unknown outcome = "unknown"
)

// input is one operation on the table: a transaction, or a read of one row.
type input struct {
	acts  []act
	token string
	read  string // the key of the row that is read
	wipe  bool   // the table is deleted and made again
}

// output is what became of it.
type output struct {
	outcome outcome
	failed  []bool // of a refusal, per act
	row     row    // of a read
}

// operation is one operation with the time in which it happened.
type operation struct {
	in     input
	out    output
	call   int64
	answer int64
}

// recorder is before the lock table and writes down what it is asked and what it answers.
type recorder struct {
	next  http.Handler
	began time.Time

	mu    sync.Mutex
	log   []operation
	wrong []string // requests that the design does not know
}

func newRecorder(next http.Handler) *recorder { return &recorder{next: next, began: time.Now()} }

// ServeHTTP implements http.Handler.
func (r *recorder) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(io.LimitReader(q.Body, maxBody))
	if err != nil {
		return
	}
	q.Body = io.NopCloser(bytes.NewReader(body))
	call := r.now()
	answer := httptest.NewRecorder()
	whole := r.serve(answer, q)
	r.note(dynamodb.Operation(q), body, answer, whole, call)
	if !whole {
		panic(http.ErrAbortHandler)
	}
	for key, values := range answer.Header() {
		w.Header()[key] = values
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// serve reports whether there was an answer: a cut connection is none.
func (r *recorder) serve(answer http.ResponseWriter, q *http.Request) (whole bool) {
	defer func() {
		if p := recover(); p != nil && p != http.ErrAbortHandler { //nolint:errorlint // a recovered value
			panic(p)
		}
	}()
	r.next.ServeHTTP(answer, q)
	return true
}

// wipe notes that the table was deleted, which do does.
func (r *recorder) wipe(do func() error) error {
	o := operation{in: input{wipe: true}, out: output{outcome: done}, call: r.now()}
	err := do()
	o.answer = r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.log = append(r.log, o)
	return err
}

func (r *recorder) now() int64 { return int64(time.Since(r.began)) }

func (r *recorder) note(name string, body []byte, answer *httptest.ResponseRecorder, whole bool, call int64) {
	var operations []operation
	switch name {
	case "TransactWriteItems":
		operations = r.transaction(body, answer, whole)
	case "GetItem", "BatchGetItem":
		if whole && answer.Code == http.StatusOK {
			operations = r.reads(body, answer.Body.Bytes())
		}
	case "DescribeTable", "DescribeTimeToLive", "Scan":
	default:
		r.complain(name + " is no operation of the lock's")
	}
	end := r.now()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, o := range operations {
		o.call, o.answer = call, end
		if o.out.outcome == unknown {
			o.answer = math.MaxInt64
		}
		r.log = append(r.log, o)
	}
}

func (r *recorder) complain(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.wrong = append(r.wrong, text)
}

// transaction is a transaction with its outcome. One that was throttled or met another has none, and no effect.
func (r *recorder) transaction(body []byte, answer *httptest.ResponseRecorder, whole bool) []operation {
	acts, token, err := parseTransaction(body)
	if err != nil {
		r.complain(err.Error())
		return nil
	}
	for _, a := range acts {
		if a.kind == kindUnexpected {
			r.complain("a transaction does to " + a.key + " what the design does not know")
		}
	}
	o := operation{in: input{acts: acts, token: token}}
	switch {
	case !whole:
		o.out.outcome = unknown
	case answer.Code == http.StatusOK:
		o.out.outcome = done
	default:
		var cancelled struct{ CancellationReasons []struct{ Code string } }
		if json.Unmarshal(answer.Body.Bytes(), &cancelled) != nil || len(cancelled.CancellationReasons) != len(acts) {
			return nil
		}
		o.out.outcome = refused
		some := false
		for _, reason := range cancelled.CancellationReasons {
			failed := reason.Code == "ConditionalCheckFailed"
			some = some || failed
			o.out.failed = append(o.out.failed, failed)
		}
		if !some {
			return nil
		}
	}
	return []operation{o}
}

// reads are the rows of a read, each an operation of its own: DynamoDB promises no more for a batch.
func (r *recorder) reads(body, answer []byte) []operation {
	var asked struct {
		Key            map[string]value
		ConsistentRead bool
		RequestItems   map[string]struct {
			Keys           []map[string]value
			ConsistentRead bool
		}
	}
	var got struct {
		Item            wireRow
		Responses       map[string][]wireRow
		UnprocessedKeys map[string]struct{ Keys []map[string]value }
	}
	if json.Unmarshal(body, &asked) != nil || json.Unmarshal(answer, &got) != nil {
		r.complain("a read that is no JSON")
		return nil
	}
	rows := map[string]row{}
	consistent := asked.ConsistentRead
	for _, v := range asked.Key {
		rows[v.S] = got.Item.row()
	}
	for table, ask := range asked.RequestItems {
		consistent = ask.ConsistentRead
		for _, key := range ask.Keys {
			rows[key[keyAttribute].S] = row{}
		}
		for _, w := range got.Responses[table] {
			rows[w.key().S] = w.row()
		}
		for _, key := range got.UnprocessedKeys[table].Keys {
			delete(rows, key[keyAttribute].S)
		}
	}
	if !consistent {
		r.complain("a row of the lock table was not read consistently")
	}
	var operations []operation
	for key, row := range rows {
		operations = append(operations, operation{in: input{read: key}, out: output{outcome: done, row: row}})
	}
	return operations
}

const keyAttribute = "lockKey"

// history is what was recorded: operations on rows that anybody ever wrote to, and what was not in the design.
func (r *recorder) history() (log []operation, wrong []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	written := map[string]bool{}
	for _, o := range r.log {
		for _, a := range o.in.acts {
			written[a.key] = true
		}
	}
	for _, o := range r.log {
		if o.in.read == "" || written[o.in.read] {
			log = append(log, o)
		}
	}
	return log, append([]string(nil), r.wrong...)
}
