// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"context"
	"fmt"
	"slices"

	"github.com/kiro-worker/kiro-worker/internal/board"
)

// blockersQuery reads the issues that block each of a batch. GitHub takes at most 50 for one issue
// (https://docs.github.com/en/issues/tracking-your-work-with-issues/using-issues/creating-issue-dependencies), so there is no second page.
type blockersQuery struct {
	Nodes []*struct {
		Issue struct {
			ID        string
			BlockedBy struct {
				Nodes []*struct {
					ID         string
					Number     int
					State      string
					Repository *repositoryName
				}
			} `graphql:"blockedBy(first: 50)"`
		} `graphql:"... on Issue"`
	} `graphql:"nodes(ids: $ids)"`
}

// issueOpen is the state of an open issue.
const issueOpen = "OPEN"

// BlockedBy implements board.Blockers.
func (b *Board) BlockedBy(ctx context.Context, contentIDs []string) (map[string][]board.Blocker, error) {
	blockers := make(map[string][]board.Blocker, len(contentIDs))
	for batch := range slices.Chunk(contentIDs, pageSize) {
		var q blockersQuery
		failures, err := b.api.Query(ctx, opBlockers, &q, map[string]any{"ids": nodeIDs(batch)})
		if err = firstThatCounts(failures, err); err != nil {
			return nil, fmt.Errorf("reading what blocks the cards' issues: %w", err)
		}
		for _, node := range q.Nodes {
			if node == nil || node.Issue.ID == "" {
				continue
			}
			found := []board.Blocker{}
			for _, by := range node.Issue.BlockedBy.Nodes {
				if by != nil && by.State == issueOpen {
					found = append(found, board.Blocker{ContentID: by.ID, Repository: by.Repository.String(), Number: by.Number})
				}
			}
			blockers[node.Issue.ID] = found
		}
	}
	return blockers, nil
}
