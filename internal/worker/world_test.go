// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/artifacts"
	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	forgegithub "github.com/kiro-worker/kiro-worker/internal/forge/github"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
	dynamodbemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	githubemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/lock/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/logging"
	"github.com/kiro-worker/kiro-worker/internal/metricsink"
	"github.com/kiro-worker/kiro-worker/internal/redact"
	"github.com/kiro-worker/kiro-worker/internal/worker/agent"
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

// world is everything outside of a build: GitHub, the lock table, a bucket.
type world struct {
	t       testing.TB
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

// goodTests is a test command that leaves Jest's JSON and Istanbul's summary, as npm test would.
const goodTests = `sh test.sh`

// sampleFiles are a repository with a spec of two open tasks.
func sampleFiles() map[string]string {
	return map[string]string{
		"README.md":                   "# shop\n",
		".gitignore":                  "coverage/\nresults.json\n",
		testSpec + "/requirements.md": "# Requirements\n",
		testSpec + "/design.md":       "# Design\n",
		testSpec + "/tasks.md":        "# Tasks\n\n- [x] 1. Done before\n- [ ] 2. Add the cart\n- [ ] 3. Empty the cart\n",
		"test.sh":                     testScript(4, 0, 91.5),
	}
}

// testScript writes what real tools write, for so many passed and failed tests and so much coverage.
func testScript(passed, failed int, lines float64) string {
	var results []string
	for n := range passed + failed {
		status := "passed"
		if n >= passed {
			status = "failed"
		}
		results = append(results, fmt.Sprintf(`{"fullName":"cart adds %d","status":%q,"title":"adds %d","ancestorTitles":["cart"],"failureMessages":[]}`, n, status, n))
	}
	jest := fmt.Sprintf(`{"numTotalTestSuites":1,"numTotalTests":%d,"numPassedTests":%d,"numFailedTests":%d,"numPendingTests":0,"numRuntimeErrorTestSuites":0,"success":%t,"startTime":1,"testResults":[{"name":"/cart.test.js","status":"passed","message":"","assertionResults":[%s]}]}`,
		passed+failed, passed, failed, failed == 0, strings.Join(results, ","))
	part := fmt.Sprintf(`{"total":10000,"covered":%d,"skipped":0,"pct":%.2f}`, int(lines*100+0.5), lines)
	summary := fmt.Sprintf(`{"total":{"lines":%s,"statements":%s,"functions":%s,"branches":%s}}`, part, part, part, part)
	exit := "0"
	if failed > 0 {
		exit = "1"
	}
	return "mkdir -p coverage\ncat > results.json <<'EOF'\n" + jest + "\nEOF\ncat > coverage/coverage-summary.json <<'EOF'\n" + summary + "\nEOF\nexit " + exit + "\n"
}

// goodAgent makes a file for each task. The worker ticks the boxes.
func goodAgent() []string {
	return []string{"sh", "-c", `echo working on "$1"; echo "task $1" > "work-$1.txt"`, "agent", "{{.TaskID}}"}
}

// newWorld makes a world in which the controller has just started a build.
func newWorld(t testing.TB, change ...func(map[string]string)) *world {
	t.Helper()
	w := &world{t: t, branch: testBranch, gitDir: t.TempDir(), faults: faults.New(nil, nil), bucket: &bucket{objects: map[string]string{}}, metrics: &metrics{}, log: &syncBuffer{}}
	files := sampleFiles()
	for _, c := range change {
		c(files)
	}
	w.newGitHub(files)
	w.newLocks()
	head, ok := w.github.BranchHead(testRepository, testBranch)
	if !ok {
		t.Fatal("no branch")
	}
	w.newOptions(head)
	return w
}

func (w *world) newGitHub(files map[string]string) {
	w.t.Helper()
	server, err := githubemulator.New(githubemulator.Options{Dir: w.gitDir, Faults: w.faults})
	w.must(err)
	web := httptest.NewServer(server)
	w.t.Cleanup(web.Close)
	server.SetURL(web.URL)
	server.AddToken(testToken, "worker-bot", githubemulator.AllRights())
	w.must(server.CreateRepository(testRepository, "main", githubemulator.Text(map[string]string{"README.md": "# shop\n"})))
	w.must(server.CreateBranch(testRepository, testBranch, ""))
	_, err = server.PushFiles(testRepository, testBranch, githubemulator.Text(files), "Write the spec")
	w.must(err)
	pr, err := server.OpenPullRequest(githubemulator.NewPullRequest{
		Repository: testRepository, Title: "The cart", Body: "Written by a person.\r\n", Head: testBranch, Base: "main", Author: "ann",
	})
	w.must(err)
	w.github, w.pull = server, pr.Number
}

func (w *world) newLocks() {
	w.t.Helper()
	emulator := dynamodbemulator.New(dynamodbemulator.Options{Faults: w.faults})
	w.must(emulator.CreateLockTable(testTable))
	server := httptest.NewServer(emulator)
	w.t.Cleanup(server.Close)
	clients := awsapi.New(awsapi.Options{
		AllowedEndpoints: []string{server.URL}, Credentials: credentials.NewStaticCredentialsProvider("AKID", "SECRET", ""),
	})
	api, err := clients.DynamoDB(w.t.Context(), awsapi.Target{Region: "eu-central-1", EndpointURL: server.URL})
	w.must(err)
	w.locks = dynamodb.New(api, testTable)
}

// take takes the lock as the controller does and fills the parameters with it.
func (w *world) take(attempt int32) {
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
			WorkItem: "shop/cart", Repository: testRepository, PullRequest: int64(w.pull), Commit: head, Bucket: testBucket,
			CorrelationID: "c0ffee", BuildTimeout: time.Hour,
			Settings: contract.Settings{
				TestCommand: goodTests, TestResults: []string{"results.json"}, AgentPreset: agent.PresetCommand, AgentCommand: goodAgent(),
				TaskTimeout: contract.Duration(time.Minute), RetryGit: quick(3), RetryGitHub: quick(4), RetryS3: quick(3), RetryDynamoDB: quick(3), RetryAgentTask: quick(1),
			},
		},
		Build: Build{ARN: testBuild, UUID: "b-1", StartedAt: time.Now(), SourceDir: w.t.TempDir()},
		Ports: Ports{
			Lock: w.locks, Forge: forgegithub.New(api), Remote: testRemote{api}, Artifacts: w.bucket, Metrics: w.metrics, Secrets: noSecrets{},
		},
		Dir: dir, Environ: os.Environ(), Executable: executable, Version: "test", BuildLog: buildLog,
		Redactor: redactor, Log: log, Clock: clock.RealClock{}, Random: func() float64 { return 0 },
	}
	w.take(1)
}

