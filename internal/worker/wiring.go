// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"fmt"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/worker/agent"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
	"github.com/kiro-worker/kiro-worker/internal/worker/lease"
	"github.com/kiro-worker/kiro-worker/internal/worker/power"
	"github.com/kiro-worker/kiro-worker/internal/worker/sandbox"
)

// wiring is what several stages are made of. It is gone when the pipeline is made: each stage keeps what it needs.
type wiring struct {
	o        Options
	local    bool
	dir      buildDir
	repo     *gitrepo.Repository
	space    workspace
	measured measuredTree
	remote   *gitrepo.Remote // nil in a local run
	lease    *lease.Renewer  // nil in a local run
	progress *progress
	budget   budget
	retry    retrier // without a policy
	policies policies
	publish  publisher
	setup    setup
	failures failureRecorder
	clean    cleaner
	trailers string
}

// newWiring starts nothing and touches nothing.
func newWiring(o Options) wiring {
	p := o.Parameters
	w := wiring{o: o, local: o.LocalDir != "", dir: buildDir(o.Dir), policies: policiesOf(p.Settings), clean: newCleaner(o.Redactor), trailers: trailersOf(p)}
	tree := o.LocalDir
	if !w.local {
		tree = w.dir.path("checkout")
		l := lock.Lock{LockID: p.LockID, Fence: p.Fence, SlotKey: p.SlotKey, BranchKey: p.BranchKey, CardKey: p.CardKey}
		w.lease = lease.New(o.Ports.Lock, l, o.Build.ARN, p.LeaseDuration, o.Clock)
	}
	var extra []string
	for _, v := range p.Settings.Env {
		extra = append(extra, v.Name+"="+v.Value)
	}
	isolation := sandbox.Options{
		User: o.AgentUser, Local: w.local, Dir: o.Dir, Tree: tree, Environ: o.Environ, Clock: o.Clock, Since: o.Build.StartedAt, Extra: extra,
	}
	w.space.local, w.space.sandbox = w.local, sandbox.New(isolation)
	w.repo, w.space.tree = gitrepo.Open(gitrepo.Options{
		Dir: w.dir.path("repository.git"), Tree: tree, Branch: p.BranchName, Environ: o.Environ, User: w.space.sandbox.TreeUser(),
	})
	w.measured = measuredTree{workspace: w.space}
	if !w.local {
		isolation.Tree = w.dir.path("measured")
		w.measured.sandbox, w.measured.tree = sandbox.New(isolation), w.repo.Checkout(isolation.Tree)
	}
	w.remote = remoteOf(o)
	w.progress = &progress{lease: w.lease}
	w.budget = budget{clock: o.Clock, startedAt: o.Build.StartedAt, timeout: time.Duration(p.BuildTimeout), total: time.Duration(p.Settings.AgentTotalTimeout), local: w.local}
	w.retry = retrier{clock: o.Clock, random: o.Random, clean: w.clean}
	w.publish = publisher{
		repo: w.repo, tree: w.space.tree, remote: w.remote, lease: w.lease, retry: w.retry.with(w.policies.git), clock: o.Clock, redactor: o.Redactor,
	}
	w.setup = setup{
		budget: w.budget, setupCommand: p.Settings.SetupCommand, dir: w.dir, cache: packageCache{archive: o.NPMCache},
		secrets: secretVariables{secrets: o.Ports.Secrets, named: p.Settings.SecretEnv, retry: w.retry.with(contract.RetryService), redactor: o.Redactor},
	}
	return w
}

// remoteOf is the repository of the work on its server; nil without one. A token is known to redaction before git gets
// it.
func remoteOf(o Options) *gitrepo.Remote {
	if o.Ports.Remote == nil {
		return nil
	}
	return &gitrepo.Remote{
		Address: o.Ports.Remote.Address(o.Parameters.Repository), Helper: o.Executable, Dir: o.Dir,
		Credentials: func(ctx context.Context) (user, token string, err error) {
			user, token, err = o.Ports.Remote.Credentials(ctx)
			if err == nil {
				o.Redactor.Add(token)
			}
			return user, token, err
		},
	}
}

// trailersOf say in a commit where it comes from.
func trailersOf(p contract.Parameters) string {
	return fmt.Sprintf("%s\nKiro-Attempt: %d\nKiro-Correlation-Id: %s\n", workItemTrailer(p), p.Attempt, p.CorrelationID)
}

// workItemTrailer is the line of a commit's message that names the work item.
func workItemTrailer(p contract.Parameters) string { return "Kiro-Work-Item: " + p.WorkItem }

func (w wiring) claimStage() claimStage {
	// The environment's own policy is known only afterwards.
	retry := w.retry.with(contract.RetryDynamoDB)
	return claimStage{
		lease: w.lease, retry: retry, frozen: frozenReader{lease: w.lease, retry: retry, sha256: w.o.Parameters.ParametersSHA256, dir: w.dir},
	}
}

func (w wiring) checkoutStage() checkoutStage {
	p := w.o.Parameters
	return checkoutStage{
		space: w.space, repo: w.repo, remote: w.remote, retry: w.retry.with(w.policies.git),
		repository: p.Repository, accepted: p.Commit, rules: w.o.Ports.Forge, clock: w.o.Clock,
		defaults: defaultReader{repo: w.repo, remote: w.remote, retry: w.retry.with(w.policies.git), dir: w.dir, files: w.o.say().files()},
	}
}

