// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	gogithub "github.com/google/go-github/v89/github"
	"github.com/shurcooL/githubv4"

	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
)

const (
	opReviewThreads = "ReviewThreads"
	opPermission    = "GetPermission"
	opReply         = "ReplyToReview"
)

// maxCommentText is how much is read of one comment, in bytes.
const maxCommentText = 8 << 10

// reviewQuery asks for conversations.
type reviewQuery struct {
	Repository *struct {
		PullRequest *struct {
			ReviewThreads struct {
				Nodes []reviewNode
			} `graphql:"reviewThreads(first: 50)"`
			LatestOpinionatedReviews struct {
				Nodes []wholeReview
			} `graphql:"latestOpinionatedReviews(first: 20, writersOnly: true)"`
			Comments struct {
				Nodes []struct {
					Body            string
					ViewerDidAuthor bool
				}
			} `graphql:"comments(last: 100)"`
		} `graphql:"pullRequest(number: $number)"`
	} `graphql:"repository(owner: $owner, name: $name)"`
}

// wholeReview is what somebody who may write thinks of a pull request as a whole.
type wholeReview struct {
	DatabaseID      int64 `graphql:"databaseId"`
	State           string
	Body            string
	ViewerDidAuthor bool
	Author          *struct{ Login string }
}

// answerMarker begins the comment that answers a review.
func answerMarker(id int64) string { return fmt.Sprintf("<!-- kiro-worker:review:%d -->", id) }

type reviewNode struct {
	ID         string
	IsResolved bool
	Path       string
	Line       *int
	Comments   struct {
		Nodes []struct {
			DatabaseID      int64 `graphql:"databaseId"`
			Body            string
			ViewerDidAuthor bool
			Author          *struct{ Login string }
		}
	} `graphql:"comments(first: 50)"`
}

// OpenThreads implements forge.Reviews. Whether somebody may write is asked of GitHub: what a comment says of its author's
// association also names those who once contributed.
func (f *Forge) OpenThreads(ctx context.Context, repository string, number int64) ([]forge.ReviewThread, error) {
	owner, name, err := split(repository)
	if err != nil {
		return nil, err
	}
	var q reviewQuery
	failures, err := f.api.Query(ctx, opReviewThreads, &q, map[string]any{
		"owner": githubv4.String(owner), "name": githubv4.String(name), "number": githubv4.Int(number), //nolint:gosec // GitHub's numbers are 32 bits
	})
	switch {
	case err == nil && len(failures) > 0:
		err = fault.NewRetryable(fault.CodeInvalidAnswer, errors.New("GitHub answered in part; tried again later"))
	case err == nil && (q.Repository == nil || q.Repository.PullRequest == nil):
		err = fault.NewRetryable(fault.CodeInvalidAnswer, errors.New("GitHub's answer has no pull request; tried again later"))
	}
	if err != nil {
		return nil, fmt.Errorf("reading the reviews of %s#%d: %w", repository, number, err)
	}
	writers := map[string]bool{}
	var threads []forge.ReviewThread
	for _, node := range q.Repository.PullRequest.ReviewThreads.Nodes {
		if node.IsResolved {
			continue
		}
		thread, err := f.threadOf(ctx, owner, name, node, writers)
		if err != nil {
			return nil, fmt.Errorf("reading the reviews of %s#%d: %w", repository, number, err)
		}
		if len(thread.Comments) > 0 {
			threads = append(threads, thread)
		}
	}
	return append(threads, q.wholes()...), nil
}

