// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"fmt"
	"maps"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

// seedGitHub makes the sample repository, the Power and the board, still without cards.
func (s *System) seedGitHub() error {
	files, err := repositoryFiles()
	if err != nil {
		return err
	}
	if err := s.GitHub.CreateRepository(Repository, "main", github.Text(files)); err != nil {
		return fmt.Errorf("making the sample repository: %w", err)
	}
	if s.goCache != "" {
		files, err := goRepositoryFiles()
		if err != nil {
			return err
		}
		if err := s.GitHub.CreateRepository(goRepository, "main", github.Text(files)); err != nil {
			return fmt.Errorf("making the sample repository of another kind: %w", err)
		}
	}
	power, err := filesUnder("sample/power", "")
	if err != nil {
		return err
	}
	if err := s.GitHub.CreateRepository(powerRepository, "main", github.Text(power)); err != nil {
		return fmt.Errorf("making the Power's repository: %w", err)
	}
	s.GitHub.AddToken(s.token, "kiro-worker", github.AllRights())
	number, id := s.GitHub.CreateProject(github.Project{
		Owner: owner, Title: boardTitle, TextFields: []string{branchField},
		StatusOptions: []string{columnBacklog, columnReady, columnProgress, columnReview, columnBlocked},
	})
	s.boardNumber, s.boardID = int32(number), id
	return nil
}

// putCard puts a card of the demo on the board: an issue with a branch, an open pull request and, unless it comes
// later, a spec.
func (s *System) putCard(c Card) (id string, err error) {
	files := map[string]string{"docs/ideas/" + c.Slug + ".md": "# " + c.Title + "\n\nSee the issue.\n"}
	if !c.SpecLater {
		spec, err := specFiles(c.Slug, c.SpecPath())
		if err != nil {
			return "", err
		}
		maps.Copy(files, spec)
	}
	card, err := s.GitHub.PutCard(github.NewCard{
		Repository: c.RepositoryName(), Title: c.Title, Body: "As described in " + c.SpecPath() + ".", Status: c.Column,
		Branch: c.Branch(), Files: files, PullRequest: true, Issue: true,
		Fields: map[string]string{branchField: c.Branch()},
	})
	if err != nil {
		return "", fmt.Errorf("putting the card %q on the board: %w", c.Title, err)
	}
	return card.ID, nil
}

// pushSpec pushes the spec of a card that came without one.
func (s *System) pushSpec(c Card) error {
	files, err := specFiles(c.Slug, c.SpecPath())
	if err != nil {
		return err
	}
	if _, err := s.GitHub.PushFiles(c.RepositoryName(), c.Branch(), github.Text(files), "Specify "+c.Title); err != nil {
		return fmt.Errorf("pushing the spec of %q: %w", c.Title, err)
	}
	return nil
}
