// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"fmt"
	"slices"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/logging"
	"github.com/kiro-worker/kiro-worker/internal/tracing"
	"github.com/kiro-worker/kiro-worker/internal/worker/agent"
	"github.com/kiro-worker/kiro-worker/internal/worker/lease"
	"github.com/kiro-worker/kiro-worker/internal/worker/prbody"
)

// maxFollowUps is how many conversations are worked off in one attempt.
const maxFollowUps = 10

// followUp reads what people left on the pull request, and answers it.
type followUp struct {
	reviews     forge.Reviews // nil where nothing is worked off
	pullRequest pullRequest
	lease       *lease.Renewer
	retry       retrier
}

// open are the conversations that wait for the worker: nobody resolved them, and the last word is a person's.
func (f followUp) open(ctx context.Context) ([]forge.ReviewThread, error) {
	if f.reviews == nil {
		return nil, nil
	}
	var threads []forge.ReviewThread
	err := f.retry.do(ctx, "reading the reviews", func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, forgeTimeout)
		defer cancel()
		var err error
		threads, err = f.reviews.OpenThreads(ctx, f.pullRequest.repository, f.pullRequest.number)
		return err
	})
	return slices.DeleteFunc(threads, func(t forge.ReviewThread) bool { return t.Answered }), err
}

func (f followUp) reply(ctx context.Context, thread forge.ReviewThread, body string) error {
	return f.retry.do(ctx, "answering a review", func(ctx context.Context) error {
		return f.lease.Do(ctx, forgeTimeout, func(ctx context.Context) error {
			return f.reviews.Reply(ctx, f.pullRequest.repository, f.pullRequest.number, thread, body)
		})
	})
}

// followUps works off what people left, where every task is done: one run of the agent a conversation, a commit, and an
// answer with it. To resolve a conversation is for people.
func (a agentStage) followUps(ctx context.Context, s *State) error {
	threads, err := a.followUp.open(ctx)
	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case fault.IsTerminal(err):
		// What may not be read is no failure of the work.
		logging.Warn(logOf(ctx), "The reviews could not be read", keyReason, a.clean(err.Error()))
		s.note("Conversations of reviews could not be read, so none was worked off: %s", a.clean(err.Error()))
	case err != nil:
		return err
	}
	if len(threads) == 0 {
		logOf(ctx).Info("Every task is done already; the agent is not run")
		s.note("Every task was done before this attempt; the agent was not run.")
		return nil
	}
	if !agent.TakesPrompt(a.tasks.settings.AgentPreset, a.tasks.settings.AgentCommand) {
		s.note("%d conversations of reviews are open, and the agent's command takes no prompt, so it was not asked (use {{.Prompt}} in spec.agent.command).", len(threads))
		return nil
	}
	if left := len(threads) - maxFollowUps; left > 0 {
		s.note("%d more conversations of reviews are open; move the card away and back to have them worked off.", left)
		threads = threads[:maxFollowUps]
	}
	run, err := a.begin(ctx, s)
	if err != nil {
		return err
	}
	run.end, run.advice = a.budget.agentEnd(s.spent())
	for n, thread := range threads {
		if err := run.review(ctx, a.followUp, thread, n+1); err != nil {
			a.keepUnfinished(ctx, s)
			return err
		}
	}
	return nil
}

// trailerReview is the trailer of a commit that answers a review: the comment that it answers.
const trailerReview = "Kiro-Review-Comment"

// review works off one conversation.
func (r *taskRun) review(ctx context.Context, f followUp, thread forge.ReviewThread, number int) (err error) {
	ctx, end := tracing.Start(ctx, fmt.Sprintf("review %d", number), nil)
	defer func() { end(err) }()
	last := thread.Comments[len(thread.Comments)-1]
	record := TaskRecord{ID: fmt.Sprintf("review-%d", number), Title: r.clean("Review of " + placeOfThread(thread) + " by " + last.Author)}
	line := fmt.Sprintf("%s: %d", trailerReview, last.ID)
	if thread.Whole { // its ids are others
		line = fmt.Sprintf("%s: review-%d", trailerReview, last.ID)
	}
	// A build that was cut short between its push and its answer has done the work.
	commit, err := r.repo.CommitWith(ctx, r.state.Result.Commit, line)
	if err != nil {
		return err
	}
	reason := "done in an earlier attempt"
	if commit == "" {
		began := r.clock.Now()
		failure, err := r.answer(ctx, thread, line, &record)
		record.Seconds = r.clock.Since(began).Seconds()
		r.cost(record)
		switch {
		case err != nil:
			return err
		case failure == nil:
			commit, reason = r.state.Result.Commit, fmt.Sprintf("%s changed", prbody.FileCount(record.Files))
		case failure.unchanged:
			reason = failure.reason
		default:
			record.Reason = r.clean(failure.reason)
			r.state.Tasks = append(r.state.Tasks, record)
			return failedf(contract.OutcomeAgentFailed, "the review of %s is not answered: %s", placeOfThread(thread), failure.reason)
		}
	}
	record.Done, record.Reason, record.Commit = true, reason, commit
	r.state.Tasks = append(r.state.Tasks, record)
	r.state.save()
	if err := f.reply(ctx, thread, replyOf(commit)); err != nil {
		return err
	}
	logOf(ctx).Info("Review answered", keyTask, record.ID, keyCommit, commit, keyReason, reason)
	return nil
}

// replyOf is the answer. No word of the agent is in it.
func replyOf(commit string) string {
	if commit == "" {
		return "I looked at this and changed nothing. If something is to be changed, say what, and move the card to the ready status again."
	}
	return "Changed in " + commit + ". What tests and coverage say of it is in the pull request's description; resolve this conversation, or review again, if it is what you meant."
}

func placeOfThread(t forge.ReviewThread) string {
	switch {
	case t.Whole:
		return "the pull request"
	case t.Line == 0:
		return t.Path
	}
	return fmt.Sprintf("%s, line %d", t.Path, t.Line)
}

// answer has the agent do what a conversation asks for, and commits that.
func (r *taskRun) answer(ctx context.Context, thread forge.ReviewThread, line string, record *TaskRecord) (*roundFailure, error) {
	list, err := r.list.read()
	if err != nil {
		return nil, err
	}
	if err := r.renew(ctx); err != nil {
		return nil, err
	}
	told := agent.Review{SpecPath: r.specPath, Path: thread.Path, Line: thread.Line}
	for _, c := range thread.Comments {
		told.Comments = append(told.Comments, r.publish.redactor.String(c.Author+": "+c.Body))
	}
	var failure *roundFailure
	for n := 1; n <= r.retry.policy.Tries; n++ {
		if n > 1 {
			if err := r.retry.sleep(ctx, r.retry.wait(n-1)); err != nil {
				return nil, err
			}
		}
		record.Tries = n
		if failure, err = r.attend(ctx, list, told.Prompt(), record); err != nil || failure == nil || failure.unchanged {
			break
		}
	}
	if err != nil || failure != nil {
		return failure, err
	}
	title := prbody.PlainSubject(r.clean(placeOfThread(thread)))
	_, err = r.publish.commit(ctx, r.state, fmt.Sprintf("Answer the review of %s\n\n%s\n%s", title, line, r.trailers))
	r.settled = err == nil
	return nil, agentsFault(err)
}
