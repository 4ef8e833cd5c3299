// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"strconv"
	"strings"
	"time"
)

// The objects below have GitHub's names and forms for what is known here. Members that would have to be made up are
// left out: a client that needs one should fail in a test.

func (v *viewer) apiURL(repo *repository, parts ...string) string {
	return strings.Join(append([]string{v.url + "/api/v3/repos/" + repo.fullName()}, parts...), "/")
}

func (v *viewer) userJSON(o *owner) map[string]any {
	if o == nil {
		return nil
	}
	kind := "User"
	if o.organization {
		kind = "Organization"
	}
	return map[string]any{
		"login": o.login, "id": o.databaseID, "node_id": o.nodeID, "type": kind, "site_admin": false,
		"url": v.url + "/api/v3/users/" + o.login, "html_url": v.url + "/" + o.login,
	}
}

func (v *viewer) repositoryJSON(repo *repository) map[string]any {
	if repo == nil {
		return nil
	}
	out := v.minimalRepositoryJSON(repo)
	out["archived"] = false
	out["clone_url"] = v.url + "/" + repo.fullName() + ".git"
	out["default_branch"] = repo.defaultBranch
	out["created_at"] = repo.createdAt
	out["permissions"] = map[string]bool{"pull": v.token.rights.Contents >= Read, "push": v.token.rights.Contents >= Write}
	return out
}

// minimalRepositoryJSON is a repository as it is within other things.
func (v *viewer) minimalRepositoryJSON(repo *repository) map[string]any {
	return map[string]any{
		"id": repo.databaseID, "node_id": repo.nodeID, "name": repo.name, "full_name": repo.fullName(),
		"owner": v.userJSON(repo.owner), "private": true, "fork": repo.parent != nil,
		"html_url": v.url + "/" + repo.fullName(), "url": v.apiURL(repo),
	}
}

func (v *viewer) statusJSON(repo *repository, sha string, st *commitStatus) map[string]any {
	out := v.simpleStatusJSON(repo, sha, st)
	out["creator"] = v.userJSON(st.creator)
	return out
}

// simpleStatusJSON is a status as it is within a combined one.
func (v *viewer) simpleStatusJSON(repo *repository, sha string, st *commitStatus) map[string]any {
	return map[string]any{
		"url": v.apiURL(repo, "statuses", sha), "id": st.databaseID, "node_id": st.nodeID, "state": st.state,
		"description": st.description, "target_url": orNil(st.targetURL, st.targetURL == ""), "context": st.context,
		"created_at": st.createdAt, "updated_at": st.createdAt,
	}
}

func (v *viewer) commentJSON(item *comment) map[string]any {
	return map[string]any{
		"id": item.databaseID, "node_id": item.nodeID, "body": item.body, "user": v.userJSON(item.author),
		"url":        v.apiURL(item.thread.repo, "issues", "comments", strconv.FormatInt(item.databaseID, 10)),
		"issue_url":  v.apiURL(item.thread.repo, "issues", strconv.Itoa(item.thread.number)),
		"html_url":   item.url(v.url),
		"created_at": item.createdAt, "updated_at": item.updatedAt,
	}
}

// pullJSON is a pull request as in a list, or with what only the call for a single one has.
func (v *viewer) pullJSON(p *pullRequest, single bool) map[string]any {
	number := strconv.Itoa(p.number)
	state := "open"
	if !p.open {
		state = "closed"
	}
	baseHead, _ := p.repo.branchHead(p.baseRef)
	out := map[string]any{
		"url": v.apiURL(p.repo, "pulls", number), "id": p.databaseID, "node_id": p.nodeID,
		"html_url": p.url(v.url), "diff_url": p.url(v.url) + ".diff", "patch_url": p.url(v.url) + ".patch",
		"issue_url": v.apiURL(p.repo, "issues", number), "comments_url": v.apiURL(p.repo, "issues", number, "comments"),
		"statuses_url": v.apiURL(p.repo, "statuses", p.head()),
		"number":       p.number, "state": state, "locked": false, "title": p.title, "user": v.userJSON(p.author),
		"body":       orNil(p.body, p.body == ""),
		"created_at": p.createdAt, "updated_at": p.updatedAt, "closed_at": timeOrNil(p.closedAt),
		"merged_at": orNil(p.closedAt, !p.merged), "draft": p.draft,
		"head": v.endJSON(p.headRepo, p.headRef, p.head()),
		"base": v.endJSON(p.repo, p.baseRef, baseHead),
	}
	if single {
		out["merged"] = p.merged
		out["comments"] = len(p.comments)
	}
	return out
}

// endJSON is one end of a pull request. The repository of a fork that is gone, or that the token does not see, is
// null.
func (v *viewer) endJSON(repo *repository, ref, sha string) map[string]any {
	if !v.token.sees(repo) {
		return map[string]any{"label": "unknown:" + ref, "ref": ref, "sha": sha, "user": nil, "repo": nil}
	}
	return map[string]any{
		"label": repo.owner.login + ":" + ref, "ref": ref, "sha": sha,
		"user": v.userJSON(repo.owner), "repo": v.repositoryJSON(repo),
	}
}

func timeOrNil(t time.Time) any { return orNil(t, t.IsZero()) }
