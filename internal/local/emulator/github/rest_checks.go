// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// maxCheckText is the most that a check run's summary or text may have, in characters and in bytes
// (https://docs.github.com/en/rest/checks/runs#create-a-check-run; that bytes count too is said only in the error).
const maxCheckText = 65_535

// The states of a check run. There are three more, which GitHub keeps to its own Actions.
const (
	checkQueued     = "queued"
	checkInProgress = "in_progress"
	checkCompleted  = "completed"
)

var (
	checkStatuses = []string{checkQueued, checkInProgress, checkCompleted}
	// "stale" is GitHub's own to set.
	checkConclusions = []string{"success", "failure", "neutral", "cancelled", "timed_out", "action_required", "skipped"}
)

type checkOutput struct {
	Title   *string `json:"title"`
	Summary *string `json:"summary"`
	Text    *string `json:"text"`
	// The emulator keeps none of these, and says so.
	Annotations json.RawMessage `json:"annotations"`
	Images      json.RawMessage `json:"images"`
}

// checkInput is what a check run is made of, or what is to be changed of it; nil leaves a part as it is.
type checkInput struct {
	Name        *string         `json:"name"`
	HeadSHA     *string         `json:"head_sha"`
	DetailsURL  *string         `json:"details_url"`
	ExternalID  *string         `json:"external_id"`
	Status      *string         `json:"status"`
	Conclusion  *string         `json:"conclusion"`
	StartedAt   *time.Time      `json:"started_at"`
	CompletedAt *time.Time      `json:"completed_at"`
	Output      *checkOutput    `json:"output"`
	Actions     json.RawMessage `json:"actions"`
}

// checkWriter finds the repository for an App that may write its checks. People may not, whatever their rights: GitHub
// says to those with a classic token why.
func (c *restCall) checkWriter() (*repository, error) {
	repo, err := c.repo()
	switch {
	case err != nil:
		return nil, err
	case c.token.app != nil:
		return repo, c.need(c.token.rights.Checks, Write)
	case c.token.rights.Classic:
		return nil, &restError{status: http.StatusForbidden, message: "You must authenticate via a GitHub App."}
	default:
		return nil, c.need(None, Write)
	}
}

// postCheckRun is https://docs.github.com/en/rest/checks/runs#create-a-check-run.
func (c *restCall) postCheckRun() (int, any, error) {
	repo, err := c.checkWriter()
	if err != nil {
		return 0, nil, err
	}
	var input checkInput
	if err := c.decode(&input); err != nil {
		return 0, nil, err
	}
	if err := input.check("name", "head_sha"); err != nil {
		return 0, nil, err
	}
	if !c.isCommit(repo, *input.HeadSHA) {
		return 0, nil, errNoCommit(*input.HeadSHA)
	}
	run := &checkRun{app: c.token.app, commit: *input.HeadSHA, status: checkQueued, startedAt: c.server.now()}
	run.databaseID, run.nodeID = c.server.newID("CR", run)
	run.apply(input, c.server.now())
	repo.checkRuns = append(repo.checkRuns, run)
	return http.StatusCreated, c.checkRunJSON(repo, run), nil
}

// patchCheckRun is https://docs.github.com/en/rest/checks/runs#update-a-check-run.
func (c *restCall) patchCheckRun() (int, any, error) {
	repo, err := c.checkWriter()
	if err != nil {
		return 0, nil, err
	}
	id, _ := strconv.ParseInt(c.params["id"], 10, 64)
	i := slices.IndexFunc(repo.checkRuns, func(run *checkRun) bool { return run.databaseID == id })
	if i < 0 {
		return 0, nil, errNotFound()
	}
	run := repo.checkRuns[i]
	if run.app.ID != c.token.app.ID {
		return 0, nil, &restError{status: http.StatusForbidden, message: fmt.Sprintf(
			"Invalid app_id `%d` - check run can only be modified by the GitHub App that created it.", run.app.ID)}
	}
	var input checkInput
	if err := c.decode(&input); err != nil {
		return 0, nil, err
	}
	if err := input.check(); err != nil {
		return 0, nil, err
	}
	if run.status == checkCompleted && input.Status != nil && *input.Status != checkCompleted && input.Conclusion == nil {
		// GitHub's users have seen it ignored and have seen the old conclusion kept.
		return 0, nil, errInvalid("CheckRun", "status", "the GitHub emulator does not reopen a check run that is completed")
	}
	run.apply(input, c.server.now())
	return http.StatusOK, c.checkRunJSON(repo, run), nil
}

// check holds the input against GitHub's schema, whose violations GitHub lists in its message, and then against what
// is checked later and reported in the usual form.
func (in checkInput) check(required ...string) error {
	has := map[string]bool{"name": in.Name != nil, "head_sha": in.HeadSHA != nil, "conclusion": in.Conclusion != nil}
	if (in.Status != nil && *in.Status == checkCompleted) || in.CompletedAt != nil {
		required = append(required, "conclusion")
	}
	wrong := slices.Concat(missing(has, required), notMember(in.Status, checkStatuses), notMember(in.Conclusion, checkConclusions))
	if o := in.Output; o != nil {
		wrong = slices.Concat(wrong, missing(map[string]bool{"title": o.Title != nil, "summary": o.Summary != nil}, []string{"title", "summary"}),
			tooLong(o.Summary), tooLong(o.Text))
	}
	if len(wrong) > 0 {
		return &restError{status: http.StatusUnprocessableEntity, message: "Invalid request.\n\n" + strings.Join(wrong, "\n")}
	}
	if in.Actions != nil || (in.Output != nil && (in.Output.Annotations != nil || in.Output.Images != nil)) {
		return errInvalid("CheckRun", "output", "the GitHub emulator keeps no actions, annotations or images")
	}
	if in.Output != nil && len(*in.Output.Summary) > maxCheckText {
		return errInvalid("CheckRun", "summary", "summary exceeds a maximum bytesize of 65535")
	}
	return nil
}

