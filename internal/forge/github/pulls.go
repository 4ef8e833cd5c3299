// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	gogithub "github.com/google/go-github/v89/github"
	"github.com/shurcooL/githubv4"

	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
)

const (
	commentsPerPage = 100
	// maxCommentPages bounds the search for our own comment. Behind a thousand others a new one does no harm.
	maxCommentPages = 10
)

// Get implements forge.PullRequests.
func (f *Forge) Get(ctx context.Context, repository string, number int64) (forge.PullRequest, error) {
	owner, name, err := split(repository)
	if err != nil {
		return forge.PullRequest{}, err
	}
	var pull *gogithub.PullRequest
	err = f.api.REST(ctx, opGetPull, func(ctx context.Context, c *gogithub.Client) (err error) {
		pull, _, err = c.PullRequests.Get(ctx, owner, name, int(number))
		return err
	})
	if err == nil && pull.GetNumber() == 0 {
		err = fault.NewRetryable(fault.CodeInvalidAnswer, errors.New("GitHub's answer has no number; tried again later"))
	}
	if err != nil {
		return forge.PullRequest{}, fmt.Errorf("reading pull request %s#%d: %w", repository, number, err)
	}
	return fromREST(pull, repository), nil
}

// fromREST compares ids, not names: a repository that was renamed or transferred answers under its new one.
func fromREST(pull *gogithub.PullRequest, asked string) forge.PullRequest {
	state := strings.ToUpper(pull.GetState())
	if pull.GetMerged() || pull.MergedAt != nil {
		state = "MERGED"
	}
	head := githubapi.Cut(pull.GetHead().GetRepo().GetFullName(), maxName)
	if id := pull.GetHead().GetRepo().GetID(); id != 0 && id == pull.GetBase().GetRepo().GetID() {
		head = asked
	}
	return forge.PullRequest{
		Number: int64(pull.GetNumber()), URL: githubapi.Cut(pull.GetHTMLURL(), maxURL), State: state,
		HeadBranch:     githubapi.Cut(pull.GetHead().GetRef(), maxName),
		HeadRepository: head,
		Body:           pull.GetBody(),
	}
}

// UpdateBody implements forge.PullRequests. A body that is longer than GitHub takes is refused and never cut: most of
// it is what people wrote, and its end would be lost without a word.
func (f *Forge) UpdateBody(ctx context.Context, repository string, number int64, body string) error {
	owner, name, err := split(repository)
	if err != nil {
		return err
	}
	if n := utf8.RuneCountInString(body); n > maxText {
		return fault.NewTerminal(fault.CodeInvalidRequest, fmt.Errorf(
			"updating pull request %s#%d: its text would have %d characters and GitHub takes %d; shorten it", repository, number, n, maxText))
	}
	err = f.api.REST(ctx, opUpdatePull, func(ctx context.Context, c *gogithub.Client) error {
		_, _, err := c.PullRequests.Edit(ctx, owner, name, int(number), &gogithub.PullRequest{Body: &body})
		return err
	})
	if err != nil {
		return fmt.Errorf("updating pull request %s#%d: %w", repository, number, err)
	}
	return nil
}

// cutCharacters is the beginning of a text, of at most so many characters as GitHub counts them.
func cutCharacters(text string, limit int) string {
	for at := range text {
		if limit--; limit < 0 {
			return text[:at]
		}
	}
	return text
}

// Comment implements forge.PullRequests. The marker is written at the comment's beginning if the body lacks it. The
// text is the program's own, so one that is too long is cut rather than not said.
func (f *Forge) Comment(ctx context.Context, repository string, number int64, marker, body string) error {
	owner, name, err := split(repository)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(body, marker) {
		body = marker + "\n" + body
	}
	comment := &gogithub.IssueComment{Body: new(cutCharacters(body, maxText))}
	id, err := f.findComment(ctx, owner, name, int(number), marker)
	switch {
	case err != nil:
	case id != 0:
		err = f.api.REST(ctx, opEditComment, func(ctx context.Context, c *gogithub.Client) error {
			_, _, err := c.Issues.EditComment(ctx, owner, name, id, comment)
			return err
		})
	default:
		err = f.api.REST(ctx, opCreateComment, func(ctx context.Context, c *gogithub.Client) error {
			_, _, err := c.Issues.CreateComment(ctx, owner, name, int(number), comment)
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("commenting on %s#%d: %w", repository, number, err)
	}
	return nil
}

// findComment returns the id of our own comment that begins with the marker, zero if there is none. Somebody else's that
// begins so is left alone: its author could change what it says later.
func (f *Forge) findComment(ctx context.Context, owner, name string, number int, marker string) (int64, error) {
	options := &gogithub.IssueListCommentsOptions{ListOptions: gogithub.ListOptions{PerPage: commentsPerPage}}
	for range maxCommentPages {
		var (
			comments []*gogithub.IssueComment
			next     int
		)
		err := f.api.REST(ctx, opListComments, func(ctx context.Context, c *gogithub.Client) error {
			page, resp, err := c.Issues.ListComments(ctx, owner, name, number, options)
			if err != nil {
				return err
			}
			comments, next = page, resp.NextPage
			return nil
		})
		if err != nil {
			return 0, err
		}
		for _, comment := range comments {
			if !strings.HasPrefix(comment.GetBody(), marker) {
				continue
			}
			if own, err := f.wrote(ctx, comment.GetNodeID()); err != nil {
				return 0, err
			} else if own {
				return comment.GetID(), nil
			}
		}
		if next <= options.Page {
			return 0, nil
		}
		options.Page = next
	}
	return 0, nil
}

// wrote reports whether a comment is of whoever the credentials belong to. Where GitHub does not say, it is somebody else's.
func (f *Forge) wrote(ctx context.Context, id string) (bool, error) {
	var q struct {
		Node *struct {
			Comment struct{ ViewerDidAuthor bool } `graphql:"... on IssueComment"`
		} `graphql:"node(id: $id)"`
	}
	failures, err := f.api.Query(ctx, opCommentAuthor, &q, map[string]any{"id": githubv4.ID(id)})
	return err == nil && len(failures) == 0 && q.Node != nil && q.Node.Comment.ViewerDidAuthor, err
}
