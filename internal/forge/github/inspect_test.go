// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

const inspectCall = "query " + opInspect

var spec = map[string]string{
	specPath + "/requirements.md": "# R\n", specPath + "/design.md": "# D\n", specPath + "/tasks.md": "- [ ] 1. Überall\n",
	specPath + "/notes.md": "not one of a spec's files",
}

func TestInspect(t *testing.T) {
	w := newWorld(t)
	commit := w.branch(t, "feature/cart", spec)
	protected := w.branch(t, "release/1", nil)
	bugfix := w.branch(t, "fix/cart", map[string]string{specPath + "/bugfix.md": "x", specPath + "/tasks.md": ""})
	directory := w.branch(t, "odd", map[string]string{specPath + "/tasks.md/file": "tasks.md is a directory here"})
	w.branch(t, "closed", nil)
	check(t, w.ProtectBranch(repository, "release/*"))
	check(t, w.Fork(repository, "stranger/shop"))
	_, err := w.PushFiles("stranger/shop", "feature/cart", emulator.Text(map[string]string{"a": "b"}), "x")
	check(t, err)
	own, err := w.OpenPullRequest(emulator.NewPullRequest{Repository: repository, Title: "Own", Head: "feature/cart"})
	check(t, err)
	fork, err := w.OpenPullRequest(emulator.NewPullRequest{Repository: repository, Title: "Fork", Head: "feature/cart", HeadRepository: "stranger/shop", Draft: true})
	check(t, err)
	closed, err := w.OpenPullRequest(emulator.NewPullRequest{Repository: repository, Title: "Closed", Head: "closed"})
	check(t, err)
	check(t, w.ClosePullRequest(repository, closed.Number, false))
	merged, err := w.OpenPullRequest(emulator.NewPullRequest{Repository: repository, Title: "Merged", Head: "closed"})
	check(t, err)
	check(t, w.ClosePullRequest(repository, merged.Number, true))
	mainHead, _ := w.BranchHead(repository, "main")
	pull := func(p emulator.PullRequest, state string) forge.PullRequest {
		return forge.PullRequest{
			Number: int64(p.Number), URL: p.URL, State: state, HeadBranch: p.HeadBranch,
			HeadRepository: p.HeadRepository,
		}
	}
	host := strings.TrimPrefix(w.url, "http://")
	report := forge.Report{RepositoryFound: true, Host: host, DefaultBranch: "main"}

	cases := map[string]struct {
		why   string
		query forge.Query
		want  func(*forge.Report)
	}{
		"Whole": {
			why:   "All that is there, and a fork's pull request of the same branch name is not taken for our own.",
			query: forge.Query{Repository: repository, Branch: "feature/cart", SpecPath: specPath},
			want: func(r *forge.Report) {
				r.BranchFound, r.Commit = true, commit
				r.SpecFiles = []forge.SpecFile{{Name: "requirements.md", Size: 4}, {Name: "design.md", Size: 4}, {Name: "tasks.md", Size: 18}}
				r.TasksText = "- [ ] 1. Überall\n"
				r.PullRequests = []forge.PullRequest{pull(fork, "OPEN"), pull(own, "OPEN")}
			},
		},
		"ByNumber": {
			why:   "With a number only that pull request is asked for.",
			query: forge.Query{Repository: repository, Branch: "feature/cart", SpecPath: specPath + "/", PullRequest: int64(own.Number)},
			want: func(r *forge.Report) {
				r.BranchFound, r.Commit = true, commit
				r.SpecFiles = []forge.SpecFile{{Name: "requirements.md", Size: 4}, {Name: "design.md", Size: 4}, {Name: "tasks.md", Size: 18}}
				r.TasksText = "- [ ] 1. Überall\n"
				r.PullRequests = []forge.PullRequest{pull(own, "OPEN")}
			},
		},
		"NoSuchPullRequest": {
			why:   "A number that does not exist is a report without pull requests, not an error.",
			query: forge.Query{Repository: repository, Branch: "main", SpecPath: specPath, PullRequest: 4711},
			want:  func(r *forge.Report) { r.BranchFound, r.Commit = true, mainHead },
		},
		"ClosedOnes": {
			why:   "Closed and merged ones are reported, newest first: what to do about them is not decided here.",
			query: forge.Query{Repository: repository, Branch: "closed", SpecPath: specPath},
			want: func(r *forge.Report) {
				r.BranchFound, r.Commit = true, mainHead
				r.Commit, _ = w.BranchHead(repository, "closed")
				r.PullRequests = []forge.PullRequest{pull(merged, "MERGED"), pull(closed, "CLOSED")}
			},
		},
		"Protected": {
			why: "A rule that matches is reported.", query: forge.Query{Repository: repository, Branch: "release/1", SpecPath: specPath},
			want: func(r *forge.Report) { r.BranchFound, r.Commit, r.Protected = true, protected, true },
		},
		"Bugfix": {
			why:   "An empty tasks.md exists and has no text.",
			query: forge.Query{Repository: repository, Branch: "fix/cart", SpecPath: specPath},
			want: func(r *forge.Report) {
				r.BranchFound, r.Commit = true, bugfix
				r.SpecFiles = []forge.SpecFile{{Name: "bugfix.md", Size: 1}, {Name: "tasks.md", Size: 0}}
			},
		},
		"Directory": {
			why: "A directory of that name is no file.", query: forge.Query{Repository: repository, Branch: "odd", SpecPath: specPath},
			want: func(r *forge.Report) { r.BranchFound, r.Commit = true, directory },
		},
		"NoBranch": {
			why: "The repository is there, the branch is not.", query: forge.Query{Repository: repository, Branch: "later", SpecPath: specPath},
			want: func(*forge.Report) {},
		},
		"HostileBranch": {
			why:   "A name that means something to git elsewhere finds nothing here, and does not break the document.",
			query: forge.Query{Repository: repository, Branch: `main:x") { id } y: repository(owner:"a`, SpecPath: specPath},
			want:  func(*forge.Report) {},
		},
		"NoRepository": {
			why: "One that does not exist and one that is hidden look the same.", query: forge.Query{Repository: "acme/none", Branch: "main", SpecPath: specPath},
			want: func(r *forge.Report) { *r = forge.Report{Host: host} },
		},
	}
	var names []string
	var queries []forge.Query
	for name, c := range cases {
		names, queries = append(names, name), append(queries, c.query)
	}
	together, err := w.forge.Inspect(t.Context(), queries)
	check(t, err)
	if calls := w.calls(inspectCall); calls != 1 {
		t.Errorf("%d queries took %d calls, want 1", len(queries), calls)
	}
	for i, name := range names {
		t.Run(name, func(t *testing.T) {
			c, want := cases[name], report
			c.want(&want)
			for how, got := range map[string]forge.Report{"together": together[i], "alone": w.inspect(t, c.query)} {
				if (got.RepositoryID != 0) != want.RepositoryFound {
					t.Errorf("%s\n%s: database id %d", c.why, how, got.RepositoryID)
				}
				if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(forge.Report{}, "RepositoryID"), cmpopts.EquateErrors()); diff != "" {
					t.Errorf("%s\n%s: -want +got:\n%s", c.why, how, diff)
				}
			}
		})
	}
}

