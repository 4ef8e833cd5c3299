// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"context"
	"errors"
	"fmt"
	"strconv"

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
			Items *page `graphql:"items(first: $first, after: $cursor)"`
		} `graphql:"... on ProjectV2"`
	} `graphql:"node(id: $project)"`
}

// filteredQuery leaves the filtering to GitHub.
type filteredQuery struct {
	Node *struct {
		Project struct {
			Items *page `graphql:"items(first: $first, after: $cursor, query: $query)"`
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
		size   = pageSize
		hidden int // cards that the token may not see
	)
	for range maxPages {
		page, err := b.pageOf(ctx, listing{ref, schema, query}, cursor, &size)
		if err != nil {
			return board.Listing{}, fmt.Errorf("listing board %s/%d: %w", ref.Owner, ref.ProjectNumber, err)
		}
		for _, answer := range page.Nodes {
			if answer == nil {
				hidden++
				continue
			}
			card := answer.card()
			if at, ok := seen[card.ID]; ok {
				cards[at] = card
				continue
			}
			seen[card.ID] = len(cards)
			cards = append(cards, card)
		}
		if !page.PageInfo.HasNextPage {
			// Where cards are hidden, absence says nothing.
			return board.Listing{Cards: cards, Filtered: query != "" || hidden > 0, Hidden: hidden}, nil
		}
		next := githubv4.String(page.PageInfo.EndCursor)
		if next == "" || (cursor != nil && *cursor == next) {
			return board.Listing{}, brokenListing(ref, "a page does not say where the next begins")
		}
		cursor = &next
	}
	return board.Listing{}, brokenListing(ref, fmt.Sprintf("more than %d pages", maxPages))
}

// listing is what a listing asks for.
type listing struct {
	ref    board.Ref
	schema board.Schema
	query  string
}

// smallestPage is the least that a page is cut down to.
const smallestPage = 10

// pageOf reads one page. Some pages of a hundred cards are answered 502 for ever where one of fifty works: such a page is
// asked for again, and then in halves. A cursor stays valid when the size changes.
func (b *Board) pageOf(ctx context.Context, l listing, cursor *githubv4.String, size *int) (*page, error) {
	for again := true; ; again = false {
		got, err := b.page(ctx, l, cursor, *size)
		if !errors.Is(err, githubapi.ErrServer) || ctx.Err() != nil {
			return got, err
		}
		if again {
			continue
		}
		if *size <= smallestPage {
			return nil, err
		}
		*size = max(smallestPage, *size/2)
	}
}

// page reads one page. A page with a hole in it is no page, unless GitHub says that the hole is a card that the token may not
// see.
func (b *Board) page(ctx context.Context, l listing, cursor *githubv4.String, size int) (*page, error) {
	query := l.query
	variables := cardVariables(l.ref)
	variables["project"] = githubv4.ID(l.schema.ProjectID)
	variables["cursor"] = cursor
	variables["first"] = githubv4.Int(size) //nolint:gosec // at most a hundred
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
	hidden := map[string]bool{} // indices of cards
	for _, failure := range failures {
		if failure.Type == githubapi.TypeForbidden && failure.Under("node", "items", "nodes") && len(failure.Path) == 4 {
			hidden[failure.Path[3]] = true
			continue
		}
		if !ofContent(failure, "node", "items", "nodes") {
			return nil, failure.Classified()
		}
	}
	if got == nil {
		return nil, fault.NewTerminal(fault.CodeNotFound, errors.New("the board is gone, or the token cannot see it any more"))
	}
	for n, answer := range got.Nodes {
		if answer == nil && hidden[strconv.Itoa(n)] {
			continue
		}
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
