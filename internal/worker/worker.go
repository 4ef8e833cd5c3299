// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/go-logr/logr"
	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/artifacts"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/logging"
	"github.com/kiro-worker/kiro-worker/internal/metricsink"
	"github.com/kiro-worker/kiro-worker/internal/redact"
	"github.com/kiro-worker/kiro-worker/internal/secrets"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
	"github.com/kiro-worker/kiro-worker/internal/worker/lease"
	"github.com/kiro-worker/kiro-worker/internal/worker/sandbox"
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
}

// Ports are the ways out of a build. A local run has none of them.
type Ports struct {
	Lock      lock.Holder
	Secrets   secrets.Reader
	Forge     Forge
	Remote    Remote
	Artifacts artifacts.Uploader
	Metrics   metricsink.Sink
}

// Build is what CodeBuild says of the build.
type Build struct {
	// ARN names the build. UUID is the part of its id that no other build has.
	ARN, UUID string
	// URL is its page in the console, if there is one.
	URL string
	// StartedAt is when it began; its time-out counts from then.
	StartedAt time.Time
	// Region is where the console shows the artifacts; empty where the services are not AWS's own.
	Region string
	// SourceDir is where CodeBuild looks for report files. Empty writes none.
	SourceDir string
}

// Options make a run.
type Options struct {
	Parameters contract.Parameters
	Build      Build
	Ports      Ports

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
	// BuildLog is the file that the log is written to, and that is uploaded.
	BuildLog string

	Redactor *redact.Redactor
	Log      logr.Logger
	Clock    clock.WithTicker
	// Random gives numbers from 0 to 1.
	Random func() float64
}

// job is one run of one phase. What must outlive it is in its state; nothing else is handed from stage to stage.
type job struct {
	parameters contract.Parameters
	build      Build
	ports      Ports
	options    Options

	dir      string
	stages   []stage
	state    *State
	lease    *lease.Renewer // nil in a local run
	repo     *gitrepo.Repository
	tree     *gitrepo.WorkTree
	sandbox  *sandbox.Sandbox
	redactor *redact.Redactor
	log      logr.Logger
	clock    clock.WithTicker
	random   func() float64
	saving   sync.Mutex
	// releaseSent says that the lock may have been released.
	releaseSent bool
}

// Run runs the stages of a phase and says with which code the process is to end. It logs whatever goes wrong. A
// context that is ended with the cause ErrInterrupted stops it; the lock is released all the same.
func Run(ctx context.Context, o Options, phase Phase) ExitCode {
	j, err := newJob(o)
	if err != nil {
		o.Log.Error(err, "The build cannot be run")
		return ExitInfrastructure
	}
	if phase != PhasePreBuild && !j.state.Claimed {
		j.log.Info("This build has not claimed its lock; it does nothing", keyPhase, phase)
		return ExitRefused
	}
	j.log.V(1).Info("Phase began", keyPhase, phase, keyVersion, o.Version)
	j.runPhase(ctx, phase)
	return exitCode(j.state)
}

func newJob(o Options) (*job, error) {
	p := o.Parameters
	log := o.Log.WithValues(logging.KeyCorrelationID, p.CorrelationID, logging.KeyWorkItem, p.WorkItem, logging.KeyAttempt, p.Attempt)
	j := &job{
		parameters: p, build: o.Build, ports: o.Ports, options: o, dir: o.Dir, stages: pipeline(),
		redactor: o.Redactor, log: log, clock: o.Clock, random: o.Random,
	}
	// The git directory lies within: agents may pass through, but not look around.
	if err := os.MkdirAll(j.dir, 0o711); err != nil { //nolint:gosec // see above
		return nil, fmt.Errorf("making the build's directory: %w", err)
	}
	var err error
	if j.state, err = loadState(j.dir, o.Build.ARN, j.clock.Now()); err != nil {
		return nil, err
	}
	j.repo, j.tree = gitrepo.Open(gitrepo.Options{Dir: j.path("repository.git"), Tree: j.treeDir(), Branch: p.BranchName, Environ: o.Environ})
	j.sandbox = sandbox.New(sandbox.Options{
		User: o.AgentUser, Local: o.LocalDir != "", Dir: o.Dir, Tree: j.tree.Dir(), Environ: o.Environ, Clock: o.Clock,
	})
	if o.LocalDir == "" {
		l := lock.Lock{LockID: p.LockID, Fence: p.Fence, SlotKey: p.SlotKey, BranchKey: p.BranchKey, CardKey: p.CardKey}
		j.lease = lease.New(o.Ports.Lock, l, o.Build.ARN, p.LeaseDuration, j.clock)
	}
	return j, nil
}

