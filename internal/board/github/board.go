// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package github is the board port on GitHub Projects (v2). Clients, credentials and rate limits are githubapi's.
//
// A listing is flat: one call for a hundred cards, nothing nested that costs by the card. What only some cards need,
// such as linked branches, is read apart and in batches.
package github

import (
	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
)

const (
	// pageSize is the most that GitHub gives, or takes ids for, in one call.
	pageSize = 100
	// maxPages bounds a listing: no board has more cards than 50,000, and a server whose pages never end is broken. Smaller
	// pages are more.
	maxPages = 5000
)

// The operations' names, in documents and in metrics.
const (
	opResolve        = "ResolveBoard"
	opList           = "ListCards"
	opCards          = "ReadCards"
	opLinkedBranches = "ReadLinkedBranches"
	opBlockers       = "ReadBlockers"
	opSetStatus      = "SetCardStatus"
)

// Bounds of texts, in bytes.
const (
	maxTitle = 256
	maxURL   = 1024
	// maxName is longer than any branch name that git or the API takes. A longer one is cut, and stays too long to
	// be taken for a real branch.
	maxName = 512
)

// Board is the boards that one set of credentials can see.
type Board struct {
	api *githubapi.Client
}

var _ board.Board = (*Board)(nil)

// New makes a Board.
func New(api *githubapi.Client) *Board { return &Board{api: api} }

// RateLimit implements board.Lister.
func (b *Board) RateLimit() board.RateLimit {
	last := b.api.RateLimit()
	return board.RateLimit{Known: last.Known, Remaining: last.Remaining, ResetAt: last.ResetAt}
}
