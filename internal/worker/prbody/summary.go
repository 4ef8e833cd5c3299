// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package prbody

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

const (
	maxShownTasks = 60
	maxShownFiles = 40
	maxShownNames = 20
	maxShownOpen  = 10
)

// Task is what became of a task in this attempt.
type Task struct {
	ID, Title string
	Done      bool
	// Commit is its commit's id in hexadecimal; empty if there is none.
	Commit string
	// Reason says why it counts as done or not.
	Reason string
}

// Change is how many lines a file gained and lost.
type Change struct {
	// Path is relative to the repository.
	Path string
	// Added and Removed are -1 for a binary file.
	Added, Removed int
	// Submodule: it is a link to another repository's commit.
	Submodule bool
}

// Round is one repair by the agent.
type Round struct {
	// Message says what was to be repaired.
	Message string
	// End says what became of it, and Reason why.
	End, Reason string
	// Commit is its commit's id in hexadecimal; empty if there is none.
	Commit string
	// Seconds is how long the agent took.
	Seconds float64
}

// Summary is what the section of the pull request is made from. Nothing in it is markdown yet.
type Summary struct {
	Result contract.Result
	Tasks  []Task
	// Open are the tasks that are not done, as number and title.
	Open []string
	// Rounds are the repair rounds, and MaxRounds how many there may be.
	Rounds      []Round
	MaxRounds   int
	FailedTests []string
	// PartOnly are the metrics of the coverage that are of a part of the code only.
	PartOnly []string
	Changes  []Change
	// Named are patterns of further paths whose change is named.
	Named []string
	// Repository is what the repository's own settings came to; nil where it has none.
	Repository *Repository
	// Notes are for people, one line each.
	Notes []string
	// Threshold is the lowest coverage that passes, in percent.
	Threshold int
	// ChangedThreshold is the same for the lines that the work changed.
	ChangedThreshold int
	Attempt          int32
	// Correlation is the correlation id, WorkItem is "<namespace>/<name>".
	Correlation, WorkItem string
	// Trace is the id of the attempt's trace; empty where none is sent.
	Trace string
	// BuildURL is the build's page in the console; empty if there is none.
	BuildURL string
	BuildARN string
	// Region is where AWS's console shows the artifacts; empty where the bucket is not AWS's own.
	Region string
}

// Map is the summary with each text that somebody else wrote passed through a function, by itself.
func (s Summary) Map(f func(string) string) Summary {
	texts := func(all []string) []string {
		out := make([]string, 0, len(all))
		for _, text := range all {
			out = append(out, f(text))
		}
		return out
	}
	s.Result.Message, s.Result.SteeringVersion = f(s.Result.Message), f(s.Result.SteeringVersion)
	s.FailedTests, s.Notes, s.Open = texts(s.FailedTests), texts(s.Notes), texts(s.Open)
	if r := s.Repository; r != nil {
		s.Repository = &Repository{File: r.File, Commit: r.Commit, Used: texts(r.Used), Unused: texts(r.Unused)}
	}
	s.Tasks, s.Changes = slices.Clone(s.Tasks), slices.Clone(s.Changes)
	for n := range s.Tasks {
		t := &s.Tasks[n]
		t.ID, t.Title, t.Reason = f(t.ID), f(t.Title), f(t.Reason)
	}
	s.Rounds = slices.Clone(s.Rounds)
	for n := range s.Rounds {
		r := &s.Rounds[n]
		r.Message, r.Reason = f(r.Message), f(r.Reason)
	}
	for n := range s.Changes {
		s.Changes[n].Path = f(s.Changes[n].Path)
	}
	return s
}

// Markdown is the section, with its lists. A failure is explained as well as a success.
func (s Summary) Markdown() string {
	var w strings.Builder
	r := s.Result
	fmt.Fprintf(&w, "## Kiro Worker: %s\n\n", headline(r))
	if r.Message != "" {
		fmt.Fprintf(&w, "**What happened:** %s\n\n", code(r.Message, 600))
	}
	checks := [][]string{
		{"Tasks", fmt.Sprintf("%d of %d done", r.Tasks.Done, r.Tasks.Total)},
		{"Tests", testsCell(r)},
		{"Coverage", coverageCell(r, s.Threshold)},
	}
	if len(s.Rounds) > 0 {
		checks = append(checks, []string{"Repairs", s.repairsCell()})
	}
	table(&w, []string{"Check", "Result"}, checks)
	s.open(&w)
	s.coverage(&w)
	s.tasks(&w)
	s.rounds(&w)
	s.failedTests(&w)
	s.changes(&w)
	s.repository(&w)
	s.notes(&w)
	s.footer(&w)
	return w.String()
}

// Short is the section without its lists, for a body that has no room for them.
func (s Summary) Short() string {
	s.Tasks, s.Rounds, s.FailedTests, s.Changes, s.Notes, s.Repository = nil, nil, nil, nil, nil, nil
	return s.Markdown()
}

// open says of an attempt that did not do every task what there is, and what is missing.
func (s Summary) open(w *strings.Builder) {
	r := s.Result
	if len(s.Open) == 0 || r.Outcome == contract.OutcomeSucceeded || r.Outcome == "" {
		return
	}
	names := make([]string, 0, maxShownOpen)
	for _, task := range s.Open[:min(len(s.Open), maxShownOpen)] {
		names = append(names, code(task, 120))
	}
	done := "None of the tasks is done yet."
	if r.Tasks.Done > 0 {
		done = fmt.Sprintf("%d of %d tasks are done and pushed; they can be reviewed as they are.", r.Tasks.Done, r.Tasks.Total)
	}
	fmt.Fprintf(w, "**%s** Open: %s", done, strings.Join(names, ", "))
	if more := int(r.Tasks.Total-r.Tasks.Done) - len(names); more > 0 {
		fmt.Fprintf(w, ", and %d more", more)
	}
	w.WriteString(".\n\n")
}

