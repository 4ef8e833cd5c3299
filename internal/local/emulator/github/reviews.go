// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github/graphql"
)

// reviewThread is a conversation about a place in a pull request's files.
type reviewThread struct {
	nodeID   string
	pull     *pullRequest
	path     string
	line     int // 0: the place is gone
	resolved bool
	comments []*reviewComment
}

type reviewComment struct {
	nodeID     string
	databaseID int64
	thread     *reviewThread
	author     *owner
	body       string
	createdAt  time.Time
}

// review is what somebody thinks of a pull request as a whole.
type review struct {
	nodeID     string
	databaseID int64
	pull       *pullRequest
	author     *owner
	state      string
	body       string
	createdAt  time.Time
}

// AddReview is a person's click on "Submit review": the state is APPROVED, CHANGES_REQUESTED or COMMENTED.
func (s *Server) AddReview(repository string, number int, author, state, body string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	pull, err := s.pull(repository, number)
	if err != nil {
		return err
	}
	r := &review{pull: pull, author: s.ensureOwner(author, false), state: state, body: body, createdAt: s.now()}
	r.databaseID, r.nodeID = s.newID("PRR", r)
	pull.opinions = append(pull.opinions, r)
	pull.updatedAt = s.now()
	return nil
}

// latestOpinions are the last reviews of each author that approve or ask for changes, as
// https://docs.github.com/en/graphql/reference/objects#pullrequest has them; writersOnly leaves out who may not write.
func (p *pullRequest) latestOpinions(writersOnly bool) []*review {
	var latest []*review
	for _, r := range p.opinions {
		if r.state == "COMMENTED" || writersOnly && !slices.Contains([]string{"admin", "write"}, p.repo.permissions[strings.ToLower(r.author.login)]) {
			continue
		}
		latest = append(slices.DeleteFunc(latest, func(o *review) bool { return o.author == r.author }), r)
	}
	return latest
}

// ReviewComment says what a person comments on in a review.
type ReviewComment struct {
	Repository string
	Number     int // of the pull request
	Path       string
	Line       int
	Author     string // a login
	Body       string
}

// ReviewThread is a conversation of a review as a person sees it.
type ReviewThread struct {
	ID       string
	Path     string
	Line     int
	Resolved bool
	Comments []Comment
}

// AddReviewComment begins a conversation about a line, and returns its id.
func (s *Server) AddReviewComment(c ReviewComment) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	pull, err := s.pull(c.Repository, c.Number)
	if err != nil {
		return "", err
	}
	t := &reviewThread{pull: pull, path: c.Path, line: c.Line}
	_, t.nodeID = s.newID("PRRT", t)
	pull.reviews = append(pull.reviews, t)
	s.addReviewComment(t, s.ensureOwner(c.Author, false), c.Body)
	return t.nodeID, nil
}

// ReplyToReview adds a person's comment to a conversation.
func (s *Server) ReplyToReview(id, author, body string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.nodes[id].(*reviewThread)
	if !ok {
		return fmt.Errorf("there is no conversation %q", id)
	}
	s.addReviewComment(t, s.ensureOwner(author, false), body)
	return nil
}

// ResolveReview is a person's click on "Resolve conversation".
func (s *Server) ResolveReview(id string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, ok := s.nodes[id].(*reviewThread)
	if !ok {
		return fmt.Errorf("there is no conversation %q", id)
	}
	t.resolved = true
	return nil
}

// ReviewThreads are the conversations of a pull request, oldest first.
func (s *Server) ReviewThreads(repository string, number int) ([]ReviewThread, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	pull, err := s.pull(repository, number)
	if err != nil {
		return nil, err
	}
	var all []ReviewThread
	for _, t := range pull.reviews {
		view := ReviewThread{ID: t.nodeID, Path: t.path, Line: t.line, Resolved: t.resolved}
		for _, c := range t.comments {
			view.Comments = append(view.Comments, Comment{c.author.login, c.body, c.createdAt, c.createdAt})
		}
		all = append(all, view)
	}
	return all, nil
}

// SetPermission gives somebody a permission on a repository: admin, write, read or none.
func (s *Server) SetPermission(repository, login, permission string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	repo, err := s.repository(repository)
	if err != nil {
		return err
	}
	s.ensureOwner(login, false)
	if repo.permissions == nil {
		repo.permissions = map[string]string{}
	}
	repo.permissions[strings.ToLower(login)] = permission
	return nil
}

func (s *Server) addReviewComment(t *reviewThread, author *owner, body string) *reviewComment {
	c := &reviewComment{thread: t, author: author, body: body, createdAt: s.now()}
	c.databaseID, c.nodeID = s.newID("PRRC", c)
	t.comments = append(t.comments, c)
	t.pull.updatedAt = s.now()
	return c
}

