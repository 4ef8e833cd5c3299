// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package githubapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gogithub "github.com/google/go-github/v89/github"
	testingclock "k8s.io/utils/clock/testing"

	"github.com/kiro-worker/kiro-worker/internal/fault"
)

var epoch = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// server is one GitHub that answers every call with handler, and a client of it.
type server struct {
	*httptest.Server
	calls  atomic.Int32
	clock  *testingclock.FakePassiveClock
	client *Client
}

func serve(t *testing.T, handler http.HandlerFunc, change ...func(*Options)) *server {
	t.Helper()
	s := &server{clock: testingclock.NewFakePassiveClock(epoch)}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.calls.Add(1)
		handler(w, r)
	}))
	t.Cleanup(s.Close)
	o := Options{
		APIURL: s.URL + "/api/v3", AllowedEndpoints: []string{s.URL}, Clock: s.clock, Timeout: 5 * time.Second,
		Credentials: Static(Credentials{Token: "ghp_secret"}),
	}
	for _, c := range change {
		c(&o)
	}
	client, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	s.client = client
	return s
}

type viewer struct{ Viewer struct{ Login string } }

func (s *server) query(ctx context.Context) (string, error) {
	var q viewer
	_, err := s.client.Query(ctx, "viewer", &q, nil)
	return q.Viewer.Login, err
}

func (s *server) get(ctx context.Context) (*gogithub.PullRequest, error) {
	var pr *gogithub.PullRequest
	err := s.client.REST(ctx, "getPullRequest", func(ctx context.Context, c *gogithub.Client) (err error) {
		pr, _, err = c.PullRequests.Get(ctx, "octo", "repo", 1)
		return err
	})
	return pr, err
}

const goodGraphQL = `{"data":{"viewer":{"login":"octo"}}}`

