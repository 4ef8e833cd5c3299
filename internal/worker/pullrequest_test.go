// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	githubemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/worker/prbody"
)

func TestPullRequestOutcomes(t *testing.T) {
	testOutcomes(t, map[string]outcomeCase{
		"PullRequestDown": {
			why: "The controller updates the pull request where the worker could not.",
			prepare: func(w *world) {
				w.faults.Add(faults.Rule{Service: githubemulator.Service, Operation: "PATCH /repos/{owner}/{repo}/pulls/{number}", Fault: faults.Fault{Status: http.StatusBadGateway}})
			},
			outcome: contract.OutcomePullRequestFailed, stage: contract.StagePullRequest, message: "tried 4 times", code: ExitInfrastructure,
		},
		"ClosedMeanwhile": {
			why: "Who closes the pull request decides about the work: that is not tried again as the infrastructure's failure is.",
			prepare: func(w *world) {
				w.whenStage(contract.StageTest, func() { w.must(w.github.ClosePullRequest(testRepository, w.pull, false)) })
			},
			outcome: contract.OutcomeValidationFailed, stage: contract.StagePullRequest, message: "pull request #1 is closed; it must be open; if it is still wanted, reopen it",
			body: "reopen it", code: ExitWork, processed: true,
		},
		"MergedMeanwhile": {
			why: "One that was merged cannot be reopened.",
			prepare: func(w *world) {
				w.whenStage(contract.StageTest, func() { w.must(w.github.ClosePullRequest(testRepository, w.pull, true)) })
			},
			outcome: contract.OutcomeValidationFailed, stage: contract.StagePullRequest, message: "open a new one from the branch",
			body: "is merged", code: ExitWork, processed: true,
		},
	})
}

// What people wrote stays byte by byte, also where it is so long that its bytes are more than GitHub's characters.
func TestLongTextOfPeopleIsKept(t *testing.T) {
	cases := map[string]struct {
		why     string
		body    string
		written bool
	}{
		"Umlauts":  {"80,000 bytes are 40,000 characters.", strings.Repeat("ä", 40_000) + "\r\nthe end", true},
		"Japanese": {"90,000 bytes are 30,000 characters.", strings.Repeat("本", 30_000) + "\n\n<!-- other:end -->", true},
		"Full":     {"Where not even the short section has room, nothing is written and the outcome says so.", strings.Repeat("ä", prbody.MaxBody), false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.must(w.options.Ports.Forge.UpdateBody(t.Context(), testRepository, int64(w.pull), c.body))
			w.codebuild(t.Context())
			_, result := w.row()
			if !c.written {
				if w.body() != c.body || result.Outcome != contract.OutcomePullRequestFailed || !strings.Contains(result.Message, "shorten what is written") {
					t.Errorf("%s\n%d bytes became %d, %+v", c.why, len(c.body), len(w.body()), result)
				}
				return
			}
			if result.Outcome != contract.OutcomeSucceeded {
				t.Fatalf("%s\n%+v", c.why, result)
			}
			before, rest, _ := strings.Cut(w.body(), prbody.SectionBegin)
			_, after, found := strings.Cut(rest, prbody.SectionEnd)
			if !found || strings.TrimRight(before, "\n") != c.body || after != "" {
				t.Errorf("%s\n%d bytes became %d before and %d after the section", c.why, len(c.body), len(before), len(after))
			}
		})
	}
}

// editing is a forge on which a person changes the pull request's text just as the worker's first try fails.
type editing struct {
	Forge
	text string
	done bool
}

func (e *editing) UpdateBody(ctx context.Context, repository string, number int64, body string) error {
	if e.done {
		return e.Forge.UpdateBody(ctx, repository, number, body)
	}
	e.done = true
	if err := e.Forge.UpdateBody(ctx, repository, number, e.text); err != nil {
		return err
	}
	return fault.NewRetryable(fault.CodeUnreachable, errors.New("502 Bad Gateway"))
}

func TestEditOfAPersonBetweenTriesIsKept(t *testing.T) {
	w := newWorld(t)
	w.options.Ports.Forge = &editing{Forge: w.options.Ports.Forge, text: "Rewritten by a person meanwhile."}
	w.codebuild(t.Context())
	if _, result := w.row(); result.Outcome != contract.OutcomeSucceeded {
		t.Fatalf("%+v\n%s", result, w.log)
	}
	if !strings.HasPrefix(w.body(), "Rewritten by a person meanwhile.\n\n"+prbody.SectionBegin) {
		t.Errorf("the next try must start from what is there now:\n%s", w.body())
	}
}
