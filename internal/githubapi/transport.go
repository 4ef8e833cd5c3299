// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package githubapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// transport authorises requests, keeps to the rate limits, and takes down what the answers say.
type transport struct {
	base      http.RoundTripper
	endpoint  endpoint
	sessions  *sessions
	limits    *Limits
	metrics   *Metrics
	clock     clock.PassiveClock
	userAgent string
}

// RoundTrip implements http.RoundTripper. Credentials that are refused are read again, once.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ex := exchangeOf(req.Context())
	if req.Body != nil {
		defer func() { _ = req.Body.Close() }()
	}
	// The client follows redirects, and whatever it sends is authorised here: never for another server.
	if originOf(req.URL) != t.endpoint.origin {
		return nil, ex.fail(invalidAnswer(t.endpoint.host, fmt.Errorf("a redirect to another server, %s", req.URL.Host)))
	}
	current, err := t.sessions.current(req.Context())
	if err != nil {
		return nil, ex.fail(err)
	}
	resp, err := t.send(current, req, ex)
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	renewed, changed, err := t.sessions.renew(req.Context(), current)
	if err != nil {
		return nil, ex.fail(err)
	}
	if !changed {
		return resp, nil
	}
	again, err := rewind(req)
	if err != nil {
		return nil, ex.fail(err)
	}
	return t.send(renewed, again, ex)
}

// send makes one request with one session.
func (t *transport) send(s *session, req *http.Request, ex *exchange) (*http.Response, error) {
	ctx, host := req.Context(), t.endpoint.host
	resource := resourceOf(req.URL.Path)
	budget := t.budgetOf(s)
	if err := budget.check(resource); err != nil {
		t.metrics.held(ex.operation)
		return nil, ex.fail(err)
	}
	token, err := s.token(ctx, t.clock.Now)
	if err != nil {
		return nil, ex.fail(t.tokenRefused(ctx, budget, err))
	}
	if token == "" {
		return nil, ex.fail(invalidAnswer(host, errors.New("an empty App token")))
	}
	req = req.Clone(ctx)
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("User-Agent", t.userAgent)
	kept, conditional := s.cache.ask(req)

	started := t.clock.Now()
	ex.again = s.fresh.again(started)
	resp, err := t.base.RoundTrip(req)
	t.metrics.observe(ex.operation, resp, err, t.clock.Since(started))
	if err != nil {
		return nil, ex.fail(err)
	}
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, ex.fail(classifyTransport(ctx, host, err))
	}
	if conditional && resp.StatusCode == http.StatusNotModified {
		body = kept.restore(resp)
	} else {
		s.cache.keep(req, resp, body)
	}
	setBody(resp, ex.record(resp, body, resource == resourceGraphQL))
	ex.failure = budget.observe(resource, ex)
	t.metrics.use(s.credentials.identity(), t.clock.Now())
	t.metrics.remaining(s.credentials.identity(), resource, budget.rateLimit(resource))
	t.metrics.expires(s.credentials.identity(), resp.Header)
	return resp, nil
}

// tokenRefused gives a failure to get an App's token its kind. GitHub counts that call too.
func (t *transport) tokenRefused(ctx context.Context, budget *budget, err error) error {
	var refused *ghinstallation.HTTPError
	if errors.As(err, &refused) && refused.Response != nil {
		body, _ := io.ReadAll(refused.Response.Body) // in memory: the answer was read whole below
		asked := &exchange{}
		asked.record(refused.Response, body, false)
		if limited := budget.observe(resourceCore, asked); limited != nil {
			return limited
		}
	}
	return classifyToken(ctx, t.endpoint.host, err)
}

// budgetOf is the rate limits' memory of the session's credentials.
func (t *transport) budgetOf(s *session) *budget {
	return t.limits.of(t.endpoint.origin + " " + s.credentials.identity())
}

// fail leaves an error where the call's end finds it without the words that the libraries put around it.
func (ex *exchange) fail(err error) error {
	ex.failure = err
	return err
}

// rewind makes a request whose body has been read ready to be sent again.
func rewind(req *http.Request) (*http.Request, error) {
	again := req.Clone(req.Context())
	if req.Body == nil || req.Body == http.NoBody {
		return again, nil
	}
	if req.GetBody == nil {
		return nil, fault.NewRetryable(fault.CodeUnauthorized, errors.New("GitHub refused the credentials, and the request cannot be sent twice; tried again later"))
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, fmt.Errorf("reading the request's body again: %w", err)
	}
	again.Body = body
	return again, nil
}

// setBody gives a response a body that has already been read.
func setBody(resp *http.Response, body []byte) {
	resp.Body = io.NopCloser(bytes.NewReader(body))
	resp.ContentLength = int64(len(body))
	resp.Header.Del("Content-Length")
}
