// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

// A head's name may have many closed pull requests of forks, all newer than ours.
func TestClosedPullRequestsOfForksHideNothing(t *testing.T) {
	w := newWorld(t)
	w.branch(t, "feature/cart", spec)
	own, err := w.OpenPullRequest(emulator.NewPullRequest{Repository: repository, Title: "Own", Head: "feature/cart"})
	check(t, err)
	for n := range 11 {
		fork := fmt.Sprintf("stranger%d/shop", n)
		check(t, w.Fork(repository, fork))
		_, err := w.PushFiles(fork, "feature/cart", emulator.Text(map[string]string{"a": "b"}), "x")
		check(t, err)
		pull, err := w.OpenPullRequest(emulator.NewPullRequest{Repository: repository, Title: "Fork", Head: "feature/cart", HeadRepository: fork})
		check(t, err)
		check(t, w.ClosePullRequest(repository, pull.Number, false))
	}
	reports, err := w.forge.Inspect(t.Context(), []forge.Query{{Repository: repository, Branch: "feature/cart", SpecPath: specPath}})
	check(t, err)
	if pulls := reports[0].PullRequests; len(pulls) == 0 || pulls[0].Number != int64(own.Number) || pulls[0].State != "OPEN" {
		t.Errorf("ours is not the first of %+v", pulls)
	}
}

// answer has the next look-up answered with a repository as it is written here.
func (w *world) answer(json string) {
	w.Faults().Add(faults.Rule{Service: emulator.Service, Operation: inspectCall, Nth: 1, Fault: faults.Fault{
		Status: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: `{"data":{"r0":` + json + `}}`,
	}})
}

// A repository that was renamed answers under its new name; ids say that it is the same.
func TestARepositoryThatWasRenamed(t *testing.T) {
	w := newWorld(t)
	w.answer(`{"databaseId":7,"isArchived":false,"defaultBranchRef":{"name":"main"},"ref":null,"requirements":null,"bugfix":null,"design":null,"tasks":null,
		"recent":{"nodes":[]},"pullRequests":{"nodes":[
			{"number":1,"url":"u","state":"OPEN","headRefName":"a","headRepository":{"databaseId":7,"nameWithOwner":"acme/renamed"}},
			{"number":2,"url":"u","state":"OPEN","headRefName":"a","headRepository":{"databaseId":8,"nameWithOwner":"stranger/shop"}}]}}`)
	reports, err := w.forge.Inspect(t.Context(), []forge.Query{{Repository: repository, Branch: "a", SpecPath: specPath}})
	check(t, err)
	pulls := reports[0].PullRequests
	if len(pulls) != 2 || pulls[0].HeadRepository != repository || pulls[1].HeadRepository != "stranger/shop" {
		t.Errorf("%+v", pulls)
	}
}

// Nobody can push to an archived repository: the item waits, and says why, before the agent is paid for.
func TestAnArchivedRepositoryIsWaitedFor(t *testing.T) {
	w := newWorld(t)
	w.answer(`{"databaseId":7,"isArchived":true,"defaultBranchRef":null,"ref":null,"requirements":null,"bugfix":null,"design":null,"tasks":null,"recent":{"nodes":[]},"pullRequests":{"nodes":[]}}`)
	reports, err := w.forge.Inspect(t.Context(), []forge.Query{{Repository: repository, Branch: "a", SpecPath: specPath}})
	check(t, err)
	wait, ok := fault.AsWait(reports[0].Err)
	if !ok || wait.After < time.Minute || !strings.Contains(reports[0].Err.Error(), "is archived") {
		t.Errorf("got %v", reports[0].Err)
	}
}

// Just after a push some servers do not know the commit: a status is tried again.
func TestAStatusOfACommitThatIsNotThereYet(t *testing.T) {
	w := newWorld(t)
	err := w.forge.SetStatusCheck(t.Context(), repository, strings.Repeat("0", 40), forge.StatusCheck{Name: "kiro-worker", State: forge.CheckSuccess})
	if err == nil || fault.IsTerminal(err) {
		t.Errorf("got %v; want an error that is worth another try", err)
	}
}
