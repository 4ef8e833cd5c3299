// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/artifacts"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/metricsink"
	"github.com/kiro-worker/kiro-worker/internal/redact"
	"github.com/kiro-worker/kiro-worker/internal/secrets"
	"github.com/kiro-worker/kiro-worker/internal/tracing"
)

// Remote is where repositories are fetched from and pushed to.
type Remote interface {
	// Address is the HTTP address of a repository ("owner/name"), without credentials.
	Address(repository string) string
	// Credentials are a user and a token that live for an hour at least, or as long as they may: they are asked for
	// before each fetch and push.
	Credentials(ctx context.Context) (user, token string, err error)
}

// Forge is what the worker asks of a forge.
type Forge interface {
	forge.PullRequests
	forge.StatusChecks
	forge.BranchRules
	forge.Reviews
}

// Ports are the ways out of a build. A local run has none of them.
type Ports struct {
	Lock      lock.Holder
	Notes     lock.Notes // of a build that only looks
	Secrets   secrets.Reader
	Forge     Forge
	Remote    Remote
	Artifacts artifacts.Uploader
	Metrics   metricsink.Sink
}

// Build is what CodeBuild says of the build.
type Build struct {
	// ARN identifies the build. UUID is the part of its id that no other build has.
	ARN, UUID string
	// URL is its page in the console, if there is one.
	URL string
	// StartedAt is when it began; its time-out is measured from then.
	StartedAt time.Time
	// Region is where the console shows the artifacts; empty where the services are not AWS's own.
	Region string
	// SourceDir is where CodeBuild looks for report files. Empty writes none.
	SourceDir string
}

// Options make a run.
type Options struct {
	// Parameters are those of the build's variables. What the environment froze is read after the claim, and only in a
	// local run given here.
	Parameters contract.Parameters
	Build      Build
	Ports      Ports
	// Connect makes the ports to the forge once it is known where that is. Nil: they are among the Ports.
	Connect func(contract.Parameters) (Forge, Remote, error)

	// Dir is the build's own directory; it must be the same in all phases.
	Dir string
	// LocalDir is a developer's checkout to work on. It makes the run a local one.
	LocalDir string
	// AgentUser is the user that agent and tests run as, where the worker is root and there is such a user.
	AgentUser string
	// Environ is the worker's environment, of which agent and tests are given a part.
	Environ []string
	// Executable is the worker's own program, which git calls for credentials.
	Executable string
	// Version of the worker, for people.
	Version string
	// NPMCache is the archive of what npm downloaded in earlier builds, which the next one is given; empty is none.
	NPMCache string
	// BuildLog is the file that the log is written to and that is uploaded.
	BuildLog string

	// Traces records what the build does as parts of its trace. Nil records nothing.
	Traces *tracing.Recorder

	Redactor *redact.Redactor
	Log      logr.Logger
	Clock    clock.WithTicker
	// Random gives numbers from 0 to 1.
	Random func() float64

	// alone are the parameters as the environment has them; nil where the repository was not heard.
	alone *contract.Parameters
}
