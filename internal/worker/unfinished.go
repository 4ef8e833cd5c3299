// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/agent"
	"github.com/kiro-worker/kiro-worker/internal/worker/prbody"
)

// keepUnfinished commits what an agent had done of a task when its time was over. The task stays open, so the next attempt
// goes on with it. It returns the task's failure, with what became of the work.
func (r *taskRun) keepUnfinished(ctx context.Context, task agent.Task, list []byte, cause error) error {
	var f *failure
	if !errors.As(cause, &f) || f.outcome != contract.OutcomeAgentFailed && f.outcome != contract.OutcomeTimedOut {
		return cause
	}
	commit, why, err := r.commitUnfinished(ctx, task, list)
	switch {
	case errors.As(err, new(*failure)):
		why = err.Error()
	case err != nil:
		return err
	case commit != "":
		return failed(f.outcome, fmt.Errorf("%w; what it had done is kept, unfinished, in commit %.12s", f.err, commit))
	}
	return failed(f.outcome, fmt.Errorf("%w; what it had done is not kept: %s", f.err, why))
}

// commitUnfinished commits and pushes it, if nothing speaks against that. The box is as it was before.
func (r *taskRun) commitUnfinished(ctx context.Context, task agent.Task, list []byte) (commit, why string, err error) {
	before, err := r.repo.HeadTree(ctx)
	if err == nil {
		err = r.list.restore(list)
	}
	if err != nil {
		return "", "", err
	}
	seen, err := r.look(ctx, finishedRun{task: task, list: list, before: before}, &TaskRecord{})
	switch {
	case err != nil:
		return "", "", agentsFault(err)
	case len(seen.Protected) > 0:
		return "", "it changes " + firstFew(seen.Protected) + ", which is protected", nil
	case len(seen.Conflicts) > 0:
		return "", "there are conflict marks in " + firstFew(seen.Conflicts), nil
	case seen.Changed == 0:
		return "", "it had changed nothing", nil
	}
	title, id := prbody.PlainSubject(r.clean(task.Title)), prbody.PlainTaskID(task.ID)
	if _, err := r.publish.commit(ctx, r.state, fmt.Sprintf("Unfinished: task %s: %s\n\nThe agent's time was over before the task was done.\n\nKiro-Unfinished-Task: %s\n%s", id, title, id, r.trailers)); err != nil {
		return "", "", agentsFault(err)
	}
	r.state.note("Look twice: commit %.12s holds unfinished work on task %s.", r.state.Result.Commit, id)
	return r.state.Result.Commit, "", nil
}
