// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/tracing"
	"github.com/kiro-worker/kiro-worker/internal/worker/agent"
	"github.com/kiro-worker/kiro-worker/internal/worker/prbody"
)

// roundFailure is a round whose repair was not committed.
type roundFailure struct {
	reason string
	// unchanged: the agent ended well, and left everything as it was.
	unchanged bool
}

// Error implements error.
func (f *roundFailure) Error() string { return "the repair is not done: " + f.reason }

// repair has the agent repair what was measured.
func (a agentStage) repair(ctx context.Context, s *State, round *RoundRecord) error {
	if err := a.space.sandbox.ReturnTree(); err != nil {
		return err
	}
	// Only a checkout that was made anew lacks what was installed.
	if err := a.setup.run(ctx, s, a.space); err != nil {
		return err
	}
	run, err := a.begin(ctx, s)
	if err != nil {
		return err
	}
	run.end, run.advice = a.budget.roundEnd(s.spent(), s.measuring())
	if err := run.repair(ctx, round, len(s.Rounds)); err != nil {
		a.keepUnfinished(ctx, s)
		return err
	}
	return nil
}

// repair has a round done, however many tries that takes.
func (r *taskRun) repair(ctx context.Context, round *RoundRecord, number int) (err error) {
	ctx, end := tracing.Start(ctx, fmt.Sprintf("repair %d", number), nil)
	defer func() { end(err) }()
	log := logOf(ctx).WithValues(keyRound, number)
	log.Info("Repair round begun", keyReason, round.Message)
	record := TaskRecord{ID: fmt.Sprintf("repair-%d", number), Title: fmt.Sprintf("Repair what was measured (round %d of at most %d)", number, r.settings.RepairRounds)}
	list, err := r.list.read()
	if err != nil {
		return err
	}
	if err := r.renew(ctx); err != nil {
		return err
	}
	began := r.clock.Now()
	var failure *roundFailure
	for n := 1; n <= r.retry.policy.Tries; n++ {
		if n > 1 {
			if err := r.retry.sleep(ctx, r.retry.wait(n-1)); err != nil {
				return err
			}
		}
		record.Tries = n
		failure, err = r.tryRepair(ctx, list, number, &record)
		log.Info("Agent ended", keyTry, n, keyExitCode, record.ExitCode)
		if err != nil || failure == nil {
			break
		}
	}
	round.Tries, round.Seconds, round.Files, round.ExitCode = record.Tries, r.clock.Since(began).Seconds(), record.Files, record.ExitCode
	round.Credits, round.AgentSeconds = record.Credits, record.AgentSeconds
	r.cost(record)
	r.state.save()
	switch {
	case err != nil:
		return r.ofRound(err)
	case failure != nil:
		return failure
	}
	round.Commit = r.state.Result.Commit
	r.state.save()
	log.Info("Repair committed", keyCommit, round.Commit, keyFiles, round.Files)
	return nil
}

// ofRound makes what failed because of the agent a failure of the round: the attempt ends as what was to be repaired.
func (r *taskRun) ofRound(err error) error {
	var f *failure
	if errors.As(err, &f) && (f.outcome == contract.OutcomeAgentFailed || f.outcome == contract.OutcomeTimedOut) {
		return &roundFailure{reason: f.Error()}
	}
	return err
}

// tryRepair runs the agent once on a repair and keeps what it did.
func (r *taskRun) tryRepair(ctx context.Context, list []byte, number int, record *TaskRecord) (*roundFailure, error) {
	failure, err := r.attend(ctx, list, r.repairOf(number).Prompt(), record)
	if err != nil || failure != nil {
		return failure, err
	}
	_, err = r.publish.commit(ctx, r.state, r.repairMessage(number, r.state.Rounds[number-1]))
	r.settled = err == nil
	return nil, agentsFault(err)
}

// attend runs the agent once on what is no task, and looks at what it did. The list is tasks.md as it was before.
func (r *taskRun) attend(ctx context.Context, list []byte, prompt string, record *TaskRecord) (*roundFailure, error) {
	before, err := r.baseline(ctx, list)
	if err != nil {
		return nil, err
	}
	task := agent.Task{ID: record.ID, Title: record.Title}
	outcome, err := r.work(ctx, task, prompt, record)
	if errors.Is(err, errAgentTime) {
		return &roundFailure{reason: "the agent's time was over; to give it more, " + r.advice}, nil
	}
	if err != nil {
		return nil, err
	}
	// Nobody asked for a task, so no box is this run's to change.
	if changed, err := r.list.read(); err != nil || string(changed) != string(list) {
		if err := r.list.restore(list); err != nil {
			return nil, err
		}
		r.state.note("%s: the agent also changed tasks.md; it was put back.", record.ID)
	}
	seen, err := r.look(ctx, finishedRun{task: task, list: list, before: before, outcome: outcome}, record)
	if err != nil {
		return nil, agentsFault(err)
	}
	if len(seen.Protected) > 0 {
		return nil, failedf(contract.OutcomeProtectedPathChanged, "%s changed %s, which is protected (by gates.protectedPaths, by the "+
			"repository's .kiro/worker.yaml, or because it is that file); nothing of it was pushed: make the change yourself, or take the path out of the list", record.ID, firstFew(seen.Protected))
	}
	return classifyRepair(seen), nil
}

// classifyRepair decides whether a run may have repaired anything; only the tests tell whether it did. Nil is yes.
func classifyRepair(s observation) *roundFailure {
	switch {
	case s.Suspicious != "":
		return &roundFailure{reason: s.Suspicious}
	case s.Nothing:
		return &roundFailure{reason: "the agent changed nothing and printed nothing, not even its closing line: it did not work at all"}
	case len(s.Conflicts) > 0:
		return &roundFailure{reason: "a merge was left unresolved, with conflict marks in " + firstFew(s.Conflicts)}
	case s.Changed == 0:
		return &roundFailure{reason: "the agent changed nothing", unchanged: true}
	}
	return nil
}

// repairOf is what the agent is told. All of it passes redaction: tests print what they like.
func (r *taskRun) repairOf(number int) agent.Repair {
	s := r.state
	seen, redacted := s.repair.evidence, r.publish.redactor.String
	told := agent.Repair{
		SpecPath: r.specPath, Round: number, Rounds: r.settings.RepairRounds, What: redacted(s.repair.pending.Error()),
		Coverage: s.repair.stage == contract.StageCoverage, Uncovered: seen.uncovered, Refused: s.repair.refused, Before: r.before,
	}
	for _, name := range seen.names[:min(len(seen.names), agent.MaxShownTests)] {
		told.Failed = append(told.Failed, agent.FailedTest{Name: redacted(name), Message: redacted(seen.messages[name])})
	}
	if s.Result.Tests != nil {
		told.MoreFailed = max(int(s.Result.Tests.Failed)-len(told.Failed), 0)
	}
	if !told.Coverage {
		for _, o := range seen.outputs {
			told.Outputs = append(told.Outputs, agent.Output{Command: redacted(o.Command), End: redacted(o.End)})
		}
	}
	return told
}

// trailerRound is the trailer of a round's commit.
const trailerRound = "Kiro-Round"

func (r *taskRun) repairMessage(number int, round RoundRecord) string {
	return fmt.Sprintf("Repair %s (round %d)\n\n%s\n\n%s: %d\n%s", repairedWhat(round.Outcome), number, prbody.PlainSubject(r.clean(round.Message)), trailerRound, number, r.trailers)
}

func repairedWhat(o contract.Outcome) string {
	if o == contract.OutcomeCoverageTooLow {
		return "the coverage"
	}
	return "the tests"
}
