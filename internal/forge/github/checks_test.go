// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
)

const (
	callListChecks  = "GET /repos/{owner}/{repo}/commits/{ref}/check-runs"
	callCreateCheck = "POST /repos/{owner}/{repo}/check-runs"
	callUpdateCheck = "PATCH /repos/{owner}/{repo}/check-runs/{id}"
)

func TestStatusCheckWithAnApp(t *testing.T) {
	cases := map[string]struct {
		why                string
		state              forge.CheckState
		status, conclusion string
	}{
		"Pending": {"What is not over has no conclusion.", forge.CheckPending, "in_progress", ""},
		"Success": {"The gates are measured and passed.", forge.CheckSuccess, "completed", "success"},
		"Failure": {"The work failed.", forge.CheckFailure, "completed", "failure"},
		"Error":   {"The infrastructure's failure is neither the work's nor a pass.", forge.CheckError, "completed", "action_required"},
		"Unknown": {"A state that is added to the port and forgotten here must not pass.", "new", "completed", "action_required"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			pull := w.pull(t)
			check(t, w.app(t, 7, emulator.AllRights()).SetStatusCheck(t.Context(), repository, pull.HeadCommit, forge.StatusCheck{
				Name: "kiro-worker", State: c.state, Description: "3 of 3 tasks done", TargetURL: "https://example.com/logs", Reference: "c0ffee",
			}))
			want := []emulator.CheckRun{{
				AppID: 7, Name: "kiro-worker", Status: c.status, Conclusion: c.conclusion,
				Title: "3 of 3 tasks done", Summary: "`3 of 3 tasks done`", DetailsURL: "https://example.com/logs", ExternalID: "c0ffee",
			}}
			if diff := cmp.Diff(want, w.runs(t, pull.HeadCommit)); diff != "" {
				t.Errorf("%s\n-want +got:\n%s", c.why, diff)
			}
			if statuses := w.statuses(t, pull.HeadCommit); statuses != nil {
				t.Errorf("one mark is enough: %v", statuses)
			}
		})
	}
}

func TestCheckRunIsBroughtUpToDate(t *testing.T) {
	states := func(of ...forge.CheckState) []forge.CheckState { return of }
	cases := map[string]struct {
		why    string
		states []forge.CheckState
		want   []string // what the check runs show in the end, oldest first
	}{
		"Again":    {"Setting the same again changes nothing.", states(forge.CheckSuccess, forge.CheckSuccess), []string{"success 1"}},
		"Finished": {"The one that was begun is the one that ends.", states(forge.CheckPending, forge.CheckPending, forge.CheckFailure), []string{"failure 2"}},
		"Worse":    {"A failure that comes after a success was reported takes its place.", states(forge.CheckSuccess, forge.CheckError), []string{"action_required 1"}},
		"Better":   {"So does the next attempt's success on the same commit.", states(forge.CheckError, forge.CheckSuccess), []string{"success 1"}},
		"Reopened": {
			"GitHub does not take a conclusion back, so a new one is begun, and goes on being used.",
			states(forge.CheckFailure, forge.CheckPending, forge.CheckSuccess), []string{"failure 0", "success 2"},
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			pull := w.pull(t)
			ours := w.app(t, 7, emulator.AllRights())
			for i, state := range c.states {
				check(t, ours.SetStatusCheck(t.Context(), repository, pull.HeadCommit, forge.StatusCheck{Name: "kiro-worker", State: state, Description: fmt.Sprint(i)}))
			}
			var got []string
			for _, run := range w.runs(t, pull.HeadCommit) {
				got = append(got, run.Conclusion+" "+run.Title)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%s\n-want +got:\n%s", c.why, diff)
			}
		})
	}
}

func TestCheckRunsOfOthersStay(t *testing.T) {
	w := newWorld(t)
	pull := w.pull(t)
	ours, theirs := w.app(t, 7, emulator.AllRights()), w.app(t, 8, emulator.AllRights())
	set := func(by *Forge, name string, state forge.CheckState) {
		check(t, by.SetStatusCheck(t.Context(), repository, pull.HeadCommit, forge.StatusCheck{Name: name, State: state}))
	}
	set(theirs, "kiro-worker", forge.CheckFailure)
	set(ours, "another", forge.CheckFailure)
	set(ours, "kiro-worker", forge.CheckSuccess)
	set(ours, "kiro-worker", forge.CheckSuccess)
	var got []string
	for _, run := range w.runs(t, pull.HeadCommit) {
		got = append(got, fmt.Sprint(run.AppID, " ", run.Name, " ", run.Conclusion))
	}
	if diff := cmp.Diff([]string{"8 kiro-worker failure", "7 another failure", "7 kiro-worker success"}, got); diff != "" {
		t.Errorf("another App's of that name cannot be changed, another name's is another check\n-want +got:\n%s", diff)
	}
}

