// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/s3"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// tap is one call to the lock table at which the worker is ended: the first whose text holds the words.
type tap struct {
	words string
	// arrives lets the call take effect; its answer is lost all the same.
	arrives bool

	once sync.Once
	hit  func(*http.Request)
}

// tapped puts the tap before the servers.
func (c *cloud) tapped(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if c.tap == nil || !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".TransactWriteItems") {
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if !strings.Contains(string(body), c.tap.words) {
			next.ServeHTTP(w, r)
			return
		}
		hit := false
		c.tap.once.Do(func() {
			hit = true
			if c.tap.arrives {
				next.ServeHTTP(httptest.NewRecorder(), r)
			}
			c.tap.hit(r)
		})
		if !hit {
			next.ServeHTTP(w, r)
		}
	})
}

// ended is what a build left behind whose worker was ended.
type ended struct {
	*cloud
	signal syscall.Signal
	build  codebuild.Build
	result contract.Result
	row    lock.Row
}

// place is where a worker is ended: at a call that it makes, or by what it runs.
type place struct {
	stage contract.Stage
	rule  *faults.Rule
	tap   *tap
	agent string
	test  string
	// pushed is how many tasks are on the branch by then.
	pushed int
	// check is what is to be seen; nil is a lock that is released as interrupted.
	check func(*testing.T, ended)
}

// claimWords are in the call that claims the lock and in no other.
const claimWords = "SET #buildId = :buildId"

// inStage is in a heartbeat that reports a stage.
func inStage(name contract.Stage) string { return `{"S":"` + string(name) + `"}` }

func places() map[string]place {
	hitGitHub := func(operation string, nth int) *faults.Rule {
		return &faults.Rule{Service: github.Service, Operation: operation, Nth: nth}
	}
	return map[string]place{
		"Claim":        {stage: contract.StageClaim, tap: &tap{words: claimWords}, check: neverClaimed},
		"ClaimArrived": {stage: contract.StageClaim, tap: &tap{words: claimWords, arrives: true}, check: neverClaimed},
		"Checkout":     {stage: contract.StageCheckout, rule: hitGitHub("git upload-pack", 1)},
		"Validate":     {stage: contract.StageValidate, rule: hitGitHub("GET /repos/{owner}/{repo}/pulls/{number}", 1)},
		// A fetch asks twice: git shows no credentials before it is asked for them.
		"Steer":       {stage: contract.StageSteer, rule: hitGitHub("git upload-pack refs", 3)},
		"Agent":       {stage: contract.StageAgent, agent: `[ "$1" = 2 ] && kill -SIGNAL $PPID && sleep 20; echo "task $1" > work-$1.txt`, pushed: 1},
		"Push":        {stage: contract.StageAgent, rule: hitGitHub("git receive-pack", 2), pushed: 1},
		"Test":        {stage: contract.StageTest, test: "kill -SIGNAL $PPID; sleep 20\n", pushed: 2},
		"Coverage":    {stage: contract.StageCoverage, tap: &tap{words: inStage(contract.StageCoverage)}, pushed: 2},
		"PullRequest": {stage: contract.StagePullRequest, rule: hitGitHub("PATCH /repos/{owner}/{repo}/pulls/{number}", 1), pushed: 2},
		"Upload":      {stage: contract.StageUpload, rule: &faults.Rule{Service: s3.Service, Operation: "PutObject", Nth: 1}, pushed: 2},
		"Cleanup":     {stage: contract.StageCleanup, tap: &tap{words: inStage(contract.StageCleanup)}, pushed: 2, check: doneBefore},
		"Release":     {stage: contract.StageCleanup, tap: &tap{words: `{"S":"complete"}`}, pushed: 2, check: doneBefore},
		"Released":    {stage: contract.StageCleanup, tap: &tap{words: `{"S":"complete"}`, arrives: true}, pushed: 2, check: releasedBefore},
	}
}

// interrupted: the lock is free, and says where the build was; after a kill the next process updates the pull request.
func interrupted(t *testing.T, e ended, stage contract.Stage) {
	t.Helper()
	if e.build.Status != "FAILED" || e.row.Status != contract.StatusFailed || e.result.Outcome != contract.OutcomeInterrupted {
		t.Fatalf("%s, %s, %+v\n%s", e.build.Status, e.row.Status, e.result, e.log(e.build))
	}
	if e.result.FailedStage != stage {
		t.Errorf("failed in %q, want %q", e.result.FailedStage, stage)
	}
	if e.signal != syscall.SIGKILL {
		return
	}
	if !e.result.PullRequestUpdated || !strings.Contains(e.body(), "Interrupted, in stage "+string(stage)) {
		t.Errorf("after a kill the next process updates the pull request:\n%s", e.body())
	}
	if n := len(e.bucket.Keys(bucketName, "")); n != 6 {
		t.Errorf("and keeps what there is, got %d artifacts", n)
	}
}

// neverClaimed: a build that does not know whether the lock is its own does nothing, and does not release it either. The
// controller gives the attempt up.
func neverClaimed(t *testing.T, e ended) {
	t.Helper()
	if e.build.Status != "FAILED" || e.row.Status != contract.StatusInProgress || e.row.Result != "" {
		t.Fatalf("%s, %s, %+v\n%s", e.build.Status, e.row.Status, e.result, e.log(e.build))
	}
	if e.body() != "mine" || len(e.bucket.Keys(bucketName, "")) != 0 {
		t.Errorf("something was done: %s", e.body())
	}
	e.conclude()
}

