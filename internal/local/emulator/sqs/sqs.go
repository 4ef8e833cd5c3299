// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package sqs is a server that speaks the part of SQS's JSON protocol that sends messages.
package sqs

import (
	"crypto/md5" // a checksum of the protocol, not a secret
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
)

// Service is the name under which calls are counted and made to fail.
const Service = "sqs"

// The limits of a message, in bytes and in attributes.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
const (
	maxMessage    = 1 << 20
	maxAttributes = 10
)

// Options make an Emulator. The zero Options are good.
type Options struct {
	// Faults counts calls and lets them fail; nil does neither.
	Faults *faults.Injector
}

// Message is a message as it was sent.
type Message struct {
	ID              string
	QueueURL        string
	Body            string
	Attributes      map[string]string
	GroupID         string
	DeduplicationID string
}

// Emulator is the server. It is safe for concurrent use.
type Emulator struct {
	handler http.Handler

	mu       sync.Mutex
	queues   map[string]bool
	messages []Message
}

// New returns a server without queues.
func New(options Options) *Emulator {
	e := &Emulator{queues: map[string]bool{}}
	e.handler = http.HandlerFunc(e.serve)
	if options.Faults != nil {
		options.Faults.SetErrorWriter(Service, WriteError)
		e.handler = options.Faults.Middleware(Service, Operation, e.handler)
	}
	return e
}

// CreateQueue makes a queue. Its URL names it and need not lead here.
func (e *Emulator) CreateQueue(url string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.queues[url] = true
}

// Messages returns what was sent to a queue, in its order.
func (e *Emulator) Messages(queueURL string) []Message {
	e.mu.Lock()
	defer e.mu.Unlock()
	var found []Message
	for _, m := range e.messages {
		if m.QueueURL == queueURL {
			found = append(found, m)
		}
	}
	return found
}

// ServeHTTP implements http.Handler.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.handler.ServeHTTP(w, r) }

// Operation is the operation that a request names.
func Operation(r *http.Request) string {
	name, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if name != "AmazonSQS" {
		return ""
	}
	return operation
}

type attribute struct {
	DataType    string
	StringValue string
}

type request struct {
	QueueURL               string               `json:"QueueUrl"`
	MessageBody            string               `json:"MessageBody"`
	MessageAttributes      map[string]attribute `json:"MessageAttributes"`
	MessageGroupID         string               `json:"MessageGroupId"`
	MessageDeduplicationID string               `json:"MessageDeduplicationId"`
}

// serve answers SendMessage, and GetQueueAttributes without attributes. A FIFO queue takes a message once in five minutes by its deduplication id; here, once.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
func (e *Emulator) serve(w http.ResponseWriter, r *http.Request) {
	op := Operation(r)
	if op != "SendMessage" && op != "GetQueueAttributes" {
		WriteError(w, r, http.StatusBadRequest, "InvalidAction", "there is no operation "+op)
		return
	}
	var in request
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4*maxMessage)).Decode(&in); err != nil {
		WriteError(w, r, http.StatusBadRequest, "InvalidParameterValue", err.Error())
		return
	}
	if code, message := in.invalid(); code != "" && op == "SendMessage" {
		WriteError(w, r, http.StatusBadRequest, code, message)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.queues[in.QueueURL] {
		WriteError(w, r, http.StatusBadRequest, "AWS.SimpleQueueService.NonExistentQueue", "The specified queue does not exist.")
		return
	}
	if op == "GetQueueAttributes" { // none were asked for
		write(w, http.StatusOK, map[string]any{"Attributes": map[string]string{}})
		return
	}
	m := Message{
		ID:       fmt.Sprintf("00000000-0000-0000-0000-%012d", len(e.messages)+1),
		QueueURL: in.QueueURL, Body: in.MessageBody, Attributes: map[string]string{},
		GroupID: in.MessageGroupID, DeduplicationID: in.MessageDeduplicationID,
	}
	for name, a := range in.MessageAttributes {
		m.Attributes[name] = a.StringValue
	}
	again := slices.IndexFunc(e.messages, func(o Message) bool {
		return m.DeduplicationID != "" && o.QueueURL == m.QueueURL && o.DeduplicationID == m.DeduplicationID
	})
	if again >= 0 {
		m.ID = e.messages[again].ID
	} else {
		e.messages = append(e.messages, m)
	}
	answer := map[string]string{"MessageId": m.ID, "MD5OfMessageBody": digest([]byte(in.MessageBody))}
	if len(in.MessageAttributes) > 0 {
		answer["MD5OfMessageAttributes"] = attributesDigest(in.MessageAttributes)
	}
	write(w, http.StatusOK, answer)
}

// invalid says what SQS would refuse.
func (in request) invalid() (code, message string) {
	fifo := strings.HasSuffix(in.QueueURL, ".fifo")
	switch {
	case in.MessageBody == "":
		return "MissingParameter", "The request must contain the parameter MessageBody."
	case strings.ContainsFunc(in.MessageBody, func(r rune) bool {
		return r < ' ' && !strings.ContainsRune("\t\n\r", r) || r == '\uFFFE' || r == '\uFFFF'
	}):
		return "InvalidMessageContents", "The message contains characters outside the allowed set."
	case len(in.MessageBody) > maxMessage:
		return "InvalidParameterValue", "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes."
	case len(in.MessageAttributes) > maxAttributes:
		return "InvalidParameterValue", "Number of message attributes [" + strconv.Itoa(len(in.MessageAttributes)) + "] exceeds the allowed maximum [10]."
	case fifo && in.MessageGroupID == "":
		return "MissingParameter", "The request must contain the parameter MessageGroupId."
	case fifo && in.MessageDeduplicationID == "":
		return "InvalidParameterValue", "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
	}
	for name, a := range in.MessageAttributes {
		if a.StringValue == "" || a.DataType == "" {
			return "InvalidParameterValue", "Message attribute '" + name + "' must contain a non-empty value and a type."
		}
	}
	return "", ""
}

// attributesDigest is the MD5 over the attributes, by name: each of name, type and value with its length in four
// bytes before it, and a byte that says that the value is text.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html#sqs-attributes-md5-message-digest-calculation
func attributesDigest(attributes map[string]attribute) string {
	var b []byte
	add := func(text string) {
		b = binary.BigEndian.AppendUint32(b, uint32(len(text)))
		b = append(b, text...)
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		add(name)
		add(attributes[name].DataType)
		b = append(b, 1)
		add(attributes[name].StringValue)
	}
	return digest(b)
}

func digest(b []byte) string {
	sum := md5.Sum(b)
	return hex.EncodeToString(sum[:])
}

func write(w http.ResponseWriter, status int, answer any) {
	b, err := json.Marshal(answer)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(status)
	_, _ = w.Write(b)
}

// WriteError writes an error in the service's form. The old protocol's code goes along in a header, and is the one
// that the SDK shows: https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#aws-protocols-awsquerycompatible-trait
func WriteError(w http.ResponseWriter, _ *http.Request, status int, code, message string) {
	typ := code
	if code == "AWS.SimpleQueueService.NonExistentQueue" {
		typ = "QueueDoesNotExist"
	}
	who := ";Sender"
	if status >= http.StatusInternalServerError {
		who = ";Receiver"
	}
	w.Header().Set("X-Amzn-Query-Error", code+who)
	write(w, status, map[string]string{"__type": "com.amazonaws.sqs#" + typ, "message": message})
}
