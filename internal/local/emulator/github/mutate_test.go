// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/shurcooL/githubv4"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

// statusField reads the ids that a status is set with.
func (w *world) statusField(t *testing.T) (fieldID string, options map[string]string) {
	t.Helper()
	var query struct {
		Node struct {
			Project struct {
				Field struct {
					Single struct {
						ID      string
						Options []struct{ ID, Name string }
					} `graphql:"... on ProjectV2SingleSelectField"`
				} `graphql:"field(name: \"Status\")"`
			} `graphql:"... on ProjectV2"`
		} `graphql:"node(id: $id)"`
	}
	must(t, w.graphql(readOnly).Query(t.Context(), &query, map[string]any{"id": githubv4.ID(w.project)}))
	options = map[string]string{}
	for _, o := range query.Node.Project.Field.Single.Options {
		options[o.Name] = o.ID
	}
	return query.Node.Project.Field.Single.ID, options
}

func TestSetStatusByMutation(t *testing.T) {
	w := newWorld(t, github.Limits{})
	card, _ := w.issueCard(t, "One", readyName)
	field, options := w.statusField(t)
	w.clock.SetTime(w.clock.Now().Add(time.Minute))
	set := func(token, option string) error {
		var m struct {
			Update struct {
				Item struct{ ID string } `graphql:"projectV2Item"`
			} `graphql:"updateProjectV2ItemFieldValue(input: $input)"`
		}
		return w.graphql(token).Mutate(t.Context(), &m, githubv4.UpdateProjectV2ItemFieldValueInput{
			ProjectID: w.project, ItemID: card, FieldID: field,
			Value: githubv4.ProjectV2FieldValue{SingleSelectOptionID: githubv4.NewString(githubv4.String(option))},
		}, nil)
	}
	for why, tc := range map[string]struct{ token, option, want string }{
		"a token that may only read": {readOnly, options["Done"], "Resource not accessible by personal access token"},
		"an option of another field": {adminAll, "00000000", "does not belong to the field"},
	} {
		if err := set(tc.token, tc.option); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %s", why, err, tc.want)
		}
	}
	must(t, set(adminAll, options["Done"]))
	if got := value(w.Card(card))(t); got.Status != "Done" || !got.StatusUpdatedAt.Equal(w.clock.Now()) {
		t.Errorf("the card is %s since %v", got.Status, got.StatusUpdatedAt)
	}
}

func TestPullRequestByMutation(t *testing.T) {
	w := newWorld(t, github.Limits{})
	pull := w.openPull(t, "a")
	tests := map[string]struct {
		why, document string
		input         map[string]any
		want          string
	}{
		"Body": {
			why:      "what is not given stays",
			document: `mutation($i: UpdatePullRequestInput!) { updatePullRequest(input: $i) { clientMutationId pullRequest { title body } } }`,
			input:    map[string]any{"pullRequestId": pull.ID, "body": "new", "clientMutationId": "m1"},
			want:     `{"data":{"updatePullRequest":{"clientMutationId":"m1","pullRequest":{"title":"a","body":"new"}}}}`,
		},
		"UnsupportedInput": {
			why:      "an input that would be ignored is an error",
			document: `mutation($i: UpdatePullRequestInput!) { updatePullRequest(input: $i) { clientMutationId } }`,
			input:    map[string]any{"pullRequestId": pull.ID, "labelIds": []string{"L"}},
			want: `{"data":{"updatePullRequest":null},"errors":[{"type":"EMULATOR_UNSUPPORTED","path":["updatePullRequest"],` +
				`"locations":[{"line":1,"column":41}],"message":"the GitHub emulator does not support the input \"labelIds\""}]}`,
		},
		"Comment": {
			why:      "a comment answers with its edge",
			document: `mutation($i: AddCommentInput!) { addComment(input: $i) { commentEdge { node { body author { login } } } subject { id } } }`,
			input:    map[string]any{"subjectId": pull.ID, "body": "hello"},
			want:     `{"data":{"addComment":{"commentEdge":{"node":{"body":"hello","author":{"login":"robot"}}},"subject":{"id":"` + pull.ID + `"}}}}`,
		},
		"NoSubject": {
			why:      "an id that is not there",
			document: `mutation($i: AddCommentInput!) { addComment(input: $i) { clientMutationId } }`,
			input:    map[string]any{"subjectId": "PR_none", "body": "hello"},
			want: `{"data":{"addComment":null},"errors":[{"type":"NOT_FOUND","path":["addComment"],"locations":[{"line":1,"column":34}],` +
				`"message":"Could not resolve to a node with the global id of 'PR_none'"}]}`,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := w.post(t, adminAll, tc.document, map[string]any{"i": tc.input}); got.body != tc.want {
				t.Errorf("%s\n got %s\nwant %s", tc.why, got.body, tc.want)
			}
		})
	}
}

func TestNodes(t *testing.T) {
	w := newWorld(t, github.Limits{})
	card, issue := w.issueCard(t, "One", readyName)
	got := w.post(t, readOnly, `query($ids: [ID!]!) { nodes(ids: $ids) { __typename ... on ProjectV2Item { isArchived } } }`,
		map[string]any{"ids": []string{card, "PVTI_gone", issue}})
	want := `{"data":{"nodes":[{"__typename":"ProjectV2Item","isArchived":false},null,{"__typename":"Issue"}]},"errors":[{"type":"NOT_FOUND",` +
		`"path":["nodes",1],"locations":[{"line":1,"column":23}],"message":"Could not resolve to a node with the global id of 'PVTI_gone'"}]}`
	if got.body != want {
		t.Errorf("one that is gone must not spoil the others\n got %s\nwant %s", got.body, want)
	}
	must(t, w.DeleteCard(card))
	if got := w.post(t, readOnly, `query($id: ID!) { node(id: $id) { id } }`, map[string]any{"id": card}); !strings.Contains(got.body, `{"node":null}`) {
		t.Errorf("a card that was deleted: %s", got.body)
	}
	ids, err := json.Marshal(make([]string, 101))
	must(t, err)
	if got := w.post(t, readOnly, `{ nodes(ids: `+string(ids)+`) { id } }`, nil); !strings.Contains(got.body, "ARGUMENT_LIMIT") {
		t.Errorf("101 ids: %s", got.body[:100])
	}
}

func TestWhoIsLetIn(t *testing.T) {
	w := newWorld(t, github.Limits{})
	for why, tc := range map[string]struct {
		token  string
		status int
		body   string
	}{
		"an unknown token": {"wrong", 401, `{"documentation_url":"https://docs.github.com/graphql","message":"Bad credentials","status":"401"}`},
		"no token":         {"", 401, `{"documentation_url":"https://docs.github.com/graphql","message":"This endpoint requires you to be authenticated.","status":"401"}`},
		"a token":          {readOnly, 200, `{"data":{"viewer":{"login":"reader"}}}`},
	} {
		if got := w.post(t, tc.token, `{ viewer { login } }`, nil); got.status != tc.status || got.body != tc.body {
			t.Errorf("%s: %d %s", why, got.status, got.body)
		}
	}
	w.RevokeToken(readOnly)
	if got := w.post(t, readOnly, `{ viewer { login } }`, nil); got.status != 401 {
		t.Errorf("a token that was revoked: %d", got.status)
	}
}
