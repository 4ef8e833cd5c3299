// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package awsapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// kind is what an error code of any AWS service means. Codes that mean something to one service only are that
// service's package's affair, before it asks Classify.
type kind struct {
	code fault.Code
	make func(fault.Code, error) error
	// advice says what to do; empty where waiting is all that can be done.
	advice string
}

var (
	throttled = kind{fault.CodeRateLimited, waitForBackoff, ""}
	denied    = kind{fault.CodeAccessDenied, fault.NewTerminal,
		"AWS denied access: grant the action to the role that is used, or name another role"}
	refused = kind{fault.CodeUnauthorized, fault.NewTerminal,
		"AWS refused the credentials: check the role or the keys that are used"}
	stale = kind{fault.CodeUnauthorized, fault.NewRetryable,
		"AWS says that the credentials have expired or that clocks differ: check this machine's clock if it goes on"}
	notEnabled = kind{fault.CodeInvalidConfiguration, fault.NewTerminal,
		"the account cannot use the service in this region: enable it, or choose another region"}
	invalid  = kind{fault.CodeInvalidRequest, fault.NewTerminal, "AWS says that the request is wrong"}
	notFound = kind{fault.CodeNotFound, fault.NewTerminal,
		"it does not exist in this account and region, or the role cannot see it: check name, region and role"}
	unreachable = kind{fault.CodeUnreachable, fault.NewRetryable, ""}
	notProtocol = kind{fault.CodeInvalidAnswer, fault.NewRetryable,
		"the answer is not in AWS's protocol: check the endpoint and proxies on the way"}
)

// kinds are the codes that services share.
// https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html and each service's own page of that name;
// the throttling codes are those that the SDK itself retries.
var kinds = map[string]kind{
	"Throttling":                             throttled,
	"ThrottlingException":                    throttled,
	"ThrottledException":                     throttled,
	"RequestThrottled":                       throttled,
	"RequestThrottledException":              throttled,
	"TooManyRequestsException":               throttled,
	"ProvisionedThroughputExceededException": throttled,
	"RequestLimitExceeded":                   throttled,
	"TransactionInProgressException":         throttled,
	"BandwidthLimitExceeded":                 throttled,
	"PriorRequestNotComplete":                throttled,
	"SlowDown":                               throttled,

	"AccessDenied":          denied,
	"AccessDeniedException": denied,
	"AuthorizationError":    denied,
	"Forbidden":             denied, // an answer without a body, such as HeadBucket's
	"NotAuthorized":         denied,
	"UnauthorizedOperation": denied,

	"AuthFailure":                         refused,
	"IncompleteSignature":                 refused,
	"IncompleteSignatureException":        refused,
	"InvalidAccessKeyId":                  refused,
	"InvalidClientTokenId":                refused,
	"InvalidSignatureException":           refused,
	"InvalidToken":                        refused,
	"MissingAuthenticationToken":          refused,
	"MissingAuthenticationTokenException": refused,
	"SignatureDoesNotMatch":               refused,
	"UnrecognizedClientException":         refused,

	"ExpiredToken":          stale,
	"ExpiredTokenException": stale,
	"RequestExpired":        stale,
	"RequestTimeTooSkewed":  stale,

	"OptInRequired":                 notEnabled,
	"RegionDisabledException":       notEnabled,
	"SubscriptionRequiredException": notEnabled,

	"InvalidAction":             invalid,
	"InvalidInputException":     invalid,
	"InvalidParameter":          invalid,
	"InvalidParameterException": invalid,
	"InvalidParameterValue":     invalid,
	"MalformedQueryString":      invalid,
	"MissingParameter":          invalid,
	"SerializationException":    invalid,
	"UnknownOperationException": invalid,
	"ValidationError":           invalid,
	"ValidationException":       invalid,

	"NotFound":                  notFound,
	"ResourceNotFoundException": notFound,

	"InternalError":       unreachable,
	"InternalFailure":     unreachable,
	"InternalServerError": unreachable,
	"RequestTimeout":      unreachable,
	"ServiceUnavailable":  unreachable,
	"UnknownError":        notProtocol, // the SDK's name for an error without a code
}

// Classify gives an error of the SDK its kind. An error that has one keeps it, and so does a cancelled call:
// nothing is wrong with AWS then. A network error is never terminal.
func Classify(err error) error {
	if err == nil || errors.Is(err, context.Canceled) || classified(err) {
		return err
	}
	k, ok := kindOf(err)
	if !ok {
		return err
	}
	if k.advice != "" {
		err = fmt.Errorf("%s: %w", k.advice, err)
	}
	return k.make(k.code, err)
}

// ErrorCode is the service's error code in err's chain, or "".
func ErrorCode(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

func kindOf(err error) (kind, bool) {
	// A 5xx first: what is in its body may come from anything between here and the service.
	var res *smithyhttp.ResponseError
	if errors.As(err, &res) && res.HTTPStatusCode() >= http.StatusInternalServerError {
		return unreachable, true
	}
	if code := ErrorCode(err); code != "" {
		if k, ok := kinds[code]; ok {
			return k, true
		}
	}
	var decode *smithy.DeserializationError
	var network net.Error
	var send *smithyhttp.RequestSendError
	switch {
	case errors.Is(err, errNotInProtocol):
		return notProtocol, true
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, context.DeadlineExceeded),
		errors.As(err, &network):
		return unreachable, true
	case errors.As(err, &decode):
		return notProtocol, true
	case errors.As(err, &send):
		return unreachable, true
	}
	return kind{}, false
}

func classified(err error) bool {
	var terminal *fault.Terminal
	var wait *fault.Wait
	var retryable *fault.Retryable
	return errors.As(err, &terminal) || errors.As(err, &wait) || errors.As(err, &retryable)
}

// waitForBackoff leaves the time to the caller: the services do not say how long to wait.
func waitForBackoff(code fault.Code, err error) error { return fault.NewWait(0, code, err) }
