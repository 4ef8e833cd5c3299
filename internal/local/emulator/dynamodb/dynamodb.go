// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package dynamodb is a server that speaks DynamoDB's protocol, for kiro-local and tests.
//
// It has what a lock table needs and what a person types to look at one: tables with time to live, writes with
// conditions, transactions with their tokens, conflicts and reasons, reads of rows and a scan. Queries, indexes, streams and
// pages it has not. Each rule names the page of AWS's documentation that it imitates.
package dynamodb

import (
	"encoding/json"
	"errors"
	"hash/crc32"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

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

	// mu makes requests one after the other: a cancelled transaction's reasons must all be those of one moment.
	mu     sync.Mutex
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
	case "PutItem", "UpdateItem", "DeleteItem":
		e.write(w, r, op, body)
	case "GetItem":
		e.get(w, r, body)
	case "BatchGetItem":
		e.batchGet(w, r, body)
	case "Scan":
		e.scan(w, r, body)
	default:
		WriteError(w, r, http.StatusBadRequest, "UnknownOperationException", "")
	}
}

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

// writeRefusal writes what is wrong with a request.
func writeRefusal(w http.ResponseWriter, r *http.Request, err error) {
	var refused refusal
	if !errors.As(err, &refused) {
		WriteError(w, r, http.StatusInternalServerError, "InternalServerError", err.Error())
		return
	}
	WriteError(w, r, http.StatusBadRequest, refused.code, refused.message)
}

// epoch is a time as DynamoDB writes it.
func epoch(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
