// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package githubapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// exchange is what one call's answer said, beside what the client library makes of it. The libraries keep a
// GraphQL error's message and drop its type; classification is by type, so the transport leaves it here. It
// travels with the request's context.
type exchange struct {
	operation string

	status   int // of the last answer; zero without one
	header   http.Header
	docs     string        // a REST error's documentation_url
	message  string        // a REST error's message
	failures Failures      // GraphQL errors
	hasData  bool          // GraphQL data that is not null
	notJSON  bool          // a body that is not in the protocol
	again    time.Duration // when a refusal is worth another try, because the token was just made; zero if it is meant
	failure  error         // what was found out before the answer was complete
}

type exchangeKey struct{}

func withExchange(ctx context.Context, operation string) (context.Context, *exchange) {
	ex := &exchange{operation: operation}
	return context.WithValue(ctx, exchangeKey{}, ex), ex
}

// exchangeOf never returns nil, so that requests from elsewhere are treated alike.
func exchangeOf(ctx context.Context) *exchange {
	if ex, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return ex
	}
	return &exchange{operation: "other"}
}

// PathError is an error that GitHub gives for one part of a GraphQL answer.
type PathError struct {
	Type    string   // "NOT_FOUND", "FORBIDDEN" …; empty where GitHub gave none
	Code    string   // extensions.code, "undefinedField" …
	Path    []string // response keys and indices from the root
	Message string
}

// Error implements error.
func (e *PathError) Error() string {
	kind := e.Type
	if kind == "" {
		kind = e.Code
	}
	if kind == "" {
		return quoted(e.Message)
	}
	return kind + ": " + quoted(e.Message)
}

// Under reports whether the error is at, or below, the path.
func (e *PathError) Under(path ...string) bool {
	return len(e.Path) >= len(path) && slices.Equal(e.Path[:len(path)], path)
}

// At reports whether the error is of exactly this path.
func (e *PathError) At(path ...string) bool { return slices.Equal(e.Path, path) }

// Failures are the errors of a GraphQL answer that has data as well.
type Failures []*PathError

// Classified gives the first failure its kind of fault; nil if there is none.
func (f Failures) Classified() error {
	if len(f) == 0 {
		return nil
	}
	return f[0].Classified()
}

// record takes down what an answer says and returns the body that the client library is to see. A GraphQL
// body is handed on without its errors: githubv4 would return them instead of the data that came with them.
func (ex *exchange) record(resp *http.Response, body []byte, graphQL bool) []byte {
	ex.status, ex.header = resp.StatusCode, resp.Header
	ex.docs, ex.message, ex.failures, ex.hasData, ex.notJSON = "", "", nil, false, false
	switch {
	case len(bytes.TrimSpace(body)) == 0:
		ex.notJSON = graphQL && resp.StatusCode == http.StatusOK
	case resp.StatusCode >= http.StatusBadRequest:
		var refusal struct {
			Message          string `json:"message"`
			DocumentationURL string `json:"documentation_url"`
		}
		if err := json.Unmarshal(body, &refusal); err != nil {
			ex.notJSON = true
		}
		ex.message, ex.docs = refusal.Message, refusal.DocumentationURL
	case graphQL:
		return ex.recordGraphQL(body)
	default:
		ex.notJSON = !json.Valid(body)
	}
	return body
}

func (ex *exchange) recordGraphQL(body []byte) []byte {
	var answer struct {
		Data   json.RawMessage `json:"data"`
		Errors []wireError     `json:"errors"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		ex.notJSON = true
		return body
	}
	for _, wire := range answer.Errors {
		ex.failures = append(ex.failures, wire.pathError())
	}
	ex.hasData = len(answer.Data) > 0 && !bytes.Equal(answer.Data, []byte("null"))
	if !ex.hasData {
		ex.notJSON = len(ex.failures) == 0
		return []byte(`{"data":{}}`)
	}
	return slices.Concat([]byte(`{"data":`), answer.Data, []byte(`}`))
}

// wireError is a GraphQL error as GitHub writes it.
type wireError struct {
	Type       string     `json:"type"`
	Path       []pathPart `json:"path"`
	Message    string     `json:"message"`
	Extensions struct {
		Code pathPart `json:"code"`
	} `json:"extensions"`
}

func (w wireError) pathError() *PathError {
	e := &PathError{Type: strings.ToUpper(w.Type), Code: string(w.Extensions.Code), Message: w.Message}
	for _, part := range w.Path {
		e.Path = append(e.Path, string(part))
	}
	return e
}

// pathPart is a response key or an index.
type pathPart string

var errPathPart = errors.New("neither a key nor an index")

// UnmarshalJSON implements json.Unmarshaler.
func (p *pathPart) UnmarshalJSON(data []byte) error {
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		return err
	}
	switch value := value.(type) {
	case string:
		*p = pathPart(value)
	case float64:
		*p = pathPart(strconv.FormatFloat(value, 'f', -1, 64))
	case nil:
	default:
		return errPathPart
	}
	return nil
}
