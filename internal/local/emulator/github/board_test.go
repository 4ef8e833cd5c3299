// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shurcooL/githubv4"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

// listing is a board as githubv4 reads it.
type listing struct {
	Organization struct {
		ProjectV2 struct {
			ID    string
			Title string
			Items struct {
				TotalCount int
				PageInfo   struct {
					HasNextPage bool
					EndCursor   githubv4.String
				}
				Nodes []struct {
					ID             string
					FullDatabaseID string `graphql:"fullDatabaseId"`
					IsArchived     bool
					Type           string
					Status         struct {
						Value struct {
							Name      string
							OptionID  string `graphql:"optionId"`
							UpdatedAt time.Time
						} `graphql:"... on ProjectV2ItemFieldSingleSelectValue"`
					} `graphql:"status: fieldValueByName(name: \"Status\")"`
					Branch struct {
						Value struct{ Text string } `graphql:"... on ProjectV2ItemFieldTextValue"`
					} `graphql:"branch: fieldValueByName(name: \"Branch\")"`
					Content struct {
						Typename string `graphql:"__typename"`
						Issue    struct {
							ID         string
							Number     int
							Title      string
							Repository struct{ NameWithOwner string }
						} `graphql:"... on Issue"`
						PullRequest struct {
							Number         int
							HeadRefName    string
							HeadRepository struct{ NameWithOwner string }
						} `graphql:"... on PullRequest"`
						Draft struct{ Title string } `graphql:"... on DraftIssue"`
					}
				}
			} `graphql:"items(first: $first, after: $after, query: $filter, orderBy: {field: POSITION, direction: ASC})"`
		} `graphql:"projectV2(number: $number)"`
	} `graphql:"organization(login: $owner)"`
	RateLimit struct{ Cost, Limit, Remaining int }
}

func (w *world) list(t *testing.T, token, filter string, first int) (titles []string, requests int, last listing) {
	t.Helper()
	vars := map[string]any{
		"owner": githubv4.String("acme"), "number": githubv4.Int(w.number), "first": githubv4.Int(first),
		"filter": githubv4.String(filter), "after": (*githubv4.String)(nil),
	}
	for {
		requests++
		last = listing{}
		must(t, w.graphql(token).Query(t.Context(), &last, vars))
		items := last.Organization.ProjectV2.Items
		for _, n := range items.Nodes {
			// githubv4 fills every fragment that has a member of the name, so one title serves them all.
			titles = append(titles, fmt.Sprintf("%s %d%s %s", n.Type, n.Content.Issue.Number, n.Content.Issue.Title, n.Status.Value.Name))
		}
		if !items.PageInfo.HasNextPage {
			return titles, requests, last
		}
		vars["after"] = githubv4.NewString(items.PageInfo.EndCursor)
	}
}

// issueCard puts an issue on the board.
func (w *world) issueCard(t *testing.T, title, status string) (cardID, issueID string) {
	t.Helper()
	_, issueID, err := w.CreateIssue(github.Issue{Repository: repo, Title: title, Labels: []string{"backend"}})
	must(t, err)
	cardID = value(w.AddCard(w.project, issueID))(t)
	must(t, w.MoveCard(cardID, status))
	return cardID, issueID
}

