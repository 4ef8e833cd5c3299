// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package forge is the port to the service that repositories are on: branches, spec files, pull requests. Whether what
// is found there is enough is decided by who asks; git itself is the worker's.
package forge

import "context"

// Query asks whether a piece of work can be begun.
type Query struct {
	Repository  string // "owner/name"
	Branch      string // without refs/heads/
	SpecPath    string
	PullRequest int64 // zero: any open one from the branch
}

// Report answers a Query with what there is. It decides nothing.
type Report struct {
	// Err is set if this one query failed, for example for lack of a permission. The other fields then say nothing.
	Err error

	RepositoryFound bool
	RepositoryID    int64  // the forge's database id
	Host            string // "github.com"
	DefaultBranch   string

	BranchFound bool
	Commit      string // the branch's head, hex
	Protected   bool   // a branch protection rule matches

	SpecFiles []SpecFile // those of requirements.md, bugfix.md, design.md, tasks.md that exist
	TasksText string     // tasks.md, at most 256 KiB; empty if absent

	PullRequests []PullRequest // from this branch, newest first, at most 10; or the one asked for
}

// SpecFile is one file of a spec.
type SpecFile struct {
	Name string // "tasks.md"
	Size int64  // bytes
}

// PullRequest is one pull request.
type PullRequest struct {
	Number         int64
	URL            string
	State          string // "OPEN", "CLOSED" or "MERGED"
	HeadBranch     string
	HeadRepository string // "owner/name"; differs from the base's for a fork, empty if the fork is gone
	Body           string // filled by PullRequests.Get, not by Inspect
}

// Inspector looks branches, spec files and pull requests up.
type Inspector interface {
	// Inspect answers the queries in their order, in as few calls as it can. An error is of the whole call.
	Inspect(ctx context.Context, queries []Query) ([]Report, error)
}

// PullRequests reads and changes pull requests.
type PullRequests interface {
	// Get reads one.
	Get(ctx context.Context, repository string, number int64) (PullRequest, error)
	// UpdateBody replaces the body. It is idempotent.
	UpdateBody(ctx context.Context, repository string, number int64, body string) error
	// Comment adds a comment, unless one that begins with the marker is there already, which is replaced.
	Comment(ctx context.Context, repository string, number int64, marker, body string) error
}

// CheckState is the state of a status check.
type CheckState string

// The states of a status check.
const (
	CheckPending CheckState = "pending"
	CheckSuccess CheckState = "success"
	CheckFailure CheckState = "failure" // the work failed
	CheckError   CheckState = "error"   // the infrastructure failed, and says nothing of the work
)

// StatusCheck is shown beside a commit and on its pull request.
type StatusCheck struct {
	Name        string // "kiro-worker"
	State       CheckState
	Description string // plain text in one line, at most 140 bytes
	TargetURL   string
	Reference   string // the caller's own name of what was checked, kept where the forge has a place for it
}

// StatusChecks sets status checks.
type StatusChecks interface {
	// SetStatusCheck sets the status check of that name. It is idempotent.
	SetStatusCheck(ctx context.Context, repository, commit string, check StatusCheck) error
}

// Forge is all that a forge can be asked.
type Forge interface {
	Inspector
	PullRequests
	StatusChecks
}
