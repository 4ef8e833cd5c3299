// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	gogithub "github.com/google/go-github/v89/github"

	"github.com/kiro-worker/kiro-worker/internal/githubapi"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/outside"
)

const (
	// attempts and pause are how long a repository's first commit may take to be there.
	attempts = 15
	pause    = 2 * time.Second
)

// gitHub is what is made at the GitHub, and then removed.
type gitHub struct {
	*removals
	api         *githubapi.Client
	owner, name string
	project     string // the board's number
	pull        string // the pull request's node id
}

func newGitHub(apiURL, owner, token, project string, r *removals) (*gitHub, error) {
	api, err := githubapi.New(outside.GitHubOptions(apiURL, githubapi.Credentials{Token: token}))
	if err != nil {
		return nil, err
	}
	return &gitHub{removals: r, api: api, owner: owner, name: r.name, project: project}, nil
}

// environment is what the tests are told.
func (g *gitHub) environment() []string {
	return []string{outside.EnvGitHubRepository + "=" + g.owner + "/" + g.name, outside.EnvGitHubProject + "=" + g.project}
}

func (g *gitHub) make(ctx context.Context) error {
	if err := g.repository(ctx); err != nil {
		return fmt.Errorf("making the repository %s/%s: %w; the token must be allowed to make and delete repositories of the organisation", g.owner, g.name, err)
	}
	if err := g.pullRequest(ctx); err != nil {
		return fmt.Errorf("making a branch and a pull request in %s/%s: %w", g.owner, g.name, err)
	}
	if g.project != "" {
		return nil
	}
	if err := g.board(ctx); err != nil {
		fmt.Printf("made no board, so that it is left out: %v; CONFORMANCE_GITHUB_PROJECT names one that is there\n", err)
	}
	return nil
}

func (g *gitHub) repository(ctx context.Context) error {
	err := g.api.REST(ctx, "CreateRepository", func(ctx context.Context, c *gogithub.Client) error {
		_, _, err := c.Repositories.Create(ctx, g.owner, &gogithub.Repository{Name: &g.name, Private: new(true), AutoInit: new(true)})
		return err
	})
	if err != nil {
		return err
	}
	fmt.Printf("made the repository %s/%s\n", g.owner, g.name)
	g.later("repository", func(ctx context.Context) error {
		return g.api.REST(ctx, "DeleteRepository", func(ctx context.Context, c *gogithub.Client) error {
			_, err := c.Repositories.Delete(ctx, g.owner, g.name)
			return err
		})
	})
	return nil
}

// head waits for the first commit, which GitHub makes after it has answered.
func (g *gitHub) head(ctx context.Context) (commit string, err error) {
	for range attempts {
		err = g.api.REST(ctx, "GetBranch", func(ctx context.Context, c *gogithub.Client) error {
			branch, _, err := c.Repositories.GetBranch(ctx, g.owner, g.name, "main", 1)
			commit = branch.GetCommit().GetSHA()
			return err
		})
		if err == nil {
			return commit, nil
		}
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(pause):
		}
	}
	return "", err
}

func (g *gitHub) pullRequest(ctx context.Context) error {
	commit, err := g.head(ctx)
	if err != nil {
		return err
	}
	return g.api.REST(ctx, "OpenPullRequest", func(ctx context.Context, c *gogithub.Client) error {
		if _, _, err := c.Git.CreateRef(ctx, g.owner, g.name, gogithub.CreateRef{Ref: "refs/heads/" + outside.GitHubBranch, SHA: commit}); err != nil {
			return err
		}
		spec := outside.GitHubSpec()
		for _, name := range slices.Sorted(maps.Keys(spec)) {
			_, _, err := c.Repositories.CreateFile(ctx, g.owner, g.name, outside.GitHubSpecPath+"/"+name, &gogithub.RepositoryContentFileOptions{
				Message: new("Add " + name), Content: []byte(spec[name]), Branch: new(outside.GitHubBranch),
			})
			if err != nil {
				return err
			}
		}
		pull, _, err := c.PullRequests.Create(ctx, g.owner, g.name, &gogithub.NewPullRequest{
			Title: new("Conformance"), Head: new(outside.GitHubBranch), Base: new("main"), Body: new(outside.GitHubBody),
		})
		g.pull = pull.GetNodeID()
		if err == nil {
			fmt.Printf("made the pull request %s\n", strconv.Itoa(pull.GetNumber()))
		}
		return err
	})
}
