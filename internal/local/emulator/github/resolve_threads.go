// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"strconv"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github/graphql"
)

// threadFields are the fields that issues and pull requests share.
func threadFields[T any](of func(T) *thread, kind string) fields {
	return fields{
		"id":             plain(func(p T) any { return of(p).nodeID }),
		"databaseId":     plain(func(p T) any { return of(p).databaseID }),
		"fullDatabaseId": plain(func(p T) any { return strconv.FormatInt(of(p).databaseID, 10) }),
		"number":         plain(func(p T) any { return of(p).number }),
		"title":          plain(func(p T) any { return of(p).title }),
		"body":           plain(func(p T) any { return of(p).body }),
		"closed":         plain(func(p T) any { return !of(p).open }),
		"createdAt":      plain(func(p T) any { return of(p).createdAt }),
		"updatedAt":      plain(func(p T) any { return of(p).updatedAt }),
		"closedAt":       plain(func(p T) any { return orNil(of(p).closedAt, of(p).closedAt.IsZero()) }),
		"author":         plain(func(p T) any { return of(p).author }),
		"repository":     plain(func(p T) any { return of(p).repo }),
		"url": asked(func(v *viewer, p T, _ *graphql.Call) (any, error) {
			return v.url + of(p).path(kind), nil
		}),
		"comments": asked(func(_ *viewer, p T, c *graphql.Call) (any, error) {
			return connect(c, anys(of(p).comments), func(item any) string { return item.(*comment).nodeID })
		}, pagination...),
	}
}

func orNil(value any, null bool) any {
	if null {
		return nil
	}
	return value
}

func issueTypes() graphql.Types {
	item := threadFields(func(i *issue) *thread { return &i.thread }, "issues")
	item["state"] = plain(func(i *issue) any {
		if i.open {
			return "OPEN"
		}
		return "CLOSED"
	})
	item["linkedBranches"] = asked(func(_ *viewer, i *issue, c *graphql.Call) (any, error) {
		return connect(c, anys(i.linked), func(b any) string { return b.(*linkedBranch).nodeID })
	}, pagination...)
	// Those that the viewer does not see are left out. (Unverified.)
	item["blockedBy"] = asked(func(v *viewer, i *issue, c *graphql.Call) (any, error) {
		return connect(c, anys(v.seen(i.blockedBy)), func(b any) string { return b.(*issue).nodeID })
	}, paginated("orderBy")...)
	item["blocking"] = asked(func(v *viewer, i *issue, c *graphql.Call) (any, error) {
		return connect(c, anys(v.seen(i.blocks())), func(b any) string { return b.(*issue).nodeID })
	}, paginated("orderBy")...)
	return graphql.Types{
		"Issue": item,
		"LinkedBranch": {
			"id": plain(func(b *linkedBranch) any { return b.nodeID }),
			// Null when the branch is gone, or in a repository that the viewer does not see.
			"ref": asked(func(v *viewer, b *linkedBranch, _ *graphql.Call) (any, error) {
				if !v.token.sees(b.repo) {
					return nil, nil //nolint:nilnil // null is the answer
				}
				return b.repo.branch(b.name), nil
			}),
		},
		"IssueComment": {
			"id":             plain(func(c *comment) any { return c.nodeID }),
			"databaseId":     plain(func(c *comment) any { return c.databaseID }),
			"fullDatabaseId": plain(func(c *comment) any { return strconv.FormatInt(c.databaseID, 10) }),
			"body":           plain(func(c *comment) any { return c.body }),
			"author":         plain(func(c *comment) any { return c.author }),
			"createdAt":      plain(func(c *comment) any { return c.createdAt }),
			"updatedAt":      plain(func(c *comment) any { return c.updatedAt }),
			"url":            asked(func(v *viewer, c *comment, _ *graphql.Call) (any, error) { return c.url(v.url), nil }),
			"viewerDidAuthor": asked(func(v *viewer, c *comment, _ *graphql.Call) (any, error) {
				return c.author == v.token.user, nil
			}),
		},
	}
}

func (c *comment) url(base string) string {
	kind := "issues"
	if _, isPull := c.thread.repo.pulls[c.thread.number]; isPull {
		kind = "pull"
	}
	return base + c.thread.path(kind) + "#issuecomment-" + strconv.FormatInt(c.databaseID, 10)
}

func pullTypes() graphql.Types {
	pull := threadFields(func(p *pullRequest) *thread { return &p.thread }, "pull")
	pull["state"] = plain(func(p *pullRequest) any { return p.state() })
	pull["latestOpinionatedReviews"] = asked(func(_ *viewer, p *pullRequest, c *graphql.Call) (any, error) {
		return connect(c, anys(p.latestOpinions(c.Args.Bool("writersOnly"))), func(item any) string { return item.(*review).nodeID })
	}, paginated("writersOnly")...)
	pull["reviewThreads"] = asked(func(_ *viewer, p *pullRequest, c *graphql.Call) (any, error) {
		return connect(c, anys(p.reviews), func(item any) string { return item.(*reviewThread).nodeID })
	}, pagination...)
	pull["isDraft"] = plain(func(p *pullRequest) any { return p.draft })
	pull["merged"] = plain(func(p *pullRequest) any { return p.merged })
	pull["mergedAt"] = plain(func(p *pullRequest) any { return orNil(p.closedAt, !p.merged) })
	pull["headRefName"] = plain(func(p *pullRequest) any { return p.headRef })
	pull["headRefOid"] = plain(func(p *pullRequest) any { return p.head() })
	pull["headRef"] = plain(func(p *pullRequest) any { return p.headRepo.branch(p.headRef) })
	pull["baseRefName"] = plain(func(p *pullRequest) any { return p.baseRef })
	pull["baseRefOid"] = plain(func(p *pullRequest) any { oid, _ := p.repo.branchHead(p.baseRef); return oid })
	pull["baseRef"] = plain(func(p *pullRequest) any { return p.repo.branch(p.baseRef) })
	pull["baseRepository"] = plain(func(p *pullRequest) any { return p.repo })
	pull["isCrossRepository"] = plain(func(p *pullRequest) any { return p.headRepo != p.repo })
	pull["headRepository"] = asked(func(v *viewer, p *pullRequest, _ *graphql.Call) (any, error) {
		if !v.token.sees(p.headRepo) {
			return nil, nil //nolint:nilnil // the fork is gone, or private
		}
		return p.headRepo, nil
	})
	pull["headRepositoryOwner"] = plain(func(p *pullRequest) any {
		if p.headRepo == nil {
			return nil
		}
		return p.headRepo.owner
	})
	return graphql.Types{"PullRequest": pull}
}