func (w wiring) validateStage() validateStage {
	v := validateStage{tree: w.space.tree, specPath: w.o.Parameters.SpecPath, retry: w.retry.with(w.policies.forge), settings: w.o.Parameters.Settings, say: w.o.say(), clean: w.clean}
	if w.o.Ports.Forge != nil {
		pr := w.pullRequest()
		v.pullRequest = &pr
	}
	return v
}

func (w wiring) pullRequest() pullRequest {
	p := w.o.Parameters
	return pullRequest{forge: w.o.Ports.Forge, repository: p.Repository, branch: p.BranchName, number: p.PullRequest}
}

func (w wiring) steerStage() steerStage {
	s := w.o.Parameters.Settings
	source := power.Source{Address: s.SteeringSource, Ref: s.SteeringRef, Path: s.SteeringPath, Inclusion: s.SteeringInclusion, Dir: w.o.Dir, Environ: w.o.Environ}
	if w.remote != nil {
		source.Own = *w.remote
	}
	return steerStage{space: w.space, source: source, retry: w.retry.with(w.policies.git), publish: w.publish, trailers: w.trailers, clean: w.clean}
}

func (w wiring) agentStage() agentStage {
	p := w.o.Parameters
	list := taskListOf(w.space.tree, p.SpecPath)
	key := agentKey{secrets: w.o.Ports.Secrets, arn: p.AgentSecretARN, retry: w.retry.with(contract.RetryService), redactor: w.o.Redactor}
	tasks := taskRunner{
		space: w.space, repo: w.repo, list: list, publish: w.publish, progress: w.progress, retry: w.retry.with(w.policies.task),
		settings: p.Settings, specPath: p.SpecPath, repository: p.Repository, trailers: w.trailers, dir: w.dir, clock: w.o.Clock, clean: w.clean,
	}
	return agentStage{
		setup: w.setup, space: w.space, list: list, key: key, tasks: tasks, progress: w.progress, budget: w.budget,
		before: previousOf(p), previous: p.Previous, followUp: w.followUp(), clean: w.clean,
	}
}

func (w wiring) rounds() rounds {
	s := w.o.Parameters.Settings
	return rounds{
		most: min(s.RepairRounds, contract.MaxRounds), prompts: agent.TakesPrompt(s.AgentPreset, s.AgentCommand), budget: w.budget, publish: w.publish, space: w.space,
		message: func(why, commit string) string { return takeBackMessage(why, commit, w.trailers) }, clean: w.clean,
	}
}

func (w wiring) followUp() followUp {
	f := followUp{pullRequest: w.pullRequest(), lease: w.lease, retry: w.retry.with(w.policies.forge)}
	if wanted := w.o.Parameters.FollowUp; wanted != nil && wanted.Reviews && w.o.Ports.Forge != nil {
		f.reviews = w.o.Ports.Forge
	}
	return f
}

// previousOf says how the attempt before ended, if it failed at the work: there is something to learn from then.
func previousOf(p contract.Parameters) string {
	if before := p.Previous; before != nil && before.Outcome.Class() == contract.ClassWork {
		return fmt.Sprintf("%s: %s", before.Outcome, before.Message)
	}
	return ""
}

func (w wiring) testStage() testStage {
	measuring := w.setup
	measuring.cache.after = true
	return testStage{
		setup: measuring, space: w.space, measured: w.measured, settings: w.o.Parameters.Settings, budget: w.budget, dir: w.dir,
		clock: w.o.Clock, clean: w.clean,
	}
}

func (w wiring) coverageStage() coverageStage {
	p := w.o.Parameters
	return coverageStage{
		tree: w.measured.tree, reports: p.Settings.CoverageReports, threshold: p.CoverageThreshold, missing: p.Settings.MissingMetrics, clean: w.clean,
		repairs: p.Settings.RepairRounds > 0,
		changed: changedLines{repo: w.repo, threshold: p.Settings.ChangedLines, item: workItemTrailer(p), clean: w.clean},
	}
}

func (w wiring) pullRequestStage() pullRequestStage {
	p := w.o.Parameters
	return pullRequestStage{
		pullRequest: w.pullRequest(), lease: w.lease, retry: w.retry.with(w.policies.forge), repo: w.repo, parameters: p, build: w.o.Build,
		artifactsURL: placeOf(p, w.o.Build.UUID).url(), redactor: w.o.Redactor, clean: w.clean,
	}
}

func (w wiring) uploadStage() uploadStage {
	p := w.o.Parameters
	return uploadStage{
		documents: documents{
			repo: w.repo, dir: w.dir, buildLog: w.o.BuildLog, parameters: p, build: w.o.Build, version: w.o.Version, clock: w.o.Clock,
		},
		reports:  reportCopier{tree: w.measured.tree, sourceDir: w.o.Build.SourceDir, redactor: w.o.Redactor},
		uploader: w.o.Ports.Artifacts, place: placeOf(p, w.o.Build.UUID), lease: w.lease, retry: w.retry.with(w.policies.artifacts),
		failures: w.failures, dir: w.dir, redactor: w.o.Redactor,
	}
}

func (w wiring) cleanupStage() cleanupStage {
	return cleanupStage{
		lease: w.lease, retry: w.retry.with(w.policies.lock), publish: w.publish, progress: w.progress,
		metrics: w.o.Ports.Metrics, parameters: w.o.Parameters, clock: w.o.Clock, clean: w.clean,
	}
}
