// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	forgegithub "github.com/kiro-worker/kiro-worker/internal/forge/github"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	githubemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/cloud"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/lock/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/logging"
	"github.com/kiro-worker/kiro-worker/internal/redact"
	"github.com/kiro-worker/kiro-worker/internal/worker/agent/preset"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

// TestMain lets the test's own program be the helper that git calls for credentials.
func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == gitrepo.CredentialCommand {
		if err := gitrepo.AnswerCredential(os.Args[2], os.Stdin, os.Stdout); err != nil {
			_, _ = fmt.Fprintln(os.Stderr, err)
			syscall.Exit(1)
		}
		// Not os.Exit: under the race detector that waits a second, once for every call of git.
		syscall.Exit(0)
	}
	os.Exit(m.Run())
}

const (
	testRepository = "acme/shop"
	testBranch     = "feature/cart"
	testSpec       = ".kiro/specs/feature/cart"
	testToken      = "ghp_0123456789abcdefghijABCDEFGHIJ012345"
	testTable      = "locks"
	testBucket     = "artifacts"
	testProject    = "arn:aws:codebuild:eu-central-1:111122223333:project/kiro"
	testBuild      = "arn:aws:codebuild:eu-central-1:111122223333:build/kiro:b-1"
)

const testDiff = "artifacts/test/b-1/diffs/changes.diff"

// world is everything outside of a build: GitHub, the lock table, a bucket.
type world struct {
	t       testing.TB
	cloud   *cloud.Cloud
	github  *githubemulator.Server
	gitDir  string // where GitHub keeps its repositories
	branch  string
	faults  *faults.Injector
	locks   *dynamodb.Table
	bucket  *bucket
	metrics *metrics
	pull    int
	log     *syncBuffer
	options Options
}

// newWorld makes a world in which the controller has just started a build.
func newWorld(t testing.TB, change ...func(map[string]string)) *world {
	t.Helper()
	w := &world{t: t, branch: testBranch, bucket: &bucket{objects: map[string]string{}, keys: map[string]bool{}}, metrics: &metrics{}, log: &syncBuffer{}}
	files := sampleFiles()
	for _, c := range change {
		c(files)
	}
	dir := t.TempDir()
	w.gitDir = filepath.Join(dir, "github")
	w.cloud = cloud.New(t, cloud.Options{
		Dir: dir, GitHub: true, Users: map[string]string{testToken: "worker-bot"}, Tables: []string{testTable},
	})
	w.faults = w.cloud.Faults
	w.locks = dynamodb.New(cloud.API(t, w.cloud, (*awsapi.Clients).DynamoDB), testTable)
	w.newGitHub(files)
	head, ok := w.github.BranchHead(testRepository, testBranch)
	if !ok {
		t.Fatal("no branch")
	}
	w.newOptions(head)
	return w
}

func (w *world) newGitHub(files map[string]string) {
	w.t.Helper()
	server := w.cloud.GitHub
	w.must(server.CreateRepository(testRepository, "main", githubemulator.Text(map[string]string{"README.md": "# shop\n"})))
	w.must(server.CreateBranch(testRepository, testBranch, ""))
	_, err := server.PushFiles(testRepository, testBranch, githubemulator.Text(files), "Write the spec")
	w.must(err)
	pr, err := server.OpenPullRequest(githubemulator.NewPullRequest{
		Repository: testRepository, Title: "The cart", Body: "Written by a person.\r\n", Head: testBranch, Base: "main", Author: "ann",
	})
	w.must(err)
	w.github, w.pull = server, pr.Number
}

// acquire acquires the lock as the controller does and fills the parameters with it.
func (w *world) acquire(attempt int32) {
	w.t.Helper()
	p := &w.options.Parameters
	now := time.Now()
	l, err := w.locks.Acquire(w.t.Context(), lock.Request{
		LockID: contract.LockID("uid", attempt), WorkItemID: "cluster/shop/cart", Holder: "uid", Attempt: attempt, ProjectARN: testProject,
		SlotKey: p.SlotKey, BranchKey: p.BranchKey, CardKey: p.CardKey, Trigger: p.Trigger, ExpiresAt: now.Add(time.Hour), Now: now,
	})
	w.must(err)
	p.LockID, p.Fence, p.Attempt = l.LockID, l.Fence, attempt
}

