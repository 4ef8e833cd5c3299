// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"time"

	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
)

// cardAnswer is a card as it is asked for, in a listing and directly alike. It holds no connection: a card costs the
// same however much hangs on it.
type cardAnswer struct {
	ID         string
	Type       string
	IsArchived bool
	UpdatedAt  time.Time
	Status     *struct {
		Value struct {
			Name      string
			OptionID  string
			UpdatedAt time.Time
		} `graphql:"... on ProjectV2ItemFieldSingleSelectValue"`
	} `graphql:"status: fieldValueByName(name: $statusField)"`
	Branch *struct {
		Value struct{ Text string } `graphql:"... on ProjectV2ItemFieldTextValue"`
	} `graphql:"branch: fieldValueByName(name: $branchField) @include(if: $withBranch)"`
	Content *struct {
		TypeName    string        `graphql:"__typename"`
		Issue       contentAnswer `graphql:"... on Issue"`
		PullRequest struct {
			contentAnswer
			HeadRefName    string
			HeadRepository *repositoryName
		} `graphql:"... on PullRequest"`
		Draft struct {
			Title     string
			CreatedAt time.Time
		} `graphql:"... on DraftIssue"`
	}
}

type contentAnswer struct {
	ID         string
	Number     int
	URL        string
	Title      string
	CreatedAt  time.Time
	Repository *repositoryName
}

type repositoryName struct{ NameWithOwner string }

func (r *repositoryName) String() string {
	if r == nil {
		return ""
	}
	return githubapi.Cut(r.NameWithOwner, maxName)
}

// card turns the answer into a card. A card whose content is missing shows as redacted, whatever its type says: there
// is nothing to work on.
func (a *cardAnswer) card() board.Card {
	card := board.Card{ID: a.ID, Type: board.CardType(a.Type), Archived: a.IsArchived, UpdatedAt: a.UpdatedAt}
	if a.Status != nil {
		card.Status, card.StatusOptionID = a.Status.Value.Name, a.Status.Value.OptionID
		card.StatusUpdatedAt = a.Status.Value.UpdatedAt
	}
	if a.Branch != nil {
		card.BranchField = githubapi.Cut(a.Branch.Value.Text, maxName)
	}
	if a.Content == nil {
		card.Type = board.TypeRedacted
		return card
	}
	switch a.Content.TypeName {
	case "Issue":
		card.Type = board.TypeIssue
		a.Content.Issue.into(&card)
	case "PullRequest":
		card.Type = board.TypePullRequest
		a.Content.PullRequest.into(&card)
		card.HeadBranch = githubapi.Cut(a.Content.PullRequest.HeadRefName, maxName)
		card.HeadRepository = a.Content.PullRequest.HeadRepository.String()
	case "DraftIssue":
		card.Type = board.TypeDraft
		card.Title, card.CreatedAt = githubapi.Text(a.Content.Draft.Title, maxTitle), a.Content.Draft.CreatedAt
	}
	return card
}

func (c *contentAnswer) into(card *board.Card) {
	card.ContentID, card.Number = c.ID, c.Number
	card.URL, card.Title = githubapi.Cut(c.URL, maxURL), githubapi.Text(c.Title, maxTitle)
	card.CreatedAt, card.Repository = c.CreatedAt, c.Repository.String()
}
