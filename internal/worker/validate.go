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
	"unicode/utf8"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/worker/agent"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

// maxSpecFile is the largest file of a spec that is read, in bytes.
const maxSpecFile = 1 << 20

// validateStage checks whether all that the work needs is there, and names everything that is not at once.
type validateStage struct {
	tree        *gitrepo.WorkTree
	specPath    string
	pullRequest *pullRequest // nil in a local run
	retry       retrier
	settings    contract.Settings
	say         repositorySay
	clean       cleaner
}

func (v validateStage) run(ctx context.Context, s *State) error {
	problems, tasks := v.checkSpec(s)
	if tasks != nil {
		s.Result.Tasks = *tasks
	}
	found, err := v.say.read()
	if err != nil {
		return err
	}
	_, said, wrong := v.say.join(found)
	s.Repository = said
	problems = append(problems, wrong...)
	if v.pullRequest != nil {
		pr, err := v.readPullRequest(ctx)
		switch {
		case fault.CodeOf(err) == fault.CodeNotFound:
			problems = append(problems, fmt.Sprintf("pull request #%d does not exist", v.pullRequest.number))
		case err != nil:
			return err
		default:
			s.Result.PullRequestURL = pr.URL
			problems = append(problems, v.pullRequest.problems(pr)...)
		}
	}
	if len(problems) > 0 {
		return failed(contract.OutcomeValidationFailed, errors.New(strings.Join(problems, "; ")))
	}
	return nil
}

// checkSpec returns what is wrong with the spec's files, and how many tasks it has if they can be read.
func (v validateStage) checkSpec(s *State) (problems []string, tasks *contract.Tasks) {
	report := func(name string, err error) {
		if errors.Is(err, fs.ErrNotExist) {
			err = errors.New("is missing")
		}
		problems = append(problems, fmt.Sprintf("%s %s", path.Join(v.specPath, name), gitrepo.PlainError(err)))
	}
	if _, err := v.read("requirements.md"); errors.Is(err, fs.ErrNotExist) {
		if _, err := v.read("bugfix.md"); errors.Is(err, fs.ErrNotExist) {
			problems = append(problems, path.Join(v.specPath, "requirements.md")+" (or bugfix.md) is missing")
		} else if err != nil {
			report("bugfix.md", err)
		}
	} else if err != nil {
		report("requirements.md", err)
	}
	if _, err := v.read("design.md"); err != nil {
		report("design.md", err)
	}
	text, err := v.read("tasks.md")
	if err != nil {
		report("tasks.md", err)
		return problems, nil
	}
	parsed, err := agent.ParseTasks(text)
	if err != nil {
		return append(problems, fmt.Sprintf("%s: %s", path.Join(v.specPath, "tasks.md"), err)), nil
	}
	if unread := noteSpec(s, text, parsed, v.clean); v.settings.UncoveredBoxes == contract.Fail {
		for _, line := range unread {
			problems = append(problems, fmt.Sprintf("%s: %s looks like a task and is none", path.Join(v.specPath, "tasks.md"), line))
		}
	}
	count := agent.Count(parsed)
	return problems, &count
}

// read is a file of the spec that is fit to be worked on.
func (v validateStage) read(name string) ([]byte, error) {
	text, err := v.tree.ReadFile(path.Join(v.specPath, name), maxSpecFile)
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

func (v validateStage) readPullRequest(ctx context.Context) (forge.PullRequest, error) {
	var pr forge.PullRequest
	err := v.retry.do(ctx, "reading the pull request", func(ctx context.Context) error {
		var err error
		pr, err = v.pullRequest.read(ctx)
		return err
	})
	if err != nil {
		return forge.PullRequest{}, fmt.Errorf("reading pull request #%d: %w", v.pullRequest.number, err)
	}
	return pr, nil
}
