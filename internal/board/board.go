// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package board is the port to project boards: what a board can be asked. Errors carry a fault.Code; a listing
// is whole or an error, never a part. Which cards are worked on is decided by who asks.
package board

import (
	"context"
	"time"
)

// Ref names a board and the parts of it that matter, by the names that people use.
type Ref struct {
	Owner         string
	ProjectNumber int
	StatusField   string // single-select field
	ReadyStatus   string // option of that field
	BranchField   string // text field; empty reads none
}

// Schema holds the ids of what a Ref names.
type Schema struct {
	ProjectID     string
	Title         string
	StatusFieldID string
	ReadyOptionID string
	// Options are the status field's options: id by name.
	Options map[string]string
}

// CardType is what a card shows.
type CardType string

// The types of card.
const (
	TypeIssue       CardType = "ISSUE"
	TypePullRequest CardType = "PULL_REQUEST"
	TypeDraft       CardType = "DRAFT_ISSUE"
	// TypeRedacted is a card whose content the credentials cannot see.
	TypeRedacted CardType = "REDACTED"
)

// Card is one item on a board.
type Card struct {
	ID        string // node id of the board item
	Type      CardType
	Archived  bool
	ContentID string // node id of the issue or pull request
	Number    int
	URL       string
	Title     string
	CreatedAt time.Time // of the content
	UpdatedAt time.Time // of the board item

	Repository string // "owner/name"; empty for drafts

	Status          string // option's name; empty when unset
	StatusOptionID  string
	StatusUpdatedAt time.Time // when the status became what it is: the trigger

	BranchField string // text of Ref.BranchField

	// HeadBranch and HeadRepository are the head of a card that is a pull request.
	HeadBranch     string
	HeadRepository string // "owner/name"
}

// Blocker is an open issue that blocks another.
type Blocker struct {
	ContentID  string // node id of the issue
	Repository string // "owner/name"
	Number     int
}

// RateLimit is what the service last said of the credentials' budget.
type RateLimit struct {
	Known     bool
	Remaining int
	ResetAt   time.Time
}

// Listing is a whole board.
type Listing struct {
	Cards []Card
	// Filtered is true if the service left cards out by the query: absence then says nothing.
	Filtered bool
	// Hidden is how many cards the credentials may not see. They are not among Cards.
	Hidden int
}

// Resolver turns names into ids.
type Resolver interface {
	// Resolve looks the board up. Its errors are fault.Terminal with *NotFoundError where the board has
	// nothing of a name, so that a renamed option differs from an empty board.
	Resolve(ctx context.Context, ref Ref) (Schema, error)
}

// Lister reads cards.
type Lister interface {
	// List reads every card, with query applied by the service where it is not empty.
	List(ctx context.Context, ref Ref, schema Schema, query string) (Listing, error)
	// Cards reads single cards directly, past any index. A card that does not exist any more, cannot be seen, or is
	// on another board is absent from the answer.
	Cards(ctx context.Context, ref Ref, ids []string) (map[string]Card, error)
	// LinkedBranches reads the branches linked to issues, by content id.
	LinkedBranches(ctx context.Context, contentIDs []string) (map[string][]string, error)
	// RateLimit is what the service last said.
	RateLimit() RateLimit
}

// Blockers reads what blocks issues.
type Blockers interface {
	// BlockedBy reads, by content id, the open issues that block issues and that the credentials can see. An issue that could
	// be read and that nothing blocks has an entry without blockers.
	BlockedBy(ctx context.Context, contentIDs []string) (map[string][]Blocker, error)
}

// Writer changes cards.
type Writer interface {
	// SetStatus gives the card the option. It is idempotent.
	SetStatus(ctx context.Context, schema Schema, cardID, optionID string) error
}

// Board is all that a board can be asked.
type Board interface {
	Resolver
	Lister
	Blockers
	Writer
}

// Part is a part of a board that has a name in a Ref.
type Part string

// The parts of a board.
const (
	PartBoard       Part = "board"
	PartStatusField Part = "status field"
	PartReadyStatus Part = "ready status"
)

// NotFoundError says that the board has nothing of a name in a Ref.
type NotFoundError struct {
	Part    Part
	Message string // what was looked for, what there is instead, what to do
}

// Error implements error.
func (e *NotFoundError) Error() string { return e.Message }
