// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"context"
	"fmt"

	"github.com/shurcooL/githubv4"

	"github.com/kiro-worker/kiro-worker/internal/board"
)

// SetStatus implements board.Writer.
func (b *Board) SetStatus(ctx context.Context, schema board.Schema, cardID, optionID string) error {
	var m struct {
		Update struct {
			Item *struct{ ID string } `graphql:"projectV2Item"`
		} `graphql:"updateProjectV2ItemFieldValue(input: $input)"`
	}
	err := b.api.Mutate(ctx, opSetStatus, &m, githubv4.UpdateProjectV2ItemFieldValueInput{
		ProjectID: schema.ProjectID,
		ItemID:    cardID,
		FieldID:   schema.StatusFieldID,
		Value:     githubv4.ProjectV2FieldValue{SingleSelectOptionID: githubv4.NewString(githubv4.String(optionID))},
	})
	if err != nil {
		return fmt.Errorf("setting the card's status: %w", err)
	}
	return nil
}
