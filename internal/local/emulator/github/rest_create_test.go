// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

// TestMakingThings makes a repository with a pull request and deletes it: what GitHub takes, and what it refuses in which words.
func TestMakingThings(t *testing.T) {
	w := newWorld(t, github.Limits{})
	w.mayAdminister()
	w.AddToken("token-plain", "plain", github.AllRights())
	head, _ := w.BranchHead(repo, "main")
	const (
		orgs, own = "/api/v3/orgs/acme/repos", "/api/v3/repos/acme/lab"
		refs      = "/api/v3/repos/acme/shop/git/refs"
		contents  = "/api/v3/repos/acme/shop/contents/"
		pulls     = "/api/v3/repos/acme/shop/pulls"
	)
	for _, step := range []struct {
		why, method, path, token, body string
		status                         int
		says                           string
	}{
		{"an organization's", "POST", orgs, adminAll, `{"name":"lab","auto_init":true,"private":true}`, 201, `"full_name":"acme/lab"`},
		{"its first commit is there", "GET", own + "/branches/main", adminAll, "", 200, `"name":"main"`},
		{"a name is taken once", "POST", orgs, adminAll, `{"name":"LAB"}`, 422, "name already exists on this account"},
		{"a name that is a path", "POST", orgs, adminAll, `{"name":"../x"}`, 422, "Repository creation failed."},
		{"a token without that right", "POST", orgs, "token-plain", `{"name":"x"}`, 403, "not accessible by personal access token"},
		{"nor may it delete", "DELETE", own, "token-plain", "", 403, "not accessible by personal access token"},
		{"no such organization", "POST", "/api/v3/orgs/none/repos", adminAll, `{"name":"x"}`, 404, "Not Found"},
		{"a user is none", "POST", "/api/v3/orgs/robot/repos", adminAll, `{"name":"x"}`, 404, "Not Found"},
		{"a token that may only read", "POST", orgs, readOnly, `{"name":"x"}`, 403, "not accessible by personal access token"},

		{"a branch", "POST", refs, adminAll, `{"ref":"refs/heads/a/b","sha":"` + head + `"}`, 201, `"ref":"refs/heads/a/b"`},
		{"twice", "POST", refs, adminAll, `{"ref":"refs/heads/a/b","sha":"` + head + `"}`, 422, "Reference already exists"},
		{"of no commit", "POST", refs, adminAll, `{"ref":"refs/heads/c","sha":"` + strings.Repeat("0", 40) + `"}`, 422, "Object does not exist"},
		{"a short name", "POST", refs, adminAll, `{"ref":"c","sha":"` + head + `"}`, 422, "Reference name"},
		{"no right to push", "POST", refs, readOnly, `{"ref":"refs/heads/c","sha":"` + head + `"}`, 403, "not accessible"},

		{"nothing to merge", "POST", pulls, adminAll, `{"title":"T","head":"a/b","base":"main"}`, 422, "No commits between main and a/b"},
		{"a file", "PUT", contents + "x/y.md", adminAll, `{"message":"m","content":"w7w=","branch":"a/b"}`, 201, `"path":"x/y.md"`},
		{"a file that is there", "PUT", contents + "x/y.md", adminAll, `{"message":"m","content":"w7w=","branch":"a/b"}`, 422, `\"sha\" wasn't supplied`},
		{"of another blob", "PUT", contents + "x/y.md", adminAll, `{"message":"m","content":"w7w=","branch":"a/b","sha":"` + head + `"}`, 409, "does not match"},
		{"no such branch", "PUT", contents + "x", adminAll, `{"message":"m","content":"w7w=","branch":"none"}`, 404, "Branch none not found"},
		{"no base64", "PUT", contents + "x", adminAll, `{"message":"m","content":"ü","branch":"a/b"}`, 422, "not valid Base64"},
		{"no message", "PUT", contents + "x", adminAll, `{"content":"w7w=","branch":"a/b"}`, 422, "weren't supplied"},

		{"a pull request", "POST", pulls, adminAll, `{"title":"T","head":"a/b","base":"main","body":"B"}`, 201, `"number":1`},
		{"twice", "POST", pulls, adminAll, `{"title":"T","head":"acme:a/b","base":"main"}`, 422, "A pull request already exists for acme:a/b."},
		{"no head", "POST", pulls, adminAll, `{"title":"T","head":"none","base":"main"}`, 422, `"field":"head"`},
		{"no base", "POST", pulls, adminAll, `{"title":"T","head":"a/b","base":"none"}`, 422, `"field":"base"`},
		{"no right to it", "POST", pulls, readOnly, `{"title":"T","head":"a/b","base":"main"}`, 403, "not accessible"},

		{"no right to delete", "DELETE", own, readOnly, "", 403, "not accessible"},
		{"deleted", "DELETE", own, adminAll, "", 204, ""},
		{"it is gone", "GET", own, adminAll, "", 404, "Not Found"},
		{"its name is free, and nothing of the old one shows", "POST", orgs, adminAll, `{"name":"lab"}`, 201, `"full_name":"acme/lab"`},
		{"without a first commit", "GET", own + "/branches/main", adminAll, "", 404, "Branch not found"},
	} {
		got := w.do(t, step.method, step.path, step.token, step.body, nil)
		if got.status != step.status || !strings.Contains(got.body, step.says) {
			t.Errorf("%s: %s %s: %d %s\nwant %d %q", step.why, step.method, step.path, got.status, got.body, step.status, step.says)
		}
	}
	if pull := value(w.PullRequest(repo, 1))(t); pull.Body != "B" || pull.HeadBranch != "a/b" || pull.State != "OPEN" {
		t.Errorf("the pull request is %+v", pull)
	}
	if text := value(w.File(repo, "a/b", "x/y.md"))(t); string(text) != "ü" {
		t.Errorf("the file holds %q", text)
	}
}

