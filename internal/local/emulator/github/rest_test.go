// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	gogithub "github.com/google/go-github/v89/github"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

func (w *world) openPull(t *testing.T, branch string) github.PullRequest {
	t.Helper()
	value(w.PushFiles(repo, branch, github.Text(map[string]string{branch + ".txt": "x"}), "Start"))(t)
	return value(w.OpenPullRequest(github.NewPullRequest{Repository: repo, Title: branch, Head: branch, Body: "before"}))(t)
}

func TestPullRequestOverREST(t *testing.T) {
	w := newWorld(t, github.Limits{})
	w.openPull(t, "a")
	pull := w.openPull(t, "b")
	client, ctx := w.rest(t, adminAll), t.Context()

	got, _, err := client.PullRequests.Get(ctx, "acme", "shop", pull.Number)
	must(t, err)
	if got.GetHead().GetSHA() != pull.HeadCommit || got.GetHead().GetRepo().GetFullName() != repo || got.GetHTMLURL() != pull.URL {
		t.Errorf("got %s %s %s", got.GetHead().GetSHA(), got.GetHead().GetRepo().GetFullName(), got.GetHTMLURL())
	}
	edited, _, err := client.PullRequests.Edit(ctx, "acme", "shop", pull.Number, &gogithub.PullRequest{Body: gogithub.Ptr("after")})
	must(t, err)
	if edited.GetBody() != "after" || edited.GetTitle() != "b" || value(w.PullRequest(repo, pull.Number))(t).Body != "after" {
		t.Errorf("the body is %q, the title %q", edited.GetBody(), edited.GetTitle())
	}
	list, _, err := client.PullRequests.List(ctx, "acme", "shop", &gogithub.PullRequestListOptions{Head: "acme:b", State: "open"})
	must(t, err)
	if len(list) != 1 || list[0].GetNumber() != pull.Number {
		t.Errorf("by its head: %v", list)
	}
	must(t, w.ClosePullRequest(repo, pull.Number, true))
	got, _, err = client.PullRequests.Get(ctx, "acme", "shop", pull.Number)
	must(t, err)
	if got.GetState() != "closed" || !got.GetMerged() {
		t.Errorf("state %s, merged %v", got.GetState(), got.GetMerged())
	}
}

func TestCommentsAreReplacedAndPaged(t *testing.T) {
	w := newWorld(t, github.Limits{})
	pull := w.openPull(t, "a")
	client, ctx := w.rest(t, adminAll), t.Context()
	for i := range 5 {
		must(t, w.AddComment(pull.ID, "alice", fmt.Sprint("c", i)))
	}
	made, _, err := client.Issues.CreateComment(ctx, "acme", "shop", pull.Number, &gogithub.IssueComment{Body: gogithub.Ptr("first")})
	must(t, err)
	_, _, err = client.Issues.EditComment(ctx, "acme", "shop", made.GetID(), &gogithub.IssueComment{Body: gogithub.Ptr("second")})
	must(t, err)
	var bodies []string
	pages := 0
	for n := 1; n != 0; pages++ {
		comments, res, err := client.Issues.ListComments(ctx, "acme", "shop", pull.Number,
			&gogithub.IssueListCommentsOptions{ListOptions: gogithub.ListOptions{Page: n, PerPage: 4}})
		must(t, err)
		for _, c := range comments {
			bodies = append(bodies, c.GetUser().GetLogin()+" "+c.GetBody())
		}
		n = res.NextPage
	}
	want := []string{"alice c0", "alice c1", "alice c2", "alice c3", "alice c4", "robot second"}
	if diff := cmp.Diff(want, bodies); diff != "" || pages != 2 {
		t.Errorf("%d pages (-want +got):\n%s", pages, diff)
	}
}

func TestStatuses(t *testing.T) {
	w := newWorld(t, github.Limits{})
	pull := w.openPull(t, "a")
	client, ctx := w.rest(t, adminAll), t.Context()
	set := func(state, description string) error {
		_, _, err := client.Repositories.CreateStatus(ctx, "acme", "shop", pull.HeadCommit, gogithub.RepoStatus{
			State: gogithub.Ptr(state), Context: gogithub.Ptr("kiro-worker"), Description: gogithub.Ptr(description)})
		return err //nolint:wrapcheck // a test
	}
	must(t, set("pending", "working"))
	must(t, set("success", "done"))
	combined, _, err := client.Repositories.GetCombinedStatus(ctx, "acme", "shop", "a", nil)
	must(t, err)
	if combined.GetState() != "success" || len(combined.Statuses) != 1 || combined.Statuses[0].GetDescription() != "done" {
		t.Errorf("the newest of a context counts: %v", combined)
	}
	want := []github.CommitStatus{
		{Context: "kiro-worker", State: "pending", Description: "working", Creator: "robot"},
		{Context: "kiro-worker", State: "success", Description: "done", Creator: "robot"},
	}
	if diff := cmp.Diff(want, value(w.CommitStatuses(repo, pull.HeadCommit))(t)); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
	for why, err := range map[string]error{
		"an unknown state":              set("great", ""),
		"a description that's too long": set("success", strings.Repeat("x", 141)),
	} {
		var refused *gogithub.ErrorResponse
		if !errors.As(err, &refused) || refused.Response.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s gives %v, want 422", why, err)
		}
	}
}