// TestCheckRunThatCannotBeChanged is of a GitHub that answers well and leaves the conclusion as it is.
func TestCheckRunThatCannotBeChanged(t *testing.T) {
	w := newWorld(t)
	pull := w.pull(t)
	ours := w.app(t, 7, emulator.AllRights())
	check(t, ours.SetStatusCheck(t.Context(), repository, pull.HeadCommit, forge.StatusCheck{Name: "kiro-worker", State: forge.CheckSuccess}))
	w.fail(callUpdateCheck, 1, faults.Fault{Status: 200, Body: `{"id":1,"status":"completed","conclusion":"success"}`})
	check(t, ours.SetStatusCheck(t.Context(), repository, pull.HeadCommit, forge.StatusCheck{Name: "kiro-worker", State: forge.CheckFailure}))
	runs := w.runs(t, pull.HeadCommit)
	if len(runs) != 2 || runs[1].Conclusion != "failure" {
		t.Errorf("a success must not be shown any more after a failure was reported: %v", runs)
	}
}

func TestCheckRunIsSoughtOnEachPage(t *testing.T) {
	w := newWorld(t)
	pull := w.pull(t)
	ours := w.app(t, 7, emulator.AllRights())
	set := func(state forge.CheckState) {
		check(t, ours.SetStatusCheck(t.Context(), repository, pull.HeadCommit, forge.StatusCheck{Name: "kiro-worker", State: state}))
	}
	set(forge.CheckSuccess)
	// GitHub's list is longer than a page, and the one sought is on the second.
	w.fail(callListChecks, 1, faults.Fault{Status: 200, Body: `{"check_runs":[]}`, Header: http.Header{"Link": {`<` + w.url + `/x?page=2>; rel="next"`}}})
	w.fail(callListChecks, 2, faults.Fault{Respond: func(rw http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		if query.Get("page") != "2" {
			t.Errorf("asked for page %q", query.Get("page"))
		}
		query.Del("page")
		r.URL.RawQuery = query.Encode()
		w.ServeHTTP(rw, r)
	}})
	set(forge.CheckFailure)
	if runs := w.runs(t, pull.HeadCommit); len(runs) != 1 || runs[0].Conclusion != "failure" {
		t.Errorf("the one on the second page is brought up to date: %v", runs)
	}
	// And a list without an end.
	before := w.calls(callListChecks)
	w.Faults().Add(faults.Rule{Service: emulator.Service, Operation: callListChecks, Fault: faults.Fault{Respond: func(rw http.ResponseWriter, r *http.Request) {
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		rw.Header().Set("Link", fmt.Sprintf(`<%s/x?page=%d>; rel="next"`, w.url, max(page, 1)+1))
		fmt.Fprint(rw, `{"check_runs":[]}`)
	}}})
	set(forge.CheckSuccess)
	if calls := w.calls(callListChecks) - before; calls != maxCheckRunPages {
		t.Errorf("%d pages were asked for, want %d", calls, maxCheckRunPages)
	}
}

