// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package conformance

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	gogithub "github.com/google/go-github/v89/github"

	"github.com/kiro-worker/kiro-worker/internal/board"
	boardgithub "github.com/kiro-worker/kiro-worker/internal/board/github"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	forgegithub "github.com/kiro-worker/kiro-worker/internal/forge/github"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/outside"
)

// gitHub is the given GitHub with the repository that was made for the tests.
type gitHub struct {
	*githubapi.Client
	repository string
	forge      *forgegithub.Forge
}

func newGitHub(t *testing.T, credentials githubapi.Credentials) gitHub {
	t.Helper()
	repository := outside.Need(t, outside.EnvGitHubRepository)
	api := must(githubapi.New(outside.GitHubOptions(os.Getenv(outside.EnvGitHubAPIURL), credentials)))(t)
	return gitHub{api, repository, forgegithub.New(api)}
}

func withToken(t *testing.T) gitHub {
	t.Helper()
	return newGitHub(t, githubapi.Credentials{Token: outside.Need(t, outside.EnvGitHubToken)})
}

// rest reads by REST what the port wrote.
func rest[A any](t *testing.T, g gitHub, call func(ctx context.Context, c *gogithub.Client, owner, name string) (A, error)) (out A) {
	t.Helper()
	owner, name, _ := strings.Cut(g.repository, "/")
	err := g.REST(t.Context(), "Conformance", func(ctx context.Context, c *gogithub.Client) (err error) {
		out, err = call(ctx, c, owner, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// whole looks the branch up that was made.
func (g gitHub) whole(t *testing.T) forge.Report {
	t.Helper()
	reports := must(g.forge.Inspect(t.Context(), []forge.Query{{Repository: g.repository, Branch: outside.GitHubBranch, SpecPath: outside.GitHubSpecPath}}))(t)
	if reports[0].Err != nil || len(reports[0].PullRequests) != 1 {
		t.Fatalf("the branch that was made: %+v", reports[0])
	}
	return reports[0]
}

// TestForgeLookUp looks the branch, its spec and its pull request up, and what is not there, in one call.
func TestForgeLookUp(t *testing.T) {
	g := withToken(t)
	spec, owner := outside.GitHubSpecPath, strings.Split(g.repository, "/")[0]
	reports := must(g.forge.Inspect(t.Context(), []forge.Query{
		{Repository: g.repository, Branch: outside.GitHubBranch, SpecPath: spec},
		{Repository: g.repository, Branch: "main", SpecPath: spec},
		{Repository: g.repository, Branch: "later", SpecPath: spec},
		{Repository: g.repository, Branch: `main:x") { id } y: repository(owner:"a`, SpecPath: spec},
		{Repository: owner + "/kiro-conformance-none", Branch: "main", SpecPath: spec},
		{Repository: g.repository, Branch: outside.GitHubBranch, SpecPath: spec, PullRequest: 4711},
		{Repository: g.repository, Branch: outside.GitHubBranch, SpecPath: "README.md"},
	}))(t)
	type seen struct {
		Repository, Branch bool
		Files, Pulls       int
	}
	want := []seen{{true, true, 3, 1}, {true, true, 0, 0}, {true, false, 0, 0}, {true, false, 0, 0}, {}, {true, true, 3, 0}, {true, true, 0, 1}}
	for i, r := range reports {
		if r.Err != nil {
			t.Errorf("query %d: %v", i, r.Err)
		}
		got := seen{r.RepositoryFound, r.BranchFound, len(r.SpecFiles), len(r.PullRequests)}
		if got != want[i] {
			t.Errorf("query %d: %+v, want %+v", i, got, want[i])
		}
	}
	first, files := reports[0], outside.GitHubSpec()
	for _, file := range first.SpecFiles {
		if int(file.Size) != len(files[file.Name]) {
			t.Errorf("%s has %d bytes, want %d", file.Name, file.Size, len(files[file.Name]))
		}
	}
	if first.TasksText != files["tasks.md"] || first.DefaultBranch != "main" || first.RepositoryID == 0 || len(first.Commit) != 40 || first.Host != g.Host() {
		t.Errorf("the branch that was made: %+v", first)
	}
	pull := first.PullRequests[0]
	if pull.State != "OPEN" || pull.HeadBranch != outside.GitHubBranch || pull.HeadRepository != g.repository || !strings.HasSuffix(pull.URL, strconv.FormatInt(pull.Number, 10)) {
		t.Errorf("its pull request: %+v", pull)
	}
}

// TestForgeRules reads the rules that bind the branch: none, unless the organisation binds every branch.
func TestForgeRules(t *testing.T) {
	g := withToken(t)
	rules := must(g.forge.BranchRules(t.Context(), g.repository, outside.GitHubBranch))(t)
	t.Logf("%d rules of the organisation bind the branch", len(rules))
}

func TestForgePullRequest(t *testing.T) {
	g := withToken(t)
	number := g.whole(t).PullRequests[0].Number
	for _, body := range []string{"one", "one", "with `code`, <!-- a comment -->\n\n- ü 本 🎉", strings.Repeat("ü", 65536), outside.GitHubBody} {
		if err := g.forge.UpdateBody(t.Context(), g.repository, number, body); err != nil {
			t.Fatalf("a body of %d bytes: %v", len(body), err)
		}
		if got := must(g.forge.Get(t.Context(), g.repository, number))(t); got.Body != body || got.State != "OPEN" {
			t.Errorf("%d bytes came back as %d, state %s", len(body), len(got.Body), got.State)
		}
	}
	if err := g.forge.UpdateBody(t.Context(), g.repository, number, strings.Repeat("ü", 65537)); !fault.IsTerminal(err) || fault.CodeOf(err) != fault.CodeInvalidRequest {
		t.Errorf("a body that is too long: %v", err)
	}
	if _, err := g.forge.Get(t.Context(), g.repository, 4711); fault.CodeOf(err) != fault.CodeNotFound {
		t.Errorf("a pull request that is not there: %v", err)
	}
}

// TestForgeComments has a comment of ours replaced, and another one left alone.
func TestForgeComments(t *testing.T) {
	g := withToken(t)
	number := g.whole(t).PullRequests[0].Number
	const ours, other = "<!-- conformance:1 -->", "<!-- conformance:2 -->"
	for _, c := range [][2]string{{ours, "first"}, {other, "other"}, {ours, ours + "\nsecond"}} {
		if err := g.forge.Comment(t.Context(), g.repository, number, c[0], c[1]); err != nil {
			t.Fatal(err)
		}
	}
	comments := rest(t, g, func(ctx context.Context, c *gogithub.Client, owner, name string) ([]*gogithub.IssueComment, error) {
		found, _, err := c.Issues.ListComments(ctx, owner, name, int(number), nil)
		return found, err
	})
	var got []string
	for _, comment := range comments {
		got = append(got, comment.GetBody())
	}
	if diff := cmp.Diff([]string{ours + "\nsecond", other + "\nother"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

var statusCheck = forge.StatusCheck{Name: "kiro-worker/conformance", Description: "3 of 3 tasks ü", TargetURL: "https://example.com/logs", Reference: "c0ffee"}

// TestForgeCommitStatus sets each state with a token, which GitHub lets set commit statuses.
func TestForgeCommitStatus(t *testing.T) {
	g := withToken(t)
	commit := g.whole(t).Commit
	states := []forge.CheckState{forge.CheckPending, forge.CheckFailure, forge.CheckError, forge.CheckSuccess, forge.CheckSuccess}
	for _, state := range states {
		check := statusCheck
		check.State = state
		if err := g.forge.SetStatusCheck(t.Context(), g.repository, commit, check); err != nil {
			t.Fatal(err)
		}
		status := rest(t, g, func(ctx context.Context, c *gogithub.Client, owner, name string) (*gogithub.CombinedStatus, error) {
			found, _, err := c.Repositories.GetCombinedStatus(ctx, owner, name, commit, nil)
			return found, err
		})
		if len(status.Statuses) != 1 {
			t.Fatalf("%d statuses of one name are shown", len(status.Statuses))
		}
		got := status.Statuses[0]
		if got.GetState() != string(state) || got.GetContext() != check.Name || got.GetDescription() != check.Description || got.GetTargetURL() != check.TargetURL {
			t.Errorf("%s is shown as %+v", state, got)
		}
	}
	long := statusCheck
	long.State, long.Description = forge.CheckSuccess, strings.Repeat("ü", 200)
	if err := g.forge.SetStatusCheck(t.Context(), g.repository, commit, long); err != nil {
		t.Errorf("a description that is too long is cut: %v", err)
	}
	if err := g.forge.SetStatusCheck(t.Context(), g.repository, strings.Repeat("0", 40), long); err == nil || fault.IsTerminal(err) {
		t.Errorf("a commit that is not there yet: %v; want an error that is worth another try", err)
	}
}

// TestForgeCheckRun sets each state as an App, and has one run brought up to date.
func TestForgeCheckRun(t *testing.T) {
	secret := must(os.ReadFile(outside.Need(t, outside.EnvGitHubAppSecret)))(t)
	g := newGitHub(t, must(githubapi.ParseCredentials(string(secret)))(t))
	commit := g.whole(t).Commit
	for _, step := range []struct {
		state              forge.CheckState
		status, conclusion string
		runs               int
	}{
		{forge.CheckPending, "in_progress", "", 1},
		{forge.CheckFailure, "completed", "failure", 1},
		{forge.CheckSuccess, "completed", "success", 1},
		{forge.CheckSuccess, "completed", "success", 1},
		{forge.CheckPending, "in_progress", "", 2}, // a conclusion is not taken back: another one is begun
		{forge.CheckError, "completed", "action_required", 2},
	} {
		check := statusCheck
		check.State = step.state
		if err := g.forge.SetStatusCheck(t.Context(), g.repository, commit, check); err != nil {
			t.Fatal(err)
		}
		runs := rest(t, g, func(ctx context.Context, c *gogithub.Client, owner, name string) ([]*gogithub.CheckRun, error) {
			found, _, err := c.Checks.ListCheckRunsForRef(ctx, owner, name, commit, &gogithub.ListCheckRunsOptions{CheckName: &check.Name, Filter: new("all")})
			return found.GetCheckRuns(), err
		})
		var newest *gogithub.CheckRun
		for _, run := range runs {
			if run.GetID() > newest.GetID() {
				newest = run
			}
		}
		if newest.GetStatus() != step.status || newest.GetConclusion() != step.conclusion || newest.GetOutput().GetTitle() != check.Description ||
			newest.GetDetailsURL() != check.TargetURL || newest.GetExternalID() != check.Reference {
			t.Errorf("%s is shown as %s %s, %+v", step.state, newest.GetStatus(), newest.GetConclusion(), newest)
		}
		// A GitHub that does not let a conclusion be changed has more runs than ours; fewer has none.
		if len(runs) < step.runs {
			t.Errorf("%s: %d runs, want %d", step.state, len(runs), step.runs)
		}
	}
}

// TestForgeWrongToken is of a token that GitHub does not know.
func TestForgeWrongToken(t *testing.T) {
	g := newGitHub(t, githubapi.Credentials{Token: "ghp_" + strings.Repeat("0", 36)})
	if _, err := g.forge.Get(t.Context(), g.repository, 1); fault.CodeOf(err) != fault.CodeUnauthorized {
		t.Errorf("got %v", err)
	}
}

// TestBoard reads a board, and gives its first card the status that it has.
func TestBoard(t *testing.T) {
	owner := outside.Need(t, outside.EnvGitHubOwner)
	number := must(strconv.Atoi(outside.Need(t, outside.EnvGitHubProject)))(t)
	b := boardgithub.New(withToken(t).Client)
	ref := board.Ref{Owner: owner, ProjectNumber: number, StatusField: "Status", ReadyStatus: outside.ReadyStatus}
	schema := must(b.Resolve(t.Context(), ref))(t)
	whole := must(b.List(t.Context(), ref, schema, ""))(t)
	ready := must(b.List(t.Context(), ref, schema, `status:"`+outside.ReadyStatus+`"`))(t)
	if len(whole.Cards) == 0 || len(ready.Cards) > len(whole.Cards) {
		t.Fatalf("the board has %d cards, and %d of them are ready; put one card into %s", len(whole.Cards), len(ready.Cards), outside.ReadyStatus)
	}
	for _, c := range ready.Cards {
		if c.StatusOptionID != schema.ReadyOptionID {
			t.Errorf("the filter let %s through, which is %q", c.ID, c.Status)
		}
	}
	first := whole.Cards[0]
	direct := must(b.Cards(t.Context(), ref, []string{first.ID}))(t)
	if direct[first.ID].StatusOptionID != first.StatusOptionID {
		t.Errorf("listed, the card is %q, and read directly %q", first.Status, direct[first.ID].Status)
	}
	if first.StatusOptionID != "" {
		if err := b.SetStatus(t.Context(), schema, first.ID, first.StatusOptionID); err != nil {
			t.Error(err)
		}
	}
	ref.ReadyStatus = "No such status"
	var absent *board.NotFoundError
	if _, err := b.Resolve(t.Context(), ref); !errors.As(err, &absent) || absent.Part != board.PartReadyStatus {
		t.Errorf("a status that is not there: %v", err)
	}
}

// ofEmulators are the tests of the forge and the board that no GitHub from outside can be asked for, by their packages; true of those
// that need an injected fault, false of those that need a state that GitHub cannot be put into by a call.
var ofEmulators = map[string]map[string]bool{
	"internal/forge/github": {
		"TestCheckRunThatCannotBeChanged": true, "TestCheckRunIsSoughtOnEachPage": true, "TestCheckRunWithFaults": true,
		"TestWhatIsForbiddenForOneConcernsThatOne": true, "TestWholeCallFailures": true, "TestCommentIsReplaced": true,
		"TestARepositoryThatWasRenamed": true, "TestAnArchivedRepositoryIsWaitedFor": true, "TestStatusCheckWithAToken": true,
		"TestClosedPullRequestsOfForksHideNothing": false, "TestAppWithoutTheRightToChecks": false, "TestTokenWithoutRights": false,
	},
	"internal/board/github": {
		"TestHalfAListingIsNone": true, "TestEndlessPagesEnd": true, "TestForbiddenContentIsRedacted": true, "TestAPageThatIsTooMuchIsHalved": true,
		"TestACardThatIsHidden": true, "TestThreeHundredCardsTakeThreeCalls": false, "TestRenamedOptionIsNoticed": false,
	},
}

func TestOnEmulatorsAlone(t *testing.T) {
	if !outside.GitHubGiven() {
		t.Skip("left out: no GitHub was given from outside")
	}
	for pkg, tests := range ofEmulators {
		for name, needsFault := range tests {
			t.Run(pkg+"."+name, func(t *testing.T) {
				if needsFault {
					outside.LeaveOutFault(t)
				}
				outside.LeaveOutState(t)
			})
		}
	}
}
