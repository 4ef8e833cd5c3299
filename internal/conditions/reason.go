// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package conditions

import (
	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// Ports do not know the API, so their codes are turned into its reasons here.
var reasons = map[fault.Code]string{
	fault.CodeNotFound:             v1alpha1.ReasonNotFound,
	fault.CodeUnauthorized:         v1alpha1.ReasonUnauthorized,
	fault.CodeAccessDenied:         v1alpha1.ReasonAccessDenied,
	fault.CodeCredentialsInvalid:   v1alpha1.ReasonCredentialsInvalid,
	fault.CodeEndpointNotAllowed:   v1alpha1.ReasonEndpointNotAllowed,
	fault.CodeRateLimited:          v1alpha1.ReasonRateLimited,
	fault.CodeCapacity:             v1alpha1.ReasonCapacity,
	fault.CodeUnreachable:          v1alpha1.ReasonUnreachable,
	fault.CodeInvalidAnswer:        v1alpha1.ReasonInvalidAnswer,
	fault.CodeInvalidRequest:       v1alpha1.ReasonInvalidConfiguration,
	fault.CodeInvalidConfiguration: v1alpha1.ReasonInvalidConfiguration,
}

// Reason is the reason of a condition that an error makes false.
func Reason(err error) string {
	if r, ok := reasons[fault.CodeOf(err)]; ok {
		return r
	}
	return v1alpha1.ReasonError
}
