// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"errors"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codebuild/types"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/worker/lease"
)

const (
	beatEvery      = 30 * time.Second
	pushTimeout    = 2 * time.Minute
	releaseTimeout = 20 * time.Second
	tries          = 5
)

var (
	errLeaseLost  = errors.New("the lease was lost")
	errTerminated = errors.New("the build is being stopped")
)

// builder is a build's worker. The pipeline is a sketch of the real one; lock and lease are the real ones.
type builder struct {
	s       *simulation
	run     *run
	process *process
	p       contract.Parameters
	lease   *lease.Renewer
	branch  *branch
}

// workerName begins the names of the processes that are builds' workers.
const workerName = "worker "

// begin runs a build's worker.
func (s *simulation) begin(r *run) {
	s.programs++
	p := s.process(workerName + brief(r.id))
	r.worker = p
	p.crash = func() {
		if !p.dead {
			s.say("%s crashes", p.name)
			p.kill()
			s.after(s.between(time.Second, 30*time.Second), func() { r.account.end(r, types.StatusTypeFailed) })
		}
	}
	parameters, err := contract.ParametersFrom(func(name string) (string, bool) { v, ok := r.env[name]; return v, ok })
	if err != nil {
		s.fail(&s.counts.Stuck, "build %s was given parameters that it cannot read: %s", r.id, err)
		return
	}
	b := &builder{s: s, run: r, process: p, p: parameters, branch: s.branches[parameters.BranchName]}
	l := lock.Lock{
		LockID: parameters.LockID, Fence: parameters.Fence,
		SlotKey: parameters.SlotKey, BranchKey: parameters.BranchKey, CardKey: parameters.CardKey,
	}
	b.lease = lease.New(s.lockTable(), l, r.arn, parameters.LeaseDuration, p)
	status := types.StatusTypeFailed
	p.spawn("build", func() { status = b.work(context.Background()) }, func() {
		p.kill()
		s.after(s.between(time.Second, 10*time.Second), func() { r.account.end(r, status) })
	})
}

// work is the build from claim to release.
func (b *builder) work(ctx context.Context) types.StatusType {
	if !b.claim(ctx) {
		b.s.say("%s does nothing: its claim was refused", b.process.name)
		return types.StatusTypeFailed
	}
	result, err := b.begun(ctx)
	switch {
	case lease.IsLost(err) || errors.Is(err, errLeaseLost):
		b.s.say("%s has lost its lease", b.process.name)
		return types.StatusTypeFailed
	case errors.Is(err, errTerminated):
		b.s.say("%s was asked to stop", b.process.name)
		result = b.failed(contract.OutcomeInterrupted)
	case err != nil:
		result = b.failed(contract.OutcomeInternalError)
	}
	b.release(ctx, result)
	if result.Succeeded() {
		return types.StatusTypeSucceeded
	}
	return types.StatusTypeFailed
}

func (b *builder) claim(ctx context.Context) bool {
	for try := range tries {
		err := b.lease.Claim(ctx)
		switch {
		case err == nil:
			b.s.invariants.granted(b.run)
			return true
		case errors.Is(err, lease.ErrRefused):
			return false
		}
		_ = b.s.sleep(ctx, time.Second<<try)
	}
	return false
}

// begun does the work, if the lock's row holds what the build was started with.
func (b *builder) begun(ctx context.Context) (contract.Result, error) {
	text, err := b.read(ctx)
	if err != nil {
		return contract.Result{}, err
	}
	hash := b.p.ParametersSHA256
	if b.s.mutant.NoHash {
		hash = contract.FrozenSHA256(text)
	}
	if b.p.Frozen, err = contract.FrozenFrom(text, hash); err != nil {
		b.s.say("%s: %s", b.process.name, err)
		return b.failed(contract.OutcomeParametersRefused), nil
	}
	b.s.invariants.given(b.run, b.p.Frozen)
	_ = b.lease.Renew(ctx)
	return b.pipeline(ctx)
}

// read reads the build's parameters.
func (b *builder) read(ctx context.Context) (text string, err error) {
	for try := range tries {
		if text, err = b.lease.Parameters(ctx); err == nil {
			return text, nil
		}
		_ = b.s.sleep(ctx, time.Second<<try)
	}
	return "", err
}

// pipeline does the spec's open tasks, one push each, and measures.
func (b *builder) pipeline(ctx context.Context) (result contract.Result, err error) {
	head, done, err := b.fetch()
	if err != nil {
		return b.failed(contract.OutcomeCheckoutFailed), nil //nolint:nilerr // the result says it
	}
	for ; done < b.branch.tasks; done++ {
		b.lease.Report(lock.Progress{Stage: contract.StageAgent, Tasks: b.tasks(done)})
		if err := b.spend(ctx, b.s.between(5*time.Second, 90*time.Second)); err != nil {
			return result, err
		}
		commit := b.branch.commit()
		if err := b.push(ctx, head, commit, true); err != nil {
			return result, err
		}
		head = commit
	}
	if result, err = b.repaired(ctx, head, b.measured()); err != nil {
		return result, err
	}
	provisional := result
	provisional.Outcome, provisional.Message = contract.OutcomeInterrupted, "The build ended without releasing its lock."
	text, err := provisional.Encode()
	if err != nil {
		return result, err
	}
	b.lease.Report(lock.Progress{Stage: contract.StageCoverage, Tasks: b.tasks(done), Result: text})
	return result, b.spend(ctx, b.s.between(time.Second, 40*time.Second))
}

