// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package secretsmanager reads secrets from AWS Secrets Manager. It keeps none and writes none.
package secretsmanager

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/secrets"
)

// Reader reads secrets. It keeps none: whoever caches one decides how long a rotated one may go unseen.
type Reader struct {
	api awsapi.SecretsManager
}

var _ secrets.Reader = (*Reader)(nil)

// New returns a Reader.
func New(api awsapi.SecretsManager) *Reader { return &Reader{api: api} }

// Read implements secrets.Reader. No error repeats any of the value.
func (r *Reader) Read(ctx context.Context, arn string) (string, error) {
	if arn == "" {
		return "", fault.NewTerminal(fault.CodeCredentialsInvalid,
			errors.New("no secret is named; give the ARN of one"))
	}
	out, err := r.api.GetSecretValue(ctx, &secretsmanager.GetSecretValueInput{SecretId: aws.String(arn)})
	if err != nil {
		return "", fmt.Errorf("reading secret %s: %w", arn, classify(err))
	}
	switch {
	case out.ARN == nil && out.SecretString == nil && out.SecretBinary == nil:
		return "", fault.NewRetryable(fault.CodeInvalidAnswer, fmt.Errorf(
			"reading secret %s: the answer holds no secret; check the endpoint and proxies on the way", arn))
	case out.SecretString == nil:
		return "", fault.NewTerminal(fault.CodeCredentialsInvalid, fmt.Errorf(
			"secret %s is binary; store it as text", arn))
	case strings.TrimSpace(*out.SecretString) == "":
		return "", fault.NewTerminal(fault.CodeCredentialsInvalid, fmt.Errorf(
			"secret %s is empty; store a value in it", arn))
	}
	return *out.SecretString, nil
}

// classify gives the service's codes their kinds.
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html#API_GetSecretValue_Errors
func classify(err error) error {
	switch awsapi.ErrorCode(err) {
	case "ResourceNotFoundException":
		return fault.NewTerminal(fault.CodeCredentialsInvalid, fmt.Errorf(
			"it does not exist in this account and region; create it, or correct the ARN: %w", err))
	case "InvalidRequestException", "InvalidParameterException":
		return fault.NewTerminal(fault.CodeCredentialsInvalid, fmt.Errorf(
			"it cannot be read as it is; restore it if it was deleted, or correct the ARN: %w", err))
	case "DecryptionFailure":
		return fault.NewTerminal(fault.CodeAccessDenied, fmt.Errorf(
			"its key cannot be used; grant kms:Decrypt on it to the role that is used: %w", err))
	case "InternalServiceError":
		return fault.NewRetryable(fault.CodeUnreachable, err)
	}
	return awsapi.Classify(err)
}
