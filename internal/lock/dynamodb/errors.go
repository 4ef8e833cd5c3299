// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dynamodb

import (
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// classify gives DynamoDB's codes their kinds, and leaves those of every AWS service to awsapi.
func (t *Table) classify(err error) error {
	var cancelled *types.TransactionCanceledException
	if errors.As(err, &cancelled) {
		return t.classifyCancelled(cancelled, err)
	}
	switch awsapi.ErrorCode(err) {
	case "ResourceNotFoundException", "TableNotFoundException":
		return fault.NewTerminal(fault.CodeNotFound, fmt.Errorf(
			"table %s does not exist in this account and region; create it, or correct the name: %w", t.name, err))
	case "RequestLimitExceeded", "ThrottlingException", "ProvisionedThroughputExceededException":
		return fault.NewWait(0, fault.CodeRateLimited, fmt.Errorf(
			"table %s is asked more than its capacity allows: %w", t.name, err))
	}
	return awsapi.Classify(err)
}

// classifyCancelled is for a transaction that was cancelled without a condition having failed.
func (t *Table) classifyCancelled(cancelled *types.TransactionCanceledException, err error) error {
	for _, r := range cancelled.CancellationReasons {
		switch aws.ToString(r.Code) {
		case "ValidationError", "ItemCollectionSizeLimitExceeded":
			return fault.NewTerminal(fault.CodeInvalidRequest, fmt.Errorf(
				"a row of table %s cannot be written; look for attributes that another program wrote: %w", t.name, err))
		}
	}
	return fault.NewRetryable(fault.CodeRateLimited, fmt.Errorf(
		"the rows in table %s are being written by others; it is tried again: %w", t.name, err))
}
