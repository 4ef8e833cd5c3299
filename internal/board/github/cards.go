// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/shurcooL/githubv4"

	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
)

type cardsQuery struct {
	Nodes []*struct {
		Item struct {
			cardAnswer
			Project projectIdentity
		} `graphql:"... on ProjectV2Item"`
	} `graphql:"nodes(ids: $ids)"`
}

// projectIdentity is which board a card is on. The id of a card may come from anybody, and the token may see other boards.
type projectIdentity struct {
	Number int
	Owner  struct {
		Organization struct{ Login string } `graphql:"... on Organization"`
		User         struct{ Login string } `graphql:"... on User"`
	}
}

func (p projectIdentity) is(ref board.Ref) bool {
	return p.Number == ref.ProjectNumber &&
		(strings.EqualFold(p.Owner.Organization.Login, ref.Owner) || strings.EqualFold(p.Owner.User.Login, ref.Owner))
}

// Cards implements board.Lister.
func (b *Board) Cards(ctx context.Context, ref board.Ref, ids []string) (map[string]board.Card, error) {
	cards := make(map[string]board.Card, len(ids))
	for batch := range slices.Chunk(ids, pageSize) {
		variables := cardVariables(ref)
		variables["ids"] = nodeIDs(batch)
		var q cardsQuery
		failures, err := b.api.Query(ctx, opCards, &q, variables)
		if err = firstThatCounts(failures, err); err != nil {
			return nil, fmt.Errorf("reading cards of board %s/%d: %w", ref.Owner, ref.ProjectNumber, err)
		}
		for _, node := range q.Nodes {
			if node != nil && node.Item.ID != "" && node.Item.Project.is(ref) {
				cards[node.Item.ID] = node.Item.card()
			}
		}
	}
	return cards, nil
}

// linkedQuery reads up to ten linked branches of each issue: two are already too many to choose from.
type linkedQuery struct {
	Nodes []*struct {
		Issue struct {
			ID             string
			Repository     *repositoryName
			LinkedBranches struct {
				Nodes []*struct {
					Ref *struct {
						Name       string
						Repository *repositoryName
					}
				}
			} `graphql:"linkedBranches(first: 10)"`
		} `graphql:"... on Issue"`
	} `graphql:"nodes(ids: $ids)"`
}

// LinkedBranches implements board.Lister. A branch in another repository than the issue's is left out: the work is in
// the card's own.
func (b *Board) LinkedBranches(ctx context.Context, contentIDs []string) (map[string][]string, error) {
	branches := make(map[string][]string, len(contentIDs))
	for batch := range slices.Chunk(contentIDs, pageSize) {
		var q linkedQuery
		failures, err := b.api.Query(ctx, opLinkedBranches, &q, map[string]any{"ids": nodeIDs(batch)})
		if err = firstThatCounts(failures, err); err != nil {
			return nil, fmt.Errorf("reading linked branches: %w", err)
		}
		for _, node := range q.Nodes {
			if node == nil || node.Issue.ID == "" {
				continue
			}
			issue := node.Issue
			for _, linked := range issue.LinkedBranches.Nodes {
				if linked != nil && linked.Ref != nil && linked.Ref.Repository.String() == issue.Repository.String() {
					branches[issue.ID] = append(branches[issue.ID], githubapi.Cut(linked.Ref.Name, maxName))
				}
			}
		}
	}
	return branches, nil
}

// firstThatCounts is the error of a read by ids. That one of them is gone or cannot be seen is none: it is absent from
// the answer, which the caller takes for unknown.
func firstThatCounts(failures githubapi.Failures, err error) error {
	if err != nil {
		return err
	}
	for _, failure := range failures {
		absent := failure.Type == githubapi.TypeNotFound || failure.Type == githubapi.TypeForbidden
		if !absent || !failure.Under("nodes") || (len(failure.Path) != 2 && !ofContent(failure, "nodes")) {
			return failure.Classified()
		}
	}
	return nil
}

func nodeIDs(ids []string) []githubv4.ID {
	out := make([]githubv4.ID, len(ids))
	for i, id := range ids {
		out[i] = id
	}
	return out
}
