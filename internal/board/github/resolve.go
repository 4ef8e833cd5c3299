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
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
)

// maxNamed is how many names a message lists at most.
const maxNamed = 12

// resolveQuery asks for the owner as what both users and organisations are: which of the two it is, people need
// not say.
type resolveQuery struct {
	Owner *struct {
		Login   string
		Project struct {
			ProjectV2 *projectAnswer `graphql:"projectV2(number: $number)"`
		} `graphql:"... on ProjectV2Owner"`
	} `graphql:"repositoryOwner(login: $owner)"`
}

type projectAnswer struct {
	ID    string
	Title string
	Field *struct {
		TypeName     string `graphql:"__typename"`
		SingleSelect struct {
			ID      string
			Options []struct{ ID, Name string }
		} `graphql:"... on ProjectV2SingleSelectField"`
	} `graphql:"field(name: $field)"`
	// Fields are there for the message that says which field to name instead.
	Fields struct {
		Nodes []struct {
			TypeName string                `graphql:"__typename"`
			Common   struct{ Name string } `graphql:"... on ProjectV2FieldCommon"`
		}
	} `graphql:"fields(first: 50)"`
}

const singleSelect = "ProjectV2SingleSelectField"

// Resolve implements board.Resolver. A renamed option would otherwise look like a board without work.
func (b *Board) Resolve(ctx context.Context, ref board.Ref) (board.Schema, error) {
	var q resolveQuery
	failures, err := b.api.Query(ctx, opResolve, &q, map[string]any{
		"owner":  githubv4.String(ref.Owner),
		"number": githubv4.Int(ref.ProjectNumber), //nolint:gosec // the API's type is int32
		"field":  githubv4.String(ref.StatusField),
	})
	if fault.CodeOf(err) == fault.CodeNotFound {
		// GitHub answers with no data at all when the only thing asked for is absent.
		return board.Schema{}, noBoard(ref)
	}
	if err != nil {
		return board.Schema{}, fmt.Errorf("resolving board %s/%d: %w", ref.Owner, ref.ProjectNumber, err)
	}
	for _, failure := range failures {
		if failure.Type != githubapi.TypeNotFound {
			return board.Schema{}, fmt.Errorf("resolving board %s/%d: %w", ref.Owner, ref.ProjectNumber, failure.Classified())
		}
	}
	switch {
	case q.Owner == nil:
		return board.Schema{}, notFound(board.PartBoard,
			"there is no user or organisation %q, or the token cannot see it; correct owner", ref.Owner)
	case q.Owner.Project.ProjectV2 == nil:
		return board.Schema{}, noBoard(ref)
	}
	return schemaOf(ref, q.Owner.Project.ProjectV2)
}

// schemaOf finds the field and the option, or says what there is instead.
func schemaOf(ref board.Ref, project *projectAnswer) (board.Schema, error) {
	title := githubapi.Text(project.Title, maxTitle)
	if project.Field == nil || project.Field.TypeName != singleSelect {
		var names []string
		for _, field := range project.Fields.Nodes {
			if field.TypeName == singleSelect {
				names = append(names, field.Common.Name)
			}
		}
		return board.Schema{}, notFound(board.PartStatusField,
			"board %q (%s/%d) has no single-select field %q; it has %s: set statusField to one of them, or add the field to the board",
			title, ref.Owner, ref.ProjectNumber, ref.StatusField, listed(names))
	}
	field := project.Field.SingleSelect
	schema := board.Schema{
		ProjectID: project.ID, Title: title, StatusFieldID: field.ID, Options: make(map[string]string, len(field.Options)),
	}
	var names []string
	for _, option := range field.Options {
		names = append(names, option.Name)
		schema.Options[option.Name] = option.ID
	}
	id, ok := schema.Options[ref.ReadyStatus]
	if !ok {
		return board.Schema{}, notFound(board.PartReadyStatus,
			"field %q of board %q (%s/%d) has no option %q; it has %s: set readyStatus to one of them, or give the option its name back",
			ref.StatusField, title, ref.Owner, ref.ProjectNumber, ref.ReadyStatus, listed(names))
	}
	schema.ReadyOptionID = id
	return schema, nil
}

func noBoard(ref board.Ref) error {
	return notFound(board.PartBoard, "%s has no project %d that the token can see; correct owner and projectNumber "+
		"(they are in the board's address), or grant the token access to projects", ref.Owner, ref.ProjectNumber)
}

func notFound(part board.Part, format string, args ...any) error {
	return fault.NewTerminal(fault.CodeNotFound, &board.NotFoundError{Part: part, Message: fmt.Sprintf(format, args...)})
}

// listed names what there is, within bounds: the names are anybody's.
func listed(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	more := ""
	if len(names) > maxNamed {
		more = fmt.Sprintf(" and %d more", len(names)-maxNamed)
		names = names[:maxNamed]
	}
	names = slices.Clone(names)
	for i, name := range names {
		names[i] = fmt.Sprintf("%q", githubapi.Text(name, 40))
	}
	return strings.Join(names, ", ") + more
}