// reviewTypes are https://docs.github.com/en/graphql/reference/objects#pullrequestreviewthread and its comments.
func reviewTypes() graphql.Types {
	return graphql.Types{
		"PullRequestReviewThread": {
			"id":          plain(func(t *reviewThread) any { return t.nodeID }),
			"isResolved":  plain(func(t *reviewThread) any { return t.resolved }),
			"isOutdated":  plain(func(t *reviewThread) any { return t.line == 0 }),
			"path":        plain(func(t *reviewThread) any { return t.path }),
			"line":        plain(func(t *reviewThread) any { return orNil(t.line, t.line == 0) }),
			"pullRequest": plain(func(t *reviewThread) any { return t.pull }),
			"comments": asked(func(_ *viewer, t *reviewThread, c *graphql.Call) (any, error) {
				return connect(c, anys(t.comments), func(item any) string { return item.(*reviewComment).nodeID })
			}, pagination...),
		},
		"PullRequestReview": {
			"id":         plain(func(r *review) any { return r.nodeID }),
			"databaseId": plain(func(r *review) any { return r.databaseID }),
			"state":      plain(func(r *review) any { return r.state }),
			"body":       plain(func(r *review) any { return r.body }),
			"author":     plain(func(r *review) any { return r.author }),
			"createdAt":  plain(func(r *review) any { return r.createdAt }),
			"viewerDidAuthor": asked(func(v *viewer, r *review, _ *graphql.Call) (any, error) {
				return r.author == v.token.user, nil
			}),
		},
		"PullRequestReviewComment": {
			"id":         plain(func(c *reviewComment) any { return c.nodeID }),
			"databaseId": plain(func(c *reviewComment) any { return c.databaseID }),
			"body":       plain(func(c *reviewComment) any { return c.body }),
			"author":     plain(func(c *reviewComment) any { return c.author }),
			"createdAt":  plain(func(c *reviewComment) any { return c.createdAt }),
			"path":       plain(func(c *reviewComment) any { return c.thread.path }),
			"viewerDidAuthor": asked(func(v *viewer, c *reviewComment, _ *graphql.Call) (any, error) {
				return c.author == v.token.user, nil
			}),
		},
	}
}

// permission is https://docs.github.com/en/rest/collaborators/collaborators#get-repository-permissions-for-a-user. The
// repositories here are private: who is no collaborator has none.
func (c *restCall) permission() (int, any, error) {
	repo, err := c.repo()
	if err != nil {
		return 0, nil, err
	}
	login := strings.ToLower(c.params["login"])
	user, known := c.server.owners[login]
	if !known {
		return 0, nil, errNotFound()
	}
	permission := cmp.Or(repo.permissions[login], "none")
	if user == repo.owner {
		permission = "admin"
	}
	return http.StatusOK, map[string]any{"permission": permission, "role_name": permission, "user": c.userJSON(user)}, nil
}

// postReviewComment is https://docs.github.com/en/rest/pulls/comments#create-a-review-comment-for-a-pull-request with in_reply_to,
// which names the first comment of a conversation. Beginning a conversation is for people, through AddReviewComment.
func (c *restCall) postReviewComment() (int, any, error) {
	repo, err := c.repo()
	if err != nil {
		return 0, nil, err
	}
	if err := c.need(c.token.rights.PullRequests, Write); err != nil {
		return 0, nil, err
	}
	number, _ := strconv.Atoi(c.params["number"])
	pull, ok := repo.pulls[number]
	if !ok {
		return 0, nil, errNotFound()
	}
	var input struct {
		Body      string `json:"body"`
		InReplyTo int64  `json:"in_reply_to"`
	}
	if err := c.decode(&input); err != nil {
		return 0, nil, err
	}
	if input.Body == "" || utf8.RuneCountInString(input.Body) > maxBody {
		return 0, nil, errInvalid("PullRequestReviewComment", "body", "body can't be blank and has at most 65536 characters")
	}
	for _, t := range pull.reviews {
		if t.comments[0].databaseID == input.InReplyTo {
			added := c.server.addReviewComment(t, c.token.user, input.Body)
			return http.StatusCreated, map[string]any{
				"id": added.databaseID, "node_id": added.nodeID, "body": added.body, "path": t.path, "in_reply_to_id": input.InReplyTo,
				"user": c.userJSON(c.token.user), "created_at": added.createdAt, "updated_at": added.createdAt,
			}, nil
		}
	}
	return 0, nil, errInvalid("PullRequestReviewComment", "in_reply_to", "in_reply_to is not the first comment of a conversation on this pull request")
}