// doneBefore: after SIGTERM there is time to release the lock with the outcome, which does not change. After SIGKILL nobody of
// the build is left to do it: the row says which build it was, and the controller releases it.
func doneBefore(t *testing.T, e ended) {
	t.Helper()
	if e.signal == syscall.SIGTERM {
		if e.build.Status != "SUCCEEDED" || e.row.Status != contract.StatusComplete || !e.result.Succeeded() {
			t.Fatalf("%s, %s, %+v\n%s", e.build.Status, e.row.Status, e.result, e.log(e.build))
		}
		return
	}
	if e.build.Status != "FAILED" || e.row.Status != contract.StatusInProgress || !strings.Contains(e.row.BuildID, e.build.ID) {
		t.Fatalf("%s, %s of %q\n%s", e.build.Status, e.row.Status, e.row.BuildID, e.log(e.build))
	}
	e.conclude()
}

// releasedBefore: the release arrived, whatever became of its answer.
func releasedBefore(t *testing.T, e ended) {
	t.Helper()
	if want := map[syscall.Signal]string{syscall.SIGTERM: "SUCCEEDED", syscall.SIGKILL: "FAILED"}[e.signal]; e.build.Status != want {
		t.Errorf("the build is %s, want %s", e.build.Status, want)
	}
	if e.row.Status != contract.StatusComplete || !e.result.Succeeded() {
		t.Fatalf("%s, %+v\n%s", e.row.Status, e.result, e.log(e.build))
	}
}

// conclude does what the controller does when a build is over that did not release its lock.
func (e ended) conclude() {
	e.t.Helper()
	if e.row.BuildID == "" {
		e.must(e.locks.Abandon(e.t.Context(), e.row, time.Now()))
		return
	}
	l := lock.Lock{LockID: e.row.LockID, Fence: e.row.Fence, SlotKey: e.request.SlotKey, BranchKey: e.request.BranchKey, CardKey: e.request.CardKey}
	e.must(e.locks.Release(e.t.Context(), l, e.row.BuildID, time.Now(), lock.Ending{Status: contract.StatusFailed, Outcome: contract.OutcomeInternalError}))
}

// text is a file at the branch's head.
func (c *cloud) text(name string) string {
	text, err := c.github.File(repository, branch, name)
	if err != nil {
		return ""
	}
	return string(text)
}

// endAt arranges for the worker to be ended there.
func (c *cloud) endAt(p place, s syscall.Signal) {
	hit := func(r *http.Request) {
		c.signal(s)
		select { // it is over, or it gives up
		case <-r.Context().Done():
		case <-time.After(10 * time.Second):
		}
	}
	if p.agent != "" {
		c.agent = strings.ReplaceAll(p.agent, "SIGNAL", signalName(s))
	}
	if p.rule != nil {
		rule := *p.rule
		rule.Respond = func(_ http.ResponseWriter, r *http.Request) { hit(r) }
		c.faults.Add(rule)
	}
	if p.tap != nil {
		c.tap = &tap{words: p.tap.words, arrives: p.tap.arrives, hit: hit}
	}
}

func signalName(s syscall.Signal) string {
	return map[syscall.Signal]string{syscall.SIGTERM: "TERM", syscall.SIGKILL: "KILL"}[s]
}

// A worker may be ended anywhere. What was pushed is kept, the lock is right, and the next attempt goes on.
func TestSignals(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL} {
		for where, p := range places() {
			t.Run(signalName(s)+where, func(t *testing.T) {
				t.Parallel()
				files := sample()
				if p.test != "" {
					// Only the first time, so that the next attempt can succeed.
					mark := filepath.Join(t.TempDir(), "mark")
					files["test.sh"] = "[ -e " + mark + " ] || { touch " + mark + "; " + strings.ReplaceAll(strings.TrimSpace(p.test), "SIGNAL", signalName(s)) + "; }\n" + files["test.sh"]
				}
				c := newCloud(t, files)
				if p.stage == contract.StageSteer {
					c.addPower()
				}
				c.endAt(p, s)
				e := ended{cloud: c, signal: s}
				e.build, e.result, e.row = c.run()
				if p.check != nil {
					p.check(t, e)
				} else {
					interrupted(t, e, p.stage)
				}
				if n := strings.Count(c.text(specPath+"/tasks.md"), "[x]"); n != p.pushed {
					t.Errorf("%d tasks are on the branch, want %d", n, p.pushed)
				}
				c.tap, c.agent = nil, `echo "again $1" > work-$1.txt`
				c.faults.Clear()
				build, result, row := c.run()
				if build.Status != "SUCCEEDED" || row.Status != contract.StatusComplete || !result.Succeeded() || result.Tasks.Done != 2 {
					t.Errorf("the next attempt goes on: %s %s %+v\n%s", build.Status, row.Status, result, c.log(build))
				}
				for n, file := range []string{"work-1.txt", "work-2.txt"} {
					want := map[bool]string{true: "task ", false: "again "}[n < p.pushed] + file[5:6] + "\n"
					if got := c.text(file); got != want {
						t.Errorf("%s is %q, want %q: pushed work is neither lost nor done again", file, got, want)
					}
				}
			})
		}
	}
}

// addPower makes a Power on GitHub and has builds be brought up to it.
func (c *cloud) addPower() {
	c.must(c.github.CreateRepository("acme/power", "main", github.Text(map[string]string{
		"plugin.json": `{"name":"house","version":"1.0.0"}`, "steering/style.md": "be kind\n",
	})))
	c.power = c.github.CloneURL("acme/power")
}