func respond(status int, header map[string]string, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for name, value := range header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func at(d time.Duration) string { return fmt.Sprint(epoch.Add(d).Unix()) }

func TestKindsOfAnswers(t *testing.T) {
	type kind string
	const (
		terminal  kind = "terminal"
		wait      kind = "wait"
		retryable kind = "retryable"
	)
	cases := map[string]struct {
		why    string
		rest   bool
		status int
		header map[string]string
		body   string
		kind   kind
		code   fault.Code
		after  time.Duration
	}{
		"BadToken":   {why: "Only a person can give another token.", status: 401, body: `{"message":"Bad credentials"}`, kind: terminal, code: fault.CodeUnauthorized},
		"RESTDenied": {why: "A permission is missing.", rest: true, status: 403, body: `{"message":"Resource not accessible by integration"}`, kind: terminal, code: fault.CodeAccessDenied},
		"RESTAbsent": {why: "It is not there.", rest: true, status: 404, body: `{"message":"Not Found"}`, kind: terminal, code: fault.CodeNotFound},
		"RESTWrong":  {why: "The same request would be refused again.", rest: true, status: 422, body: `{"message":"Validation Failed"}`, kind: terminal, code: fault.CodeInvalidRequest},
		"Type": {why: "GraphQL says what is absent by type, with 200.", status: 200,
			body: `{"data":null,"errors":[{"type":"NOT_FOUND","path":["repository"],"message":"Could not resolve"}]}`, kind: terminal, code: fault.CodeNotFound},
		"Forbidden": {why: "The type counts, not the words.", status: 200,
			body: `{"data":null,"errors":[{"type":"FORBIDDEN","path":["a"],"message":"Could not resolve"}]}`, kind: terminal, code: fault.CodeAccessDenied},
		"Scopes": {why: "A classic token without read:project.", status: 200,
			body: `{"errors":[{"type":"INSUFFICIENT_SCOPES","message":"Your token has not been granted the required scopes"}]}`, kind: terminal, code: fault.CodeAccessDenied},
		"Schema": {why: "An old Enterprise Server lacks a field; asking again does not help.", status: 200,
			body: `{"errors":[{"path":["query","x"],"extensions":{"code":"undefinedField"},"message":"Field 'x' doesn't exist"}]}`, kind: terminal, code: fault.CodeInvalidRequest},
		"SomethingWentWrong": {why: "GitHub's own time-outs have no type and no code.", status: 200,
			body: `{"data":null,"errors":[{"message":"Something went wrong while executing your query"}]}`, kind: retryable, code: fault.CodeUnreachable},
		"WithoutPath": {why: "An error of the whole call counts even beside data.", status: 200,
			body: `{"data":{"viewer":{"login":"octo"}},"errors":[{"message":"Something went wrong"}]}`, kind: retryable, code: fault.CodeUnreachable},
		"UnknownType": {why: "A type nobody knows yet is no reason to give up for ever.", status: 200,
			body: `{"data":null,"errors":[{"type":"NEW","path":["a"],"message":"x"}]}`, kind: retryable, code: fault.CodeUnknown},
		"PrimaryGraphQL": {why: "The primary limit comes as 200 and names its reset.", status: 200,
			header: map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": at(10 * time.Minute)},
			body:   `{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}]}`, kind: wait, code: fault.CodeRateLimited, after: 10 * time.Minute},
		"PrimaryREST": {why: "REST says it with 403.", rest: true, status: 403,
			header: map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": at(5 * time.Minute)}, body: `{"message":"x"}`,
			kind: wait, code: fault.CodeRateLimited, after: 5 * time.Minute},
		"RetryAfter": {why: "A secondary limit names the seconds, and that goes before the reset.", status: 403,
			header: map[string]string{"Retry-After": "30", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": at(time.Hour)}, body: `{"message":"x"}`,
			kind: wait, code: fault.CodeRateLimited, after: 30 * time.Second},
		"RetryAfter200": {why: "A secondary limit may come as 200 with an error.", status: 200, header: map[string]string{"Retry-After": "45"},
			body: `{"errors":[{"message":"x"}]}`, kind: wait, code: fault.CodeRateLimited, after: 45 * time.Second},
		"SecondaryByLink": {why: "Sometimes the link to the documentation is all there is: a minute then.", rest: true, status: 403,
			body: `{"message":"x","documentation_url":"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"}`,
			kind: wait, code: fault.CodeRateLimited, after: time.Minute},
		"429HTML": {why: "A proxy in front of GitHub says it without JSON.", status: 429, body: `<html>`, kind: wait, code: fault.CodeRateLimited, after: time.Minute},
		"ResetInThePast": {why: "Clocks differ; that must not become a busy loop.", rest: true, status: 403,
			header: map[string]string{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": at(-time.Minute)}, body: `{}`,
			kind: wait, code: fault.CodeRateLimited, after: time.Second},
		"AbsurdRetryAfter": {why: "No limit lasts longer than GitHub's window.", status: 429, header: map[string]string{"Retry-After": "99999999999"}, body: `{}`,
			kind: wait, code: fault.CodeRateLimited, after: time.Hour},
		"Unicorn":       {why: "GitHub's own error page is HTML with 502.", status: 502, body: `<html>Unicorn!</html>`, kind: retryable, code: fault.CodeUnreachable},
		"HTML":          {why: "A captive portal answers 200 to everything.", status: 200, body: `<html>Log in</html>`, kind: retryable, code: fault.CodeInvalidAnswer},
		"RESTHTML":      {why: "The same over REST.", rest: true, status: 200, body: `<html>Log in</html>`, kind: retryable, code: fault.CodeInvalidAnswer},
		"HTML404":       {why: "A wrong apiURL leads to a web server that knows no such page; the board is not what is missing.", status: 404, body: `<html>`, kind: retryable, code: fault.CodeInvalidAnswer},
		"Empty":         {why: "Nothing is not an answer.", status: 200, body: ``, kind: retryable, code: fault.CodeInvalidAnswer},
		"OtherJSON":     {why: "JSON alone does not make it GraphQL.", status: 200, body: `{"status":"ok"}`, kind: retryable, code: fault.CodeInvalidAnswer},
		"Array":         {why: "Nor does an array.", status: 200, body: `[1,2]`, kind: retryable, code: fault.CodeInvalidAnswer},
		"OtherShape":    {why: "A value of another type is an error, not a panic.", status: 200, body: `{"data":{"viewer":{"login":{"a":[1]}}}}`, kind: retryable, code: fault.CodeInvalidAnswer},
		"DataIsAList":   {why: "So is a list where an object belongs.", status: 200, body: `{"data":[[[{}]]]}`, kind: retryable, code: fault.CodeInvalidAnswer},
		"ErrorsNoList":  {why: "Errors that are no list are not GitHub's.", status: 200, body: `{"data":{},"errors":"x"}`, kind: retryable, code: fault.CodeInvalidAnswer},
		"RESTOtherType": {why: "REST answers are checked as well.", rest: true, status: 200, body: `{"number":"x"}`, kind: retryable, code: fault.CodeInvalidAnswer},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := serve(t, respond(c.status, c.header, c.body))
			var err error
			if c.rest {
				_, err = s.get(t.Context())
			} else {
				_, err = s.query(t.Context())
			}
			got, after := retryable, time.Duration(0)
			w, isWait := fault.AsWait(err)
			switch {
			case err == nil:
				t.Fatalf("%s\nno error", c.why)
			case fault.IsTerminal(err):
				got = terminal
			case isWait:
				got, after = wait, w.After
			}
			if got != c.kind || fault.CodeOf(err) != c.code || after != c.after {
				t.Errorf("%s\ngot %s %q after %s, want %s %q after %s (%v)", c.why, got, fault.CodeOf(err), after, c.kind, c.code, c.after, err)
			}
			if strings.Contains(err.Error(), "ghp_secret") {
				t.Errorf("the error gives the token away: %v", err)
			}
		})
	}
}

func TestPartOfAnAnswerIsKept(t *testing.T) {
	s := serve(t, respond(200, nil, `{"data":{"a":{"name":"one"},"b":null},"errors":[{"type":"NOT_FOUND","path":["b",0,"x"],"message":"no b"}]}`))
	var q struct {
		A *struct{ Name string }
		B *struct{ Name string }
	}
	failures, err := s.client.Query(t.Context(), "two", &q, nil)
	if err != nil {
		t.Fatal(err)
	}
	if q.A == nil || q.A.Name != "one" || q.B != nil {
		t.Errorf("the data that came with the error is lost: %+v", q)
	}
	if len(failures) != 1 || failures[0].Type != TypeNotFound || !failures[0].Under("b") || !failures[0].At("b", "0", "x") || failures[0].Under("a") {
		t.Errorf("failures: %+v", failures)
	}
}

func TestNetworkErrorsAreNeverTerminal(t *testing.T) {
	cut := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	half := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, `{"data"`)
	})
	closed := serve(t, respond(200, nil, goodGraphQL))
	closed.Close()
	block := make(chan struct{})
	slow := serve(t, func(http.ResponseWriter, *http.Request) { <-block }, func(o *Options) { o.Timeout = 20 * time.Millisecond })
	t.Cleanup(func() { close(block) })
	for name, s := range map[string]*server{"Cut": cut, "Half": half, "Closed": closed, "Slow": slow} {
		t.Run(name, func(t *testing.T) {
			_, err := s.query(t.Context())
			if fault.IsTerminal(err) || fault.CodeOf(err) != fault.CodeUnreachable {
				t.Errorf("query: %v", err)
			}
			_, err = s.get(t.Context())
			if fault.IsTerminal(err) || fault.CodeOf(err) != fault.CodeUnreachable {
				t.Errorf("REST: %v", err)
			}
		})
	}
}

