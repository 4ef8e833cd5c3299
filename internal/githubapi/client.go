// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package githubapi makes the clients that everything else calls GitHub with: githubv4 for GraphQL and go-github
// for REST, on one authorised transport.
//
// What they have in common is here, once: which addresses a token may be sent to, bounds of time and size,
// credentials that rotate, rate limits (a circuit breaker that all clients with the same credentials share),
// conditional reads, and what kind of fault an answer is. A call's answer is read twice: by the client library,
// for the data, and by the transport, for what the libraries drop, such as the types of GraphQL errors. The
// transport leaves it in the exchange that travels with the request's context.
//
// Metrics:
//
//	kiro_worker_github_requests_total{operation,code}
//	kiro_worker_github_request_seconds{operation}
//	kiro_worker_github_rate_limit{credentials,resource}, _rate_limit_remaining, _rate_limit_reset_timestamp_seconds
//	kiro_worker_github_credentials_expiry_timestamp_seconds{credentials}
package githubapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	gogithub "github.com/google/go-github/v89/github"
	"github.com/shurcooL/githubv4"
	"k8s.io/utils/clock"
)

// GitUser is the user name that goes with GitToken over HTTP.
const GitUser = "x-access-token"

// maxRedirects is how many redirects a call follows. GitHub answers with one for a renamed repository.
const maxRedirects = 3

// Options make a Client.
type Options struct {
	// APIURL is the REST address; empty is DefaultAPIURL. Any other must be on AllowedEndpoints.
	APIURL string
	// Credentials is where the token or App key comes from. Required.
	Credentials CredentialSource
	// AllowedEndpoints are the servers, as scheme and host or host alone (then https), that credentials may be
	// sent to beside github.com's. Plain http only where an entry says so.
	AllowedEndpoints []string
	// UserAgent names the program to GitHub. Default "kiro-worker".
	UserAgent string
	// Timeout is how long one request may take. Default 30 s.
	Timeout time.Duration
	// Limits is the memory of rate limits, shared between clients. Default one of its own.
	Limits *Limits
	// Metrics is optional.
	Metrics *Metrics
	// Clock is for tests. Default the real one.
	Clock clock.PassiveClock
	// Base is the connection pool to share. Default one of its own, with TLS 1.2 or later.
	Base http.RoundTripper
}

// Client calls one GitHub server with one set of credentials. It is safe for concurrent use.
type Client struct {
	endpoint  endpoint
	transport *transport
	graphQL   *githubv4.Client
	rest      *gogithub.Client
}

// New makes a client. It calls nobody: the credentials are read at the first call.
func New(o Options) (*Client, error) {
	endpoint, err := parseEndpoint(o.APIURL, o.AllowedEndpoints)
	if err != nil {
		return nil, err
	}
	if o.Credentials == nil {
		return nil, invalidCredentials("no source of them is given")
	}
	o = o.withDefaults()
	base := &bounded{next: o.Base, timeout: o.Timeout, host: endpoint.host}
	t := &transport{
		base: base, endpoint: endpoint, limits: o.Limits, metrics: o.Metrics, clock: o.Clock, userAgent: o.UserAgent,
		sessions: newSessions(o.Credentials, base, endpoint.rest, o.Clock),
	}
	t.sessions.metrics = o.Metrics
	graphQLClient := &http.Client{Transport: naming{t}, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}
	restClient := &http.Client{Transport: t, CheckRedirect: func(_ *http.Request, via []*http.Request) error {
		if len(via) > maxRedirects {
			return invalidAnswer(endpoint.host, errors.New("too many redirects"))
		}
		return nil
	}}
	restURL := endpoint.rest + "/"
	rest, err := gogithub.NewClient(gogithub.WithHTTPClient(restClient), gogithub.WithURLs(&restURL, &restURL),
		gogithub.WithDisableRateLimitCheck(), gogithub.WithUserAgent(o.UserAgent))
	if err != nil {
		return nil, fmt.Errorf("making the GitHub client: %w", err)
	}
	return &Client{endpoint: endpoint, transport: t, rest: rest, graphQL: githubv4.NewEnterpriseClient(endpoint.graphQL, graphQLClient)}, nil
}