func TestCheckRunWithFaults(t *testing.T) {
	cases := map[string]struct {
		why       string
		operation string
		fault     faults.Fault
		code      fault.Code
		runs      int // after a second try without a fault
	}{
		"ListFails":       {"Half a search must not make a second one.", callListChecks, faults.Fault{Status: 502}, fault.CodeUnreachable, 1},
		"CreateFails":     {"Nothing was made.", callCreateCheck, faults.Fault{Status: 502}, fault.CodeUnreachable, 1},
		"CreateUnknown":   {"The answer was lost: the next try finds what was made.", callCreateCheck, faults.Fault{LoseAnswer: true}, fault.CodeUnreachable, 1},
		"Limited":         {"A rate limit is no lack of a permission.", callCreateCheck, faults.Fault{Status: 403, Body: `{}`, Header: http.Header{"Retry-After": {"0"}}}, fault.CodeRateLimited, 0},
		"NotGitHub":       {"A proxy answered.", callListChecks, faults.Fault{NotJSON: true, Status: 200}, fault.CodeInvalidAnswer, 1},
		"NothingListed":   {"An answer without content is no list, and no reason to panic.", callListChecks, faults.Fault{Status: 200, Body: `null`}, "", 1},
		"NullsAreListed":  {"Nor is one of nulls.", callListChecks, faults.Fault{Status: 200, Body: `{"total_count":1,"check_runs":[null]}`}, "", 1},
		"OthersAreListed": {"A server that does not filter is not believed.", callListChecks, faults.Fault{Status: 200, Body: `{"check_runs":[{"id":1,"name":"kiro-worker","app":{"id":8}}]}`}, "", 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			pull := w.pull(t)
			ours := w.app(t, 7, emulator.AllRights())
			set := func() error {
				return ours.SetStatusCheck(t.Context(), repository, pull.HeadCommit, forge.StatusCheck{Name: "kiro-worker", State: forge.CheckSuccess})
			}
			w.fail(c.operation, 1, c.fault)
			err := set()
			if fault.CodeOf(err) != c.code || (err != nil) != (c.code != "") {
				t.Errorf("%s\nthe code is %q, want %q: %v", c.why, fault.CodeOf(err), c.code, err)
			}
			if err != nil && strings.Contains(err.Error(), "Checks") {
				t.Errorf("%s\nit is not for lack of a permission: %v", c.why, err)
			}
			if c.runs == 0 {
				return
			}
			check(t, set())
			if runs := w.runs(t, pull.HeadCommit); len(runs) != c.runs {
				t.Errorf("%s\n%d check runs, want %d: %v", c.why, len(runs), c.runs, runs)
			}
		})
	}
}

func TestAppWithoutTheRightToChecks(t *testing.T) {
	for why, access := range map[string]emulator.Access{"it cannot even look": emulator.None, "it can look and not write": emulator.Read} {
		w := newWorld(t)
		pull := w.pull(t)
		rights := emulator.AllRights()
		rights.Checks = access
		err := w.app(t, 7, rights).SetStatusCheck(t.Context(), repository, pull.HeadCommit, forge.StatusCheck{Name: "kiro-worker", State: forge.CheckSuccess})
		if fault.CodeOf(err) != fault.CodeAccessDenied || !fault.IsTerminal(err) || !strings.Contains(err.Error(), `"Checks: read and write"`) {
			t.Errorf("%s: the error must say what to grant: %v", why, err)
		}
		if statuses := w.statuses(t, pull.HeadCommit); statuses != nil {
			t.Errorf("%s: a commit status was set instead, which no rule about the App's check sees: %v", why, statuses)
		}
	}
}

func TestOutputOf(t *testing.T) {
	cases := map[string]struct{ why, description, title, summary string }{
		"Plain":    {"What is said is shown twice: in a list, and on a page of its own.", "2 of 3 tasks done", "2 of 3 tasks done", "`2 of 3 tasks done`"},
		"Mention":  {"In code nobody is mentioned and no issue is closed.", "ask @acme/all, fixes #1", "ask @acme/all, fixes #1", "`ask @acme/all, fixes #1`"},
		"Backtick": {"Code cannot be ended from within.", "a` <img src=x> ``[b](https://c)", "a` <img src=x> ``[b](https://c)", "`a' <img src=x> ''[b](https://c)`"},
		"Lines":    {"A blank line would end it, too.", "a\n\n# b\r\n@c", "a # b @c", "`a # b @c`"},
		"Hidden":   {"What has no width or turns the direction is taken out.", "a\u202eb\u200b\x1b[1m", "ab[1m", "`ab[1m`"},
		"Empty":    {"GitHub refuses output without a title.", " \n", "success", "`success`"},
		"Long":     {"It is cut between characters.", strings.Repeat("ü", 200), strings.Repeat("ü", 70), "`" + strings.Repeat("ü", 70) + "`"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			got := outputOf(forge.StatusCheck{State: forge.CheckSuccess, Description: c.description})
			if diff := cmp.Diff([]string{c.title, c.summary}, []string{got.GetTitle(), got.GetSummary()}); diff != "" {
				t.Errorf("%s\n-want +got:\n%s", c.why, diff)
			}
		})
	}
}
