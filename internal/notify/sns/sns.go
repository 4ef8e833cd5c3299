// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package sns notifies people through Amazon SNS topics. It makes no topic and no subscription.
package sns

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/notify"
)

const (
	// maxText leaves room for attributes in the 256 KiB that a message may have.
	maxText    = 200 << 10
	maxSubject = 100

	// attributeID is the attribute by which a receiver drops a repetition.
	attributeID = "id"
	fifo        = ".fifo"
)

// Notifier publishes to a topic.
type Notifier struct {
	api   awsapi.SNS
	topic string
}

var _ notify.Notifier = (*Notifier)(nil)

// New returns a Notifier that publishes to the topic of an ARN.
func New(api awsapi.SNS, topic string) *Notifier { return &Notifier{api: api, topic: topic} }

// Notify implements notify.Notifier.
func (n *Notifier) Notify(ctx context.Context, m notify.Message) error {
	in := &sns.PublishInput{
		TopicArn:          aws.String(n.topic),
		Message:           aws.String(cut(m.Text, maxText)),
		MessageAttributes: map[string]types.MessageAttributeValue{},
	}
	if subject := asciiLine(m.Subject); subject != "" {
		in.Subject = aws.String(subject)
	}
	for name, value := range m.Attributes {
		addAttribute(in.MessageAttributes, name, value)
	}
	addAttribute(in.MessageAttributes, attributeID, m.ID)
	if strings.HasSuffix(n.topic, fifo) {
		in.MessageGroupId, in.MessageDeduplicationId = aws.String("kiro-worker"), aws.String(m.ID)
	}
	out, err := n.api.Publish(ctx, in)
	if err != nil {
		return fmt.Errorf("publishing to the topic: %w", classify(err))
	}
	if aws.ToString(out.MessageId) == "" {
		return fault.NewRetryable(fault.CodeInvalidAnswer, errors.New(
			"publishing to the topic: the answer has no message id; check the endpoint and proxies on the way"))
	}
	return nil
}

// addAttribute leaves empty values out, which SNS refuses together with the message.
func addAttribute(to map[string]types.MessageAttributeValue, name, value string) {
	if name != "" && value != "" {
		to[name] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: aws.String(value)}
	}
}

// asciiLine makes a subject that SNS takes: one line of ASCII, not too long. A branch may be called otherwise.
func asciiLine(subject string) string {
	subject = strings.Map(func(r rune) rune {
		switch {
		case r < ' ':
			return ' '
		case r > '~':
			return '?'
		}
		return r
	}, subject)
	subject = strings.TrimSpace(subject)
	return subject[:min(len(subject), maxSubject)]
}

func cut(text string, length int) string {
	if len(text) <= length {
		return text
	}
	return strings.ToValidUTF8(text[:length], "") + "…"
}

// classify gives the service's codes their kinds.
// https://docs.aws.amazon.com/sns/latest/api/API_Publish.html#API_Publish_Errors
func classify(err error) error {
	var (
		missing   *types.NotFoundException
		parameter *types.InvalidParameterException
		value     *types.InvalidParameterValueException
		denied    *types.AuthorizationErrorException
		service   *types.InternalErrorException
	)
	switch {
	case errors.As(err, &missing):
		return fault.NewTerminal(fault.CodeNotFound, fmt.Errorf(
			"the topic does not exist in this account and region; create it, or correct the ARN: %w", err))
	case errors.As(err, &parameter), errors.As(err, &value):
		return fault.NewTerminal(fault.CodeInvalidRequest, fmt.Errorf("SNS refuses the message; check the topic's ARN: %w", err))
	case errors.As(err, &denied):
		return fault.NewTerminal(fault.CodeAccessDenied, fmt.Errorf(
			"publishing is not allowed; grant sns:Publish on the topic to the role that is used: %w", err))
	case errors.As(err, &service):
		return fault.NewRetryable(fault.CodeUnreachable, err)
	}
	return awsapi.Classify(err)
}
