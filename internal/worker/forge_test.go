// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/forge"
)

func TestPullRequestProblems(t *testing.T) {
	p := pullRequest{repository: "acme/shop", branch: "feature", number: 1}
	good := forge.PullRequest{Number: 1, State: "OPEN", HeadRepository: "Acme/Shop", HeadBranch: "feature"}
	cases := map[string]struct {
		change func(*forge.PullRequest)
		want   string
	}{
		"Good":        {func(*forge.PullRequest) {}, ""},
		"Closed":      {func(pr *forge.PullRequest) { pr.State = "CLOSED" }, "is closed"},
		"Merged":      {func(pr *forge.PullRequest) { pr.State = "MERGED" }, "is merged"},
		"Fork":        {func(pr *forge.PullRequest) { pr.HeadRepository = "eve/shop" }, "another repository"},
		"ForkGone":    {func(pr *forge.PullRequest) { pr.HeadRepository = "" }, "another repository"},
		"OtherBranch": {func(pr *forge.PullRequest) { pr.HeadBranch = "main" }, "not from branch feature"},
	}
	for name, c := range cases {
		pr := good
		c.change(&pr)
		got := strings.Join(p.problems(pr), "; ")
		if (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q", name, got)
		}
	}
}
