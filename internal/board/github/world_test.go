// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	testingclock "k8s.io/utils/clock/testing"

	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/cloud"
)

const (
	token      = "ghp_all"
	repository = "acme/shop"
	ready      = "For Implementation"
)

var epoch = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// world is an emulated GitHub with one board, and a Board that speaks to it over HTTP.
type world struct {
	*emulator.Server
	cloud   *cloud.Cloud
	url     string
	clock   *testingclock.FakePassiveClock
	project string // node id
	ref     board.Ref
	board   *Board

	documents *documents
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{clock: testingclock.NewFakePassiveClock(epoch), documents: &documents{t: t, valid: map[string]bool{}}}
	c := cloud.New(t, cloud.Options{Clock: w.clock, GitHub: true, Users: map[string]string{token: "robot"}})
	w.cloud, w.Server, w.url = c, c.GitHub, c.GitHubURL
	check(t, w.CreateRepository(repository, "main", emulator.Text(map[string]string{"README.md": "# Shop\n"})))
	var number int
	number, w.project = w.CreateProject(emulator.Project{
		Owner: "acme", Title: "Work", StatusOptions: []string{"Todo", ready, "Done"}, TextFields: []string{"Branch"},
	})
	w.ref = board.Ref{Owner: "acme", ProjectNumber: number, StatusField: "Status", ReadyStatus: ready, BranchField: "Branch"}
	w.board = w.as(t, token)
	return w
}

// as is a Board with another token. Every document that it sends is held against GitHub's schema.
func (w *world) as(t *testing.T, token string) *Board {
	t.Helper()
	api, err := w.cloud.GitHubClient(githubapi.Credentials{Token: token}, w.checked)
	check(t, err)
	return New(api)
}

// cards puts n issues on the board and returns the cards' ids.
func (w *world) cards(t *testing.T, n int) []string {
	t.Helper()
	ids := make([]string, n)
	for i := range ids {
		_, issue, err := w.CreateIssue(emulator.Issue{Repository: repository, Title: "Card"})
		check(t, err)
		ids[i], err = w.AddCard(w.project, issue)
		check(t, err)
	}
	return ids
}

func (w *world) schema(t *testing.T) board.Schema {
	t.Helper()
	schema, err := w.board.Resolve(t.Context(), w.ref)
	check(t, err)
	return schema
}

// calls counts the GraphQL calls of an operation.
func (w *world) calls(operation string) int { return w.Faults().Calls(emulator.Service, operation) }

// fail breaks the nth call of an operation from now on.
func (w *world) fail(operation string, nth int, fault faults.Fault) {
	w.Faults().Add(faults.Rule{Service: emulator.Service, Operation: operation, Nth: nth, Fault: fault})
}

// checked has every document held against GitHub's schema.
func (w *world) checked(o *githubapi.Options) { o.Base, o.Timeout = w.documents, 10*time.Second }

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// documents holds what is sent against GitHub's published schema, and remembers it.
type documents struct {
	t *testing.T

	mu    sync.Mutex
	valid map[string]bool // by document
}

// RoundTrip implements http.RoundTripper.
func (d *documents) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		req.Body = io.NopCloser(bytes.NewReader(body))
		var document struct{ Query string }
		if err := json.Unmarshal(body, &document); err != nil {
			d.t.Errorf("what is sent is not JSON: %v", err)
		}
		if err := emulator.ValidateDocument(document.Query); err != nil {
			d.t.Errorf("a document that GitHub's schema does not take: %v\n%s", err, document.Query)
		}
		d.mu.Lock()
		d.valid[document.Query] = true
		d.mu.Unlock()
	}
	return http.DefaultTransport.RoundTrip(req)
}
