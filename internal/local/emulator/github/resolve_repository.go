// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"slices"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github/graphql"
)

// gitRef is a reference that exists.
type gitRef struct {
	repo *repository
	ref  string // "refs/heads/main"
	oid  string
}

func (r *gitRef) prefix() string {
	for _, prefix := range []string{"refs/heads/", "refs/tags/"} {
		if strings.HasPrefix(r.ref, prefix) {
			return prefix
		}
	}
	return "refs/"
}

func (r *gitRef) name() string { return strings.TrimPrefix(r.ref, r.prefix()) }

func (r *gitRef) protection() any {
	if r.prefix() != "refs/heads/" {
		return nil
	}
	return r.repo.protection(r.name())
}

// branch returns a branch's reference, or nil.
func (r *repository) branch(name string) *gitRef {
	if r == nil {
		return nil
	}
	oid, found := r.branchHead(name)
	if !found {
		return nil
	}
	return &gitRef{repo: r, ref: "refs/heads/" + name, oid: oid}
}

func repositoryTypes() graphql.Types {
	return graphql.Types{
		"Repository": {
			"id":            plain(func(r *repository) any { return r.nodeID }),
			"databaseId":    plain(func(r *repository) any { return r.databaseID }),
			"name":          plain(func(r *repository) any { return r.name }),
			"nameWithOwner": plain(func(r *repository) any { return r.fullName() }),
			"owner":         plain(func(r *repository) any { return r.owner }),
			"isPrivate":     plain(func(*repository) any { return true }),
			"isArchived":    plain(func(*repository) any { return false }),
			"isFork":        plain(func(r *repository) any { return r.parent != nil }),
			"parent": asked(func(v *viewer, r *repository, _ *graphql.Call) (any, error) {
				if !v.token.sees(r.parent) {
					return nil, nil //nolint:nilnil // null is the answer
				}
				return r.parent, nil
			}),
			"createdAt": plain(func(r *repository) any { return r.createdAt }),
			"url": asked(func(v *viewer, r *repository, _ *graphql.Call) (any, error) {
				return v.url + "/" + r.fullName(), nil
			}),
			"defaultBranchRef": plain(func(r *repository) any { return r.branch(r.defaultBranch) }),
			"ref":              asked((*viewer).ref, "qualifiedName"),
			"object":           asked((*viewer).object, "expression", "oid"),
			"issue":            asked((*viewer).issue, "number"),
			"pullRequest":      asked((*viewer).pullRequest, "number"),
			"pullRequests": asked((*viewer).pullRequests,
				paginated("headRefName", "baseRefName", "states", "orderBy")...),
		},
		"Ref": {
			// A Ref's id is not stored: references come and go with pushes.
			"id":                   plain(func(r *gitRef) any { return "REF_" + r.repo.nodeID + ":" + r.ref }),
			"name":                 plain(func(r *gitRef) any { return r.name() }),
			"prefix":               plain(func(r *gitRef) any { return r.prefix() }),
			"repository":           plain(func(r *gitRef) any { return r.repo }),
			"target":               plain(func(r *gitRef) any { return &gitObject{repo: r.repo, oid: r.oid, kind: "commit"} }),
			"branchProtectionRule": plain((*gitRef).protection),
			"refUpdateRule":        plain((*gitRef).protection),
			"associatedPullRequests": asked(func(v *viewer, r *gitRef, c *graphql.Call) (any, error) {
				return v.pullsOf(r.repo, c, r)
			}, paginated("states", "orderBy")...),
		},
		"BranchProtectionRule": {
			"id":      plain(func(p *protection) any { return p.nodeID }),
			"pattern": plain(func(p *protection) any { return p.pattern }),
		},
		"RefUpdateRule": {
			"pattern": plain(func(p *protection) any { return p.pattern }),
		},
	}
}