func TestDefaultBranchIsReported(t *testing.T) {
	w := newWorld(t)
	check(t, w.CreateRepository("acme/old", "trunk", emulator.Text(map[string]string{"a": "b"})))
	got := w.inspect(t, forge.Query{Repository: "acme/old", Branch: "trunk", SpecPath: specPath})
	if got.DefaultBranch != "trunk" || !got.BranchFound || got.Protected {
		t.Errorf("%+v", got)
	}
}

func TestManyQueriesTakeFewCalls(t *testing.T) {
	w := newWorld(t)
	commit := w.branch(t, "feature/cart", spec)
	queries := make([]forge.Query, 45)
	for i := range queries {
		queries[i] = forge.Query{Repository: repository, Branch: "feature/cart", SpecPath: specPath}
	}
	queries[7].Repository = "../../user"
	queries[8].Repository = "acme/none"
	reports, err := w.forge.Inspect(t.Context(), queries)
	check(t, err)
	if calls := w.calls(inspectCall); calls != 3 {
		t.Errorf("%d calls, want 3", calls)
	}
	for i, report := range reports {
		switch i {
		case 7:
			if fault.CodeOf(report.Err) != fault.CodeInvalidRequest {
				t.Errorf("a name that is no repository's: %+v", report)
			}
		case 8:
			if report.RepositoryFound || report.Err != nil {
				t.Errorf("a repository that is not there: %+v", report)
			}
		default:
			if report.Commit != commit || len(report.SpecFiles) != 3 {
				t.Errorf("query %d suffers from its neighbours: %+v", i, report)
			}
		}
	}
}

func TestWhatIsForbiddenForOneConcernsThatOne(t *testing.T) {
	w := newWorld(t)
	answer := func(errors string) faults.Fault {
		return faults.Fault{Status: 200, Body: `{"data":{"r0":null,"r1":{"databaseId":7,"defaultBranchRef":{"name":"main"},
			"ref":{"target":{"oid":"abc"},"branchProtectionRule":null,"refUpdateRule":{"pattern":"*"}},
			"requirements":null,"bugfix":null,"design":null,"tasks":null,"pullRequests":{"nodes":[]}}},"errors":[` + errors + `]}`}
	}
	queries := []forge.Query{{Repository: "acme/a", Branch: "x", SpecPath: "s"}, {Repository: "acme/b", Branch: "x", SpecPath: "s"}}

	w.fail(inspectCall, 1, answer(`{"type":"FORBIDDEN","path":["r0"],"message":"no"},{"type":"FORBIDDEN","path":["r1","ref","branchProtectionRule"],"message":"no"}`))
	reports, err := w.forge.Inspect(t.Context(), queries)
	check(t, err)
	if fault.CodeOf(reports[0].Err) != fault.CodeAccessDenied || !fault.IsTerminal(reports[0].Err) {
		t.Errorf("the first: %v", reports[0].Err)
	}
	if reports[1].Err != nil || reports[1].RepositoryID != 7 || !reports[1].Protected {
		t.Errorf("who may not read the rule still learns that there is one: %+v", reports[1])
	}

	w.fail(inspectCall, 1, answer(`{"message":"Something went wrong","path":["r0"]}`))
	reports, err = w.forge.Inspect(t.Context(), queries)
	check(t, err)
	if fault.CodeOf(reports[0].Err) != fault.CodeUnreachable || fault.IsTerminal(reports[0].Err) || reports[1].Err != nil {
		t.Errorf("GitHub's own failure is tried again: %+v", reports)
	}
}

