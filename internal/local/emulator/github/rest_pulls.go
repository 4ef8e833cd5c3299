// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// pullChange is what is to be changed of a pull request; nil leaves a part as it is.
type pullChange struct{ title, body, state, base *string }

// changePull changes a pull request, all of it or nothing, and returns what is wrong with the change, if anything.
func (s *Server) changePull(pull *pullRequest, change pullChange) (refused string) {
	state := ""
	if change.state != nil {
		state = strings.ToLower(*change.state)
	}
	switch {
	case change.title != nil && strings.TrimSpace(*change.title) == "":
		return "title can't be blank"
	case change.body != nil && utf8.RuneCountInString(*change.body) > maxBody:
		// 65,536 characters, as GitHub says in the error; no page has it.
		return "body is too long (maximum is 65536 characters)"
	case state != "" && state != "open" && state != "closed":
		return "state is not included in the list"
	case state == "open" && !pull.open && (pull.merged || pull.headRepo.branch(pull.headRef) == nil):
		return "state cannot be changed. The " + pull.headRef + " branch was merged or deleted."
	}
	if change.base != nil {
		if pull.repo.branch(*change.base) == nil {
			return "Proposed base branch '" + *change.base + "' was not found"
		}
		pull.baseRef = *change.base
	}
	if change.title != nil {
		pull.title = *change.title
	}
	if change.body != nil {
		pull.body = *change.body
	}
	if state == "closed" && pull.open {
		pull.lastHead = pull.head()
		pull.open, pull.closedAt = false, s.now()
	} else if state == "open" {
		pull.open = true
	}
	pull.updatedAt = s.now()
	return ""
}

// maxBody is the longest body of an issue, a pull request or a comment.
const maxBody = 65_536

func (c *restCall) pull() (*pullRequest, error) {
	repo, err := c.repo()
	if err != nil {
		return nil, err
	}
	if err := c.need(c.token.rights.PullRequests, Read); err != nil {
		return nil, err
	}
	number, _ := strconv.Atoi(c.params["number"])
	pull, ok := repo.pulls[number]
	if !ok {
		return nil, errNotFound()
	}
	return pull, nil
}

func (c *restCall) getPull() (int, any, error) {
	pull, err := c.pull()
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, c.pullJSON(pull, true), nil
}

// patchPull is https://docs.github.com/en/rest/pulls/pulls#update-a-pull-request.
func (c *restCall) patchPull() (int, any, error) {
	pull, err := c.pull()
	if err != nil {
		return 0, nil, err
	}
	if err := c.need(c.token.rights.PullRequests, Write); err != nil {
		return 0, nil, err
	}
	var input struct {
		Title *string `json:"title"`
		Body  *string `json:"body"`
		State *string `json:"state"`
		Base  *string `json:"base"`
	}
	if err := c.decode(&input); err != nil {
		return 0, nil, err
	}
	change := pullChange{title: input.Title, body: input.Body, state: input.State, base: input.Base}
	if refused := c.server.changePull(pull, change); refused != "" {
		return 0, nil, errInvalid("PullRequest", "", refused)
	}
	return http.StatusOK, c.pullJSON(pull, true), nil
}

