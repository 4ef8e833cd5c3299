// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package githubapi

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/fault"
)

const (
	// defaultTimeout is how long one call may take. GitHub gives a query up after ten seconds itself.
	defaultTimeout = 30 * time.Second
	// maxBody is the longest answer that is read, in bytes, after decompression.
	maxBody = 16 << 20
	// maxHeader is the longest header, in bytes.
	maxHeader = 256 << 10
)

// newBase makes the connection pool below everything else.
func newBase() http.RoundTripper {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           100,
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: maxHeader,
	}
}

// bounded reads each answer whole, within a time and a size, before anybody looks at it: so nothing above it
// can hang on a body, or be made to hold one of any size.
type bounded struct {
	next    http.RoundTripper
	timeout time.Duration
	host    string
}

// RoundTrip implements http.RoundTripper.
func (b *bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(req.Context(), b.timeout)
	defer cancel()
	resp, err := b.next.RoundTrip(req.WithContext(ctx))
	if err != nil {
		return nil, classifyTransport(req.Context(), b.host, err)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody+1))
	_ = resp.Body.Close()
	if err != nil {
		return nil, classifyTransport(req.Context(), b.host, err)
	}
	if len(body) > maxBody {
		return nil, fault.NewRetryable(fault.CodeInvalidAnswer, fmt.Errorf("%w: %s sent more than %d MiB", ErrTooLarge, b.host, maxBody>>20))
	}
	setBody(resp, body)
	return resp, nil
}