// wholes are the texts of reviews that ask for changes. An answer to one is a comment of our own that begins with its marker.
func (q reviewQuery) wholes() []forge.ReviewThread {
	var threads []forge.ReviewThread
	for _, r := range q.Repository.PullRequest.LatestOpinionatedReviews.Nodes {
		if r.State != "CHANGES_REQUESTED" || strings.TrimSpace(r.Body) == "" || r.ViewerDidAuthor {
			continue
		}
		comment := forge.ReviewComment{ID: r.DatabaseID, Body: githubapi.Cut(r.Body, maxCommentText)}
		if r.Author != nil {
			comment.Author = githubapi.Text(r.Author.Login, maxShown)
		}
		thread := forge.ReviewThread{ID: strconv.FormatInt(r.DatabaseID, 10), Whole: true, Comments: []forge.ReviewComment{comment}}
		for _, c := range q.Repository.PullRequest.Comments.Nodes {
			thread.Answered = thread.Answered || c.ViewerDidAuthor && strings.HasPrefix(c.Body, answerMarker(r.DatabaseID))
		}
		threads = append(threads, thread)
	}
	return threads
}

// threadOf leaves out what strangers wrote. A conversation that a stranger began is none.
func (f *Forge) threadOf(ctx context.Context, owner, name string, node reviewNode, writers map[string]bool) (forge.ReviewThread, error) {
	thread := forge.ReviewThread{ID: githubapi.Cut(node.ID, maxName), Path: githubapi.Cut(node.Path, maxName)}
	if node.Line != nil {
		thread.Line = *node.Line
	}
	for n, c := range node.Comments.Nodes {
		may := c.ViewerDidAuthor
		if !may && c.Author != nil {
			var err error
			if may, err = f.isWriter(ctx, owner, name, c.Author.Login, writers); err != nil {
				return thread, err
			}
		}
		switch {
		case !may && n == 0:
			return forge.ReviewThread{}, nil
		case !may:
			continue
		}
		comment := forge.ReviewComment{ID: c.DatabaseID, Body: githubapi.Cut(c.Body, maxCommentText), Own: c.ViewerDidAuthor}
		if c.Author != nil {
			comment.Author = githubapi.Text(c.Author.Login, maxShown)
		}
		thread.Comments = append(thread.Comments, comment)
		thread.Answered = c.ViewerDidAuthor
	}
	return thread, nil
}

// isWriter asks of each login once.
func (f *Forge) isWriter(ctx context.Context, owner, name, login string, known map[string]bool) (bool, error) {
	if may, ok := known[login]; ok {
		return may, nil
	}
	may, err := f.mayWrite(ctx, owner, name, login)
	if err == nil {
		known[login] = may
	}
	return may, err
}

// mayWrite reports whether somebody may write to a repository. Who is not known there may not.
func (f *Forge) mayWrite(ctx context.Context, owner, name, login string) (bool, error) {
	var level *gogithub.RepositoryPermissionLevel
	err := f.api.REST(ctx, opPermission, func(ctx context.Context, c *gogithub.Client) (err error) {
		level, _, err = c.Repositories.GetPermissionLevel(ctx, owner, name, login)
		return err
	})
	if fault.CodeOf(err) == fault.CodeNotFound {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("asking what %s may do: %w", githubapi.Text(login, maxShown), err)
	}
	return level.GetPermission() == "admin" || level.GetPermission() == "write", nil
}

// Reply implements forge.Reviews.
func (f *Forge) Reply(ctx context.Context, repository string, number int64, thread forge.ReviewThread, body string) error {
	owner, name, err := split(repository)
	if err != nil {
		return err
	}
	if len(thread.Comments) == 0 {
		return fault.NewTerminal(fault.CodeInvalidRequest, errors.New("a conversation without a comment cannot be answered"))
	}
	if thread.Whole {
		return f.Comment(ctx, repository, number, answerMarker(thread.Comments[0].ID), body)
	}
	err = f.api.REST(ctx, opReply, func(ctx context.Context, c *gogithub.Client) error {
		_, _, err := c.PullRequests.CreateCommentInReplyTo(ctx, owner, name, int(number), cutCharacters(body, maxText), thread.Comments[0].ID)
		return err
	})
	if err != nil {
		return fmt.Errorf("answering a review of %s#%d: %w", repository, number, err)
	}
	return nil
}
