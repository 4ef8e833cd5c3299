// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package lock is the port to the lock table: acquire, claim, heartbeat, release, abandon, reclaim, unlock.
//
// An attempt holds two rows together, its slot's and its branch's, and each operation is one transaction over its
// rows. Time alone never frees what somebody holds. A build is live from its claim to its release; one
// that did not claim does nothing.
package lock

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// Lock is what a holder knows of its rows.
type Lock struct {
	LockID    string
	Fence     int64
	SlotKey   string
	BranchKey string
	CardKey   string
	// Parameters is the document that the branch row holds for the worker. Acquire alone fills it in.
	Parameters string
	// Budgets are the keys of the budget rows that the lock has drawn from. Acquire alone fills them in.
	Budgets []string
}

// Draw is one budget that an attempt draws from when it acquires its lock.
type Draw struct {
	Key string // a contract.DayKey, MonthKey or ItemKey
	// Most is what may be used and set aside in the budget altogether.
	Most contract.Usage
	// DeleteAt is when nobody asks for the row any more.
	DeleteAt time.Time
}

// TriggerCap is how many triggers of a card may be worked on in a day. One that was counted already is not counted again.
type TriggerCap struct {
	Key      string // a contract.TriggersKey
	Most     int
	DeleteAt time.Time
}

// Drawn is what a budget's row says. The zero Drawn is that of a row that does not exist.
type Drawn struct {
	// Usage is what was used, and what is set aside for attempts that are not over.
	contract.Usage

	// Open is how many attempts have something set aside.
	Open int
	// Own reports whether the lock that was asked about is one of them.
	Own bool
}

// Request asks for a lock.
type Request struct {
	LockID     string
	WorkItemID string // for people
	Holder     string // the object's UID
	Attempt    int32
	ProjectARN string
	SlotKey    string // a slot that was seen free
	BranchKey  string
	CardKey    string
	Parameters string // what the environment froze for the worker; a contract.Frozen
	Trigger    time.Time
	ExpiresAt  time.Time
	Now        time.Time
	// Reserve is what is set aside in each of Draws. None draws from nothing.
	Reserve contract.Usage
	Draws   []Draw
	// TriggerCap bounds the triggers of the card; nil bounds nothing.
	TriggerCap *TriggerCap
}

// Row is a slot or branch row as read. The zero Row is an absent one.
type Row struct {
	Key         string
	Exists      bool
	Foreign     bool // has no fence, or none that is a whole number: another program's
	LockID      string
	WorkItemID  string
	Holder      string
	BuildID     string // the build's full ARN; empty while unclaimed
	Status      contract.RowStatus
	Fence       int64
	Attempt     int32
	ExpiresAt   time.Time
	CreatedAt   time.Time
	HeartbeatAt time.Time
	SlotKey     string
	BranchKey   string
	CardKey     string
	ProjectARN  string
	Stage       contract.Stage
	Tasks       contract.Tasks
	Result      string // a contract.Result; parsed by the reader, who says what to do with a bad one
	BudgetKeys  string // see Budgets; joined, so that rows can be compared
}

// Budgets are the keys of the budget rows that the row's lock has drawn from.
func (r Row) Budgets() []string {
	if r.BudgetKeys == "" {
		return nil
	}
	return strings.Split(r.BudgetKeys, budgetSeparator)
}

// WithBudgets is the row with the keys of budget rows.
func (r Row) WithBudgets(keys []string) Row {
	r.BudgetKeys = strings.Join(keys, budgetSeparator)
	return r
}

// budgetSeparator is in no key.
const budgetSeparator = "\n"

// Held reports whether somebody holds the row, whether or not the lease has ended.
func (r Row) Held() bool { return r.Exists && (r.Foreign || r.Status == contract.StatusInProgress) }

// CardRow is the record of what was processed for a card.
type CardRow struct {
	Exists  bool
	Trigger time.Time
	LockID  string
	Outcome contract.Outcome
	Result  string
}

// Progress is what a worker reports with its heartbeat.
type Progress struct {
	Stage  contract.Stage
	Tasks  contract.Tasks
	Result string // a contract.Result with what is known so far; may be empty
}

// Ending is how a lock is released.
type Ending struct {
	Status  contract.RowStatus // complete or failed
	Outcome contract.Outcome
	Result  string
	// Trigger is set if this processes the trigger; the card row is then written in the same transaction.
	Trigger *time.Time
}

