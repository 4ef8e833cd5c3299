// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	gogithub "github.com/google/go-github/v89/github"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
)

// leastBudget is the part of a rate limit below which polls begin to wait.
const leastBudget = 0.05

// source checks that a source's board and repositories can be worked with.
func (d *Doctor) source(ctx context.Context, source *v1alpha1.WorkSource, e *v1alpha1.WorkEnvironment) {
	s := d.subject("source", source)
	if !s.check(ctx, "environment", func(context.Context) (string, error) {
		if e == nil {
			return "", fmt.Errorf("there is no WorkEnvironment %s in namespace %s: create it, or correct spec.environmentRef",
				source.Spec.EnvironmentRef.Name, source.Namespace)
		}
		return e.Name, nil
	}) {
		s.skip("nothing is known of how to reach the board", "board", "repository", "rate limit")
		return
	}
	var problem error
	s.check(ctx, "board", func(ctx context.Context) (message string, err error) {
		message, problem = d.board(ctx, source, e)
		return message, problem
	})
	var absent *board.NotFoundError
	api, err := d.options.Sources.GitHub(source, e)
	// A board that is not as it is named says nothing about the credentials; anything else would only be said again.
	if err != nil || problem != nil && !errors.As(problem, &absent) && !errors.Is(problem, errWriteBack) {
		s.skip("GitHub cannot be asked with the source's credentials", "repository", "rate limit")
		return
	}
	for _, repository := range source.Spec.GitHub.Repositories {
		s.check(ctx, "repository", func(ctx context.Context) (string, error) { return d.repository(ctx, api, repository) })
	}
	s.check(ctx, "rate limit", func(ctx context.Context) (string, error) { return d.rateLimit(ctx, api) })
}

// errWriteBack: the board lacks a status that cards are to be given.
var errWriteBack = errors.New("add it to the field, or correct spec.writeBack")

// board looks the board up, with the fields and statuses that the source names.
func (d *Doctor) board(ctx context.Context, source *v1alpha1.WorkSource, e *v1alpha1.WorkEnvironment) (string, error) {
	b, err := d.options.Sources.Board(ctx, source, e)
	if err != nil {
		return "", fmt.Errorf("reaching the board: %w", err)
	}
	spec := source.Spec.GitHub
	schema, err := b.Resolve(ctx, board.Ref{
		Owner: spec.Owner, ProjectNumber: int(spec.ProjectNumber), StatusField: spec.StatusField, ReadyStatus: spec.ReadyStatus,
	})
	if err != nil {
		return "", err
	}
	if w := source.Spec.WriteBack; w != nil {
		for _, status := range []string{w.Started, w.Succeeded, w.Failed} {
			if _, there := schema.Options[status]; status != "" && !there {
				return "", fmt.Errorf("the field %q of board %q has no option %q, which cards are to be given: %w",
					spec.StatusField, schema.Title, status, errWriteBack)
			}
		}
	}
	return fmt.Sprintf("%q has %s %q", schema.Title, spec.StatusField, spec.ReadyStatus), nil
}

// repository looks whether the credentials may read one, and write what the manager writes: comments, pull requests' texts
// and status checks.
func (d *Doctor) repository(ctx context.Context, api *githubapi.Client, name string) (string, error) {
	owner, repo, _ := strings.Cut(name, "/")
	var found *gogithub.Repository
	err := api.REST(ctx, "DoctorRepository", func(ctx context.Context, c *gogithub.Client) (err error) {
		found, _, err = c.Repositories.Get(ctx, owner, repo)
		return err
	})
	switch {
	case fault.CodeOf(err) == fault.CodeNotFound:
		return "", fmt.Errorf("there is no repository %s that the credentials can see: correct spec.github.repositories, or give the token or App access to it", name)
	case err != nil:
		return "", fmt.Errorf("looking at repository %s: %w", name, err)
	case found.GetArchived():
		return "", fmt.Errorf("the repository %s is archived, and nothing can be pushed to it: take it out of spec.github.repositories", name)
	}
	if p := found.GetPermissions(); p != nil && !p.GetPush() {
		return "", fmt.Errorf("the credentials may only read repository %s: give the token or App write access to pull requests and commit statuses, "+
			"else nothing can be said on pull requests", name)
	}
	return name, nil
}

// rateLimit looks how much of GitHub's budget is left.
func (d *Doctor) rateLimit(ctx context.Context, api *githubapi.Client) (string, error) {
	var limits *gogithub.RateLimits
	err := api.REST(ctx, "DoctorRateLimit", func(ctx context.Context, c *gogithub.Client) (err error) {
		limits, _, err = c.RateLimit.Get(ctx)
		return err
	})
	if fault.CodeOf(err) == fault.CodeNotFound {
		return "this server limits nothing", nil // GitHub Enterprise Server, by default
	}
	if err != nil {
		return "", fmt.Errorf("asking for the rate limit: %w", err)
	}
	var texts []string
	for _, budget := range []struct {
		name string
		rate *gogithub.Rate
	}{{"GraphQL", limits.GetGraphQL()}, {"REST", limits.GetCore()}} {
		if budget.rate == nil {
			continue
		}
		text := fmt.Sprintf("%s %d of %d left", budget.name, budget.rate.Remaining, budget.rate.Limit)
		if float64(budget.rate.Remaining) < leastBudget*float64(budget.rate.Limit) {
			return "", fmt.Errorf("%s until %s: wait, poll less often (spec.interval), or use credentials that nothing else uses",
				text, budget.rate.Reset.UTC().Format(time.TimeOnly+" UTC"))
		}
		texts = append(texts, text)
	}
	return strings.Join(texts, ", "), nil
}
