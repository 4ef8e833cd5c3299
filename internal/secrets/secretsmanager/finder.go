// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package secretsmanager

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/secrets"
)

// Finder looks secrets up. It cannot read them: a role that may describe a secret need not be allowed its value.
type Finder struct{ api awsapi.SecretDescriber }

var _ secrets.Finder = (*Finder)(nil)

// NewFinder returns a Finder.
func NewFinder(api awsapi.SecretDescriber) *Finder { return &Finder{api: api} }

// Find implements secrets.Finder.
func (f *Finder) Find(ctx context.Context, arn string) error {
	out, err := f.api.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: aws.String(arn)})
	switch code := awsapi.ErrorCode(err); {
	case err == nil && out.ARN == nil:
		return fault.NewRetryable(fault.CodeInvalidAnswer, fmt.Errorf(
			"looking up the secret %s: the answer names no secret; check the endpoint and proxies on the way", arn))
	case err == nil && out.DeletedDate != nil:
		return fault.NewTerminal(fault.CodeCredentialsInvalid, fmt.Errorf(
			"the secret %s is marked for deletion: restore it, or name another in spec.credentials or spec.gates.secretEnv", arn))
	case err == nil:
		return nil
	case code == "ResourceNotFoundException":
		return fault.NewTerminal(fault.CodeCredentialsInvalid, fmt.Errorf(
			"the secret %s does not exist: create it, or correct its ARN in spec.credentials or spec.gates.secretEnv", arn))
	case code == "InvalidParameterException", code == "ValidationException":
		return fault.NewTerminal(fault.CodeCredentialsInvalid, fmt.Errorf(
			"the secret %s cannot be looked up under this name: correct the ARN in spec.credentials or spec.gates.secretEnv: %w", arn, err))
	case code == "InternalServiceError":
		return fault.NewRetryable(fault.CodeUnreachable, fmt.Errorf("looking up the secret %s: %w", arn, err))
	}
	err = awsapi.Classify(err)
	if fault.CodeOf(err) == fault.CodeAccessDenied {
		return fault.NewTerminal(fault.CodeAccessDenied, fmt.Errorf(
			"whether the secret %s is there cannot be seen: allow the environment's role secretsmanager:DescribeSecret on it (infra/config.yaml does so for the tier's own secrets and those in secrets.secretEnv); its value is never read: %w", arn, err))
	}
	return fmt.Errorf("looking up the secret %s: %w", arn, err)
}