func headline(r contract.Result) string {
	if r.Outcome == contract.OutcomeSucceeded || r.Outcome == "" {
		return "the work is done"
	}
	text := string(r.Outcome)
	if r.FailedStage != "" {
		text += ", in stage " + string(r.FailedStage)
	}
	if r.Outcome.Class() == contract.ClassInfrastructure {
		text += " (the infrastructure's failure, not the work's)"
	}
	return text
}

func (s Summary) tasks(w *strings.Builder) {
	if len(s.Tasks) == 0 {
		return
	}
	var rows [][]string
	for _, t := range s.Tasks[:min(len(s.Tasks), maxShownTasks)] {
		mark := "❌"
		if t.Done {
			mark = "✅"
		}
		commit := "–"
		if len(t.Commit) >= 12 {
			commit = t.Commit[:12]
		}
		rows = append(rows, []string{mark, code(t.ID+" "+t.Title, 160), commit, code(t.Reason, 160)})
	}
	var inner strings.Builder
	table(&inner, []string{"", "Task", "Commit", "Seen"}, rows)
	more(&inner, len(s.Tasks)-maxShownTasks, "tasks")
	details(w, fmt.Sprintf("Tasks of this attempt (%d)", len(s.Tasks)), inner.String())
}

func (s Summary) failedTests(w *strings.Builder) {
	if len(s.FailedTests) == 0 {
		return
	}
	var inner strings.Builder
	for _, name := range s.FailedTests[:min(len(s.FailedTests), maxShownNames)] {
		fmt.Fprintf(&inner, "- %s\n", code(name, 200))
	}
	more(&inner, len(s.FailedTests)-maxShownNames, "failed tests")
	details(w, "Failed tests", inner.String())
}

func (s Summary) changes(w *strings.Builder) {
	if len(s.Changes) == 0 {
		return
	}
	added, removed := 0, 0
	var rows [][]string
	for _, c := range s.Changes {
		added, removed = added+max(c.Added, 0), removed+max(c.Removed, 0)
		if len(rows) < maxShownFiles {
			lines := fmt.Sprintf("+%d −%d", c.Added, c.Removed)
			if c.Added < 0 {
				lines = "binary"
			}
			rows = append(rows, []string{code(c.Path, 200), lines})
		}
	}
	var inner strings.Builder
	table(&inner, []string{"File", "Lines"}, rows)
	more(&inner, len(s.Changes)-maxShownFiles, "files")
	details(w, fmt.Sprintf("What changed: %s, +%d −%d lines", FileCount(len(s.Changes)), added, removed), inner.String())
	if files, more := lookTwice(s.Changes, s.Named); len(files) > 0 {
		fmt.Fprintf(w, "**Look twice:** what decides what is run and measured was changed: %s", strings.Join(files, ", "))
		if more > 0 {
			fmt.Fprintf(w, ", and %d more", more)
		}
		w.WriteString(".\n\n")
	}
}

func (s Summary) notes(w *strings.Builder) {
	if len(s.Notes) == 0 {
		return
	}
	var inner strings.Builder
	for _, note := range s.Notes {
		fmt.Fprintf(&inner, "- %s\n", code(note, 300))
	}
	details(w, "Notes", inner.String())
}

func (s Summary) footer(w *strings.Builder) {
	if s.BuildURL != "" {
		fmt.Fprintf(w, "- Build and log: %s\n", link("CodeBuild", s.BuildURL))
	}
	fmt.Fprintf(w, "- Build: %s\n", code(s.BuildARN, 256))
	if s.Result.ArtifactsURL != "" {
		fmt.Fprintf(w, "- %s: %s\n", link("Artifacts", consoleURL(s.Result.ArtifactsURL, s.Region)), code(s.Result.ArtifactsURL, 1024))
	}
	if s.Result.Commit != "" {
		fmt.Fprintf(w, "- Commit: %s\n", s.Result.Commit)
	}
	if s.Result.SteeringVersion != "" {
		fmt.Fprintf(w, "- Steering: %s\n", code(s.Result.SteeringVersion, 100))
	}
	fmt.Fprintf(w, "- Work item %s, attempt %d, correlation id %s\n", code(s.WorkItem, 300), s.Attempt, code(s.Correlation, 64))
	if s.Trace != "" {
		fmt.Fprintf(w, "- Trace %s\n", code(s.Trace, 32))
	}
}

// consoleURL is the page of AWS's console that shows what is under an s3:// address; empty where there is none.
func consoleURL(artifacts, region string) string {
	u, err := url.Parse(artifacts)
	if err != nil || region == "" {
		return ""
	}
	query := url.Values{"region": {region}, "prefix": {strings.TrimPrefix(u.Path, "/")}}
	return "https://" + region + ".console.aws.amazon.com/s3/buckets/" + url.PathEscape(u.Host) + "?" + query.Encode()
}

func more(w *strings.Builder, n int, what string) {
	if n > 0 {
		fmt.Fprintf(w, "\nand %d more %s; the artifacts have all of them.\n", n, what)
	}
}
