// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package githubapi

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// naming gives each GraphQL document its operation's name, which githubv4 leaves out. GitHub shows it to its support, and
// whoever counts or breaks calls on the way can distinguish them.
type naming struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (n naming) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body == nil {
		return n.next.RoundTrip(req)
	}
	body, err := io.ReadAll(req.Body)
	_ = req.Body.Close()
	if err != nil {
		return nil, fmt.Errorf("reading the GraphQL document: %w", err)
	}
	var document struct {
		Query     string          `json:"query"`
		Variables json.RawMessage `json:"variables,omitempty"`
	}
	if err := json.Unmarshal(body, &document); err != nil {
		return nil, fmt.Errorf("reading the GraphQL document: %w", err)
	}
	document.Query = name(document.Query, exchangeOf(req.Context()).operation)
	if body, err = json.Marshal(document); err != nil {
		return nil, fmt.Errorf("writing the GraphQL document: %w", err)
	}
	req = req.Clone(req.Context())
	req.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	req.Body, _ = req.GetBody()
	req.ContentLength = int64(len(body))
	return n.next.RoundTrip(req)
}

// name puts the name behind the keyword, or before a query that is written without one.
func name(document, operation string) string {
	for _, keyword := range []string{"query", "mutation"} {
		if rest, ok := strings.CutPrefix(document, keyword); ok {
			return keyword + " " + operation + rest
		}
	}
	return "query " + operation + document
}
