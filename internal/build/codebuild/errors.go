// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package codebuild

import (
	"errors"
	"fmt"
	"net/http"

	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

var errNoBuild = errors.New("CodeBuild's answer names no build: one may have been started")

// CodeBuild's own codes: the modelled errors of StartBuild.
const (
	codeAccountLimitExceeded = "AccountLimitExceededException"
	codeAccountSuspended     = "AccountSuspendedException"
	codeInvalidInput         = "InvalidInputException"
	codeOAuthProvider        = "OAuthProviderException"
	codeResourceNotFound     = "ResourceNotFoundException"
)

// classifyStart gives an error of StartBuild its kind, and says whether it proves that nothing was started.
//
// InvalidInputException proves nothing: it is also what CodeBuild answers to a token that it knows with other
// parameters, and then a build exists. Code and type are the same, and texts are not to be relied on. So it is
// build.ErrTokenReused, look first, always; who looks and finds no build has lost one look.
//
// AccountLimitExceededException is both the account's full queue and a project's concurrent build limit.
func classifyStart(err error, project string) error {
	if serverError(err) {
		return awsapi.Classify(err)
	}
	switch awsapi.ErrorCode(err) {
	case codeAccountLimitExceeded:
		return fault.NewWait(0, fault.CodeCapacity, fmt.Errorf(
			"%w: CodeBuild has no room, by the account's quota or by the project's concurrent build limit; it is tried again, "+
				"and both can be raised: %w", build.ErrRejected, err))
	case codeInvalidInput:
		return fault.NewRetryable(fault.CodeInvalidRequest, fmt.Errorf(
			"CodeBuild refused the request as invalid; either project %s does not fit the WorkEnvironment's settings, or %w: %w",
			project, build.ErrTokenReused, err))
	case codeResourceNotFound:
		return fault.NewTerminal(fault.CodeNotFound, fmt.Errorf("%w: %w", build.ErrRejected, projectNotFound(project)))
	case codeAccountSuspended:
		return fault.NewTerminal(fault.CodeAccessDenied, fmt.Errorf(
			"%w: the AWS account is suspended; ask its owner: %w", build.ErrRejected, err))
	case codeOAuthProvider:
		return fault.NewTerminal(fault.CodeInvalidConfiguration, fmt.Errorf(
			"%w: CodeBuild's connection to the project's source provider is refused; renew it in the console: %w",
			build.ErrRejected, err))
	}
	return rejectedIfProven(awsapi.Classify(err))
}

// rejectedIfProven adds build.ErrRejected to the errors with which AWS turns a request away before the service acts on
// it: throttling and everything about credentials and permissions.
func rejectedIfProven(err error) error {
	if awsapi.ErrorCode(err) == "" {
		return err
	}
	switch code := fault.CodeOf(err); code {
	case fault.CodeRateLimited, fault.CodeAccessDenied, fault.CodeUnauthorized, fault.CodeInvalidConfiguration:
		rejected := fmt.Errorf("%w: %w", build.ErrRejected, err)
		if wait, ok := fault.AsWait(err); ok {
			return fault.NewWait(wait.After, code, rejected)
		}
		if fault.IsTerminal(err) {
			return fault.NewTerminal(code, rejected)
		}
		return fault.NewRetryable(code, rejected)
	default:
		return err
	}
}

// serverError reports a 5xx: whatever is in it, the service may have acted before.
func serverError(err error) bool {
	var res *smithyhttp.ResponseError
	return errors.As(err, &res) && res.HTTPStatusCode() >= http.StatusInternalServerError
}

// classifyProject gives an error of a call that names a project its kind.
func classifyProject(err error, project string) error {
	if awsapi.ErrorCode(err) == codeResourceNotFound && !serverError(err) {
		return projectNotFound(project)
	}
	return awsapi.Classify(err)
}

func projectNotFound(name string) error {
	return fault.NewTerminal(fault.CodeNotFound, fmt.Errorf(
		"there is no CodeBuild project %q in this account and region: create it, or correct codeBuild.projectName, "+
			"aws.region or aws.roleARN of the WorkEnvironment", name))
}