func TestWholeCallFailures(t *testing.T) {
	cases := map[string]struct {
		why   string
		fault faults.Fault
		code  fault.Code
	}{
		"HTML":    {why: "A web page says nothing about any of them.", fault: faults.Fault{NotJSON: true, Status: 200}, code: fault.CodeInvalidAnswer},
		"502":     {why: "GitHub gave up.", fault: faults.Fault{Status: 502, Body: "x"}, code: fault.CodeUnreachable},
		"Dropped": {why: "No answer.", fault: faults.Fault{Drop: true}, code: fault.CodeUnreachable},
		"Limit":   {why: "Nothing is to be asked for a while.", fault: faults.Fault{Status: 403, Header: http.Header{"Retry-After": {"9"}}, Body: "{}"}, code: fault.CodeRateLimited},
		"401":     {why: "The token is gone.", fault: faults.Fault{Status: 401, Body: `{"message":"Bad credentials"}`}, code: fault.CodeUnauthorized},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.fail(inspectCall, 1, c.fault)
			reports, err := w.forge.Inspect(t.Context(), []forge.Query{{Repository: repository, Branch: "main", SpecPath: "s"}})
			if fault.CodeOf(err) != c.code || reports != nil {
				t.Errorf("%s\ngot %v, %v", c.why, reports, err)
			}
		})
	}
}

func TestHugeFileSpoilsOnlyItsOwnQuery(t *testing.T) {
	w := newWorld(t)
	commit := w.branch(t, "feature/cart", spec)
	// The emulator's files are not that large: another server pads any answer with the huge branch in it.
	huge := strings.Repeat(" ", 17<<20)
	w.documents.pad = func(body string) string {
		if strings.Contains(body, "refs/heads/huge") {
			return huge
		}
		return ""
	}
	queries := make([]forge.Query, 5)
	for i := range queries {
		queries[i] = forge.Query{Repository: repository, Branch: "feature/cart", SpecPath: specPath}
	}
	queries[3].Branch = "huge"
	reports, err := w.forge.Inspect(t.Context(), queries)
	check(t, err)
	for i, report := range reports {
		if i == 3 && fault.CodeOf(report.Err) != fault.CodeInvalidAnswer || i != 3 && report.Commit != commit {
			t.Errorf("query %d: %+v", i, report)
		}
	}
}

func TestTasksAreCut(t *testing.T) {
	w := newWorld(t)
	text := strings.Repeat("ü", maxTasks/2+10)
	w.branch(t, "feature/cart", map[string]string{specPath + "/tasks.md": "x" + text})
	got := w.inspect(t, forge.Query{Repository: repository, Branch: "feature/cart", SpecPath: specPath})
	if len(got.TasksText) != maxTasks-1 || !strings.HasPrefix("x"+text, got.TasksText) || got.SpecFiles[0].Size != int64(len(text)+1) {
		t.Errorf("%d bytes of %d", len(got.TasksText), len(text)+1)
	}
}

func TestTokenWithoutRights(t *testing.T) {
	w := newWorld(t)
	w.AddToken("ghp_none", "stranger", emulator.Rights{Projects: emulator.Read})
	reports, err := w.as(t, "ghp_none").Inspect(t.Context(), []forge.Query{{Repository: repository, Branch: "main", SpecPath: "s"}})
	check(t, err)
	if fault.CodeOf(reports[0].Err) != fault.CodeAccessDenied {
		t.Errorf("%+v", reports[0])
	}
}

func TestDocumentsHoldNothingOfAnybody(t *testing.T) {
	w := newWorld(t)
	secretive := "needle"
	w.inspect(t, forge.Query{Repository: "acme/" + secretive, Branch: secretive, SpecPath: secretive})
	w.inspect(t, forge.Query{Repository: "acme/" + secretive, Branch: secretive, SpecPath: secretive, PullRequest: 1})
	if len(w.documents.valid) != 2 {
		t.Fatalf("%d documents, want one by branch and one by number", len(w.documents.valid))
	}
	for document := range w.documents.valid {
		if strings.Contains(document, secretive) {
			t.Errorf("what a person wrote is in the document: %s", document)
		}
		if !strings.HasPrefix(document, fmt.Sprintf("query %s(", opInspect)) {
			t.Errorf("the document has no name: %s", document)
		}
	}
}
