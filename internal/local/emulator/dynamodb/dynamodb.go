// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package dynamodb is a server that speaks DynamoDB's protocol, for kiro-local and tests.
//
// Tables and expressions are minidyn's. What it lacks is added here: time to live, the whole of a table's
// description, REMOVE, idempotency tokens and conflicts of transactions, every reason of a cancelled transaction and the
// old row of a refused PutItem. Each rule names the page of AWS's documentation that it imitates.
package dynamodb

import (
	"encoding/json"
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/truora/minidyn/server"
	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
)

// Service is the name under which calls are counted and made to fail.
const Service = "dynamodb"

// maxBody bounds a request, in bytes: a transaction holds at most 4 MB.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ServiceQuotas.html
const maxBody = 16 << 20

// Options make an Emulator. The zero Options are good.
type Options struct {
	// Region and Account are those of the tables' ARNs; by default eu-central-1 and 000000000000.
	Region, Account string
	// Faults counts calls and lets them fail; nil does neither.
	Faults *faults.Injector
	// Clock is the server's; nil is the real one.
	Clock clock.PassiveClock
}

// Emulator is the server. It is safe for concurrent use.
type Emulator struct {
	options Options
	handler http.Handler

	// mu makes the engine's calls one after the other: parts of minidyn are not safe for concurrent use, and a
	// cancelled transaction's reasons must all be those of one moment.
	mu     sync.Mutex
	engine *server.Server
	tables map[string]*table
	tokens map[string]token

	conflicts conflicts
}

// New returns a server without tables.
func New(options Options) *Emulator {
	if options.Region == "" {
		options.Region = "eu-central-1"
	}
	if options.Account == "" {
		options.Account = "000000000000"
	}
	if options.Clock == nil {
		options.Clock = clock.RealClock{}
	}
	e := &Emulator{
		options:   options,
		engine:    server.NewServer(),
		tables:    map[string]*table{},
		tokens:    map[string]token{},
		conflicts: conflicts{inFlight: map[string]bool{}},
	}
	e.handler = http.HandlerFunc(e.serve)
	if options.Faults != nil {
		options.Faults.SetErrorWriter(Service, WriteError)
		e.handler = options.Faults.Middleware(Service, Operation, e.handler)
	}
	return e
}

// ServeHTTP implements http.Handler.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.handler.ServeHTTP(w, r) }

// Operation is the operation that a request names.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.LowLevelAPI.html
func Operation(r *http.Request) string {
	version, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if version != "DynamoDB_20120810" {
		return ""
	}
	return operation
}

func (e *Emulator) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil || !json.Valid(body) {
		WriteError(w, r, http.StatusBadRequest, "SerializationException", "the body is not JSON")
		return
	}
	switch op := Operation(r); op {
	case "CreateTable":
		e.create(w, r, body)
	case "DescribeTable":
		e.describe(w, r, body)
	case "DeleteTable":
		e.remove(w, r, body)
	case "UpdateTimeToLive":
		e.updateTTL(w, r, body)
	case "DescribeTimeToLive":
		e.describeTTL(w, r, body)
	case "TransactWriteItems":
		e.transact(w, r, body)
	case "PutItem":
		e.put(w, body)
	case "UpdateItem":
		e.update(w, r, body)
	case "GetItem", "BatchGetItem", "DeleteItem", "Query", "Scan", "BatchWriteItem", "TransactGetItems":
		e.mu.Lock()
		status, answer := e.call(op, body)
		e.mu.Unlock()
		write(w, status, answer)
	default:
		WriteError(w, r, http.StatusBadRequest, "UnknownOperationException", "")
	}
}

// call gives a request to minidyn. The caller holds mu.
func (e *Emulator) call(operation string, body []byte) (status int, answer []byte) {
	r, err := http.NewRequest(http.MethodPost, "/", strings.NewReader(string(body))) //nolint:noctx // it stays in this process and ends by itself
	if err != nil {
		return http.StatusInternalServerError, []byte(err.Error())
	}
	r.Header.Set("X-Amz-Target", "DynamoDB_20120810."+operation)
	w := &recorder{status: http.StatusOK}
	e.engine.ServeHTTP(w, r)
	return w.status, w.body
}

// recorder is the smallest http.ResponseWriter.
type recorder struct {
	header http.Header
	status int
	body   []byte
}

func (w *recorder) Header() http.Header {
	if w.header == nil {
		w.header = http.Header{}
	}
	return w.header
}

func (w *recorder) Write(b []byte) (int, error) {
	w.body = append(w.body, b...)
	return len(b), nil
}

func (w *recorder) WriteHeader(status int) { w.status = status }

func write(w http.ResponseWriter, status int, answer []byte) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("X-Amz-Crc32", strconv.FormatUint(uint64(crc32.ChecksumIEEE(answer)), 10)) // the SDK checks it
	w.WriteHeader(status)
	_, _ = w.Write(answer)
}

func writeJSON(w http.ResponseWriter, status int, answer any) {
	b, err := json.Marshal(answer)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	write(w, status, b)
}

// WriteError writes an error in the service's form.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
func WriteError(w http.ResponseWriter, _ *http.Request, status int, code, message string) {
	namespace := "com.amazonaws.dynamodb.v20120810#"
	switch code {
	case "ValidationException", "SerializationException", "UnknownOperationException", "AccessDeniedException",
		"UnrecognizedClientException", "ThrottlingException":
		namespace = "com.amazon.coral.service#"
	}
	writeJSON(w, status, map[string]string{"__type": namespace + code, "message": message})
}

// epoch is a time as DynamoDB writes it.
func epoch(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
