// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	githubemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/worker/power"
)

func TestSteerOutcomes(t *testing.T) {
	testOutcomes(t, map[string]outcomeCase{
		"SteeringUnreachable": {
			why:     "Steering that cannot be fetched is the infrastructure's failure.",
			prepare: func(w *world) { w.options.Parameters.Settings.SteeringSource = "http://127.0.0.1:1/power.git" },
			outcome: contract.OutcomeSteeringFailed, stage: contract.StageSteer, code: ExitInfrastructure,
		},
		"SteeringRecordLeadsOut": {
			why: "The record is a file of the repository: it must not make the worker delete what is elsewhere.",
			files: func(f map[string]string) {
				f[power.RecordFile] = fmt.Sprintf(`{"name":"house","files":{"../../README.md":"%x"}}`, sha256.Sum256([]byte("# shop\n")))
			},
			prepare: func(w *world) {
				s := &w.options.Parameters.Settings
				s.SteeringSource, s.SteeringPath = w.addPower("1.0.0", "be kind\n"), "powers/house"
			},
			outcome: contract.OutcomeSteeringFailed, stage: contract.StageSteer, message: "leads out", code: ExitInfrastructure,
		},
	})
}

// addPower makes a repository with a Power on the emulated GitHub.
func (w *world) addPower(version, text string) string {
	w.t.Helper()
	files := githubemulator.Text(map[string]string{
		"powers/house/plugin.json":       `{"name":"house","version":"` + version + `"}`,
		"powers/house/steering/style.md": text,
		"powers/house/steering/sub/x.md": "x\n",
		"powers/house/mcp.json":          "{}",
	})
	if _, ok := w.github.BranchHead("acme/powers", "main"); !ok {
		w.must(w.github.CreateRepository("acme/powers", "main", files))
	} else {
		_, err := w.github.PushFiles("acme/powers", "main", files, version)
		w.must(err)
	}
	return w.github.CloneURL("acme/powers")
}

func TestSteeringFromGit(t *testing.T) {
	w := newWorld(t, func(f map[string]string) { f[".kiro/steering/sub/x.md"] = "mine\n" })
	s := &w.options.Parameters.Settings
	s.SteeringSource, s.SteeringPath = w.addPower("1.0.0", "be kind\n"), "powers/house"
	w.codebuild(t.Context())
	_, result := w.row()
	if result.Outcome != contract.OutcomeSucceeded || result.SteeringVersion != "house 1.0.0" {
		t.Fatalf("%+v\n%s", result, w.log)
	}
	if got := w.file(".kiro/steering/style.md"); got != "be kind\n" {
		t.Errorf("the steering was not committed, got %q", got)
	}
	if got := w.file(".kiro/steering/sub/x.md"); got != "mine\n" {
		t.Errorf("a person's file was overwritten with %q", got)
	}
	if !strings.Contains(w.body(), ".kiro/steering/sub/x.md was edited in the repository and is kept") {
		t.Errorf("that it was kept must be said:\n%s", w.body())
	}
	var record struct {
		Version string
		Files   map[string]string
	}
	w.must(json.Unmarshal([]byte(w.file(power.RecordFile)), &record))
	if record.Version != "1.0.0" || len(record.Files) != 2 {
		t.Errorf("the record: %+v", record)
	}

	// The next attempt finds it as it should be, and commits nothing.
	before := w.head()
	w.next(2)
	w.codebuild(t.Context())
	if _, result := w.row(); result.Outcome != contract.OutcomeSucceeded || w.head() != before {
		t.Errorf("nothing was to do: %+v, head %s, before %s", result, w.head(), before)
	}
}

// A token before the host would be in git's arguments and in the log.
func TestSteeringSourceWithCredentials(t *testing.T) {
	w := newWorld(t)
	w.options.Parameters.Settings.SteeringSource = strings.Replace(w.addPower("1.0.0", "x\n"), "://", "://someone:hunter22hunter@", 1)
	w.codebuild(t.Context())
	_, result := w.row()
	if result.Outcome != contract.OutcomeSteeringFailed || !strings.Contains(result.Message, "take them out") {
		t.Errorf("%+v", result)
	}
	for place, text := range map[string]string{"log": w.log.String(), "pull request": w.body(), "result": result.Message} {
		if strings.Contains(text, "hunter22") || strings.Contains(text, "someone") {
			t.Errorf("the %s shows the credentials", place)
		}
	}
}

// What every run of the agent pays for is said, and may be changed for files that say nothing.
func TestSteeringThatIsReadInEveryRun(t *testing.T) {
	long := "# Rules\n" + strings.Repeat("be kind\n", 5000)
	for inclusion, want := range map[string]string{"": "Look twice: the agent reads 39.1 KB of the Power's steering in every run", "auto": "the agent reads 0.0 KB in every run"} {
		w := newWorld(t)
		s := &w.options.Parameters.Settings
		s.SteeringSource, s.SteeringPath, s.SteeringInclusion = w.addPower("1.0.0", long), "powers/house", inclusion
		w.codebuild(t.Context())
		if _, result := w.row(); result.Outcome != contract.OutcomeSucceeded {
			t.Fatalf("%+v\n%s", result, w.log)
		}
		if !strings.Contains(w.body(), want) || !strings.Contains(w.body(), "not mcp.json") {
			t.Errorf("%q: the pull request lacks %q:\n%s", inclusion, want, w.body())
		}
		if got := w.file(".kiro/steering/style.md"); strings.Contains(got, "inclusion: auto") != (inclusion == "auto") {
			t.Errorf("%q: %.80q", inclusion, got)
		}
	}
}

// A Power that has nothing for a checkout is said to have nothing; work goes on.
func TestAPowerWithoutSteering(t *testing.T) {
	w := newWorld(t)
	w.must(w.github.CreateRepository("acme/powers", "main", githubemulator.Text(map[string]string{
		"skills/POWER.md": "---\nname: docs\n---\n", "skills/mcp.json": "{}",
		"plugin.json": `{"name":"rules"}`, "skills/layout/SKILL.md": "---\nname: layout\n---\n",
	})))
	s := &w.options.Parameters.Settings
	s.SteeringSource = w.github.CloneURL("acme/powers")
	w.codebuild(t.Context())
	if _, result := w.row(); result.Outcome != contract.OutcomeSucceeded || !strings.HasPrefix(result.SteeringVersion, "rules sha256:") {
		t.Fatalf("%+v\n%s", result, w.log)
	}
	if got := w.file(".kiro/skills/layout/SKILL.md"); !strings.Contains(got, "layout") {
		t.Errorf("the skill was not brought along: %q", got)
	}
	w = newWorld(t)
	w.must(w.github.CreateRepository("acme/powers", "main", githubemulator.Text(map[string]string{"POWER.md": "---\nname: docs\n---\n"})))
	w.options.Parameters.Settings.SteeringSource = w.github.CloneURL("acme/powers")
	w.codebuild(t.Context())
	if _, result := w.row(); result.Outcome != contract.OutcomeSucceeded || !strings.Contains(w.body(), "neither steering nor skills") {
		t.Fatalf("%+v\n%s", result, w.body())
	}
}
