// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/prbody"
)

// RoundRecord is what became of a repair round in this build.
type RoundRecord struct {
	// Outcome is what the attempt would have ended as without the round, and Message says so.
	Outcome contract.Outcome `json:"outcome"`
	Message string           `json:"message"`
	// End is empty while the round is under way, and stays so where the build was cut short in it.
	End    contract.RoundEnd `json:"end,omitempty"`
	Reason string            `json:"reason,omitempty"`
	// Commit is the round's own; TakenBack is the one that took it back.
	Commit    string `json:"commit,omitempty"`
	TakenBack string `json:"takenBack,omitempty"`
	// Fingerprint is of how things stood before the round.
	Fingerprint  string  `json:"fingerprint,omitempty"`
	Tries        int     `json:"tries"`
	Seconds      float64 `json:"seconds"`
	Files        int     `json:"files"`
	ExitCode     int     `json:"exitCode"`
	Credits      float64 `json:"credits,omitempty"`
	AgentSeconds float64 `json:"agentSeconds,omitempty"`
}

// rounds decides what follows what was measured: whether the agent is asked to repair it, or the attempt ends.
type rounds struct {
	most    int  // in an attempt
	prompts bool // the agent can be told what to repair
	budget  budget
	publish publisher
	space   workspace                       // the agent's
	message func(why, commit string) string // of a commit that takes another one back
	clean   cleaner
}

// after is asked at the end of each stage that a round consists of. It returns what the stage's failure is then, and
// whether another round follows in its place.
func (r rounds) after(ctx context.Context, s *State, name contract.Stage, err error) (again bool, verdict error) {
	if context.Cause(ctx) != nil || isLost(ctx, err) {
		return false, err
	}
	var gaveUp *roundFailure
	if errors.As(err, &gaveUp) {
		return false, r.gaveUp(s, gaveUp)
	}
	round := s.openRound()
	if name == contract.StageTest && round != nil && s.Result.TestsGate != contract.GateNotMeasured {
		if why := r.lost(s, len(s.Rounds)); why != "" {
			return r.takeBack(ctx, s, round, why)
		}
	}
	if err == nil {
		if round != nil && name == contract.StageCoverage {
			round.End, round.Reason = contract.RoundRepaired, "every gate passed"
		}
		return false, nil
	}
	var f *failure
	if !errors.As(err, &f) {
		return false, err
	}
	if round != nil {
		if round.End, round.Reason = contract.RoundRed, r.clean(f.Error()); name == contract.StageAgent {
			round.End = contract.RoundFailed
		}
	}
	if name == contract.StageAgent || !s.repair.repairable(f.outcome) {
		return false, err
	}
	return r.next(s, name, f)
}

// next begins another round, if there may be one and the one before changed anything.
func (r rounds) next(s *State, name contract.Stage, f *failure) (again bool, verdict error) {
	s.repair.stage = name
	now := s.fingerprint()
	for n, earlier := range s.Rounds {
		if earlier.Fingerprint == now && now != "" {
			return false, r.noProgress(s, f, fmt.Sprintf("after repair round %d all is as it was before round %d", len(s.Rounds), n+1))
		}
	}
	s.repair.pending, s.repair.before = f, s.measurement()
	if s.Result.TestsGate != contract.GateNotMeasured {
		s.repair.baseline = s.repair.evidence.cases
	}
	return r.begin(s)
}

// begin begins a round on what is pending.
func (r rounds) begin(s *State) (again bool, verdict error) {
	f, done := s.repair.pending, len(s.Rounds)
	ended := func(why string) (bool, error) {
		text := f.Error()
		if done > 0 {
			text += fmt.Sprintf("; %s did not help", roundCount(done))
		}
		for _, refused := range s.repair.refused {
			text += "; " + refused
		}
		if why != "" {
			text += "; " + why
		}
		return false, &failure{outcome: f.outcome, err: &stageError{stage: s.repair.stage, text: text}}
	}
	switch {
	case r.most == 0:
		return false, f
	case !r.prompts:
		return ended("the agent's command takes no prompt, so it cannot be asked to repair (use {{.Prompt}} in spec.agent.command)")
	case done >= r.most:
		return ended("")
	case !r.budget.worth(s.spent(), s.measuring()):
		return ended("there was no time for a repair round: raise spec.timeout of the work item, or spec.codeBuild.timeout of the WorkEnvironment")
	}
	s.Rounds = append(s.Rounds, RoundRecord{Outcome: f.outcome, Message: r.clean(f.Error()), Fingerprint: s.fingerprint()})
	s.again(contract.StageAgent, contract.StageTest, contract.StageCoverage)
	return true, nil
}

