// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"errors"
	"fmt"

	"github.com/kiro-worker/kiro-worker/internal/forge"
)

const (
	repository   = "acme/app"
	repositoryID = 7
	forgeHost    = "github.com"
)

// branch is a feature branch with its spec.
type branch struct {
	name    string
	head    string
	tasks   int
	done    int
	commits int
}

// errMoved is git's refusal of a push over a commit that it does not descend from.
var errMoved = errors.New("rejected: the remote's branch has moved")

// push is a push that is not forced: it counts only where the branch is as the pusher saw it.
func (b *branch) push(old, commit string, task bool) error {
	switch b.head {
	case commit:
		return nil
	case old:
		if b.head = commit; task {
			b.done++
		}
		return nil
	}
	return errMoved
}

// commit makes a commit's name.
func (b *branch) commit() string {
	b.commits++
	return fmt.Sprintf("%s%037d", "abc", b.commits)
}

// forgeClient is the forge as a manager reaches it.
type forgeClient struct{ s *simulation }

var _ forge.Forge = forgeClient{}

// Inspect implements forge.Inspector. Branches, specs and pull requests are always there: that they are missing is a
// wait before any lock, and tested with the controller.
func (c forgeClient) Inspect(_ context.Context, queries []forge.Query) ([]forge.Report, error) {
	v, err := c.s.do(&call{to: toForge, op: "inspect", effect: func() (any, error) {
		var reports []forge.Report
		for _, q := range queries {
			b := c.s.branches[q.Branch]
			reports = append(reports, forge.Report{
				RepositoryFound: true, RepositoryID: repositoryID, Host: forgeHost, DefaultBranch: "main",
				BranchFound: true, Commit: b.head,
				SpecFiles: []forge.SpecFile{{Name: "requirements.md", Size: 1}, {Name: "design.md", Size: 1}, {Name: "tasks.md", Size: 1}},
				TasksText: "- [ ] 1. Task\n",
				PullRequests: []forge.PullRequest{{
					Number: 1, State: "OPEN", HeadBranch: q.Branch, HeadRepository: q.Repository,
				}},
			})
		}
		return reports, nil
	}})
	if err != nil {
		return nil, err
	}
	return v.([]forge.Report), nil //nolint:forcetypeassert // the effect above made it
}

// Get implements forge.PullRequests.
func (forgeClient) Get(context.Context, string, int64) (forge.PullRequest, error) {
	return forge.PullRequest{}, errors.New("simulation: pull requests are not read")
}

// UpdateBody implements forge.PullRequests.
func (forgeClient) UpdateBody(context.Context, string, int64, string) error {
	return errors.New("simulation: only workers update pull requests")
}

// Comment implements forge.PullRequests.
func (c forgeClient) Comment(context.Context, string, int64, string, string) error {
	_, err := c.s.do(&call{to: toForge, op: "comment", effect: func() (any, error) { return nil, nil }})
	return err
}

// SetStatusCheck implements forge.StatusChecks.
func (forgeClient) SetStatusCheck(context.Context, string, string, forge.StatusCheck) error {
	return errors.New("simulation: status checks are not set")
}
