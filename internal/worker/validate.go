// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/worker/agent"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

// maxSpecFile is the largest file of a spec that is read, in bytes.
const maxSpecFile = 1 << 20

// forgeTimeout is how long one call of the forge may take.
const forgeTimeout = 45 * time.Second

// validate asks whether all is there that the work needs, and names everything that is not at once.
func validate(ctx context.Context, j *job) error {
	misses := j.specMisses()
	if j.ports.Forge != nil {
		pr, err := j.pullRequest(ctx)
		switch {
		case fault.CodeOf(err) == fault.CodeNotFound:
			misses = append(misses, fmt.Sprintf("pull request #%d is not there", j.parameters.PullRequest))
		case err != nil:
			return err
		default:
			j.state.Result.PullRequestURL = pr.URL
			misses = append(misses, pullRequestMisses(pr, j.parameters)...)
		}
	}
	if len(misses) > 0 {
		return failed(contract.OutcomeValidationFailed, errors.New(strings.Join(misses, "; ")))
	}
	return nil
}

// specMisses are what is wrong with the spec's files.
func (j *job) specMisses() []string {
	spec := j.parameters.SpecPath
	var misses []string
	read := func(name string) ([]byte, error) {
		text, err := j.tree.ReadFile(path.Join(spec, name), maxSpecFile)
		switch {
		case err != nil:
			return nil, err
		case strings.TrimSpace(string(text)) == "":
			return nil, errors.New("is empty")
		case !utf8.Valid(text):
			return nil, errors.New("is not text in UTF-8")
		case gitrepo.HoldsConflict(text):
			return nil, errors.New("holds the conflict marks of a merge: resolve it and push")
		}
		return text, nil
	}
	report := func(name string, err error) {
		if errors.Is(err, fs.ErrNotExist) {
			err = errors.New("is missing")
		}
		misses = append(misses, fmt.Sprintf("%s %s", path.Join(spec, name), gitrepo.PlainError(err)))
	}
	if _, err := read("requirements.md"); errors.Is(err, fs.ErrNotExist) {
		if _, err := read("bugfix.md"); errors.Is(err, fs.ErrNotExist) {
			misses = append(misses, path.Join(spec, "requirements.md")+" (or bugfix.md) is missing")
		} else if err != nil {
			report("bugfix.md", err)
		}
	} else if err != nil {
		report("requirements.md", err)
	}
	if _, err := read("design.md"); err != nil {
		report("design.md", err)
	}
	tasks, err := read("tasks.md")
	if err != nil {
		report("tasks.md", err)
		return misses
	}
	parsed, err := agent.ParseTasks(tasks)
	if err != nil {
		return append(misses, fmt.Sprintf("%s: %s", path.Join(spec, "tasks.md"), err))
	}
	j.state.Result.Tasks = agent.Count(parsed)
	return misses
}

// pullRequest reads the pull request as it is now.
func (j *job) pullRequest(ctx context.Context) (forge.PullRequest, error) {
	var pr forge.PullRequest
	err := j.retry(ctx, j.parameters.Settings.RetryGitHub.Or(contract.RetryService), "reading the pull request", func(ctx context.Context) error {
		var err error
		pr, err = j.readPullRequest(ctx)
		return err
	})
	if err != nil {
		return forge.PullRequest{}, fmt.Errorf("reading pull request #%d: %w", j.parameters.PullRequest, err)
	}
	return pr, nil
}

// readPullRequest is one try.
func (j *job) readPullRequest(ctx context.Context) (forge.PullRequest, error) {
	ctx, cancel := context.WithTimeout(ctx, forgeTimeout)
	defer cancel()
	return j.ports.Forge.Get(ctx, j.parameters.Repository, j.parameters.PullRequest)
}

// pullRequestMisses are what is wrong with the pull request.
func pullRequestMisses(pr forge.PullRequest, p contract.Parameters) []string {
	var misses []string
	if pr.State != "OPEN" {
		misses = append(misses, fmt.Sprintf("pull request #%d is %s; it must be open", pr.Number, strings.ToLower(pr.State)))
	}
	if !strings.EqualFold(pr.HeadRepository, p.Repository) {
		misses = append(misses, fmt.Sprintf("pull request #%d comes from another repository; it must come from a branch of %s", pr.Number, p.Repository))
	}
	if pr.HeadBranch != p.BranchName {
		misses = append(misses, fmt.Sprintf("pull request #%d is not from branch %s", pr.Number, p.BranchName))
	}
	return misses
}
