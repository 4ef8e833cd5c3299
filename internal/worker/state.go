// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/go-logr/logr"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// stateVersion is the version of the state file. One build writes and reads it, so another version is another
// program's.
const stateVersion = 1

const stateFile = "state.json"

// Why a build has nothing more to do.
const (
	overRefused  = "refused"
	overLost     = "lost"
	overReleased = "released"
)

// State is what one phase of a build leaves to the next, and one stage to those after it. It is written at the beginning
// and the end of each stage and after each task, so a process that is killed leaves it behind as it was.
type State struct {
	Version  int    `json:"version"`
	BuildARN string `json:"buildARN"`
	// Claimed is set once the lock is this build's. Without it nothing may be done.
	Claimed bool `json:"claimed,omitempty"`
	// Over says why there is nothing more to do: refused, lost, released.
	Over      string    `json:"over,omitempty"`
	StartedAt time.Time `json:"startedAt"`

	Stages []StageRecord `json:"stages,omitempty"`
	Tasks  []TaskRecord  `json:"tasks,omitempty"`
	Rounds []RoundRecord `json:"rounds,omitempty"`
	// Result grows with the stages. Its outcome is empty until one failed, or cleanup found that all is well.
	Result contract.Result `json:"result"`

	// Tree is that of the newest commit that was pushed.
	Tree string `json:"tree,omitempty"`
	// OpenTasks are the tasks that are not done, with their titles.
	OpenTasks []string `json:"openTasks,omitempty"`
	// Base is the commit that the work began on.
	Base string `json:"base,omitempty"`
	// Unfinished is the commit or tree that is shown in the diff although it is on no branch: what a failed task left
	// behind, or what could not be pushed.
	Unfinished string `json:"unfinished,omitempty"`
	// SetupHash is of the setup command that ran and of the lock file that it installed.
	SetupHash string `json:"setupHash,omitempty"`
	// TestsBegan is when the tests were started; older reports say nothing.
	TestsBegan time.Time `json:"testsBegan,omitzero"`
	// TestFiles, CoverageFiles and the names of failed tests are what was read.
	TestFiles     []string `json:"testFiles,omitempty"`
	FailedTests   []string `json:"failedTests,omitempty"`
	CoverageFiles []string `json:"coverageFiles,omitempty"`
	// CoverageBeside are the same run's reports in other formats.
	CoverageBeside []string `json:"coverageBeside,omitempty"`
	// CoverageParts are the metrics that are of a part of the code only.
	CoverageParts []string `json:"coverageParts,omitempty"`
	// CoverageFormat is the format that the coverage was read from.
	CoverageFormat string `json:"coverageFormat,omitempty"`
	// PushAt is when a push whose outcome is not known was last under way; zero if there is none.
	PushAt time.Time `json:"pushAt,omitzero"`
	// Notes are for people: what was skipped, what was kept, what to look at twice.
	Notes []string `json:"notes,omitempty"`
	// Repository is what the repository's own file came to; nil where it has none, or no say.
	Repository *RepositorySay `json:"repository,omitempty"`
	// Told are the stages whose spans were sent, also those that had to run again since.
	Told []contract.Stage `json:"told,omitempty"`
	// Separation says whether agent and tests ran as another user.
	Separation string `json:"separation,omitempty"`

	dir    string
	log    logr.Logger
	repair repairing
}

// StageRecord is what became of a stage.
type StageRecord struct {
	Name    contract.Stage `json:"name"`
	Began   time.Time      `json:"began"`
	Ended   time.Time      `json:"ended,omitzero"`
	Failure bool           `json:"failure,omitempty"`
	// Traced says that the worker sent the stage's span.
	Traced bool `json:"traced,omitempty"`
	// Again: the stage is to run once more, in a repair round, and this is of the run before.
	Again bool `json:"again,omitempty"`
}

// TaskRecord is what became of a task in this build.
type TaskRecord struct {
	ID       string  `json:"id"`
	Title    string  `json:"title"`
	Done     bool    `json:"done"`
	Reason   string  `json:"reason"`
	Commit   string  `json:"commit,omitempty"`
	Tries    int     `json:"tries"`
	Seconds  float64 `json:"seconds"`
	ExitCode int     `json:"exitCode"`
	Files    int     `json:"files"`
	// Credits and AgentSeconds are what the agent says that the task cost, over all tries; zero where it does not say.
	Credits      float64 `json:"credits,omitempty"`
	AgentSeconds float64 `json:"agentSeconds,omitempty"`
	// AgentTokens are likewise what it says went in and out.
	AgentTokens int64 `json:"agentTokens,omitempty"`
}

// loadState reads the state of a build; a build that has none yet gets a new one.
func loadState(dir, buildARN string, now time.Time, log logr.Logger) (*State, error) {
	fresh := &State{
		Version: stateVersion, BuildARN: buildARN, StartedAt: now, Result: contract.Result{Version: contract.ResultVersion},
		dir: dir, log: log,
	}
	text, err := os.ReadFile(filepath.Join(dir, stateFile))
	if errors.Is(err, fs.ErrNotExist) {
		return fresh, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the build's state: %w", err)
	}
	var s State
	if err := json.Unmarshal(text, &s); err != nil {
		return nil, fmt.Errorf("reading the build's state: %w", err)
	}
	if s.Version != stateVersion || s.BuildARN != buildARN {
		return nil, fmt.Errorf("the state in %s is of build %q, not of %q: give each build a directory of its own", dir, s.BuildARN, buildARN)
	}
	s.dir, s.log = dir, log
	return &s, nil
}

