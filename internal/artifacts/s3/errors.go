// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package s3

import (
	"errors"
	"fmt"
	"net/http"

	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// classify gives S3's codes their kinds.
// https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#ErrorCodeList
func classify(bucket string, err error) error {
	switch awsapi.ErrorCode(err) {
	case "NoSuchBucket", "NotFound":
		return fault.NewTerminal(fault.CodeNotFound, fmt.Errorf(
			"bucket %s does not exist; create it, or correct the name: %w", bucket, err))
	case "InvalidBucketName":
		return fault.NewTerminal(fault.CodeInvalidConfiguration, fmt.Errorf(
			"%s cannot be a bucket's name; correct it: %w", bucket, err))
	case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException":
		return otherRegion(bucket, err)
	case "KMS.NotFoundException", "KMS.DisabledException", "KMS.InvalidStateException", "KMS.KMSInvalidStateException":
		return fault.NewTerminal(fault.CodeInvalidConfiguration, fmt.Errorf(
			"the KMS key that bucket %s or artifacts.kmsKeyARN asks for cannot be used; correct it, or enable the key: %w", bucket, err))
	case "AllAccessDisabled", "AccountProblem":
		return fault.NewTerminal(fault.CodeAccessDenied, fmt.Errorf(
			"AWS has closed the bucket or its account; ask AWS support: %w", err))
	case "EntityTooLarge", "KeyTooLongError", "MetadataTooLarge":
		return fault.NewTerminal(fault.CodeInvalidRequest, err)
	case "BadDigest", "OperationAborted", "XAmzContentChecksumMismatch":
		return fault.NewRetryable(fault.CodeUnreachable, err)
	}
	// An answer to HEAD has no body, and so no code.
	var res *smithyhttp.ResponseError
	if errors.As(err, &res) && res.HTTPStatusCode() == http.StatusMovedPermanently {
		return otherRegion(bucket, err)
	}
	return awsapi.Classify(err)
}

func otherRegion(bucket string, err error) error {
	return fault.NewTerminal(fault.CodeInvalidConfiguration, fmt.Errorf(
		"bucket %s is in another region; name one in the environment's region: %w", bucket, err))
}
