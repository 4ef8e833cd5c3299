// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

func (w *world) admin(t *testing.T, method, path, body string, into any) answer {
	t.Helper()
	got := w.do(t, method, path, "", body, http.Header{"Content-Type": {"application/json"}})
	if into != nil {
		must(t, json.Unmarshal([]byte(got.body), into))
	}
	return got
}

func TestAdmin(t *testing.T) {
	w := newWorld(t, github.Limits{})
	var made, moved github.Card
	w.admin(t, "POST", "/_admin/cards", `{"repository":"acme/shop","title":"New","branch":"feature/new","pullRequest":true,
		"files":{".kiro/specs/feature/new/tasks.md":"- [ ] 1. x\n"},"fields":{"Branch":"feature/new"},"status":"Todo"}`, &made)
	w.admin(t, "POST", "/_admin/cards/"+made.ID+"/status", `{"status":"For Implementation"}`, &moved)
	want := github.Card{ID: made.ID, ContentID: made.ContentID, Type: "PULL_REQUEST", Title: "New", Repository: repo, Number: 1,
		Status: readyName, Fields: map[string]string{"Branch": "feature/new"}, StatusUpdatedAt: w.clock.Now()}
	if diff := cmp.Diff(want, moved); diff != "" || made.Status != "Todo" {
		t.Errorf("made as %q, then moved (-want +got):\n%s", made.Status, diff)
	}

	var commit struct{ Commit string }
	w.admin(t, "POST", "/_admin/push", `{"repository":"acme/shop","branch":"feature/new","message":"More","files":{"more.txt":"x"}}`, &commit)
	var pull github.PullRequest
	w.admin(t, "GET", "/_admin/pulls/acme/shop/1", "", &pull)
	if pull.HeadCommit != commit.Commit || commit.Commit == "" {
		t.Errorf("pushed %q, the pull request is at %q", commit.Commit, pull.HeadCommit)
	}

	var issue github.Card
	w.admin(t, "POST", "/_admin/cards", `{"repository":"acme/shop","title":"Issue","branch":"feature/issue","pullRequest":true,"issue":true,"files":{"a":"b"}}`, &issue)
	got := w.post(t, readOnly, `query($id: ID!) { node(id: $id) { ... on Issue { linkedBranches(first: 1) { nodes { ref { name repository { nameWithOwner } } } } } } }`,
		map[string]any{"id": issue.ContentID})
	if want := `{"data":{"node":{"linkedBranches":{"nodes":[{"ref":{"name":"feature/issue","repository":{"nameWithOwner":"acme/shop"}}}]}}}}`; got.body != want {
		t.Errorf("the issue's branch\n got %s\nwant %s", got.body, want)
	}
	var cards []github.Card
	w.admin(t, "GET", "/_admin/cards", "", &cards)
	if diff := cmp.Diff([]string{"PULL_REQUEST", "ISSUE"}, []string{cards[0].Type, cards[1].Type}, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("cards (-want +got):\n%s", diff)
	}

	w.admin(t, "POST", "/_admin/faults", `{"operation":"GET /user","status":500}`, nil)
	if got := w.do(t, "GET", "/user", readOnly, "", nil); got.status != 500 {
		t.Errorf("a fault that was asked for did not happen: %d", got.status)
	}
	w.admin(t, "DELETE", "/_admin/faults", "", nil)
	if got := w.do(t, "GET", "/user", readOnly, "", nil); got.status != 200 {
		t.Errorf("a fault that was taken away still happens: %d", got.status)
	}
}

func TestAdminRefuses(t *testing.T) {
	w := newWorld(t, github.Limits{})
	if got := w.do(t, "POST", "/_admin/faults", "", `{"status":500}`, http.Header{"Content-Type": {"text/plain"}}); got.status != http.StatusUnsupportedMediaType {
		t.Errorf("what a web page can send was taken: %d", got.status)
	}
	for why, tc := range map[string]struct{ path, body, want string }{
		"a member that is misspelt": {"/_admin/cards", `{"repo":"acme/shop"}`, `unknown field \"repo\"`},
		"an unknown status":         {"/_admin/cards/none/status", `{"status":"x"}`, `there is no card \"none\"`},
		"an unknown repository":     {"/_admin/push", `{"repository":"acme/none","branch":"x"}`, `there is no repository acme/none`},
	} {
		if got := w.admin(t, "POST", tc.path, tc.body, nil); got.status != 400 || !strings.Contains(got.body, tc.want) {
			t.Errorf("%s: %d %s, want %s", why, got.status, got.body, tc.want)
		}
	}
}