func missing(has map[string]bool, required []string) []string {
	var names []string
	for _, name := range required {
		if !has[name] {
			names = append(names, strconv.Quote(name))
		}
	}
	switch len(names) {
	case 0:
		return nil
	case 1:
		return []string{names[0] + " wasn't supplied."}
	default:
		return []string{strings.Join(names, ", ") + " weren't supplied."}
	}
}

func notMember(value *string, of []string) []string {
	if value == nil || slices.Contains(of, *value) {
		return nil
	}
	return []string{fmt.Sprintf(`%s is not a member of ["%s"].`, *value, strings.Join(of, `", "`))}
}

func tooLong(text *string) []string {
	if text == nil || utf8.RuneCountInString(*text) <= maxCheckText {
		return nil
	}
	return []string{fmt.Sprintf("Only %d characters are allowed; %d were supplied.", maxCheckText, utf8.RuneCountInString(*text))}
}

// apply changes what is given. A conclusion completes the check run.
func (run *checkRun) apply(in checkInput, now time.Time) {
	for part, given := range map[*string]*string{
		&run.name: in.Name, &run.detailsURL: in.DetailsURL, &run.externalID: in.ExternalID,
		&run.status: in.Status, &run.conclusion: in.Conclusion,
	} {
		if given != nil {
			*part = *given
		}
	}
	if in.Output != nil {
		run.output = *in.Output
	}
	if in.StartedAt != nil {
		run.startedAt = *in.StartedAt
	}
	if in.Conclusion != nil {
		run.status, run.completedAt = checkCompleted, now
		if in.CompletedAt != nil {
			run.completedAt = *in.CompletedAt
		}
	}
}

// listCheckRuns is https://docs.github.com/en/rest/checks/runs#list-check-runs-for-a-git-reference, newest first.
func (c *restCall) listCheckRuns() (int, any, error) {
	repo, sha, err := c.commit(c.token.rights.Checks)
	if err != nil {
		return 0, nil, err
	}
	query := c.request.URL.Query()
	asked := func(parameter, value string) bool { return !query.Has(parameter) || query.Get(parameter) == value }
	type key struct {
		app  int64
		name string
	}
	seen := map[key]bool{}
	var found []*checkRun
	for _, run := range slices.Backward(repo.checkRuns) {
		k := key{run.app.ID, run.name}
		if run.commit != sha || (seen[k] && query.Get("filter") != "all") {
			continue
		}
		seen[k] = true
		if asked("check_name", run.name) && asked("status", run.status) && asked("app_id", strconv.FormatInt(run.app.ID, 10)) {
			found = append(found, run)
		}
	}
	list := []any{}
	for _, run := range page(c, found) {
		list = append(list, c.checkRunJSON(repo, run))
	}
	return http.StatusOK, map[string]any{"total_count": len(found), "check_runs": list}, nil
}

func (v *viewer) checkRunJSON(repo *repository, run *checkRun) map[string]any {
	id := strconv.FormatInt(run.databaseID, 10)
	return map[string]any{
		"id": run.databaseID, "node_id": run.nodeID, "head_sha": run.commit, "name": run.name, "external_id": run.externalID,
		"url": v.apiURL(repo, "check-runs", id), "html_url": v.url + "/" + repo.fullName() + "/runs/" + id,
		"details_url": orNil(run.detailsURL, run.detailsURL == ""),
		"status":      run.status, "conclusion": orNil(run.conclusion, run.conclusion == ""),
		"started_at": run.startedAt, "completed_at": timeOrNil(run.completedAt),
		"output": map[string]any{
			"title": run.output.Title, "summary": run.output.Summary, "text": run.output.Text,
			"annotations_count": 0, "annotations_url": v.apiURL(repo, "check-runs", id, "annotations"),
		},
		"app": map[string]any{"id": run.app.ID, "slug": run.app.slug},
	}
}

// CheckRun is a check run as a person sees it.
type CheckRun struct {
	AppID                int64
	Name                 string
	Status, Conclusion   string
	Title, Summary, Text string
	DetailsURL           string
	ExternalID           string
}

// CheckRuns are all check runs ever made on a commit, oldest first.
func (s *Server) CheckRuns(repository, commit string) ([]CheckRun, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	repo, err := s.repository(repository)
	if err != nil {
		return nil, err
	}
	text := func(given *string) string {
		if given == nil {
			return ""
		}
		return *given
	}
	var out []CheckRun
	for _, run := range repo.checkRuns {
		if run.commit == commit {
			out = append(out, CheckRun{
				AppID: run.app.ID, Name: run.name, Status: run.status, Conclusion: run.conclusion,
				Title: text(run.output.Title), Summary: text(run.output.Summary), Text: text(run.output.Text),
				DetailsURL: run.detailsURL, ExternalID: run.externalID,
			})
		}
	}
	return out, nil
}
