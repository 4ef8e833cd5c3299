// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package sqs puts messages into Amazon SQS queues, such as the dead letter queue of items that failed for good. It
// makes no queue and reads none.
package sqs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/notify"
)

const (
	// maxAttributes is how many attributes SQS takes beside the body, which has all of them.
	maxAttributes = 10
	// maxBody keeps the body, with its attributes, far below SQS's limit of 1 MiB, and below the 256 KiB that it was.
	// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html
	maxBody = 200 << 10
	fifo    = ".fifo"
)

// Notifier sends to a queue.
type Notifier struct {
	api   awsapi.SQS
	queue string
}

var _ notify.Notifier = (*Notifier)(nil)

// New returns a Notifier that sends to the queue of a URL.
func New(api awsapi.SQS, queue string) *Notifier { return &Notifier{api: api, queue: queue} }

// Body is a message's body, as JSON.
type Body struct {
	ID         string            `json:"id"`
	Subject    string            `json:"subject"`
	Text       string            `json:"text"`
	Attributes map[string]string `json:"attributes,omitempty"`
}

// Notify implements notify.Notifier.
func (n *Notifier) Notify(ctx context.Context, m notify.Message) error {
	body, err := bodyOf(m)
	if err != nil {
		return fmt.Errorf("encoding the message: %w", err)
	}
	in := &sqs.SendMessageInput{
		QueueUrl:          aws.String(n.queue),
		MessageBody:       aws.String(body),
		MessageAttributes: attributes(m),
	}
	if strings.HasSuffix(n.queue, fifo) {
		in.MessageGroupId, in.MessageDeduplicationId = aws.String("kiro-worker"), aws.String(m.ID)
	}
	out, err := n.api.SendMessage(ctx, in)
	if err != nil {
		return fmt.Errorf("sending to the queue: %w", classify(err))
	}
	if aws.ToString(out.MessageId) == "" {
		return fault.NewRetryable(fault.CodeInvalidAnswer, errors.New(
			"sending to the queue: the answer has no message id; check the endpoint and proxies on the way"))
	}
	return nil
}

// attributes are those that a receiver can filter by without reading the body; empty ones are refused by SQS.
func attributes(m notify.Message) map[string]types.MessageAttributeValue {
	found := map[string]types.MessageAttributeValue{}
	for _, name := range slices.Sorted(maps.Keys(m.Attributes)) {
		if value := m.Attributes[name]; name != "" && value != "" && len(found) < maxAttributes {
			found[name] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(value)}
		}
	}
	return found
}

// bodyOf is a message's body. Its text is cut so that the body fits as it is sent: JSON makes two bytes of some and six of others.
func bodyOf(m notify.Message) (string, error) {
	text := strings.Map(allowed, m.Text)
	text = text[:min(len(text), maxBody)]
	encode := func(length int) (string, error) {
		shown := text[:length]
		if length < len(m.Text) {
			shown = strings.ToValidUTF8(shown, "") + "…"
		}
		body, err := json.Marshal(Body{ID: m.ID, Subject: m.Subject, Text: shown, Attributes: m.Attributes})
		return string(body), err
	}
	body, err := encode(len(text))
	if err != nil || len(body) <= maxBody {
		return body, err
	}
	tooLong := sort.Search(len(text), func(length int) bool {
		body, err := encode(length)
		return err != nil || len(body) > maxBody
	})
	return encode(max(0, tooLong-1))
}

// allowed takes out the characters that SQS refuses and JSON does not escape.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
func allowed(r rune) rune {
	if r == '\uFFFE' || r == '\uFFFF' {
		return '\uFFFD'
	}
	return r
}

// classify gives the service's codes their kinds.
// https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html#API_SendMessage_Errors
func classify(err error) error {
	var (
		missing  *types.QueueDoesNotExist
		contents *types.InvalidMessageContents
		address  *types.InvalidAddress
	)
	switch {
	case errors.As(err, &missing):
		return fault.NewTerminal(fault.CodeNotFound, fmt.Errorf(
			"the queue does not exist in this account and region; create it, or correct the URL: %w", err))
	case errors.As(err, &address), errors.As(err, &contents):
		return fault.NewTerminal(fault.CodeInvalidRequest, fmt.Errorf("SQS refuses the message; check the queue's URL: %w", err))
	}
	return awsapi.Classify(err)
}
