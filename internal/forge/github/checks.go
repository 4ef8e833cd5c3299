// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"context"
	"fmt"
	"strings"

	gogithub "github.com/google/go-github/v89/github"

	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
)

const (
	checkRunsPerPage = 100
	// maxCheckRunPages bounds the search for our own check run: GitHub keeps at most a thousand of a name. A second
	// one does no harm, since the newest of a name is the one that counts.
	maxCheckRunPages = 10

	runInProgress = "in_progress"
	runCompleted  = "completed"
)

// checkTarget says where a check run belongs, and to which App.
type checkTarget struct {
	app                 int64
	owner, name, commit string
}

// runState is the state of a check run as GitHub names it.
type runState struct {
	status     string
	conclusion string // empty until it is completed
}

// runStateOf is what a check run is to show. An infrastructure failure is `action_required`: `failure` would hold it
// against the work, and GitHub lets a branch rule that requires the check take `neutral` and `skipped` for passed,
// although nothing was measured. `cancelled` and `timed_out` would claim what did not happen.
func runStateOf(state forge.CheckState) runState {
	switch state {
	case forge.CheckPending:
		return runState{status: runInProgress}
	case forge.CheckSuccess:
		return runState{status: runCompleted, conclusion: "success"}
	case forge.CheckFailure:
		return runState{status: runCompleted, conclusion: "failure"}
	case forge.CheckError:
	}
	return runState{status: runCompleted, conclusion: "action_required"}
}

func stateOf(run *gogithub.CheckRun) runState {
	return runState{status: run.GetStatus(), conclusion: run.GetConclusion()}
}

// setCheckRun brings the App's check run of that name up to date, or makes it.
func (f *Forge) setCheckRun(ctx context.Context, target checkTarget, check forge.StatusCheck) error {
	run, err := f.findCheckRun(ctx, target, check.Name)
	if err != nil {
		return err
	}
	wanted := runStateOf(check.State)
	if run != nil && (wanted.status == runCompleted || run.GetStatus() != runCompleted) {
		if run, err = f.updateCheckRun(ctx, target, run.GetID(), check); err != nil || stateOf(run) == wanted {
			return err
		}
	}
	// There is none, or it stays as it was completed: GitHub does not say whether it lets that be changed, and its
	// users have seen both. What must not happen is that a success is still shown after a failure was reported.
	return f.createCheckRun(ctx, target, check)
}

// findCheckRun returns the newest check run of the name that is the App's own, nil if there is none. Another App's may
// have the same name, and cannot be changed.
func (f *Forge) findCheckRun(ctx context.Context, target checkTarget, name string) (newest *gogithub.CheckRun, err error) {
	options := &gogithub.ListCheckRunsOptions{
		CheckName: new(name), AppID: new(target.app), ListOptions: gogithub.ListOptions{PerPage: checkRunsPerPage},
	}
	for range maxCheckRunPages {
		var (
			runs []*gogithub.CheckRun
			next int
		)
		err := f.api.REST(ctx, opListChecks, func(ctx context.Context, c *gogithub.Client) error {
			page, resp, err := c.Checks.ListCheckRunsForRef(ctx, target.owner, target.name, target.commit, options)
			if err != nil {
				return err
			}
			runs, next = page.GetCheckRuns(), resp.NextPage
			return nil
		})
		if err != nil {
			return nil, err
		}
		for _, run := range runs {
			if run.GetName() == name && run.GetApp().GetID() == target.app && run.GetID() > newest.GetID() {
				newest = run
			}
		}
		if next <= options.Page {
			break
		}
		options.Page = next
	}
	return newest, nil
}

func (f *Forge) createCheckRun(ctx context.Context, target checkTarget, check forge.StatusCheck) error {
	state := runStateOf(check.State)
	wanted := gogithub.CreateCheckRunOptions{
		Name: check.Name, HeadSHA: target.commit, Status: new(state.status), Conclusion: orNil(state.conclusion),
		DetailsURL: orNil(check.TargetURL), ExternalID: orNil(check.Reference), Output: outputOf(check),
	}
	return f.api.REST(ctx, opCreateCheck, func(ctx context.Context, c *gogithub.Client) error {
		_, _, err := c.Checks.CreateCheckRun(ctx, target.owner, target.name, wanted)
		return err
	})
}

func (f *Forge) updateCheckRun(ctx context.Context, target checkTarget, id int64, check forge.StatusCheck) (run *gogithub.CheckRun, err error) {
	state := runStateOf(check.State)
	wanted := gogithub.UpdateCheckRunOptions{
		Name: check.Name, Status: new(state.status), Conclusion: orNil(state.conclusion),
		DetailsURL: orNil(check.TargetURL), ExternalID: orNil(check.Reference), Output: outputOf(check),
	}
	err = f.api.REST(ctx, opUpdateCheck, func(ctx context.Context, c *gogithub.Client) (err error) {
		run, _, err = c.Checks.UpdateCheckRun(ctx, target.owner, target.name, id, wanted)
		return err
	})
	return run, err
}

// outputOf is what GitHub shows of a check run. It takes the title for plain text and the summary for markdown; so the
// description, which may hold a tool's words, is there as code, where nothing is a link, a mention or markup. In
// one line without backticks there is nothing that could end the code.
func outputOf(check forge.StatusCheck) *gogithub.CheckRunOutput {
	title := githubapi.Text(check.Description, maxDescription)
	if title == "" {
		title = string(check.State) // output without a title is refused, and none at all would leave the last one
	}
	return &gogithub.CheckRunOutput{Title: new(title), Summary: new("`" + strings.ReplaceAll(title, "`", "'") + "`")}
}

// withoutChecks says what to do about a permission that the App does not have.
func withoutChecks(err error) error {
	if fault.CodeOf(err) != fault.CodeAccessDenied {
		return err
	}
	return fault.NewTerminal(fault.CodeAccessDenied,
		fmt.Errorf(`grant the GitHub App the repository permission "Checks: read and write", and accept it where the App is installed: %w`, err))
}

// orNil leaves out what is empty.
func orNil(text string) *string {
	if text == "" {
		return nil
	}
	return new(text)
}