// gaveUp ends the attempt as what the round was to repair: that is what is wrong.
func (r rounds) gaveUp(s *State, g *roundFailure) error {
	round, f := s.openRound(), s.repair.pending
	if round.Reason = r.clean(g.reason); g.unchanged {
		round.End = contract.RoundUnchanged
		return r.noProgress(s, f, fmt.Sprintf("the agent changed nothing in repair round %d", len(s.Rounds)))
	}
	round.End = contract.RoundFailed
	text := fmt.Sprintf("%s; repair round %d was not done: %s", f.Error(), len(s.Rounds), g.reason)
	return &failure{outcome: f.outcome, err: &stageError{stage: s.repair.stage, text: text}}
}

// noProgress names what stands still.
func (r rounds) noProgress(s *State, f *failure, why string) error {
	text := fmt.Sprintf("%s, and %s; another attempt would come to the same: change the spec or the branch, then move the card away and back", f.Error(), why)
	return &failure{outcome: contract.OutcomeNoProgress, err: &stageError{stage: s.repair.stage, text: text}}
}

// lost says which tests a round did away with, if it may not: those that failed, and any where nothing else was done. Tests
// that passed and are gone beside a repair are named for the reviewer.
func (r rounds) lost(s *State, number int) string {
	before, now := s.repair.baseline, s.repair.evidence.cases
	gone := before.Gone(now)
	switch {
	case len(gone.Failed) > 0:
		return fmt.Sprintf("repair round %d did away with tests that failed, which is no repair, and was taken back: %s", number, r.named(gone.Failed, gone.Skipped))
	case len(gone.Passed) > 0 && before.Fixed(now) == 0 && before.New(now) == 0:
		return fmt.Sprintf("repair round %d did nothing for the tests but do away with some, and was taken back: %s", number, r.named(gone.Passed, gone.Skipped))
	case len(gone.Passed) > 0:
		s.note("Look twice: since repair round %d these tests do not run any more: %s.", number, r.named(gone.Passed, gone.Skipped))
	}
	return ""
}

// named are tests' names for a message, each with what became of it.
func (r rounds) named(names, skipped []string) string {
	is := map[string]bool{}
	for _, name := range skipped {
		is[name] = true
	}
	all := make([]string, 0, len(names))
	for _, name := range names {
		became := " (gone)"
		if is[name] {
			became = " (skipped)"
		}
		all = append(all, prbody.Cut(r.clean(name), 120)+became)
	}
	return firstFew(all)
}

// takeBack brings the branch back to the files that it had before a round, by a commit: what is pushed is never taken out
// of the history. What was measured before the round holds again.
func (r rounds) takeBack(ctx context.Context, s *State, round *RoundRecord, why string) (again bool, verdict error) {
	number, commit := len(s.Rounds), round.Commit
	err := r.publish.restore(ctx, s, s.repair.before.tree, r.message("It did away with tests.", commit))
	if err == nil {
		err = r.space.fresh(ctx, s, s.Result.Commit)
	}
	if err != nil {
		return false, fmt.Errorf("taking back repair round %d: %w", number, err)
	}
	round.End, round.Reason, round.TakenBack = contract.RoundRefused, r.clean(why), s.Result.Commit
	s.setMeasurement(s.repair.before)
	s.repair.refused = append(s.repair.refused, r.clean(why))
	s.note("Look twice: %s.", r.clean(why))
	logOf(ctx).Info("Repair round refused", keyRound, number, keyReason, round.Reason)
	return r.begin(s)
}

// stageError is an error of a stage that ended before the one in which it is found out.
type stageError struct {
	stage contract.Stage
	text  string
}

// Error implements error.
func (e *stageError) Error() string { return e.text }

func roundCount(n int) string {
	if n == 1 {
		return "1 repair round"
	}
	return fmt.Sprintf("%d repair rounds", n)
}

// resultRounds are the rounds as the result has them.
func resultRounds(all []RoundRecord) []contract.Round {
	var out []contract.Round
	for _, r := range all[:min(len(all), contract.MaxRounds)] {
		out = append(out, contract.Round{
			Outcome: r.Outcome, End: r.End, Reason: prbody.Cut(strings.TrimSpace(r.Reason), 200), Commit: r.Commit, Seconds: r.Seconds, Credits: r.Credits,
		})
	}
	return out
}
