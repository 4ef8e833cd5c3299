// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	gogithub "github.com/google/go-github/v89/github"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

// install installs an App with rights and returns a token of it.
func (w *world) install(t *testing.T, id int64, rights github.Rights) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	must(t, err)
	w.AddApp(github.App{ID: id, InstallationID: 70, Account: "acme", PublicKey: &key.PublicKey, Rights: rights})
	_, token := installationToken(t, w, key, id, "")
	if token == "" {
		t.Fatal("no token for the App")
	}
	return token
}

func TestCheckRuns(t *testing.T) {
	w := newWorld(t, github.Limits{})
	pull := w.openPull(t, "a")
	client, ctx := w.rest(t, w.install(t, 7, github.AllRights())), t.Context()
	made, _, err := client.Checks.CreateCheckRun(ctx, "acme", "shop", gogithub.CreateCheckRunOptions{
		Name: "kiro-worker", HeadSHA: pull.HeadCommit, Status: gogithub.Ptr("in_progress"), ExternalID: gogithub.Ptr("c0ffee"),
		Output: &gogithub.CheckRunOutput{Title: gogithub.Ptr("working"), Summary: gogithub.Ptr("on it")},
	})
	must(t, err)
	if made.GetStatus() != "in_progress" || made.Conclusion != nil || made.CompletedAt != nil || made.GetApp().GetID() != 7 {
		t.Errorf("one that is not completed has no conclusion: %v", made)
	}
	changed, _, err := client.Checks.UpdateCheckRun(ctx, "acme", "shop", made.GetID(), gogithub.UpdateCheckRunOptions{
		Name: "kiro-worker", Conclusion: gogithub.Ptr("success"), DetailsURL: gogithub.Ptr("https://example.com/logs"),
	})
	must(t, err)
	if changed.GetStatus() != "completed" || changed.CompletedAt == nil {
		t.Errorf("a conclusion completes it: %v", changed)
	}
	want := []github.CheckRun{{
		AppID: 7, Name: "kiro-worker", Status: "completed", Conclusion: "success", Title: "working", Summary: "on it",
		DetailsURL: "https://example.com/logs", ExternalID: "c0ffee",
	}}
	if diff := cmp.Diff(want, value(w.CheckRuns(repo, pull.HeadCommit))(t)); diff != "" {
		t.Errorf("what was not given stays (-want +got):\n%s", diff)
	}
}

func TestCheckRunsAreListed(t *testing.T) {
	w := newWorld(t, github.Limits{})
	pull := w.openPull(t, "a")
	ours, theirs := w.install(t, 7, github.AllRights()), w.install(t, 8, github.AllRights())
	create := func(token, name string) {
		_, _, err := w.rest(t, token).Checks.CreateCheckRun(t.Context(), "acme", "shop", gogithub.CreateCheckRunOptions{Name: name, HeadSHA: pull.HeadCommit})
		must(t, err)
	}
	create(ours, "unit")
	create(ours, "unit")
	create(theirs, "unit")
	create(ours, "lint")
	tests := map[string]struct {
		why     string
		options gogithub.ListCheckRunsOptions
		want    []string
	}{
		"All": {
			why: "every check run that was ever made", options: gogithub.ListCheckRunsOptions{Filter: gogithub.Ptr("all")},
			want: []string{"7 lint", "8 unit", "7 unit", "7 unit"},
		},
		"Latest": {why: "the latest of each App and name is the default", want: []string{"7 lint", "8 unit", "7 unit"}},
		"Name":   {why: "of one name", options: gogithub.ListCheckRunsOptions{CheckName: gogithub.Ptr("unit")}, want: []string{"8 unit", "7 unit"}},
		"NameAndApp": {
			why: "two Apps may use the same name", options: gogithub.ListCheckRunsOptions{CheckName: gogithub.Ptr("unit"), AppID: gogithub.Ptr(int64(7))},
			want: []string{"7 unit"},
		},
		"Status": {why: "none is completed", options: gogithub.ListCheckRunsOptions{Status: gogithub.Ptr("completed")}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			tc.options.PerPage = 2
			var got []string
			for tc.options.Page = 1; tc.options.Page != 0; {
				list, res, err := w.rest(t, readOnly).Checks.ListCheckRunsForRef(t.Context(), "acme", "shop", "a", &tc.options)
				must(t, err)
				if list.GetTotal() != len(tc.want) || len(list.CheckRuns) > 2 {
					t.Errorf("%s: a page of %d of %d, want %d", tc.why, len(list.CheckRuns), list.GetTotal(), len(tc.want))
				}
				for _, run := range list.CheckRuns {
					got = append(got, fmt.Sprint(run.GetApp().GetID(), " ", run.GetName()))
				}
				tc.options.Page = res.NextPage
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
		})
	}
}

