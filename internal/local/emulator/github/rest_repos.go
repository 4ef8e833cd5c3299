// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"net/http"
	"slices"
	"unicode/utf8"
)

// maxStatusDescription is the most characters that a status' description may have
// (https://docs.github.com/en/rest/commits/statuses).
const maxStatusDescription = 140

// repo finds the repository of the path. One that the token does not see does not exist.
func (c *restCall) repo() (*repository, error) {
	repo, err := c.server.repository(c.params["owner"] + "/" + c.params["repo"])
	if err != nil || !c.token.sees(repo) {
		return nil, errNotFound()
	}
	return repo, nil
}

// need refuses a call for which the token does not have the permission.
func (c *restCall) need(has, wanted Access) error {
	if has < wanted {
		return &restError{status: http.StatusForbidden, message: c.token.inaccessible()}
	}
	return nil
}

func (c *restCall) getRateLimit() (int, any, error) {
	resources := map[string]any{}
	for _, resource := range []string{resourceCore, resourceGraphQL} {
		b := c.server.limiter.take(c.token, resource, 0, 0)
		resources[resource] = map[string]any{
			"limit": b.limit, "used": b.used, "remaining": b.remaining(), "reset": b.resetAt.Unix(),
		}
	}
	return http.StatusOK, map[string]any{"resources": resources, "rate": resources[resourceCore]}, nil
}

func (c *restCall) getUser() (int, any, error) {
	return http.StatusOK, c.userJSON(c.token.user), nil
}

func (c *restCall) getRepository() (int, any, error) {
	repo, err := c.repo()
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, c.repositoryJSON(repo), nil
}

func (c *restCall) getBranch() (int, any, error) {
	repo, err := c.repo()
	if err != nil {
		return 0, nil, err
	}
	if err := c.need(c.token.rights.Contents, Read); err != nil {
		return 0, nil, err
	}
	name := c.params["branch"]
	head, found := repo.branchHead(name)
	if !found {
		return 0, nil, &restError{status: http.StatusNotFound, message: "Branch not found"}
	}
	return http.StatusOK, map[string]any{
		"name": name,
		"commit": map[string]any{
			"sha": head, "url": c.apiURL(repo, "commits", head), "html_url": c.url + "/" + repo.fullName() + "/commit/" + head,
		},
		"protected":      repo.protection(name) != nil,
		"protection_url": c.apiURL(repo, "branches", name, "protection"),
	}, nil
}

// postStatus is https://docs.github.com/en/rest/commits/statuses#create-a-commit-status.
func (c *restCall) postStatus() (int, any, error) {
	repo, err := c.repo()
	if err != nil {
		return 0, nil, err
	}
	if err := c.need(c.token.rights.Statuses, Write); err != nil {
		return 0, nil, err
	}
	var input struct {
		State       string `json:"state"`
		TargetURL   string `json:"target_url"`
		Description string `json:"description"`
		Context     string `json:"context"`
	}
	if err := c.decode(&input); err != nil {
		return 0, nil, err
	}
	if !slices.Contains([]string{"error", "failure", "pending", "success"}, input.State) {
		return 0, nil, errInvalid("Status", "state", "state is not included in the list")
	}
	if utf8.RuneCountInString(input.Description) > maxStatusDescription {
		return 0, nil, errInvalid("Status", "description", "description is too long (maximum is 140 characters)")
	}
	sha := c.params["sha"]
	if !c.isCommit(repo, sha) {
		return 0, nil, errNoCommit(sha)
	}
	if input.Context == "" {
		input.Context = "default"
	}
	st := &commitStatus{
		context: input.Context, state: input.State, description: input.Description, targetURL: input.TargetURL,
		creator: c.token.user, createdAt: c.server.now(),
	}
	st.databaseID, st.nodeID = c.server.newID("SC", st)
	repo.statuses[sha] = append(repo.statuses[sha], st)
	return http.StatusCreated, c.statusJSON(repo, sha, st), nil
}

func errNoCommit(revision string) error {
	return &restError{status: http.StatusUnprocessableEntity, message: "No commit found for SHA: " + revision}
}

func (c *restCall) isCommit(repo *repository, sha string) bool {
	if !oidPattern.MatchString(sha) {
		return false
	}
	object, err := c.server.objects.get(c.request.Context(), repo, sha)
	return err == nil && object != nil && object.kind == "commit"
}

// commit finds the commit of the path, which may be a branch's name, for who may read what depends on it.
func (c *restCall) commit(has Access) (*repository, string, error) {
	repo, err := c.repo()
	if err != nil {
		return nil, "", err
	}
	if err := c.need(has, Read); err != nil {
		return nil, "", err
	}
	sha, found := repo.resolveRevision(c.params["ref"])
	if !found || !c.isCommit(repo, sha) {
		return nil, "", errNoCommit(c.params["ref"])
	}
	return repo, sha, nil
}

func (c *restCall) getCombinedStatus() (int, any, error) {
	repo, sha, err := c.commit(c.token.rights.Statuses)
	if err != nil {
		return 0, nil, err
	}
	latest := repo.latestStatuses(sha)
	list := []any{}
	for _, st := range page(c, latest) {
		list = append(list, c.simpleStatusJSON(repo, sha, st))
	}
	return http.StatusOK, map[string]any{
		"state": combined(latest), "sha": sha, "total_count": len(latest), "statuses": list,
		"repository": c.minimalRepositoryJSON(repo), "url": c.apiURL(repo, "commits", sha, "status"),
		"commit_url": c.apiURL(repo, "commits", sha),
	}, nil
}

// combined is https://docs.github.com/en/rest/commits/statuses#get-the-combined-status-for-a-specific-reference.
func combined(latest []*commitStatus) string {
	state := "success"
	if len(latest) == 0 {
		state = "pending"
	}
	for _, st := range latest {
		switch st.state {
		case "error", "failure":
			return "failure"
		case "pending":
			state = "pending"
		}
	}
	return state
}

func (c *restCall) listStatuses() (int, any, error) {
	repo, sha, err := c.commit(c.token.rights.Statuses)
	if err != nil {
		return 0, nil, err
	}
	newest := slices.Clone(repo.statuses[sha])
	slices.Reverse(newest)
	list := []any{}
	for _, st := range page(c, newest) {
		list = append(list, c.statusJSON(repo, sha, st))
	}
	return http.StatusOK, list, nil
}