func TestCancellationIsHandedBack(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	s := serve(t, func(http.ResponseWriter, *http.Request) { cancel(); <-done })
	t.Cleanup(func() { close(done) })
	if _, err := s.query(ctx); !errors.Is(err, context.Canceled) || fault.CodeOf(err) != fault.CodeUnknown {
		t.Errorf("a caller that gave up is no fault of GitHub's: %v", err)
	}
}

func TestHugeAnswersAreRefused(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		chunk := strings.Repeat(" ", 1<<20)
		for range 20 {
			fmt.Fprint(w, chunk)
		}
		fmt.Fprint(w, goodGraphQL)
	})
	_, err := s.query(t.Context())
	if !errors.Is(err, ErrTooLarge) || fault.CodeOf(err) != fault.CodeInvalidAnswer || fault.IsTerminal(err) {
		t.Errorf("got %v", err)
	}
}

func TestTokenNeverFollowsARedirectElsewhere(t *testing.T) {
	var leaked atomic.Bool
	other := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { leaked.Store(true) }))
	t.Cleanup(other.Close)
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL+"/x", http.StatusTemporaryRedirect)
	})
	if _, err := s.get(t.Context()); fault.CodeOf(err) != fault.CodeInvalidAnswer {
		t.Errorf("REST: %v", err)
	}
	if _, err := s.query(t.Context()); fault.CodeOf(err) != fault.CodeInvalidAnswer {
		t.Errorf("query: %v", err)
	}
	if leaked.Load() {
		t.Error("the other server was called")
	}
}

func TestRenamedRepositoryIsFollowed(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/repos/octo/repo/") {
			http.Redirect(w, r, "/api/v3/repositories/7/pulls/1", http.StatusMovedPermanently)
			return
		}
		fmt.Fprint(w, `{"number":1}`)
	})
	if pr, err := s.get(t.Context()); err != nil || pr.GetNumber() != 1 {
		t.Errorf("got %v, %v", pr, err)
	}
}

func TestRequestsAreAuthorised(t *testing.T) {
	var authorization, agent atomic.Value
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		authorization.Store(r.Header.Get("Authorization"))
		agent.Store(r.Header.Get("User-Agent"))
		if r.URL.Path == "/api/graphql" {
			fmt.Fprint(w, goodGraphQL)
			return
		}
		fmt.Fprint(w, `{"number":1}`)
	}, func(o *Options) { o.UserAgent = "kiro-worker/test" })
	for range 2 {
		if login, err := s.query(t.Context()); err != nil || login != "octo" {
			t.Fatal(login, err)
		}
		if authorization.Load() != "Bearer ghp_secret" || agent.Load() != "kiro-worker/test" {
			t.Errorf("headers %v, %v", authorization.Load(), agent.Load())
		}
		if _, err := s.get(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
