// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package aws

import (
	"bytes"
	"io"
	"net/http"
)

// Access is one action on one resource that a request asks for, as IAM names them.
type Access struct {
	// Action is "service:Operation".
	Action string
	// Resource is an ARN; "*" for an action that knows no resource.
	Resource string
	// Context holds the condition keys of the request.
	Context map[string][]string
}

// Call is a request with who makes it.
type Call struct {
	// Principal is the ARN of the role or user that the access key belongs to; empty if it belongs to none.
	Principal string
	// Accesses are what the request asks for: a transaction asks for one a row, a batch for one a resource.
	Accesses []Access
}

// Authorizer decides calls. An empty reason allows; another is what the caller is told.
type Authorizer func(Call) (reason string)

// maxBody bounds what is read of a request to see what it asks for.
const maxBody = 32 << 20

// authorize asks the authorizer. An operation that nothing is known of is refused: what cannot be named cannot be allowed.
func (e *Endpoint) authorize(r *http.Request, c scope) (reason string) {
	if e.options.Authorize == nil {
		return ""
	}
	var body []byte
	if c.service != S3 { // objects are not looked into
		read, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
		if err != nil {
			return "the request cannot be read: " + err.Error()
		}
		body = read
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	find := accesses[c.service]
	if find == nil {
		return "nothing is known of the actions of " + c.service
	}
	place := place{region: c.region, account: e.options.Account, keys: e.options.PartitionKey}
	found, err := find(place, r, body)
	if err != nil {
		return "what the request asks for is not known: " + err.Error()
	}
	found = append(found, e.keyAccesses(c.region, r, found)...)
	e.mu.Lock()
	principal := e.principals[c.accessKeyID]
	e.mu.Unlock()
	return e.options.Authorize(Call{Principal: principal, Accesses: found})
}

// AllowKeyOf makes an access key id known as a role's or a user's.
func (e *Endpoint) AllowKeyOf(accessKeyID, principalARN string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.keys[accessKeyID] = true
	e.principals[accessKeyID] = principalARN
}

// denied is how services say that a caller may not.
func denied(service string) (code string, status int) {
	switch service {
	case S3, STS:
		return "AccessDenied", http.StatusForbidden
	case SNS:
		return "AuthorizationError", http.StatusForbidden
	case CloudWatch, SQS:
		return "AccessDenied", http.StatusForbidden
	default:
		return "AccessDeniedException", http.StatusBadRequest
	}
}
