// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package codebuild

import (
	"encoding/json"
	"fmt"
	"net/http"
)

// apiError is an error as the AWS JSON 1.1 protocol has it: the code in __type, and HTTP 400 for every modelled one.
type apiError struct {
	status  int
	code    string
	message string
}

// The modelled exceptions (API, "Errors" of each operation).
func invalidInput(format string, args ...any) *apiError {
	return &apiError{http.StatusBadRequest, "InvalidInputException", fmt.Sprintf(format, args...)}
}

func resourceNotFound(format string, args ...any) *apiError {
	return &apiError{http.StatusBadRequest, "ResourceNotFoundException", fmt.Sprintf(format, args...)}
}

func accountLimitExceeded(format string, args ...any) *apiError {
	return &apiError{http.StatusBadRequest, "AccountLimitExceededException", fmt.Sprintf(format, args...)}
}

func writeError(w http.ResponseWriter, e *apiError) {
	body, err := json.Marshal(map[string]string{"__type": e.code, "message": e.message})
	if err != nil {
		body = []byte("{}")
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(e.status)
	_, _ = w.Write(body)
}
