// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// conduct is what a build does once it has claimed its lock.
type conduct string

const (
	succeeds   conduct = "succeeds"
	dies       conduct = "dies"       // without a word
	hangs      conduct = "hangs"      // until it is stopped
	heartbeats conduct = "heartbeats" // until its lock is not its own any more
	retried    conduct = "retried"    // a person starts it again in the console while it works
)

// workTime is how long a build works: long enough to be seen running.
const workTime = 300 * time.Millisecond

// work is what builds do, and what is seen of them. Each build does as the next conduct says; the last goes on.
type work struct {
	conducts []conduct
	// preface is what a build does before it claims. Optional.
	preface func(context.Context, *world, codebuild.Running) error
	// programs has builds run the real worker, by the one buildspec, instead of this process.
	programs bool

	mu      sync.Mutex
	claims  int
	refused int
	live    int
	most    int // the most that were ever live at once
	pushes  int
	worked  int // builds that did their work to the end
}

// putProject makes the CodeBuild project.
func (k *work) putProject(w *world) error {
	project := codebuild.Project{Name: projectName, Run: func(ctx context.Context, b codebuild.Running) error { return k.run(ctx, w, b) }}
	if k.programs {
		var err error
		if project, err = realProject(w); err != nil {
			return err
		}
	}
	if err := w.builds.PutProject(project); err != nil {
		return fmt.Errorf("making the CodeBuild project: %w", err)
	}
	return nil
}

func (k *work) gates() v1alpha1.Gates {
	if k.programs {
		return realGates()
	}
	return v1alpha1.Gates{TestCommand: "true"}
}

func (k *work) agent() v1alpha1.Agent {
	if k.programs {
		return realAgent()
	}
	return v1alpha1.Agent{Preset: v1alpha1.AgentCommand, Command: []string{"true"}}
}

func (k *work) files() map[string]string {
	if k.programs {
		return realFiles()
	}
	return spec
}

// run is one build. It is the worker in short: nothing is done before the claim, and nothing after the release.
func (k *work) run(ctx context.Context, w *world, b codebuild.Running) error {
	p, err := contract.ParametersFrom(func(name string) (string, bool) { v, ok := b.Env[name]; return v, ok })
	if err != nil {
		return err
	}
	if k.preface != nil {
		if err := k.preface(ctx, w, b); err != nil {
			return err
		}
	}
	l := lock.Lock{LockID: p.LockID, Fence: p.Fence, SlotKey: p.SlotKey, BranchKey: p.BranchKey, CardKey: p.CardKey}
	if err := w.table.Claim(ctx, l, b.ARN, time.Now().Add(p.LeaseDuration)); err != nil {
		k.mu.Lock()
		k.refused++
		k.mu.Unlock()
		return fmt.Errorf("claiming: %w", err)
	}
	how, leave := k.enter()
	defer leave()
	if err := w.table.Heartbeat(ctx, l, b.ARN, time.Now(), time.Now().Add(p.LeaseDuration), lock.Progress{Stage: contract.StageAgent}); err != nil {
		return fmt.Errorf("sending a heartbeat: %w", err)
	}
	switch how {
	case dies:
		return errors.New("killed")
	case hangs:
		<-ctx.Done()
		return ctx.Err()
	case heartbeats:
		return k.sendHeartbeats(ctx, w, b, l, p)
	case retried:
		if err := w.retryByHand(ctx, b.ID); err != nil {
			return err
		}
	}
	return k.finish(ctx, w, b, l, p, leave)
}

// sendHeartbeats goes on until the lock is not the build's any more. Any other error of one may pass.
func (k *work) sendHeartbeats(ctx context.Context, w *world, b codebuild.Running, l lock.Lock, p contract.Parameters) error {
	ticker := time.NewTicker(workTime)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case now := <-ticker.C:
			err := w.table.Heartbeat(ctx, l, b.ARN, now, now.Add(p.LeaseDuration), lock.Progress{Stage: contract.StageAgent})
			var refusal *lock.Refusal
			if errors.As(err, &refusal) || errors.Is(err, lock.ErrNotHolder) {
				return fmt.Errorf("sending a heartbeat: %w", err)
			}
		}
	}
}

// enter counts a build as live until leave is called, once or more.
func (k *work) enter() (how conduct, leave func()) {
	k.mu.Lock()
	defer k.mu.Unlock()
	how = k.conducts[min(k.claims, len(k.conducts)-1)]
	k.claims++
	k.live++
	k.most = max(k.most, k.live)
	return how, sync.OnceFunc(func() {
		k.mu.Lock()
		defer k.mu.Unlock()
		k.live--
	})
}

// finish does the work and releases the lock. The build leaves before the release is sent: from its arrival on the
// next may work.
func (k *work) finish(ctx context.Context, w *world, b codebuild.Running, l lock.Lock, p contract.Parameters, leave func()) error {
	select {
	case <-time.After(workTime):
	case <-ctx.Done():
		return ctx.Err()
	}
	commit, err := w.github.PushFiles(repository, branch, github.Text(map[string]string{"work-" + p.LockID[:8]: "done\n"}), "Work")
	if err != nil {
		return err
	}
	k.mu.Lock()
	k.pushes++
	k.mu.Unlock()
	result, err := contract.Result{
		Outcome: contract.OutcomeSucceeded, TestsGate: contract.GatePassed, CoverageGate: contract.GatePassed, Commit: commit,
		Tests: &contract.Tests{Total: 1, Passed: 1}, Tasks: contract.Tasks{Done: 1, Total: 1}, PullRequestUpdated: true,
	}.Encode()
	if err != nil {
		return err
	}
	leave()
	ending := lock.Ending{Status: contract.StatusComplete, Outcome: contract.OutcomeSucceeded, Result: result, Trigger: &p.Trigger}
	if err := w.table.Release(ctx, l, b.ARN, time.Now(), ending); err != nil {
		return fmt.Errorf("releasing: %w", err)
	}
	k.mu.Lock()
	k.worked++
	k.mu.Unlock()
	return nil
}

// tally is what was seen of a world's builds.
type tally struct{ claims, refused, most, pushes, worked, live int }

func (k *work) tally() tally {
	k.mu.Lock()
	defer k.mu.Unlock()
	return tally{claims: k.claims, refused: k.refused, most: k.most, pushes: k.pushes, worked: k.worked, live: k.live}
}
