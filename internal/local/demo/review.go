// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"fmt"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

// reviewer is who reviews, and may write to the repository.
const reviewer = "rita"

// reviewWork does what a reviewer does with work that is done: says what is to be better, and moves the card to the ready
// column again.
func (s *System) reviewWork(snapshot Snapshot, reviewed map[string]bool) error {
	for _, state := range snapshot.States {
		c := state.Card
		if c.Review.Text == "" || reviewed[c.Slug] || state.PullRequest == nil || state.Item.Status.CompletionTime == nil || state.Column != c.EndColumn {
			continue
		}
		reviewed[c.Slug] = true
		if err := s.GitHub.SetPermission(c.RepositoryName(), reviewer, "write"); err != nil {
			return fmt.Errorf("making %s a reviewer: %w", reviewer, err)
		}
		remark := github.ReviewComment{Repository: c.RepositoryName(), Number: state.PullRequest.Number, Path: c.Review.File, Line: c.Review.Line, Author: reviewer, Body: c.Review.Text}
		if _, err := s.GitHub.AddReviewComment(remark); err != nil {
			return fmt.Errorf("reviewing %q: %w", c.Title, err)
		}
		if err := s.GitHub.MoveCard(s.cardIDs[c.Slug], columnReady); err != nil {
			return fmt.Errorf("moving the card %q: %w", c.Title, err)
		}
	}
	return nil
}

// answered reports whether every remark of a reviewer on a pull request has an answer.
func (s *System) answered(c Card, number int) (bool, error) {
	threads, err := s.GitHub.ReviewThreads(c.RepositoryName(), number)
	if err != nil {
		return false, fmt.Errorf("looking at the review of %q: %w", c.Title, err)
	}
	for _, t := range threads {
		if t.Comments[len(t.Comments)-1].Author == reviewer {
			return false, nil
		}
	}
	return len(threads) > 0, nil
}