func quick(tries int) contract.Retry {
	return contract.Retry{Tries: tries, Base: contract.Duration(time.Millisecond), Factor: 1, Cap: contract.Duration(time.Millisecond)}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// codebuild runs the phases as CodeBuild would run the buildspec: a failed pre_build goes to its finally and no
// further, a failed build goes on with post_build.
func (w *world) codebuild(ctx context.Context) map[Phase]ExitCode {
	codes := map[Phase]ExitCode{}
	run := func(p Phase) ExitCode {
		codes[p] = Run(ctx, w.options, p)
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

// row is the branch's row, and its result if there is one.
func (w *world) row() (lock.Row, contract.Result) {
	w.t.Helper()
	rows, err := w.locks.Rows(w.t.Context(), []string{w.options.Parameters.BranchKey})
	w.must(err)
	row := rows[w.options.Parameters.BranchKey]
	var result contract.Result
	if row.Result != "" {
		result, err = contract.ParseResult(row.Result)
		w.must(err)
	}
	return row, result
}

func (w *world) card() lock.CardRow {
	w.t.Helper()
	card, err := w.locks.Card(w.t.Context(), w.options.Parameters.CardKey)
	w.must(err)
	return card
}

// body is the pull request's text.
func (w *world) body() string {
	w.t.Helper()
	pr, err := w.github.PullRequest(testRepository, w.pull)
	w.must(err)
	return pr.Body
}

// file is a file at the branch's head on GitHub.
func (w *world) file(name string) string {
	text, err := w.github.File(testRepository, w.branch, name)
	if err != nil {
		return ""
	}
	return string(text)
}

func (w *world) head() string {
	head, _ := w.github.BranchHead(testRepository, w.branch)
	return head
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

// testRemote is the emulator as git sees it.
type testRemote struct{ api *githubapi.Client }

func (r testRemote) Address(repository string) string {
	return r.api.WebURL() + "/" + repository + ".git"
}

func (r testRemote) Credentials(ctx context.Context) (user, token string, err error) {
	token, err = r.api.GitToken(ctx)
	return githubapi.GitUser, token, err
}

// bucket is a bucket that can be told to fail.
type bucket struct {
	mu      sync.Mutex
	objects map[string]string
	fail    error
	only    string // the key's end that fails; empty is every one
	calls   int
}

func (b *bucket) Put(_ context.Context, name string, o artifacts.Object) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls++
	if b.fail != nil && strings.HasSuffix(o.Key, b.only) {
		return b.fail
	}
	text, err := io.ReadAll(o.Body)
	b.objects[name+"/"+o.Key] = string(text)
	return err
}

type metrics struct{ data []metricsink.Datum }

func (m *metrics) Put(_ context.Context, data []metricsink.Datum) error {
	m.data = append(m.data, data...)
	return errors.New("metrics are down, and that harms nothing")
}

type noSecrets struct{}

func (noSecrets) Read(context.Context, string) (string, error) { return "agent-key-123456", nil }

type syncBuffer struct {
	mu  sync.Mutex
	buf strings.Builder
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// messages are those of the commits that the worker made since a commit.
func (w *world) messages(since string) string {
	w.t.Helper()
	cmd := exec.CommandContext(w.t.Context(), "git", "--git-dir="+filepath.Join(w.options.Dir, "repository.git"), "log", "--format=%B", since+"..HEAD")
	out, err := cmd.Output()
	w.must(err)
	return string(out)
}

// next is the next attempt: a new build, on a machine of its own, with a lock of its own.
func (w *world) next(attempt int32) {
	w.t.Helper()
	p := &w.options.Parameters
	p.Trigger = p.Trigger.Add(time.Duration(attempt) * time.Hour)
	w.take(attempt)
	p.Commit = w.head()
	uuid := fmt.Sprintf("b-%d", attempt)
	w.options.Build.ARN = strings.TrimSuffix(testBuild, "b-1") + uuid
	w.options.Build.UUID, w.options.Build.StartedAt = uuid, time.Now()
	w.options.Dir = w.t.TempDir()
	w.options.BuildLog = filepath.Join(w.options.Dir, "build.log")
}

func lockOf(p contract.Parameters) lock.Lock {
	return lock.Lock{LockID: p.LockID, Fence: p.Fence, SlotKey: p.SlotKey, BranchKey: p.BranchKey, CardKey: p.CardKey}
}

// codeOf runs one phase that is to go well.
func (w *world) codeOf(phase Phase) error {
	if code := Run(w.t.Context(), w.options, phase); code != ExitOK {
		return fmt.Errorf("phase %s ended with %d\n%s", phase, code, w.log)
	}
	return nil
}

// losing is a lock table that says, from the second heartbeat of a stage on, that the lock is another's.
type losing struct {
	lock.Table
	mark string
	when contract.Stage
}

func (l losing) Heartbeat(ctx context.Context, k lock.Lock, arn string, now, until time.Time, p lock.Progress) error {
	if p.Stage == l.when {
		_ = os.WriteFile(l.mark, nil, 0o600)
		return &lock.Refusal{Err: lock.ErrNotHolder, Message: "the row is another's"}
	}
	return l.Table.Heartbeat(ctx, k, arn, now, until, p)
}

// stopping sends the signal as soon as a stage tells that it began.
type stopping struct {
	lock.Table
	stage contract.Stage
	stop  func()
}

func (s stopping) Heartbeat(ctx context.Context, k lock.Lock, arn string, now, until time.Time, p lock.Progress) error {
	err := s.Table.Heartbeat(ctx, k, arn, now, until, p)
	if p.Stage == s.stage {
		s.stop()
	}
	return err
}

// whenStage does something as soon as a stage tells that it began.
func (w *world) whenStage(name contract.Stage, do func()) {
	w.options.Ports.Lock = stopping{Table: w.locks, stage: name, stop: sync.OnceFunc(do)}
}

var errGone = errors.New("gone")

// sharedTemp is a directory that other users may pass through.
func sharedTemp(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "kiro-worker-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}