func TestListingAndFilter(t *testing.T) {
	w := newWorld(t, github.Limits{})
	w.issueCard(t, "One", "Todo")
	two, _ := w.issueCard(t, "Two", readyName)
	must(t, w.SetTextField(two, "Branch", "feature/two"))
	draft := value(w.AddDraft(w.project, "Three", ""))(t)
	must(t, w.MoveCard(draft, readyName))
	hidden, _ := w.issueCard(t, "Four", readyName)
	must(t, w.RedactCard(hidden))

	tests := map[string]struct {
		why, filter string
		want        []string
	}{
		"NoFilter": {
			why:  "all cards in the order of their positions; a redacted one shows nothing but its type and fields",
			want: []string{"ISSUE 1One Todo", "ISSUE 2Two " + readyName, "DRAFT_ISSUE 0Three " + readyName, "REDACTED 0 " + readyName},
		},
		"Status": {
			why: "what a WorkSource sends", filter: `status:"For Implementation"`,
			want: []string{"ISSUE 2Two " + readyName, "DRAFT_ISSUE 0Three " + readyName, "REDACTED 0 " + readyName},
		},
		"Two": {
			why: "terms are joined by and; a value may be one of several", filter: `status:"for implementation",Todo is:issue`,
			want: []string{"ISSUE 1One Todo", "ISSUE 2Two " + readyName},
		},
		"Negated": {
			why: "a minus turns a term round", filter: `-status:Todo is:open label:backend`,
			want: []string{"ISSUE 2Two " + readyName},
		},
		"TextField": {why: "text fields, too", filter: `branch:feature/two`, want: []string{"ISSUE 2Two " + readyName}},
		"NoValue":   {why: "a field that is not set", filter: `no:branch is:issue`, want: []string{"ISSUE 1One Todo"}},
		"Word":      {why: "a bare word is looked for in titles", filter: `thr`, want: []string{"DRAFT_ISSUE 0Three " + readyName}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got, _, _ := w.list(t, readOnly, tc.filter, 100)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
		})
	}
	t.Run("Unsupported", func(t *testing.T) {
		got := w.post(t, readOnly, `query($n: Int!) { organization(login: "acme") { projectV2(number: $n) {
			items(first: 1, query: "assignee:@me") { totalCount } } } }`, map[string]any{"n": w.number})
		want := `{"data":{"organization":{"projectV2":null}},"errors":[{"type":"EMULATOR_UNSUPPORTED","path":["organization","projectV2","items"],` +
			`"locations":[{"line":2,"column":4}],"message":"the GitHub emulator does not support the filter \"assignee:@me\""}]}`
		if got.body != want {
			t.Errorf("a filter that is not known must be an error, not an empty board\n got %s\nwant %s", got.body, want)
		}
	})
}

func TestIndexLags(t *testing.T) {
	w := newWorld(t, github.Limits{})
	moved, _ := w.issueCard(t, "Moved away", readyName)
	must(t, w.FreezeIndex(w.project))
	must(t, w.MoveCard(moved, "Todo"))
	w.issueCard(t, "New", readyName)
	filter := `status:"For Implementation"`
	for _, step := range []struct {
		why  string
		want []string
	}{
		{"the filter still finds the card by the status that it had, and shows the one that it has", []string{"ISSUE 1Moved away Todo"}},
		{"and later finds what is so", []string{"ISSUE 2New " + readyName}},
	} {
		got, _, _ := w.list(t, readOnly, filter, 100)
		if diff := cmp.Diff(step.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", step.why, diff)
		}
		must(t, w.ThawIndex(w.project))
	}
}

func TestPagingIsStableAndCounted(t *testing.T) {
	w := newWorld(t, github.Limits{})
	for i := range 250 {
		draft := value(w.AddDraft(w.project, fmt.Sprintf("D%03d", i), ""))(t)
		must(t, w.MoveCard(draft, "Todo"))
	}
	titles, requests, last := w.list(t, readOnly, "", 100)
	if len(titles) != 250 || requests != 3 || titles[100] != "DRAFT_ISSUE 0D100 Todo" {
		t.Errorf("%d cards in %d requests, the 101st %q", len(titles), requests, titles[100])
	}
	// One connection is one request: 1/100, at least 1 point.
	if last.RateLimit.Cost != 1 || last.RateLimit.Remaining != 5000-3 {
		t.Errorf("rate limit %+v after three requests of one point", last.RateLimit)
	}
	if got := w.Faults().Calls(github.Service, ""); got != 3 {
		t.Errorf("%d calls were counted", got)
	}
}