func (o Options) withDefaults() Options {
	if o.UserAgent == "" {
		o.UserAgent = "kiro-worker"
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Clock == nil {
		o.Clock = clock.RealClock{}
	}
	if o.Limits == nil {
		o.Limits = NewLimits(o.Clock)
	}
	if o.Base == nil {
		o.Base = newBase()
	}
	return o
}

// Query runs a GraphQL query by the operation's name, whose document and result are the type and the value of q, as githubv4 has it.
// What failed in parts is returned beside the data that came; a call that failed as a whole is an error.
func (c *Client) Query(ctx context.Context, operation string, q any, variables map[string]any) (_ Failures, err error) {
	ctx, end := beginSpan(ctx, operation)
	defer func() { end(err) }()
	ctx, ex := withExchange(ctx, operation)
	err = c.graphQL.Query(ctx, q, variables)
	if err := c.outcome(ctx, ex, err); err != nil {
		return nil, err
	}
	for _, failure := range ex.failures {
		if len(failure.Path) == 0 {
			return nil, provesNothing(ex.again, failure.Classified())
		}
	}
	for _, failure := range ex.failures {
		// What a server that does not know the token yet calls absent may be there.
		if err := failure.Classified(); provesNothing(ex.again, err) != err { //nolint:errorlint // the same error, or another one
			return nil, provesNothing(ex.again, err)
		}
	}
	return ex.failures, nil
}

// Mutate runs a GraphQL mutation. It failed if any part of it did.
func (c *Client) Mutate(ctx context.Context, operation string, m any, input githubv4.Input) (err error) {
	ctx, end := beginSpan(ctx, operation)
	defer func() { end(err) }()
	ctx, ex := withExchange(ctx, operation)
	err = c.graphQL.Mutate(ctx, m, input, nil)
	if err := c.outcome(ctx, ex, err); err != nil {
		return err
	}
	return provesNothing(ex.again, ex.failures.Classified())
}

// REST runs one REST call and gives its error a kind.
func (c *Client) REST(ctx context.Context, operation string, call func(context.Context, *gogithub.Client) error) (err error) {
	ctx, end := beginSpan(ctx, operation)
	defer func() { end(err) }()
	ctx, ex := withExchange(ctx, operation)
	return c.outcome(ctx, ex, call(ctx, c.rest))
}

// outcome is what became of a call: first what GitHub said, then what the client library did.
func (c *Client) outcome(ctx context.Context, ex *exchange, err error) error {
	if err := ex.classify(c.endpoint.host); err != nil {
		return provesNothing(ex.again, err)
	}
	if err == nil {
		return nil
	}
	if ex.status != 0 && codedIn(err) == nil {
		// The answer was good JSON and still could not be decoded into what was asked for.
		return invalidAnswer(c.endpoint.host, err)
	}
	return classifyTransport(ctx, c.endpoint.host, err)
}

// RateLimit is what GitHub last said of the GraphQL budget.
func (c *Client) RateLimit() RateLimit {
	session, _ := c.transport.sessions.peek()
	if session == nil {
		return RateLimit{}
	}
	return c.transport.budgetOf(session).rateLimit(resourceGraphQL)
}

// Host is the server's name as people and git know it: "github.com" for github.com.
func (c *Client) Host() string { return c.endpoint.host }

// WebURL is where people and git go, without a trailing slash. A repository is cloned from
// WebURL + "/owner/name.git".
func (c *Client) WebURL() string { return c.endpoint.web }

// GitToken returns a token for git over HTTP, with GitUser as the user name. An App's token lives an hour: ask
// again before each fetch or push.
func (c *Client) GitToken(ctx context.Context) (string, error) {
	session, err := c.transport.sessions.current(ctx)
	if err != nil {
		return "", err
	}
	token, err := session.token(ctx, c.transport.clock.Now)
	if err != nil {
		return "", c.transport.tokenRefused(ctx, c.transport.budgetOf(session), err)
	}
	if token == "" {
		return "", invalidAnswer(c.endpoint.host, errors.New("an empty App token"))
	}
	return token, nil
}

// AppID is the GitHub App whose credentials they are, zero if they are a token. The Checks API, for one, is for Apps
// only.
func (c *Client) AppID(ctx context.Context) (int64, error) {
	session, err := c.transport.sessions.current(ctx)
	if err != nil {
		return 0, err
	}
	return session.credentials.AppID, nil
}
