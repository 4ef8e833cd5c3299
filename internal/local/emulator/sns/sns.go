// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package sns is a server that speaks the part of SNS's query protocol that publishes messages and looks topics up.
package sns

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
)

// Service is the name under which calls are counted and made to fail.
const Service = "sns"

// maxMessage is the longest message with its attributes, in bytes.
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
const maxMessage = 256 << 10

// Options make an Emulator. The zero Options are good.
type Options struct {
	// Faults counts calls and lets them fail; nil does neither.
	Faults *faults.Injector
}

// Message is a message as it was published.
type Message struct {
	ID              string
	TopicARN        string
	Subject         string
	Text            string
	Attributes      map[string]string
	GroupID         string
	DeduplicationID string
}

// Emulator is the server. It is safe for concurrent use.
type Emulator struct {
	handler http.Handler

	mu       sync.Mutex
	topics   map[string]bool
	messages []Message
}

// New returns a server without topics.
func New(options Options) *Emulator {
	e := &Emulator{topics: map[string]bool{}}
	e.handler = http.HandlerFunc(e.serve)
	if options.Faults != nil {
		options.Faults.SetErrorWriter(Service, WriteError)
		e.handler = options.Faults.Middleware(Service, Operation, e.handler)
	}
	return e
}

// CreateTopic makes a topic.
func (e *Emulator) CreateTopic(arn string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.topics[arn] = true
}

// Messages returns what was published, in its order.
func (e *Emulator) Messages() []Message {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.messages)
}

// ServeHTTP implements http.Handler.
func (e *Emulator) ServeHTTP(w http.ResponseWriter, r *http.Request) { e.handler.ServeHTTP(w, r) }

// Operation is the operation that a request names.
func Operation(r *http.Request) string {
	if err := r.ParseForm(); err != nil {
		return ""
	}
	return r.PostForm.Get("Action")
}

type published struct {
	XMLName   xml.Name `xml:"https://sns.amazonaws.com/doc/2010-03-31/ PublishResponse"`
	MessageID string   `xml:"PublishResult>MessageId"`
	RequestID string   `xml:"ResponseMetadata>RequestId"`
}

// serve answers Publish.
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
func (e *Emulator) serve(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, 4*maxMessage)
	op := Operation(r)
	if op == "GetTopicAttributes" {
		e.attributesOf(w, r)
		return
	}
	if op != "Publish" {
		WriteError(w, r, http.StatusBadRequest, "InvalidAction", "The action "+op+" is not valid for this endpoint.")
		return
	}
	m := Message{
		TopicARN: r.PostForm.Get("TopicArn"), Subject: r.PostForm.Get("Subject"), Text: r.PostForm.Get("Message"),
		Attributes: attributes(r), GroupID: r.PostForm.Get("MessageGroupId"), DeduplicationID: r.PostForm.Get("MessageDeduplicationId"),
	}
	if parameter := m.invalid(r.PostForm.Has("Subject")); parameter != "" {
		WriteError(w, r, http.StatusBadRequest, "InvalidParameter", "Invalid parameter: "+parameter)
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if !e.topics[m.TopicARN] {
		WriteError(w, r, http.StatusNotFound, "NotFound", "Topic does not exist")
		return
	}
	m.ID = fmt.Sprintf("00000000-0000-0000-0000-%012d", len(e.messages)+1)
	e.messages = append(e.messages, m)
	writeXML(w, http.StatusOK, published{MessageID: m.ID, RequestID: requestID})
}

type topicAttributes struct {
	XMLName   xml.Name `xml:"https://sns.amazonaws.com/doc/2010-03-31/ GetTopicAttributesResponse"`
	Key       string   `xml:"GetTopicAttributesResult>Attributes>entry>key"`
	Value     string   `xml:"GetTopicAttributesResult>Attributes>entry>value"`
	RequestID string   `xml:"ResponseMetadata>RequestId"`
}

// attributesOf answers GetTopicAttributes with the topic's ARN alone.
// https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html
func (e *Emulator) attributesOf(w http.ResponseWriter, r *http.Request) {
	arn := r.PostForm.Get("TopicArn")
	e.mu.Lock()
	known := e.topics[arn]
	e.mu.Unlock()
	if !known {
		WriteError(w, r, http.StatusNotFound, "NotFound", "Topic does not exist")
		return
	}
	writeXML(w, http.StatusOK, topicAttributes{Key: "TopicArn", Value: arn, RequestID: requestID})
}

// attributes are numbered from 1: MessageAttributes.entry.1.Name, MessageAttributes.entry.1.Value.StringValue.
func attributes(r *http.Request) map[string]string {
	found := map[string]string{}
	for n := 1; ; n++ {
		prefix := fmt.Sprintf("MessageAttributes.entry.%d.", n)
		name := r.PostForm.Get(prefix + "Name")
		if name == "" {
			return found
		}
		found[name] = r.PostForm.Get(prefix + "Value.StringValue")
	}
}

// invalid names the first parameter that SNS would refuse.
func (m Message) invalid(hasSubject bool) string {
	size := len(m.Text)
	for name, value := range m.Attributes {
		if value == "" {
			return "The message attribute '" + name + "' must contain non-empty message attribute value"
		}
		size += len(name) + len(value)
	}
	fifo := strings.HasSuffix(m.TopicARN, ".fifo")
	switch {
	case !strings.HasPrefix(m.TopicARN, "arn:"):
		return "TopicArn"
	case m.Text == "":
		return "Empty message"
	case size > maxMessage:
		return "Message too long"
	case hasSubject && !goodSubject(m.Subject):
		return "Subject"
	case fifo && m.GroupID == "":
		return "The MessageGroupId parameter is required for FIFO topics"
	case fifo && m.DeduplicationID == "":
		return "The topic should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
	}
	return ""
}

// goodSubject: ASCII, beginning with a letter, a number or a punctuation mark, without line breaks and control
// characters, less than 100 characters long.
func goodSubject(subject string) bool {
	if subject == "" || len(subject) > 100 || subject[0] == ' ' {
		return false
	}
	return !strings.ContainsFunc(subject, func(r rune) bool { return r < ' ' || r > '~' })
}

type errorResponse struct {
	XMLName   xml.Name `xml:"https://sns.amazonaws.com/doc/2010-03-31/ ErrorResponse"`
	Type      string   `xml:"Error>Type"`
	Code      string   `xml:"Error>Code"`
	Message   string   `xml:"Error>Message"`
	RequestID string   `xml:"RequestId"`
}

const requestID = "00000000-0000-0000-0000-000000000000"

// WriteError writes an error in the service's form.
func WriteError(w http.ResponseWriter, _ *http.Request, status int, code, message string) {
	typ := "Sender"
	if status >= http.StatusInternalServerError {
		typ = "Receiver"
	}
	writeXML(w, status, errorResponse{Type: typ, Code: code, Message: message, RequestID: requestID})
}

func writeXML(w http.ResponseWriter, status int, answer any) {
	b, err := xml.Marshal(answer)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/xml")
	w.WriteHeader(status)
	_, _ = w.Write(b)
}
