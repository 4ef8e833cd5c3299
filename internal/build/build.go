// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package build is the port to the service that runs builds: start, observe, stop.
package build

import (
	"context"
	"errors"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// Status is a build's status, in CodeBuild's words.
type Status string

// The statuses of a build.
const (
	StatusInProgress Status = "IN_PROGRESS"
	StatusSucceeded  Status = "SUCCEEDED"
	StatusFailed     Status = "FAILED"
	StatusFault      Status = "FAULT"
	StatusTimedOut   Status = "TIMED_OUT"
	StatusStopped    Status = "STOPPED"
)

// Over reports whether the status is an end.
func (s Status) Over() bool { return s != "" && s != StatusInProgress }

// Build is one build as observed.
type Build struct {
	ID     string // "project:uuid"
	ARN    string
	Status Status
	Phase  string // CodeBuild's phase, for example "PROVISIONING"
	// Provisioned is true once the build has left the service's queue.
	Provisioned bool
	LogsURL     string // valid from PROVISIONING on; empty before
	LogGroup    string
	LogStream   string
	StartTime   time.Time
	EndTime     time.Time // zero while it runs
	Initiator   string
	// LockID is the lock id in the build's environment; empty if it has none.
	LockID string
}

// StartRequest asks for a build.
type StartRequest struct {
	Project       string
	Token         string // idempotency token
	Environment   []contract.Variable
	SourceVersion string        // branch or commit; empty leaves the project's
	Timeout       time.Duration // whole minutes
	QueuedTimeout time.Duration // whole minutes
}

// ErrRejected: the service said, in a modelled error, that it started nothing. Without it, an error of Start
// leaves open whether a build was started.
var ErrRejected = errors.New("no build was started")

// ErrTokenReused: the token was used with other parameters. A build may well exist: look first.
var ErrTokenReused = errors.New("the idempotency token was used with other parameters")

// Starter starts builds.
type Starter interface {
	// Start starts a build, or returns the one that the same token started in the last five minutes. An error
	// that wraps ErrRejected proves that nothing started; any other leaves it open.
	Start(ctx context.Context, req StartRequest) (Build, error)
}

// Observer looks builds up.
type Observer interface {
	// Get looks builds up by id or ARN, any number, in batches. A build that the service does not know is in
	// neither found nor an error: it is in missing. Both speak of builds by the id or ARN that was given.
	Get(ctx context.Context, ids []string) (found map[string]Build, missing []string, err error)
	// Recent lists the project's builds that were started at or after since, newest first.
	Recent(ctx context.Context, project string, since time.Time) ([]Build, error)
}

// Stopper stops builds.
type Stopper interface {
	// Stop asks a build to stop. It returns before the build is over; one that is over already is no error.
	Stop(ctx context.Context, id string) error
}

// Project is a project of the service.
type Project struct {
	ARN                  string
	Name                 string
	AutoRetryLimit       int
	ConcurrentBuildLimit int // zero: none
}

// Projects looks projects up.
type Projects interface {
	// Project looks one up. A terminal fault with CodeNotFound says that it does not exist.
	Project(ctx context.Context, name string) (Project, error)
}

// Service is all of the above.
type Service interface {
	Starter
	Observer
	Stopper
	Projects
}