// save writes the state. If that fails the run goes on: what is in memory is right, and the lock matters more.
func (s *State) save() {
	if err := s.write(); err != nil {
		s.log.Error(err, "The build's state could not be written")
	}
}

// write replaces the state's file so that a reader, or a crash, sees the old one or the new one and nothing in between.
func (s *State) write() error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("writing the build's state: %w", err)
	}
	next := filepath.Join(s.dir, stateFile+".next")
	if err := os.WriteFile(next, text, 0o600); err != nil {
		return fmt.Errorf("writing the build's state: %w", err)
	}
	if err := os.Rename(next, filepath.Join(s.dir, stateFile)); err != nil {
		return fmt.Errorf("writing the build's state: %w", err)
	}
	return nil
}

func (s *State) failed() bool {
	return s.Result.Outcome != "" && s.Result.Outcome != contract.OutcomeSucceeded
}

func (s *State) fail(name contract.Stage, outcome contract.Outcome, message string) {
	s.Result.Outcome, s.Result.FailedStage, s.Result.Message = outcome, name, message
}

func (s *State) record(name contract.Stage) *StageRecord {
	for n := range s.Stages {
		if s.Stages[n].Name == name && !s.Stages[n].Again {
			return &s.Stages[n]
		}
	}
	return nil
}

// done reports whether a stage ran to its end, well or not.
func (s *State) done(name contract.Stage) bool {
	r := s.record(name)
	return r != nil && !r.Ended.IsZero()
}

// interrupted is the stage that was begun and never ended.
func (s *State) interrupted() (contract.Stage, bool) {
	for _, r := range s.Stages {
		if r.Ended.IsZero() {
			return r.Name, true
		}
	}
	return "", false
}

func (s *State) begin(name contract.Stage, now time.Time) {
	if r := s.record(name); r != nil {
		r.Began, r.Ended, r.Failure, r.Traced = now, time.Time{}, false, false
		return
	}
	s.Stages = append(s.Stages, StageRecord{Name: name, Began: now})
}

// forget has a stage run again.
func (s *State) forget(name contract.Stage) {
	s.Stages = slices.DeleteFunc(s.Stages, func(r StageRecord) bool { return r.Name == name })
}

// runs is how often a stage was begun, in repair rounds among others.
func (s *State) runs(name contract.Stage) int {
	n := 0
	for _, r := range s.Stages {
		if r.Name == name {
			n++
		}
	}
	return n
}

// again has stages that were done run once more, and keeps what became of them.
func (s *State) again(names ...contract.Stage) {
	for n := range s.Stages {
		if slices.Contains(names, s.Stages[n].Name) {
			s.Stages[n].Again = true
		}
	}
}

func (s *State) end(name contract.Stage, now time.Time, err error) {
	if r := s.record(name); r != nil {
		r.Ended, r.Failure = now, err != nil
	}
}

func (s *State) note(format string, args ...any) {
	const maxNotes = 40
	// What is found once more in a repair round is said once.
	if text := fmt.Sprintf(format, args...); len(s.Notes) < maxNotes && !slices.Contains(s.Notes, text) {
		s.Notes = append(s.Notes, text)
	}
}

// setPushAt records when a push whose outcome is not known was last under way; the zero time says that there is none.
func (s *State) setPushAt(t time.Time) {
	if !s.PushAt.Equal(t) {
		s.PushAt = t
		s.save()
	}
}

// stageTimes are the stages that were begun, with how long they took; for the one that runs, until now.
func (s *State) stageTimes(now time.Time) []contract.StageTime {
	var all []contract.StageTime
	for _, r := range s.Stages {
		ended := r.Ended
		if ended.IsZero() {
			ended = now
		}
		all = append(all, contract.StageTime{
			Name: r.Name, Began: r.Began.UTC().Truncate(time.Millisecond), Seconds: ended.Sub(r.Began).Round(time.Millisecond).Seconds(),
			Traced: r.Traced || (r.Name == contract.StageCleanup && s.tracedSoFar()),
		})
	}
	return all
}

// finalResult is the result as it is, a success where nothing failed.
func (s *State) finalResult() contract.Result {
	r := s.Result
	r.Version, r.Fingerprint, r.Rounds = contract.ResultVersion, s.fingerprint(), resultRounds(s.Rounds)
	if r.Outcome != "" {
		return r
	}
	r.Outcome = contract.OutcomeSucceeded
	if !r.Succeeded() {
		// No stage may end well without its gate; if one did, that is our mistake and nobody's success.
		r.Outcome, r.Message = contract.OutcomeInternalError, "Every stage ended well, but not every gate was measured and passed."
	}
	return r
}

// provisionalResult is the result's document while it is not final: what was measured, with the outcome that it would be
// if the build died now. Nothing measured is no document.
func (s *State) provisionalResult() string {
	r := s.Result
	r.Rounds = resultRounds(s.Rounds)
	if r.Tests == nil && r.Coverage == nil {
		return ""
	}
	if !s.failed() {
		r.Outcome, r.Message = contract.OutcomeInterrupted, "The build ended without releasing its lock."
	}
	text, err := r.Encode()
	if err != nil {
		return ""
	}
	return text
}