// runPhase renews the lease while the stages run. The goroutine is here and not in any stage.
func (j *job) runPhase(ctx context.Context, phase Phase) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	ticker := j.clock.NewTicker(lease.Interval)
	defer ticker.Stop()
	var renewing sync.WaitGroup
	defer renewing.Wait()
	renew, stop := context.WithCancel(ctx)
	defer stop()

	if j.state.Claimed && j.state.Over == "" {
		j.endOrphans()
		j.recordMissed(phase)
		if n := len(j.state.Stages); n > 0 {
			j.setProgress(j.state.Stages[n-1].Name)
		}
		if err := j.lease.Renew(ctx); lease.IsLost(err) {
			cancel(err)
		}
	}
	renewing.Go(func() {
		j.lease.RenewAtTicks(renew, ticker.C(), cancel, func(err error) { j.log.Error(err, "Heartbeat failed; trying again") })
	})
	j.runStages(ctx, phase)
	j.wrapUp(ctx)
}

// endOrphans ends what a worker that was killed left running: its agent would work, and its push arrive, while this
// process tells of the end and releases the lock.
func (j *job) endOrphans() {
	name, cut := j.state.interrupted()
	if !cut {
		return
	}
	if n := j.sandbox.EndOrphans(j.repo.ProcessMark()); n > 0 {
		j.log.Info("Ended what a killed worker left running", logging.KeyStage, name, keyProcesses, n)
	}
	if !j.state.PushAt.IsZero() {
		j.setPushAt(j.clock.Now())
	}
}

// recordMissed notes the failure of a process that ran an earlier phase and was killed.
func (j *job) recordMissed(phase Phase) {
	name, ok := missed(j.stages, j.state, phase)
	if !ok {
		return
	}
	j.state.fail(name, contract.OutcomeInterrupted, fmt.Sprintf(
		"The worker was killed in stage %s, or its build ran out of memory. What was pushed before is kept; the next attempt goes on from there.", name))
	if j.state.Result.PullRequestUpdated {
		// It was told of a success.
		j.state.Result.PullRequestUpdated = false
		j.state.forget(contract.StagePullRequest)
	}
	j.log.Info("An earlier phase ended without a word", logging.KeyStage, name)
	j.save()
}

// cleanupTimeout is what is left for cleanup after a signal, once no push is on its way any more. CodeBuild gives little
// more. If it kills the worker before, the lock is not released: the controller does that when nothing can arrive any
// more.
const cleanupTimeout = 20 * time.Second

// wrapUp ends a run that was cut short. After a signal only the lock matters: the controller tells the pull request
// what a build could not.
func (j *job) wrapUp(ctx context.Context) {
	switch cause := context.Cause(ctx); {
	case cause == nil || j.state.Over != "":
	case lease.IsLost(cause):
		j.state.Over = overLost
		j.log.Error(cause, "The lease is lost; stopping without touching anything more")
		j.save()
	case j.state.Claimed:
		if !j.state.failed() && !j.state.done(contract.StageUpload) {
			j.state.fail("", contract.OutcomeInterrupted, "The build was stopped.")
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTimeout+flightLeft(j.clock.Now(), j.state.PushAt))
		defer cancel()
		j.runStage(ctx, stage{name: contract.StageCleanup, run: cleanup})
	}
}

// save writes the state. If that fails the run goes on: what is in memory is right, and the lock matters more.
func (j *job) save() {
	j.saving.Lock()
	defer j.saving.Unlock()
	if err := j.state.save(j.dir); err != nil {
		j.log.Error(err, "The build's state could not be written")
	}
}

// treeDir is where the checkout is.
func (j *job) treeDir() string {
	if j.options.LocalDir != "" {
		return j.options.LocalDir
	}
	return j.path("checkout")
}

// remote is the repository of the work on its server. The token is known to redaction before git gets it.
func (j *job) remote() gitrepo.Remote {
	return gitrepo.Remote{
		Address: j.ports.Remote.Address(j.parameters.Repository), Helper: j.options.Executable, Dir: j.dir,
		Credentials: func(ctx context.Context) (user, token string, err error) {
			user, token, err = j.ports.Remote.Credentials(ctx)
			if err == nil {
				j.redactor.Add(token)
			}
			return user, token, err
		},
	}
}

func (j *job) path(elem ...string) string { return filepath.Join(append([]string{j.dir}, elem...)...) }
