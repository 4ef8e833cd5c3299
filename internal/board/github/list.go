// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"context"
	"errors"
	"fmt"

	"github.com/shurcooL/githubv4"

	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
)

// page is one page of a board's cards.
type page struct {
	PageInfo struct {
		HasNextPage bool
		EndCursor   string
	}
	Nodes []*cardAnswer
}

// listQuery has no filter. Where none is wanted, none is sent: Enterprise Servers from before it know no such argument.
type listQuery struct {
	Node *struct {
		Project struct {
			Items *page `graphql:"items(first: 100, after: $cursor)"`
		} `graphql:"... on ProjectV2"`
	} `graphql:"node(id: $project)"`
}

// filteredQuery leaves the filtering to GitHub.
type filteredQuery struct {
	Node *struct {
		Project struct {
			Items *page `graphql:"items(first: 100, after: $cursor, query: $query)"`
		} `graphql:"... on ProjectV2"`
	} `graphql:"node(id: $project)"`
}

// List implements board.Lister. It reads every page or fails: work must not be withdrawn, nor begun, on the strength of
// half a board.
func (b *Board) List(ctx context.Context, ref board.Ref, schema board.Schema, query string) (board.Listing, error) {
	var (
		cards  []board.Card
		seen   = map[string]int{} // a card that is moved meanwhile may come twice
		cursor *githubv4.String
	)
	for range maxPages {
		page, err := b.page(ctx, ref, schema, query, cursor)
		if err != nil {
			return board.Listing{}, fmt.Errorf("listing board %s/%d: %w", ref.Owner, ref.ProjectNumber, err)
		}
		for _, answer := range page.Nodes {
			card := answer.card()
			if at, ok := seen[card.ID]; ok {
				cards[at] = card
				continue
			}
			seen[card.ID] = len(cards)
			cards = append(cards, card)
		}
		if !page.PageInfo.HasNextPage {
			return board.Listing{Cards: cards, Filtered: query != ""}, nil
		}
		next := githubv4.String(page.PageInfo.EndCursor)
		if next == "" || (cursor != nil && *cursor == next) {
			return board.Listing{}, brokenListing(ref, "a page does not say where the next begins")
		}
		cursor = &next
	}
	return board.Listing{}, brokenListing(ref, fmt.Sprintf("more than %d pages", maxPages))
}

// page reads one page. A page with a hole in it is no page.
func (b *Board) page(ctx context.Context, ref board.Ref, schema board.Schema, query string, cursor *githubv4.String) (*page, error) {
	variables := cardVariables(ref)
	variables["project"] = githubv4.ID(schema.ProjectID)
	variables["cursor"] = cursor
	var (
		failures githubapi.Failures
		got      *page
		err      error
	)
	if query == "" {
		var q listQuery
		if failures, err = b.api.Query(ctx, opList, &q, variables); err == nil && q.Node != nil {
			got = q.Node.Project.Items
		}
	} else {
		variables["query"] = githubv4.String(query)
		var q filteredQuery
		if failures, err = b.api.Query(ctx, opList, &q, variables); err == nil && q.Node != nil {
			got = q.Node.Project.Items
		}
	}
	if err != nil {
		return nil, err
	}
	for _, failure := range failures {
		if !ofContent(failure, "node", "items", "nodes") {
			return nil, failure.Classified()
		}
	}
	if got == nil {
		return nil, fault.NewTerminal(fault.CodeNotFound, errors.New("the board is gone, or the token cannot see it any more"))
	}
	for _, answer := range got.Nodes {
		if answer == nil || answer.ID == "" {
			return nil, fault.NewRetryable(fault.CodeInvalidAnswer, errors.New("GitHub left a card out of a page; tried again later"))
		}
	}
	return got, nil
}

// ofContent reports whether a failure concerns the content of one card of a list at path, and nothing else: content that
// single sign-on keeps from the token comes so. The card then shows as redacted.
func ofContent(failure *githubapi.PathError, path ...string) bool {
	if failure.Type != githubapi.TypeForbidden && failure.Type != githubapi.TypeNotFound {
		return false
	}
	rest := len(path) + 1 // the card's index
	return failure.Under(path...) && len(failure.Path) > rest && failure.Path[rest] == "content"
}

// cardVariables are those of cardAnswer.
func cardVariables(ref board.Ref) map[string]any {
	return map[string]any{
		"statusField": githubv4.String(ref.StatusField),
		"branchField": githubv4.String(ref.BranchField),
		"withBranch":  githubv4.Boolean(ref.BranchField != ""),
	}
}

func brokenListing(ref board.Ref, what string) error {
	return fault.NewRetryable(fault.CodeInvalidAnswer,
		fmt.Errorf("listing board %s/%d: GitHub's paging is broken: %s", ref.Owner, ref.ProjectNumber, what))
}
