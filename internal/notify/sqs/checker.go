// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package sqs

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/notify"
)

// Checker looks whether a queue is there.
type Checker struct {
	api   awsapi.QueueDescriber
	queue string
}

var _ notify.Checker = (*Checker)(nil)

// NewChecker returns a Checker of the queue of a URL.
func NewChecker(api awsapi.QueueDescriber, queue string) *Checker {
	return &Checker{api: api, queue: queue}
}

// Check implements notify.Checker.
func (c *Checker) Check(ctx context.Context) error {
	_, err := c.api.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: aws.String(c.queue)})
	if err == nil {
		return nil
	}
	var missing *types.QueueDoesNotExist
	// The second name is the one of the query protocol, which proxies and older endpoints still speak.
	if errors.As(err, &missing) || awsapi.ErrorCode(err) == "AWS.SimpleQueueService.NonExistentQueue" {
		return fault.NewTerminal(fault.CodeNotFound, fmt.Errorf(
			"the queue %s does not exist: create it, or correct spec.notifications or spec.deadLetterQueueURL", c.queue))
	}
	err = classify(err)
	if fault.CodeOf(err) == fault.CodeAccessDenied {
		return fault.NewTerminal(fault.CodeAccessDenied, fmt.Errorf(
			"the queue %s cannot be reached: allow the environment's role sqs:GetQueueAttributes and sqs:SendMessage on it", c.queue))
	}
	return fmt.Errorf("looking up the queue %s: %w", c.queue, err)
}
