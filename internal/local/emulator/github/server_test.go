// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	gogithub "github.com/google/go-github/v89/github"
	"github.com/shurcooL/githubv4"
	"golang.org/x/oauth2"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

const (
	repo      = "acme/shop"
	adminAll  = "token-all"
	readOnly  = "token-read"
	readyName = "For Implementation"
)

// world is a server with a repository, a board and two tokens.
type world struct {
	*github.Server
	http    *httptest.Server
	clock   *clocktesting.FakePassiveClock
	project string
	number  int
}

func newWorld(t *testing.T, limits github.Limits) *world {
	t.Helper()
	w := &world{clock: clocktesting.NewFakePassiveClock(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))}
	server, err := github.New(github.Options{Dir: t.TempDir(), Clock: w.clock, Limits: limits})
	if err != nil {
		t.Fatal(err)
	}
	w.Server = server
	w.http = httptest.NewServer(server)
	t.Cleanup(w.http.Close)
	server.SetURL(w.http.URL)
	server.AddToken(adminAll, "robot", github.AllRights())
	server.AddToken(readOnly, "reader", github.ReadRights())
	must(t, server.CreateRepository(repo, "main", github.Text(map[string]string{"README.md": "# Shop\n"})))
	w.number, w.project = server.CreateProject(github.Project{
		Owner: "acme", Title: "Work", StatusOptions: []string{"Todo", readyName, "Done"}, TextFields: []string{"Branch"},
	})
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// value is for calls that return something and an error.
func value[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		must(t, err)
		return v
	}
}

func (w *world) httpClient(token string) *http.Client {
	return oauth2.NewClient(context.WithValue(context.Background(), oauth2.HTTPClient, w.http.Client()),
		oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token}))
}

func (w *world) graphql(token string) *githubv4.Client {
	return githubv4.NewEnterpriseClient(w.URL()+"/api/graphql", w.httpClient(token))
}

func (w *world) rest(t *testing.T, token string) *gogithub.Client {
	t.Helper()
	client, err := gogithub.NewClient(gogithub.WithHTTPClient(w.httpClient(token)),
		gogithub.WithEnterpriseURLs(w.APIURL(), w.APIURL()))
	must(t, err)
	return client
}

// answer is what a GraphQL document gets, undecoded by any client.
type answer struct {
	status int
	header http.Header
	body   string
}

func (w *world) post(t *testing.T, token, query string, variables map[string]any) answer {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	must(t, err)
	return w.do(t, http.MethodPost, "/api/graphql", token, string(body), nil)
}

func (w *world) do(t *testing.T, method, path, token, body string, header http.Header) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, w.http.URL+path, bytes.NewReader([]byte(body)))
	must(t, err)
	for name, values := range header {
		req.Header[name] = values
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := w.http.Client().Do(req)
	must(t, err)
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	must(t, err)
	return answer{res.StatusCode, res.Header, string(bytes.TrimSpace(text))}
}