func (w *world) newOptions(head string) {
	w.t.Helper()
	redactor := redact.New(redact.Options{})
	log, err := logging.New(redact.NewLineWriter(w.log, redactor), "debug")
	w.must(err)
	api, err := githubapi.New(githubapi.Options{
		APIURL: w.github.APIURL(), AllowedEndpoints: []string{w.github.URL()}, Credentials: githubapi.Static(githubapi.Credentials{Token: testToken}),
	})
	w.must(err)
	executable, err := os.Executable()
	w.must(err)
	dir := w.t.TempDir()
	buildLog := filepath.Join(dir, "build.log")
	w.must(os.WriteFile(buildLog, []byte("the log so far, with "+testToken+"\n"), 0o600))
	w.options = Options{
		Parameters: contract.Parameters{
			Environment: "test", BranchName: testBranch, SpecPath: testSpec, CoverageThreshold: 80, LocksTableName: testTable,
			SlotKey: contract.SlotKey(testProject, 0), BranchKey: contract.BranchKey("github.test", 1, "refs/heads/"+testBranch),
			CardKey: contract.CardKey("github", "PVTI_1"), Trigger: time.UnixMilli(1_700_000_000_000).UTC(), LeaseDuration: time.Hour,
			WorkItem: "shop/cart", Repository: testRepository, PullRequest: int64(w.pull), Commit: head,
			CorrelationID: "c0ffee",
			Frozen: contract.Frozen{Bucket: testBucket, BuildTimeout: contract.Duration(time.Hour), Settings: contract.Settings{
				TestCommand: goodTests, TestResults: []string{"results.json"}, AgentPreset: preset.Command, AgentCommand: goodAgent(),
				TaskTimeout: contract.Duration(time.Minute), RetryGit: quick(3), RetryGitHub: quick(4), RetryS3: quick(3), RetryDynamoDB: quick(3), RetryAgentTask: quick(1),
			}},
		},
		Build: Build{ARN: testBuild, UUID: "b-1", StartedAt: time.Now(), SourceDir: w.t.TempDir()},
		Ports: Ports{
			Lock: w.locks, Forge: forgegithub.New(api), Remote: testRemote{api}, Artifacts: w.bucket, Metrics: w.metrics, Secrets: noSecrets{},
		},
		Dir: dir, Environ: os.Environ(), Executable: executable, Version: "test", BuildLog: buildLog,
		Redactor: redactor, Log: log, Clock: clock.RealClock{}, Random: func() float64 { return 0 },
	}
	w.acquire(1)
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// run runs a phase of a build whose lock was acquired with what the options say now.
func (w *world) run(ctx context.Context, phase Phase) ExitCode {
	w.t.Helper()
	o := w.options
	text, sha256, err := o.Parameters.Encode()
	w.must(err)
	o.Parameters.ParametersSHA256, o.Parameters.Frozen = sha256, contract.Frozen{}
	o.Ports.Lock = frozenRow{o.Ports.Lock, text}
	if kept := filepath.Join(o.Dir, parametersFile); phase != PhasePreBuild {
		if _, err := os.Stat(kept); err == nil {
			w.must(os.WriteFile(kept, []byte(text), 0o600))
		}
	}
	return Run(ctx, o, phase)
}

// codebuild runs the phases as CodeBuild would run the buildspec: a failed pre_build goes to its finally and no
// further, a failed build goes on with post_build.
func (w *world) codebuild(ctx context.Context) map[Phase]ExitCode {
	codes := map[Phase]ExitCode{}
	run := func(p Phase) ExitCode {
		codes[p] = w.run(ctx, p)
		return codes[p]
	}
	before := run(PhasePreBuild)
	run(PhaseFinally)
	if before != ExitOK {
		return codes
	}
	run(PhaseBuild)
	run(PhasePostBuild)
	run(PhaseFinally)
	return codes
}

// codeOf runs one phase that is to go well.
func (w *world) codeOf(phase Phase) error {
	if code := w.run(w.t.Context(), phase); code != ExitOK {
		return fmt.Errorf("phase %s ended with %d\n%s", phase, code, w.log)
	}
	return nil
}

// next is the next attempt: a new build, on a machine of its own, with a lock of its own.
func (w *world) next(attempt int32) {
	w.t.Helper()
	p := &w.options.Parameters
	p.Trigger = p.Trigger.Add(time.Duration(attempt) * time.Hour)
	w.acquire(attempt)
	p.Commit = w.head()
	uuid := fmt.Sprintf("b-%d", attempt)
	w.options.Build.ARN = strings.TrimSuffix(testBuild, "b-1") + uuid
	w.options.Build.UUID, w.options.Build.StartedAt = uuid, time.Now()
	w.options.Dir = w.t.TempDir()
	w.options.BuildLog = filepath.Join(w.options.Dir, "build.log")
}

// onBranch moves the work to another branch, with a pull request of its own.
func (w *world) onBranch(name string) {
	w.t.Helper()
	w.must(w.github.CreateBranch(testRepository, name, testBranch))
	// GitHub opens no pull request without a commit of the branch's own.
	_, err := w.github.PushFiles(testRepository, name, githubemulator.Text(map[string]string{"branch.txt": name}), "Begin")
	w.must(err)
	pr, err := w.github.OpenPullRequest(githubemulator.NewPullRequest{
		Repository: testRepository, Title: "The cart", Body: "Written by a person.\r\n", Head: name, Base: "main", Author: "ann",
	})
	w.must(err)
	w.branch, w.pull = name, pr.Number
	p := &w.options.Parameters
	p.BranchName, p.PullRequest, p.Commit = name, int64(pr.Number), w.head()
}

// whenStage does something as soon as a stage reports that it began.
func (w *world) whenStage(name contract.Stage, do func()) {
	w.options.Ports.Lock = stopping{Table: w.locks, stage: name, stop: sync.OnceFunc(do)}
}