// listPulls is https://docs.github.com/en/rest/pulls/pulls#list-pull-requests.
func (c *restCall) listPulls() (int, any, error) {
	repo, err := c.repo()
	if err != nil {
		return 0, nil, err
	}
	if err := c.need(c.token.rights.PullRequests, Read); err != nil {
		return 0, nil, err
	}
	query := c.request.URL.Query()
	headOwner, headRef, byHead := strings.Cut(query.Get("head"), ":")
	var list []*pullRequest
	for _, pull := range repo.pulls {
		state := query.Get("state")
		matches := state == "all" || pull.open == (state != "closed")
		if byHead {
			matches = matches && pull.headRef == headRef && pull.headRepo != nil &&
				strings.EqualFold(pull.headRepo.owner.login, headOwner)
		}
		if base := query.Get("base"); base != "" {
			matches = matches && pull.baseRef == base
		}
		if matches {
			list = append(list, pull)
		}
	}
	order := map[string]any{"field": "CREATED_AT", "direction": strings.ToUpper(query.Get("direction"))}
	switch query.Get("sort") {
	case "", "created":
		if query.Get("direction") == "" {
			order["direction"] = "DESC"
		}
	case "updated":
		order["field"] = "UPDATED_AT"
	default:
		return 0, nil, errInvalid("PullRequest", "sort", "the GitHub emulator does not sort by "+query.Get("sort"))
	}
	if err := sortPulls(list, order); err != nil {
		return 0, nil, err
	}
	out := []any{}
	for _, pull := range page(c, list) {
		out = append(out, c.pullJSON(pull, false))
	}
	return http.StatusOK, out, nil
}

// thread finds the issue or the pull request of the path: for comments they are the same
// (https://docs.github.com/en/rest/issues/comments).
func (c *restCall) thread(wanted Access) (*thread, error) {
	repo, err := c.repo()
	if err != nil {
		return nil, err
	}
	number, _ := strconv.Atoi(c.params["number"])
	if pull, ok := repo.pulls[number]; ok {
		// Either permission is enough for a pull request's comments.
		return &pull.thread, c.need(max(c.token.rights.PullRequests, c.token.rights.Issues), wanted)
	}
	if item, ok := repo.issues[number]; ok {
		return &item.thread, c.need(c.token.rights.Issues, wanted)
	}
	return nil, errNotFound()
}

func (c *restCall) listComments() (int, any, error) {
	t, err := c.thread(Read)
	if err != nil {
		return 0, nil, err
	}
	out := []any{}
	for _, item := range page(c, t.comments) {
		out = append(out, c.commentJSON(item))
	}
	return http.StatusOK, out, nil
}

func (c *restCall) postComment() (int, any, error) {
	t, err := c.thread(Write)
	if err != nil {
		return 0, nil, err
	}
	body, err := c.commentBody()
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, c.commentJSON(c.server.addComment(t, c.token.user, body)), nil
}

func (c *restCall) commentBody() (string, error) {
	var input struct {
		Body string `json:"body"`
	}
	if err := c.decode(&input); err != nil {
		return "", err
	}
	if input.Body == "" || utf8.RuneCountInString(input.Body) > maxBody {
		return "", errInvalid("IssueComment", "body", "body can't be blank and has at most 65536 characters")
	}
	return input.Body, nil
}

func (c *restCall) comment() (*comment, error) {
	repo, err := c.repo()
	if err != nil {
		return nil, err
	}
	id, _ := strconv.ParseInt(c.params["id"], 10, 64)
	for _, pull := range repo.pulls {
		if found := findComment(pull.comments, id); found != nil {
			return found, nil
		}
	}
	for _, item := range repo.issues {
		if found := findComment(item.comments, id); found != nil {
			return found, nil
		}
	}
	return nil, errNotFound()
}

func findComment(comments []*comment, id int64) *comment {
	if i := slices.IndexFunc(comments, func(c *comment) bool { return c.databaseID == id }); i >= 0 {
		return comments[i]
	}
	return nil
}

func (c *restCall) getComment() (int, any, error) {
	found, err := c.comment()
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, c.commentJSON(found), nil
}

func (c *restCall) patchComment() (int, any, error) {
	found, err := c.comment()
	if err != nil {
		return 0, nil, err
	}
	if err := c.need(max(c.token.rights.PullRequests, c.token.rights.Issues), Write); err != nil {
		return 0, nil, err
	}
	body, err := c.commentBody()
	if err != nil {
		return 0, nil, err
	}
	found.body, found.updatedAt, found.thread.updatedAt = body, c.server.now(), c.server.now()
	return http.StatusOK, c.commentJSON(found), nil
}