func TestConditionalRequestsAreFree(t *testing.T) {
	w := newWorld(t, github.Limits{})
	pull := w.openPull(t, "a")
	path := fmt.Sprintf("/api/v3/repos/%s/pulls/%d", repo, pull.Number)
	first := w.do(t, "GET", path, readOnly, "", nil)
	condition := http.Header{"If-None-Match": {first.header.Get("ETag")}}
	second := w.do(t, "GET", path, readOnly, "", condition)
	if first.status != 200 || second.status != 304 || second.body != "" {
		t.Errorf("%d, then %d %q", first.status, second.status, second.body)
	}
	if a, b := first.header.Get("X-Ratelimit-Remaining"), second.header.Get("X-Ratelimit-Remaining"); a != "4999" || b != a {
		t.Errorf("%s points are left after the first call and %s after the second", a, b)
	}
	value(w.PushFiles(repo, "a", github.Text(map[string]string{"b": "b"}), "More"))(t)
	if third := w.do(t, "GET", path, readOnly, "", condition); third.status != 200 || third.header.Get("ETag") == first.header.Get("ETag") {
		t.Errorf("after a push: %d", third.status)
	}
}

func TestErrorsOverREST(t *testing.T) {
	w := newWorld(t, github.Limits{})
	w.openPull(t, "a")
	tests := map[string]struct {
		why, method, path, token, body string
		status                         int
		want                           string
	}{
		"BadCredentials": {
			why: "as on the page «Troubleshooting the REST API»", method: "GET", path: "/user", token: "wrong", status: 401,
			want: `{"documentation_url":"https://docs.github.com/rest","message":"Bad credentials","status":"401"}`,
		},
		"NotFound": {
			why: "as on the same page", method: "GET", path: "/repos/acme/none", token: readOnly, status: 404,
			want: `{"documentation_url":"https://docs.github.com/rest","message":"Not Found","status":"404"}`,
		},
		"UnknownRoute": {
			why: "what the emulator does not have must not look like an empty answer", method: "GET", path: "/repos/acme/shop/actions/runs",
			token: readOnly, status: 404, want: `{"documentation_url":"https://docs.github.com/rest","message":"Not Found","status":"404"}`,
		},
		"NotJSON": {
			why: "as on the same page", method: "PATCH", path: "/repos/acme/shop/pulls/1", token: adminAll, body: "{", status: 400,
			want: `{"documentation_url":"https://docs.github.com/rest","message":"Problems parsing JSON","status":"400"}`,
		},
		"ReadOnly": {
			why: "a missing permission is 403", method: "PATCH", path: "/repos/acme/shop/pulls/1", token: readOnly, body: "{}", status: 403,
			want: `{"documentation_url":"https://docs.github.com/rest","message":"Resource not accessible by personal access token","status":"403"}`,
		},
		"Invalid": {
			why: "a value that is refused names its field", method: "POST", path: "/repos/acme/shop/issues/1/comments", token: adminAll, body: "{}", status: 422,
			want: `{"documentation_url":"https://docs.github.com/rest","errors":[{"code":"custom","field":"body","message":"body can't be blank and has at most 65536 characters","resource":"IssueComment"}],"message":"Validation Failed","status":"422"}`,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := w.do(t, tc.method, tc.path, tc.token, tc.body, nil)
			if diff := cmp.Diff(tc.want, got.body); diff != "" || got.status != tc.status {
				t.Errorf("%s: status %d, want %d (-want +got):\n%s", tc.why, got.status, tc.status, diff)
			}
		})
	}
}

