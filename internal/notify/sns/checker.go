// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package sns

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/notify"
)

// Checker looks whether a topic is there.
type Checker struct {
	api   awsapi.TopicDescriber
	topic string
}

var _ notify.Checker = (*Checker)(nil)

// NewChecker returns a Checker of the topic of an ARN.
func NewChecker(api awsapi.TopicDescriber, topic string) *Checker {
	return &Checker{api: api, topic: topic}
}

// Check implements notify.Checker.
func (c *Checker) Check(ctx context.Context) error {
	_, err := c.api.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: aws.String(c.topic)})
	if err == nil {
		return nil
	}
	var missing *types.NotFoundException
	err = classify(err)
	switch {
	case errors.As(err, &missing):
		return fault.NewTerminal(fault.CodeNotFound, fmt.Errorf(
			"the topic %s does not exist: create it, or correct spec.notifications", c.topic))
	case fault.CodeOf(err) == fault.CodeAccessDenied:
		return fault.NewTerminal(fault.CodeAccessDenied, fmt.Errorf(
			"the topic %s cannot be reached: allow the environment's role sns:GetTopicAttributes and sns:Publish on it", c.topic))
	}
	return fmt.Errorf("looking up the topic %s: %w", c.topic, err)
}
