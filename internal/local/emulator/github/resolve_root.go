// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"fmt"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github/graphql"
)

// The wordings of errors below are GitHub's, as its users quote them in public issues. No page lists them.

func notFoundNode(id string) error {
	return graphql.Errorf("NOT_FOUND", "Could not resolve to a node with the global id of '%s'", id)
}

func (v *viewer) forbidden() error { return graphql.Errorf("FORBIDDEN", "%s", v.token.inaccessible()) }

func rootTypes() graphql.Types {
	return graphql.Types{
		"Query": {
			"viewer":       root(func(v *viewer, _ *graphql.Call) (any, error) { return v.token.user, nil }),
			"user":         root(func(v *viewer, c *graphql.Call) (any, error) { return v.owner(c, "User", false) }, "login"),
			"organization": root(func(v *viewer, c *graphql.Call) (any, error) { return v.owner(c, "Organization", true) }, "login"),
			// Unlike the two above, an owner that does not exist is said to be null without an error. (Unverified: a
			// client should take both.)
			"repositoryOwner": root(func(v *viewer, c *graphql.Call) (any, error) {
				return v.server.owners[strings.ToLower(c.Args.String("login"))], nil
			}, "login"),
			"repository": root((*viewer).repository, "owner", "name", "followRenames"),
			"node": root(func(v *viewer, c *graphql.Call) (any, error) {
				return v.node(c.Args.String("id"))
			}, "id"),
			"nodes":     root((*viewer).nodes, "ids"),
			"rateLimit": root(func(v *viewer, c *graphql.Call) (any, error) { return &rateLimit{v.budget, c.Operation}, nil }),
		},
		"RateLimit": {
			"cost":      plain(func(r *rateLimit) any { return r.operation.Cost }),
			"nodeCount": plain(func(r *rateLimit) any { return r.operation.Nodes }),
			"limit":     plain(func(r *rateLimit) any { return r.budget.limit }),
			"remaining": plain(func(r *rateLimit) any { return r.budget.remaining() }),
			"used":      plain(func(r *rateLimit) any { return r.budget.used }),
			"resetAt":   plain(func(r *rateLimit) any { return r.budget.resetAt }),
		},
	}
}

type rateLimit struct {
	budget    budget
	operation *graphql.Operation
}

func (v *viewer) owner(c *graphql.Call, kind string, organization bool) (any, error) {
	login := c.Args.String("login")
	o, ok := v.server.owners[strings.ToLower(login)]
	if !ok || o.organization != organization {
		return nil, graphql.Errorf("NOT_FOUND", "Could not resolve to a%s %s with the login of '%s'.",
			map[bool]string{true: "n"}[organization], kind, login)
	}
	return o, nil
}

func (v *viewer) repository(c *graphql.Call) (any, error) {
	name := c.Args.String("owner") + "/" + c.Args.String("name")
	repo, err := v.server.repository(name)
	if err != nil || !v.token.sees(repo) {
		// A repository that the token does not see looks like one that does not exist.
		return nil, graphql.Errorf("NOT_FOUND", "Could not resolve to a Repository with the name '%s'.", name)
	}
	return repo, nil
}

// node finds anything by its id, if the token may know of it.
func (v *viewer) node(id string) (any, error) {
	node, ok := v.server.nodes[id]
	if !ok {
		return nil, notFoundNode(id)
	}
	switch n := node.(type) {
	case *card, *project, *projectField, *fieldValue, *draftIssue:
		if v.token.rights.Projects < Read {
			return nil, v.forbidden()
		}
	case *issue:
		return v.threadNode(node, &n.thread, v.token.rights.Issues)
	case *pullRequest:
		return v.threadNode(node, &n.thread, v.token.rights.PullRequests)
	case *comment:
		return v.threadNode(node, n.thread, v.token.rights.Issues)
	case *repository:
		if !v.token.sees(n) {
			return nil, notFoundNode(id)
		}
	case *owner:
	default:
		return nil, graphql.Errorf("EMULATOR_UNSUPPORTED", "the GitHub emulator does not serve a %T by its id", node)
	}
	return node, nil
}

func (v *viewer) threadNode(node any, t *thread, access Access) (any, error) {
	if !v.token.sees(t.repo) {
		return nil, notFoundNode(t.nodeID)
	}
	if access < Read {
		return nil, v.forbidden()
	}
	return node, nil
}

// nodes answers ids one by one: a missing one is null at its place, with an error, and spoils no other.
func (v *viewer) nodes(c *graphql.Call) (any, error) {
	ids := c.Args.Strings("ids")
	if len(ids) > 100 {
		return nil, graphql.Errorf("ARGUMENT_LIMIT",
			"You may not provide more than 100 node ids; you provided %d.", len(ids))
	}
	out := make([]any, len(ids))
	for i, id := range ids {
		node, err := v.node(id)
		if err != nil {
			out[i] = err
			continue
		}
		out[i] = node
	}
	return out, nil
}

func ownerTypes() graphql.Types {
	common := func() fields {
		return fields{
			"id":         plain(func(o *owner) any { return o.nodeID }),
			"databaseId": plain(func(o *owner) any { return o.databaseID }),
			"login":      plain(func(o *owner) any { return o.login }),
			"url":        asked(func(v *viewer, o *owner, _ *graphql.Call) (any, error) { return v.url + "/" + o.login, nil }),
			"projectV2":  asked((*viewer).project, "number"),
			"repository": asked(func(v *viewer, o *owner, c *graphql.Call) (any, error) {
				repo, err := v.server.repository(o.login + "/" + c.Args.String("name"))
				if err != nil || !v.token.sees(repo) {
					return nil, graphql.Errorf("NOT_FOUND", "Could not resolve to a Repository with the name '%s/%s'.",
						o.login, c.Args.String("name"))
				}
				return repo, nil
			}, "name", "followRenames"),
		}
	}
	return graphql.Types{"User": common(), "Organization": common()}
}

func (v *viewer) project(o *owner, c *graphql.Call) (any, error) {
	if v.token.rights.Projects < Read {
		return nil, v.forbidden()
	}
	number, _ := c.Args.Int("number")
	for _, p := range v.server.projects {
		if p.owner == o && p.number == number {
			return p, nil
		}
	}
	return nil, graphql.Errorf("NOT_FOUND", "Could not resolve to a ProjectV2 with the number %d.", number)
}

func (p *project) url(base string) string {
	kind := "users"
	if p.owner.organization {
		kind = "orgs"
	}
	return fmt.Sprintf("%s/%s/%s/projects/%d", base, kind, p.owner.login, p.number)
}