// Why an operation was refused.
var (
	// ErrHeld: slot or branch is held by another. The Refusal names the row.
	ErrHeld = errors.New("held by another")
	// ErrAlreadyDone: the card's row records this trigger, or a later one, as processed.
	ErrAlreadyDone = errors.New("already processed")
	// ErrAttemptOver: the rows have our lockId in another status than in_progress.
	ErrAttemptOver = errors.New("the attempt is over")
	// ErrForeign: the row is another program's.
	ErrForeign = errors.New("another program's row")
	// ErrBudgetExhausted: a budget has not enough left. The Refusal names its row, and what was drawn from it.
	ErrBudgetExhausted = errors.New("the budget is exhausted")
	// ErrTriggerLimit: as many triggers of the card as may be were worked on today.
	ErrTriggerLimit = errors.New("the card was triggered too often")
	// ErrNotHolder: the rows are not, or not any more, as the caller believes.
	ErrNotHolder = errors.New("not the holder")
)

// Refusal is the error of an operation that the rows' state forbids. Nothing was changed.
type Refusal struct {
	Err  error // one of the errors above
	Row  Row   // the row that forbids it, as it was
	Card CardRow
	// Drawn is what was drawn from the budget that forbids it.
	Drawn Drawn
	// Message says it to a person.
	Message string
}

// Error implements error.
func (e *Refusal) Error() string { return e.Message }

// Unwrap implements errors.Unwrap.
func (e *Refusal) Unwrap() error { return e.Err }

// Acquirer acquires locks for builds, and releases those that no build has claimed. It is the controller's role.
type Acquirer interface {
	// Acquire acquires slot and branch together. If the LockID has them already, it returns the lock as it is, with the
	// parameters that its row holds. Else
	// its error is a *Refusal: ErrHeld, ErrAlreadyDone, ErrAttemptOver, ErrBudgetExhausted, ErrTriggerLimit, ErrForeign; or the
	// network's. What the lock draws from budgets is set aside in the same transaction: with the lock, or not at all.
	Acquire(ctx context.Context, req Request) (Lock, error)
	// Abandon releases an unclaimed lock, as it was read.
	Abandon(ctx context.Context, row Row, now time.Time) error
	// Settle replaces what a lock has set aside in budgets by what its attempt used. It counts once, however often it is
	// called; where nothing is set aside, it does nothing.
	Settle(ctx context.Context, budgets []string, lockID string, used contract.Usage) error
}

// Reader only reads, always consistently. It is all that a watcher needs.
type Reader interface {
	// Rows reads rows, by key; an absent one is a zero Row with its Key.
	Rows(ctx context.Context, keys []string) (map[string]Row, error)
	// Card reads a card's record.
	Card(ctx context.Context, key string) (CardRow, error)
	// Drawn reads what budgets' rows say, by key, and whether a lock has something set aside there. One without a row is absent
	// from the answer.
	Drawn(ctx context.Context, keys []string, lockID string) (map[string]Drawn, error)
	// CheckTable reports what of the table is not as it must be: terminal faults that say what to do.
	CheckTable(ctx context.Context) error
}

// Holder is what a build does with its lock, and what a controller does in the name of a build that cannot.
type Holder interface {
	// Claim records the build in the rows. A second claim by the same build is granted again.
	Claim(ctx context.Context, l Lock, buildARN string, expiresAt time.Time) error
	// Parameters reads the document that the lock was acquired with. It proves nothing by itself: compare its hash.
	Parameters(ctx context.Context, l Lock) (string, error)
	// Heartbeat moves the lease's end and records progress. ErrNotHolder: the lease is lost.
	Heartbeat(ctx context.Context, l Lock, buildARN string, now, expiresAt time.Time, p Progress) error
	// Release ends the lock. Released already by the same build with the same lockId, it is granted again.
	Release(ctx context.Context, l Lock, buildARN string, now time.Time, e Ending) error
}

// Reaper frees rows without their holder, which is gone.
type Reaper interface {
	// Reclaim frees rows, as they were read, whose build is over.
	Reclaim(ctx context.Context, row Row, now time.Time) error
	// Unlock frees rows, as they were read, because a person says so.
	Unlock(ctx context.Context, row Row, now time.Time) error
}

// Demand is how clusters that share a project's slots tell each other that they want some, so that none keeps them all. It is
// no lock and keeps nobody out.
type Demand interface {
	// WantSlots records that a cluster wants slots of a project now and finds none.
	WantSlots(ctx context.Context, projectARN, cluster string, now time.Time) error
	// WhoWants is when each cluster last recorded that.
	WhoWants(ctx context.Context, projectARN string) (map[string]time.Time, error)
}

// Table is all of the above. Whoever needs less takes the role that it needs.
type Table interface {
	Acquirer
	Reader
	Holder
	Reaper
	Demand
}

// Notes writes short texts beside the locks: what a build that only looks has found. A note is no lock and keeps nobody out.
// Reader reads it, as the result of its row.
type Notes interface {
	// WriteNote writes one, unless its row is there already. It is deleted some time after deleteAt.
	WriteNote(ctx context.Context, key, text string, deleteAt time.Time) error
}