// ref takes a full name, or a short one, which is a branch before it is a tag.
func (v *viewer) ref(repo *repository, c *graphql.Call) (any, error) {
	if v.token.rights.Contents < Read {
		return nil, v.forbidden()
	}
	name := c.Args.String("qualifiedName")
	candidates := []string{name}
	if !strings.HasPrefix(name, "refs/") {
		candidates = []string{"refs/heads/" + name, "refs/tags/" + name}
	}
	for _, candidate := range candidates {
		if oid, found := readRef(repo.dir, candidate); found {
			return &gitRef{repo: repo, ref: candidate, oid: oid}, nil
		}
	}
	return nil, nil //nolint:nilnil // GitHub answers null for a reference that does not exist
}

// object takes what `git rev-parse` does, of which REVISION and REVISION:PATH are supported. What does not exist is
// null.
func (v *viewer) object(repo *repository, c *graphql.Call) (any, error) {
	if v.token.rights.Contents < Read {
		return nil, v.forbidden()
	}
	expression := c.Args.String("expression")
	if oid := c.Args.String("oid"); oid != "" {
		expression = oid
	}
	revision, path, hasPath := strings.Cut(expression, ":")
	if strings.ContainsAny(revision, "^~@{") {
		return nil, graphql.Errorf("EMULATOR_UNSUPPORTED", "the GitHub emulator does not support the expression %q", expression)
	}
	oid, found := repo.resolveRevision(revision)
	if !found {
		return nil, nil //nolint:nilnil // null is the answer
	}
	if hasPath {
		oid += ":" + strings.TrimSuffix(path, "/")
	}
	object, err := v.server.objects.get(c.Context, repo, oid)
	if err != nil {
		return nil, err
	}
	return object, nil
}

func (v *viewer) issue(repo *repository, c *graphql.Call) (any, error) {
	number, _ := c.Args.Int("number")
	item, ok := repo.issues[number]
	if !ok {
		return nil, graphql.Errorf("NOT_FOUND", "Could not resolve to an Issue with the number of %d.", number)
	}
	return v.threadNode(item, &item.thread, v.token.rights.Issues)
}

func (v *viewer) pullRequest(repo *repository, c *graphql.Call) (any, error) {
	number, _ := c.Args.Int("number")
	pull, ok := repo.pulls[number]
	if !ok {
		return nil, graphql.Errorf("NOT_FOUND", "Could not resolve to a PullRequest with the number of %d.", number)
	}
	return v.threadNode(pull, &pull.thread, v.token.rights.PullRequests)
}

func (v *viewer) pullRequests(repo *repository, c *graphql.Call) (any, error) {
	return v.pullsOf(repo, c, nil)
}

// pullsOf lists a repository's pull requests, or those that a branch is the head of. headRefName is compared without
// the head's repository: a fork's branch of the same name is among them, as at GitHub.
func (v *viewer) pullsOf(repo *repository, c *graphql.Call, head *gitRef) (any, error) {
	if v.token.rights.PullRequests < Read {
		return nil, v.forbidden()
	}
	states, headName, baseName := c.Args.Strings("states"), c.Args.String("headRefName"), c.Args.String("baseRefName")
	var list []*pullRequest
	for _, pull := range repo.pulls {
		if (headName == "" || pull.headRef == headName) && (baseName == "" || pull.baseRef == baseName) &&
			(states == nil || slices.Contains(states, pull.state())) &&
			(head == nil || (pull.headRepo == head.repo && pull.headRef == head.name())) {
			list = append(list, pull)
		}
	}
	if err := sortPulls(list, c.Args.Object("orderBy")); err != nil {
		return nil, err
	}
	return connect(c, anys(list), func(p any) string { return p.(*pullRequest).nodeID })
}

func sortPulls(list []*pullRequest, order map[string]any) error {
	slices.SortFunc(list, func(a, b *pullRequest) int { return a.number - b.number })
	switch graphql.Text(order["field"]) {
	case "", "CREATED_AT": // numbers are given in the order of creation
	case "UPDATED_AT":
		slices.SortStableFunc(list, func(a, b *pullRequest) int { return a.updatedAt.Compare(b.updatedAt) })
	default:
		return graphql.Errorf("EMULATOR_UNSUPPORTED", "the GitHub emulator does not order pull requests by %v", order["field"])
	}
	if graphql.Text(order["direction"]) == "DESC" {
		slices.Reverse(list)
	}
	return nil
}
