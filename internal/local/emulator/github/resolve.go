// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github/graphql"
)

// viewer is who asks. It goes with a call's context. The server's lock is held while resolvers run.
type viewer struct {
	server *Server
	token  *token
	url    string
	budget budget
}

type viewerKey struct{}

func viewerOf(ctx context.Context) *viewer {
	v, _ := ctx.Value(viewerKey{}).(*viewer)
	return v
}

// fields is short for what is written below by the dozen.
type fields = map[string]graphql.Field

// plain is a field that needs nothing but its parent.
func plain[T any](get func(T) any) graphql.Field {
	return graphql.Field{Resolve: func(c *graphql.Call) (any, error) {
		parent, ok := c.Parent.(T)
		if !ok {
			return nil, fmt.Errorf("the emulator has a %T in the wrong place", c.Parent)
		}
		return get(parent), nil
	}}
}

// asked is a field whose answer depends on who asks, or on arguments.
func asked[T any](get func(v *viewer, parent T, c *graphql.Call) (any, error), args ...string) graphql.Field {
	return graphql.Field{Args: args, Resolve: func(c *graphql.Call) (any, error) {
		parent, ok := c.Parent.(T)
		if !ok {
			return nil, fmt.Errorf("the emulator has a %T in the wrong place", c.Parent)
		}
		return get(viewerOf(c.Context), parent, c)
	}}
}

// root is a field of Query or Mutation.
func root(get func(v *viewer, c *graphql.Call) (any, error), args ...string) graphql.Field {
	return graphql.Field{Args: args, Resolve: func(c *graphql.Call) (any, error) {
		return get(viewerOf(c.Context), c)
	}}
}

func (s *Server) resolvers() graphql.Types {
	types := graphql.Types{}
	for _, part := range []graphql.Types{
		rootTypes(), ownerTypes(), projectTypes(), cardTypes(), repositoryTypes(), gitTypes(), issueTypes(), pullTypes(), reviewTypes(),
		mutationTypes(), boardMutations(), connectionTypes(),
	} {
		maps.Copy(types, part)
	}
	return types
}

// typeOf names the concrete type of an interface or a union.
func typeOf(value any) string {
	switch v := value.(type) {
	case *owner:
		if v.organization {
			return "Organization"
		}
		return "User"
	case *project:
		return "ProjectV2"
	case *projectField:
		if v.dataType == dataTypeSelect {
			return "ProjectV2SingleSelectField"
		}
		return "ProjectV2Field"
	case *fieldValue:
		if v.field.dataType == dataTypeSelect {
			return "ProjectV2ItemFieldSingleSelectValue"
		}
		return "ProjectV2ItemFieldTextValue"
	case *card:
		return "ProjectV2Item"
	case *gitObject:
		return map[string]string{"commit": "Commit", "tree": "Tree", "blob": "Blob", "tag": "Tag"}[v.kind]
	default:
		return map[string]string{
			"*github.draftIssue": "DraftIssue", "*github.issue": "Issue", "*github.pullRequest": "PullRequest",
			"*github.repository": "Repository", "*github.comment": "IssueComment", "*github.linkedBranch": "LinkedBranch",
			"*github.protection": "BranchProtectionRule", "*github.reviewThread": "PullRequestReviewThread", "*github.reviewComment": "PullRequestReviewComment", "*github.review": "PullRequestReview",
		}[fmt.Sprintf("%T", value)]
	}
}

// connection is one page of a list.
type connection struct {
	page       []any
	cursors    []string
	total      int
	next, prev bool
}

// connect cuts a page out of all, by first and after or last and before
// (https://docs.github.com/en/graphql/guides/using-pagination-in-the-graphql-api). Cursors are opaque to clients;
// they name an element, so that a page stays where it was when something is added before it.
func connect(c *graphql.Call, all []any, idOf func(any) string) (*connection, error) {
	start, end := 0, len(all)
	var err error
	if after := c.Args.String("after"); after != "" {
		if start, err = position(all, idOf, after); err != nil {
			return nil, err
		}
		start = min(start+1, end)
	}
	if before := c.Args.String("before"); before != "" {
		if end, err = position(all, idOf, before); err != nil {
			return nil, err
		}
		end = max(end, start)
	}
	if first, ok := c.Args.Int("first"); ok {
		end = min(end, start+first)
	} else if last, ok := c.Args.Int("last"); ok {
		start = max(start, end-last)
	}
	page := &connection{page: all[start:end], total: len(all), next: end < len(all), prev: start > 0}
	for i, item := range page.page {
		page.cursors = append(page.cursors, encodeCursor(start+i, idOf(item)))
	}
	return page, nil
}

func encodeCursor(index int, id string) string {
	return base64.StdEncoding.EncodeToString([]byte("cursor:v2:" + strconv.Itoa(index) + ":" + id))
}

func position(all []any, idOf func(any) string, cursor string) (int, error) {
	text, err := base64.StdEncoding.DecodeString(cursor)
	parts := strings.SplitN(string(text), ":", 4)
	if err != nil || len(parts) != 4 || parts[0] != "cursor" {
		return 0, graphql.Errorf("INVALID_CURSOR_ARGUMENTS", "`%s` does not appear to be a valid cursor.", cursor)
	}
	if i := slices.IndexFunc(all, func(item any) bool { return idOf(item) == parts[3] }); i >= 0 {
		return i, nil
	}
	// The element is gone. What was after it has moved up by one.
	i, err := strconv.Atoi(parts[2])
	if err != nil {
		return 0, graphql.Errorf("INVALID_CURSOR_ARGUMENTS", "`%s` does not appear to be a valid cursor.", cursor)
	}
	return min(i-1, len(all)), nil
}

type edge struct {
	node   any
	cursor string
}

// connectionTypes are the connections that are supported, all alike.
func connectionTypes() graphql.Types {
	types := graphql.Types{"PageInfo": {
		"hasNextPage":     plain(func(c *connection) any { return c.next }),
		"hasPreviousPage": plain(func(c *connection) any { return c.prev }),
		"endCursor": plain(func(c *connection) any {
			if len(c.cursors) == 0 {
				return nil
			}
			return c.cursors[len(c.cursors)-1]
		}),
		"startCursor": plain(func(c *connection) any {
			if len(c.cursors) == 0 {
				return nil
			}
			return c.cursors[0]
		}),
	}}
	for _, name := range []string{
		"ProjectV2Item", "ProjectV2FieldConfiguration", "ProjectV2ItemFieldValue", "LinkedBranch", "PullRequest",
		"IssueComment", "Ref", "Issue", "PullRequestReviewThread", "PullRequestReviewComment", "PullRequestReview",
	} {
		types[name+"Connection"] = fields{
			"nodes":      plain(func(c *connection) any { return c.page }),
			"totalCount": plain(func(c *connection) any { return c.total }),
			"pageInfo":   plain(func(c *connection) any { return c }),
			"edges": plain(func(c *connection) any {
				edges := make([]any, len(c.page))
				for i := range c.page {
					edges[i] = &edge{c.page[i], c.cursors[i]}
				}
				return edges
			}),
		}
		types[name+"Edge"] = fields{
			"node":   plain(func(e *edge) any { return e.node }),
			"cursor": plain(func(e *edge) any { return e.cursor }),
		}
	}
	return types
}

// Pagination arguments of a connection.
var pagination = []string{"first", "after", "last", "before"}

func paginated(more ...string) []string { return append(slices.Clone(pagination), more...) }

func anys[T any](list []T) []any {
	out := make([]any, len(list))
	for i, item := range list {
		out[i] = item
	}
	return out
}