func TestCheckRunsAreRefused(t *testing.T) {
	w := newWorld(t, github.Limits{})
	pull := w.openPull(t, "a")
	classic, readers := github.AllRights(), github.AllRights()
	classic.Classic, readers.Checks = true, github.Read
	w.AddToken("token-classic", "robot", classic)
	app, other, reader := w.install(t, 7, github.AllRights()), w.install(t, 8, github.AllRights()), w.install(t, 9, readers)
	base := "/api/v3/repos/" + repo
	made := w.do(t, "POST", base+"/check-runs", app, `{"name":"c","conclusion":"success","head_sha":"`+pull.HeadCommit+`"}`, nil)
	var run struct{ ID int64 }
	must(t, json.Unmarshal([]byte(made.body), &run))
	one := fmt.Sprint(base, "/check-runs/", run.ID)
	with := func(rest string) string {
		return `{"name":"c","head_sha":"` + pull.HeadCommit + `",` + rest + `}`
	}
	tests := map[string]struct {
		why, method, path, token, body string
		status                         int
		message                        string
	}{
		"ClassicToken": {
			why: "only Apps write checks", method: "POST", path: base + "/check-runs", token: "token-classic", body: with(`"status":"queued"`),
			status: 403, message: "You must authenticate via a GitHub App.",
		},
		"FineGrainedToken": {
			why: "there is no such permission for these tokens", method: "POST", path: base + "/check-runs", token: adminAll, body: with(`"status":"queued"`),
			status: 403, message: "Resource not accessible by personal access token",
		},
		"TokenUpdates": {
			why: "neither make nor change", method: "PATCH", path: one, token: "token-classic", body: `{"conclusion":"failure"}`,
			status: 403, message: "You must authenticate via a GitHub App.",
		},
		"AppThatMayOnlyRead": {
			why: "an App needs Checks: write", method: "POST", path: base + "/check-runs", token: reader, body: with(`"status":"queued"`),
			status: 403, message: "Resource not accessible by integration",
		},
		"AnotherApp": {
			why: "a check run is its App's", method: "PATCH", path: one, token: other, body: `{"conclusion":"failure"}`,
			status: 403, message: "Invalid app_id `7` - check run can only be modified by the GitHub App that created it.",
		},
		"NoSuchRun": {
			why: "an id of nothing", method: "PATCH", path: base + "/check-runs/1", token: app, body: `{"conclusion":"failure"}`,
			status: 404, message: "Not Found",
		},
		"NothingGiven": {
			why: "what is missing is named", method: "POST", path: base + "/check-runs", token: app, body: `{}`,
			status: 422, message: "Invalid request.\n\n\"name\", \"head_sha\" weren't supplied.",
		},
		"NoConclusion": {
			why: "completed needs a conclusion", method: "POST", path: base + "/check-runs", token: app, body: with(`"status":"completed"`),
			status: 422, message: "Invalid request.\n\n\"conclusion\" wasn't supplied.",
		},
		"UnknownStatus": {
			why: "the word of commit statuses is none here", method: "POST", path: base + "/check-runs", token: app, body: with(`"status":"pending"`),
			status: 422, message: "Invalid request.\n\npending is not a member of [\"queued\", \"in_progress\", \"completed\"].",
		},
		"UnknownConclusion": {
			why: "nor is this one", method: "PATCH", path: one, token: app, body: `{"conclusion":"error"}`, status: 422,
			message: "Invalid request.\n\nerror is not a member of [\"success\", \"failure\", \"neutral\", \"cancelled\", \"timed_out\", \"action_required\", \"skipped\"].",
		},
		"NoSummary": {
			why: "output is title and summary", method: "PATCH", path: one, token: app, body: `{"output":{"title":"t"}}`,
			status: 422, message: "Invalid request.\n\n\"summary\" wasn't supplied.",
		},
		"LongSummary": {
			why: "characters are counted", method: "PATCH", path: one, token: app,
			body:   `{"output":{"title":"t","summary":"` + strings.Repeat("x", 65_536) + `"}}`,
			status: 422, message: "Invalid request.\n\nOnly 65535 characters are allowed; 65536 were supplied.",
		},
		"LongSummaryInBytes": {
			why: "and bytes are, too", method: "PATCH", path: one, token: app,
			body: `{"output":{"title":"t","summary":"` + strings.Repeat("ü", 40_000) + `"}}`, status: 422, message: "Validation Failed",
		},
		"NoSuchCommit": {
			why: "a check run is of a commit", method: "POST", path: base + "/check-runs", token: app,
			body: `{"name":"c","head_sha":"` + strings.Repeat("0", 40) + `"}`, status: 422, message: "No commit found for SHA: " + strings.Repeat("0", 40),
		},
		"NoSuchCommitListed": {
			why: "so is their list", method: "GET", path: base + "/commits/none/check-runs", token: app,
			status: 422, message: "No commit found for SHA: none",
		},
		"Annotations": {
			why: "what is not kept is not taken", method: "PATCH", path: one, token: app,
			body: `{"output":{"title":"t","summary":"s","annotations":[]}}`, status: 422, message: "Validation Failed",
		},
		"Reopened": {
			why: "whether GitHub reopens one is not known", method: "PATCH", path: one, token: app, body: `{"status":"in_progress"}`,
			status: 422, message: "Validation Failed",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := w.do(t, tc.method, tc.path, tc.token, tc.body, nil)
			var answer struct{ Message string }
			must(t, json.Unmarshal([]byte(got.body), &answer))
			if got.status != tc.status || answer.Message != tc.message {
				t.Errorf("%s: %d %q, want %d %q", tc.why, got.status, answer.Message, tc.status, tc.message)
			}
		})
	}
	if runs := value(w.CheckRuns(repo, pull.HeadCommit))(t); len(runs) != 1 || runs[0].Conclusion != "success" {
		t.Errorf("a refused call changes nothing: %v", runs)
	}
}

// TestCheckRunShapes does for check runs what TestShapes does with a person's token.
func TestCheckRunShapes(t *testing.T) {
	w := newWorld(t, github.Limits{})
	pull := w.openPull(t, "a")
	token, base := w.install(t, 7, github.AllRights()), "/repos/"+repo
	made := `{"name":"c","head_sha":"` + pull.HeadCommit + `","details_url":"https://example.com","external_id":"42","conclusion":"success","output":{"title":"t","summary":"s","text":"x"}}`
	for _, tc := range []struct{ name, method, path, body string }{
		{"check-run", "POST", base + "/check-runs", made},
		{"check-runs", "GET", base + "/commits/a/check-runs", ""},
	} {
		published, err := os.ReadFile("testdata/" + tc.name + ".json")
		must(t, err)
		var want, got any
		must(t, json.Unmarshal(published, &want))
		must(t, json.Unmarshal([]byte(w.do(t, tc.method, tc.path, token, tc.body, nil).body), &got))
		compareShape(t, tc.name, want, got)
	}
}
