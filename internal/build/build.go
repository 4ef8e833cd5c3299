// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package build is the port to the service that runs builds: start, observe, stop. What a service calls its builds,
// where it keeps their logs and how it is reached is not here, but with the service's implementation.
package build

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// Reference names a build, or a project, wherever it is kept: in a lock's rows and in an object's status. It names one
// for ever and in every account. Only the service that gave it knows what it is made of.
type Reference string

// Name is the short name that people know a build by. It is what follows the last slash, and services make their
// references so.
func (r Reference) Name() string { return string(r[strings.LastIndex(string(r), "/")+1:]) }

// State is how far a build is.
type State string

// The states of a build. Their text is what people are shown.
const (
	StateQueued    State = "QUEUED" // the service has not begun to run it
	StateRunning   State = "IN_PROGRESS"
	StateSucceeded State = "SUCCEEDED"
	StateFailed    State = "FAILED"
	StateFault     State = "FAULT" // the service failed, not what it ran
	StateTimedOut  State = "TIMED_OUT"
	StateStopped   State = "STOPPED"
)

// Over reports whether the state is an end. The zero State, of which nothing is known, is none.
func (s State) Over() bool { return s != "" && s != StateQueued && s != StateRunning }

// Build is one build as observed.
type Build struct {
	Reference Reference
	State     State
	// Phase is the service's own word for what it does with the build at the moment. It is for people only.
	Phase string
	// Provisioned is true once the build has left the service's queue, and stays so when it is over.
	Provisioned bool
	// Phases are how long each phase took. They are for people only, and all that is known of a build that died.
	Phases Phases
	// Trouble is what the service says of the first of its phases that failed, in one line; empty if none did. Of a build
	// that failed before its log began it is the only reason that there is.
	Trouble   string
	Log       Log
	StartTime time.Time
	EndTime   time.Time // zero while it runs
	// LockID is the lock id in the build's environment; empty if it has none.
	LockID string
}

// MaxPhases is how many phases of a build are looked at.
const MaxPhases = 12

// Phases are the phases of a build that are over, in their order; the rest is zero. It is an array, so that builds can be
// compared.
type Phases [MaxPhases]PhaseTime

// PhaseTime is one of the service's phases and how long it took.
type PhaseTime struct {
	Name    string
	Began   time.Time
	Seconds float64
	Failed  bool
}

// Log is where people find a build's log. It is zero until there is one.
type Log struct {
	URL           string // opens it in a browser
	Group, Stream string // name it in the service's store of logs
}

// StartRequest asks for a build.
type StartRequest struct {
	Project       string
	Token         string // idempotency token
	Environment   []contract.Variable
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
	// Get looks builds up, any number, in batches. A build that the service does not know is in neither found nor
	// an error: it is in missing.
	Get(ctx context.Context, refs []Reference) (found map[Reference]Build, missing []Reference, err error)
	// Recent lists the project's builds that were started at or after since, newest first.
	Recent(ctx context.Context, project string, since time.Time) ([]Build, error)
}

// Stopper stops builds.
type Stopper interface {
	// Stop asks a build to stop. It returns before the build is over; one that is over already is no error.
	Stop(ctx context.Context, ref Reference) error
}

// Project is a project of the service.
type Project struct {
	Reference            Reference
	Name                 string
	AutoRetryLimit       int
	ConcurrentBuildLimit int // zero: none
}

// Projects looks projects up.
type Projects interface {
	// Project looks one up. A terminal fault with CodeNotFound says that it does not exist.
	Project(ctx context.Context, name string) (Project, error)
	// SamePlace reports, without asking anybody, whether a build runs where a project is. Only there can the service
	// say what became of the build: elsewhere it answers that it knows no such build.
	SamePlace(build, project Reference) bool
}

// Service is all of the above.
type Service interface {
	Starter
	Observer
	Stopper
	Projects
}
