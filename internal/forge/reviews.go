// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package forge

import "context"

// ReviewThread is a conversation of a review that nobody resolved.
type ReviewThread struct {
	ID string // the forge's own
	// Whole: it is the text of a review that asks for changes, and not a conversation about a place.
	Whole bool
	Path  string // of the file that it is about
	Line  int    // 0 where the place is gone
	// Comments are oldest first. Those of people who may not write to the repository are not among them.
	Comments []ReviewComment
	// Answered: the last comment is the caller's own, and nobody said anything since.
	Answered bool
}

// ReviewComment is one comment of a conversation. Its text is its author's, and untrusted.
type ReviewComment struct {
	ID     int64
	Author string
	Body   string
	Own    bool // the caller's
}

// Reviews reads conversations of reviews, and answers them. To resolve one is for people.
type Reviews interface {
	// OpenThreads are the unresolved conversations of a pull request that somebody who may write to the repository began,
	// oldest first, at most 50; and behind them the texts of the last reviews of such people that ask for changes.
	OpenThreads(ctx context.Context, repository string, number int64) ([]ReviewThread, error)
	// Reply adds a comment to a conversation.
	Reply(ctx context.Context, repository string, number int64, thread ReviewThread, body string) error
}