func TestStatusTimeIsTheTrigger(t *testing.T) {
	w := newWorld(t, github.Limits{})
	card, _ := w.issueCard(t, "One", readyName)
	start := w.clock.Now()
	later := start
	step := func() { later = later.Add(time.Minute); w.clock.SetTime(later) }
	expect := func(why string, want time.Time) {
		t.Helper()
		_, _, last := w.list(t, readOnly, "", 10)
		if got := last.Organization.ProjectV2.Items.Nodes[0].Status.Value.UpdatedAt; !got.Equal(want) {
			t.Errorf("%s: updatedAt is %v after the start, want %v", why, got.Sub(start), want.Sub(start))
		}
	}
	expect("set", start)
	step()
	must(t, w.MoveCard(card, readyName))
	must(t, w.SetTextField(card, "Branch", "b"))
	must(t, w.RenameOption(w.project, readyName, "Ready"))
	expect("the same status again, another field, a renamed option are no new trigger", start)
	must(t, w.MoveCard(card, "Todo"))
	step()
	must(t, w.MoveCard(card, "Ready"))
	expect("away and back is", later)
}

func TestBoardErrors(t *testing.T) {
	w := newWorld(t, github.Limits{})
	noProjects := github.ReadRights()
	noProjects.Projects = github.None
	w.AddToken("fine-grained", "f", noProjects)
	noProjects.Classic = true
	w.AddToken("classic", "c", noProjects)
	tests := map[string]struct{ why, token, query, want string }{
		"NoBoard": {
			why: "as gr2m/github-project#137 quotes it", token: readOnly,
			query: `{ organization(login: "acme") { projectV2(number: 99999) { id } } }`,
			want: `{"data":{"organization":{"projectV2":null}},"errors":[{"type":"NOT_FOUND","path":["organization","projectV2"],` +
				`"locations":[{"line":1,"column":33}],"message":"Could not resolve to a ProjectV2 with the number 99999."}]}`,
		},
		"NoOwner": {
			why: "a user is not an organization", token: readOnly,
			query: `{ user(login: "acme") { id } }`,
			want: `{"data":{"user":null},"errors":[{"type":"NOT_FOUND","path":["user"],"locations":[{"line":1,"column":3}],` +
				`"message":"Could not resolve to a User with the login of 'acme'."}]}`,
		},
		"NoField": {
			why: "a field that does not exist is null", token: readOnly,
			query: `{ repositoryOwner(login: "acme") { ... on ProjectV2Owner { projectV2(number: 1) { field(name: "Stage") { __typename } } } } }`,
			want:  `{"data":{"repositoryOwner":{"projectV2":{"field":null}}}}`,
		},
		"FineGrained": {
			why: "a fine-grained token gets FORBIDDEN at the place", token: "fine-grained",
			query: `{ organization(login: "acme") { projectV2(number: 1) { id } } }`,
			want: `{"data":{"organization":{"projectV2":null}},"errors":[{"type":"FORBIDDEN","path":["organization","projectV2"],` +
				`"locations":[{"line":1,"column":33}],"message":"Resource not accessible by personal access token"}]}`,
		},
		"Classic": {
			why: "a classic token gets no data at all, as github/docs#19712 quotes it", token: "classic",
			query: `{ organization(login: "acme") { projectV2(number: 1) { title } } }`,
			want: `{"errors":[{"type":"INSUFFICIENT_SCOPES","locations":[{"line":1,"column":33}],"message":"Your token has not been granted ` +
				`the required scopes to execute this query. The 'projectV2' field requires one of the following scopes: ['read:project'], ` +
				`but your token has only been granted the: ['repo'] scopes. Please modify your token's scopes at: ` +
				`https://github.com/settings/tokens."},{"type":"INSUFFICIENT_SCOPES","locations":[{"line":1,"column":56}],"message":"Your token ` +
				`has not been granted the required scopes to execute this query. The 'title' field requires one of the following scopes: ` +
				`['read:project'], but your token has only been granted the: ['repo'] scopes. Please modify your token's scopes at: ` +
				`https://github.com/settings/tokens."}]}`,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := w.post(t, tc.token, tc.query, nil)
			if diff := cmp.Diff(tc.want, got.body); diff != "" || got.status != 200 {
				t.Errorf("%s: status %d (-want +got):\n%s", tc.why, got.status, diff)
			}
		})
	}
}