// TestMakingABoard makes a board as a program does. New options take every card's value away, as GitHub's do.
func TestMakingABoard(t *testing.T) {
	w := newWorld(t, github.Limits{})
	w.mayAdminister()
	must(t, w.CreateRepository("acme/lab", "main", nil))
	_, issue := func() (int, string) {
		number, id, err := w.CreateIssue(github.Issue{Repository: "acme/lab", Title: "One"})
		must(t, err)
		return number, id
	}()
	owner := between(w.post(t, readOnly, `{organization(login:"acme"){id}}`, nil).body, `"id":"`, `"`)
	do := func(token, query string) string { return w.post(t, token, query, nil).body }
	create := `mutation{createProjectV2(input:{ownerId:"` + owner + `",title:"Lab"}){projectV2{id number field(name:"Status"){... on ProjectV2SingleSelectField{id options{name}}}}}}`
	if got := do(readOnly, create); !strings.Contains(got, "FORBIDDEN") {
		t.Errorf("a token that may only read: %s", got)
	}
	made := do(adminAll, create)
	project, field := between(made, `"id":"`, `"`), "PVTSSF"+between(made, `"id":"PVTSSF`, `"`)
	if !strings.Contains(made, `"number":2`) || !strings.Contains(made, `[{"name":"Todo"},{"name":"In Progress"},{"name":"Done"}]`) {
		t.Errorf("made %s", made)
	}
	add := `mutation{addProjectV2ItemById(input:{projectId:"` + project + `",contentId:"` + issue + `"}){item{id}}}`
	item := between(do(adminAll, add), `"id":"`, `"`)
	if again := between(do(adminAll, add), `"id":"`, `"`); item == "" || again != item {
		t.Errorf("added twice, it is %q and %q", item, again)
	}
	must(t, w.MoveCard(item, "Done"))
	options := do(adminAll, `mutation{updateProjectV2Field(input:{fieldId:"`+field+`",singleSelectOptions:[{name:"For Implementation",color:GRAY,description:""},{name:"Done",color:GRAY,description:""}]}){projectV2Field{... on ProjectV2SingleSelectField{options{id name}}}}}`)
	if !strings.Contains(options, `"For Implementation"`) || strings.Contains(options, "Todo") {
		t.Errorf("the options are %s", options)
	}
	if card := value(w.Card(item))(t); card.Status != "" {
		t.Errorf("the card kept %q", card.Status)
	}
	if got := w.do(t, http.MethodDelete, "/api/v3/repos/acme/lab", adminAll, "", nil); got.status != http.StatusNoContent {
		t.Fatalf("deleting: %d %s", got.status, got.body)
	}
	if cards := value(w.Cards(project))(t); len(cards) != 0 {
		t.Errorf("the cards of a repository that is gone: %v", cards)
	}
	remove := `mutation{deleteProjectV2(input:{projectId:"` + project + `"}){projectV2{id}}}`
	if got := do(adminAll, remove); !strings.Contains(got, project) {
		t.Errorf("deleting: %s", got)
	}
	if got := do(adminAll, remove); !strings.Contains(got, "NOT_FOUND") {
		t.Errorf("deleting it again: %s", got)
	}
	if boards := w.Projects(); len(boards) != 1 {
		t.Errorf("%d boards are left", len(boards))
	}
}

func between(text, after, before string) string {
	_, rest, _ := strings.Cut(text, after)
	found, _, _ := strings.Cut(rest, before)
	return found
}

// mayAdminister lets the token make and delete repositories.
func (w *world) mayAdminister() {
	rights := github.AllRights()
	rights.Administration = github.Write
	w.AddToken(adminAll, "robot", rights)
}