// TestShapes compares answers with samples that GitHub publishes (testdata/README.md says where): each member that the
// emulator sends is one of GitHub's and of the same kind.
func TestShapes(t *testing.T) {
	w := newWorld(t, github.Limits{})
	pull := w.openPull(t, "a")
	must(t, w.AddComment(pull.ID, "alice", "hello"))
	status := `{"state":"success","description":"d","target_url":"https://example.com","context":"c"}`
	base := "/repos/" + repo
	w.do(t, "POST", base+"/statuses/"+pull.HeadCommit, adminAll, status, nil)
	tests := map[string]struct{ method, path, body string }{
		"pull-request":    {"GET", base + "/pulls/1", ""},
		"comment":         {"POST", base + "/issues/1/comments", `{"body":"Me too"}`},
		"status":          {"POST", base + "/statuses/" + pull.HeadCommit, status},
		"branch":          {"GET", base + "/branches/a", ""},
		"combined-status": {"GET", base + "/commits/a/status", ""},
		"rate-limit":      {"GET", "/rate_limit", ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			published, err := os.ReadFile("testdata/" + name + ".json")
			must(t, err)
			var want, got any
			must(t, json.Unmarshal(published, &want))
			must(t, json.Unmarshal([]byte(w.do(t, tc.method, tc.path, adminAll, tc.body, nil).body), &got))
			compareShape(t, name, want, got)
		})
	}
}

func compareShape(t *testing.T, at string, want, got any) {
	t.Helper()
	if want == nil || got == nil {
		return // null says nothing of the kind
	}
	if a, b := fmt.Sprintf("%T", want), fmt.Sprintf("%T", got); a != b {
		t.Errorf("%s is %s, at GitHub %s", at, b, a)
		return
	}
	switch got := got.(type) {
	case map[string]any:
		if len(got) == 0 {
			t.Errorf("%s is empty", at)
		}
		for name, member := range got {
			published, ok := want.(map[string]any)[name]
			if !ok {
				t.Errorf("%s.%s is not GitHub's", at, name)
				continue
			}
			compareShape(t, at+"."+name, published, member)
		}
	case []any:
		for _, item := range got {
			compareShape(t, at+"[]", want.([]any)[0], item)
		}
	}
}

func TestRateLimits(t *testing.T) {
	w := newWorld(t, github.Limits{RESTPerMinute: 9})
	client, ctx := w.rest(t, adminAll), t.Context()
	w.openPull(t, "a")

	w.SpendRateLimit(readOnly, 0)
	got := w.post(t, readOnly, `{ viewer { login } }`, nil)
	if got.status != 200 || got.header.Get("X-Ratelimit-Remaining") != "0" || got.header.Get("X-Ratelimit-Resource") != "graphql" ||
		!strings.HasPrefix(got.body, `{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded for user ID `) {
		t.Errorf("GraphQL's primary limit: %d %v %s", got.status, got.header, got.body)
	}
	_, _, err := w.rest(t, readOnly).Users.Get(ctx, "")
	var primary *gogithub.RateLimitError
	if !errors.As(err, &primary) || primary.Rate.Remaining != 0 {
		t.Errorf("REST's primary limit gives %v", err)
	}

	for range 4 { // reads of one point each
		_, _, err = client.Repositories.Get(ctx, "acme", "shop")
		must(t, err)
	}
	_, _, err = client.Issues.CreateComment(ctx, "acme", "shop", 1, &gogithub.IssueComment{Body: gogithub.Ptr("x")}) // five
	must(t, err)
	_, _, err = client.Repositories.Get(ctx, "acme", "shop")
	var secondary *gogithub.AbuseRateLimitError
	if !errors.As(err, &secondary) || secondary.GetRetryAfter() <= 0 {
		t.Errorf("the secondary limit gives %v", err)
	}
}

func TestInjectedFaults(t *testing.T) {
	w := newWorld(t, github.Limits{})
	pull := w.openPull(t, "a")
	w.Faults().Add(faults.Rule{Operation: "mutation updatePullRequest", Nth: 1, Fault: faults.Fault{LoseAnswer: true}})
	w.Faults().Add(faults.Rule{Operation: "query Who", Fault: faults.Fault{Status: 200, Code: "RATE_LIMIT", Message: "slow down"}})
	w.Faults().Add(faults.Rule{Operation: "GET /user", Fault: faults.Fault{Status: 503}})

	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.URL()+"/graphql", strings.NewReader(
		`{"query":"mutation { updatePullRequest(input: {pullRequestId: \"`+pull.ID+`\", body: \"after\"}) { clientMutationId } }"}`))
	must(t, err)
	req.Header.Set("Authorization", "Bearer "+adminAll)
	if res, err := w.http.Client().Do(req); err == nil {
		_ = res.Body.Close()
		t.Error("the answer was to be lost")
	}
	if got := value(w.PullRequest(repo, pull.Number))(t).Body; got != "after" {
		t.Errorf("the body is %q: the effect was to happen", got)
	}
	if got, want := w.post(t, readOnly, "query Who { viewer { login } }", nil).body, `{"errors":[{"type":"RATE_LIMIT","message":"slow down"}]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got := w.do(t, "GET", "/api/v3/user", readOnly, "", nil); got.status != 503 || !strings.Contains(got.body, `"message":"Service Unavailable"`) {
		t.Errorf("got %d %s", got.status, got.body)
	}
}