// repaired is what was measured, after the repair rounds that red tests are given: the agent works, its work is pushed, and
// tests and coverage are measured anew. One that changes nothing ends the attempt.
func (b *builder) repaired(ctx context.Context, head string, result contract.Result) (contract.Result, error) {
	for round := 0; round < b.p.Settings.RepairRounds && result.Outcome == contract.OutcomeTestsFailed; round++ {
		b.s.invariants.repairs(b.run, b.p)
		b.lease.Report(lock.Progress{Stage: contract.StageAgent, Tasks: b.tasks(b.branch.tasks)})
		if err := b.spend(ctx, b.s.between(5*time.Second, 90*time.Second)); err != nil {
			return result, err
		}
		if b.s.chance(b.s.standStill) {
			result.Outcome = contract.OutcomeNoProgress
			return result, nil
		}
		commit := b.branch.commit()
		if err := b.push(ctx, head, commit, false); err != nil {
			return result, err
		}
		head = commit
		if err := b.spend(ctx, b.s.between(time.Second, 40*time.Second)); err != nil {
			return result, err
		}
		result = b.measured()
	}
	return result, nil
}

func (b *builder) tasks(done int) contract.Tasks {
	return contract.Tasks{Done: int32(done), Total: int32(b.branch.tasks)}
}

func (b *builder) failed(o contract.Outcome) contract.Result { return contract.Result{Outcome: o} }

// measured is what tests and coverage gave: green, red, or nothing at all.
func (b *builder) measured() contract.Result {
	r := contract.Result{
		Outcome: contract.OutcomeSucceeded, TestsGate: contract.GatePassed, CoverageGate: contract.GatePassed,
		Tests: &contract.Tests{Total: 3, Passed: 3}, Commit: b.branch.head, PullRequestUpdated: true,
	}
	if b.s.chance(b.s.redTests) {
		r.Outcome, r.TestsGate = contract.OutcomeTestsFailed, contract.GateFailed
	}
	return r
}

// spend works for a while, with heartbeats, until it is asked to stop.
func (b *builder) spend(ctx context.Context, d time.Duration) error {
	for end := b.process.Now().Add(d); ; {
		left := end.Sub(b.process.Now())
		switch {
		case b.run.terminated:
			return errTerminated
		case left <= 0:
			return nil
		}
		_ = b.s.sleep(ctx, min(left, beatEvery))
		if err := b.lease.Renew(ctx); lease.IsLost(err) {
			return err
		}
	}
}

// fetch reads the remote's branch.
func (b *builder) fetch() (head string, done int, err error) {
	type state struct {
		head string
		done int
	}
	for try := range tries {
		var v any
		v, err = b.s.do(&call{to: toForge, op: "fetch", effect: func() (any, error) { return state{b.branch.head, b.branch.done}, nil }})
		if err == nil {
			at := v.(state) //nolint:forcetypeassert // the effect above made it
			return at.head, at.done, nil
		}
		_ = b.s.sleep(context.Background(), time.Second<<try)
	}
	return "", 0, err
}

// push brings a commit to the remote, a task's or a repair's, with the lease checked before each try.
func (b *builder) push(ctx context.Context, old, commit string, task bool) (err error) {
	for try := range tries {
		if err = b.lease.Ensure(ctx, pushTimeout); err == nil {
			b.run.checked = b.s.now
			_, err = b.s.do(&call{to: toForge, op: "push", what: brief(commit), writes: true, effect: func() (any, error) {
				return nil, b.s.pushed(b, old, commit, task)
			}})
		}
		if err == nil || lease.IsLost(err) || errors.Is(err, errMoved) {
			return err
		}
		if b.run.terminated {
			err = errTerminated
			break
		}
		_ = b.s.sleep(ctx, time.Second<<try)
	}
	// The last try may be on its way. Were the lock released before it arrives, it would land in the next attempt.
	_ = b.s.sleep(ctx, longestFlight)
	if renewal := b.lease.Renew(ctx); lease.IsLost(renewal) {
		return renewal
	}
	return err
}

// pushed is a push that arrives.
func (s *simulation) pushed(b *builder, old, commit string, task bool) error {
	if b.branch.head != commit && b.branch.head == old {
		s.invariants.effect(b.run, b.p, "push")
	}
	return b.branch.push(old, commit, task)
}

// release ends the lock, as its last effect.
func (b *builder) release(ctx context.Context, result contract.Result) {
	text, err := result.Encode()
	if err != nil {
		return
	}
	ending := lease.EndingOf(result, text, b.p)
	for try := range tries {
		if err = b.lease.Ensure(ctx, releaseTimeout); err == nil {
			b.run.releasing = true
			err = b.lease.Release(ctx, ending)
		}
		if err == nil || lease.IsLost(err) {
			return
		}
		_ = b.s.sleep(ctx, time.Second<<try)
	}
}
