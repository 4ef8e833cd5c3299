// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package hostile

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
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
	githubemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/lock/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/logging"
	"github.com/kiro-worker/kiro-worker/internal/redact"
	"github.com/kiro-worker/kiro-worker/internal/worker"
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
		syscall.Exit(0)
	}
	os.Exit(m.Run())
}

const (
	repository = "acme/shop"
	branch     = "feature/cart"
	specPath   = ".kiro/specs/feature/cart"
	token      = "ghp_0123456789abcdefghijABCDEFGHIJ012345"
	project    = "arn:aws:codebuild:eu-central-1:111122223333:project/kiro"
	agentKey   = "agent-key-123456"
)

// world is a build as CodeBuild runs it, as root with another user for the agent, and all that is around it.
type world struct {
	t       *testing.T
	github  *githubemulator.Server
	gitDir  string // where GitHub keeps its repositories
	pull    int
	objects *bucket
	options worker.Options
	dir     string // the build's
	user    uint32
	home    string
	log     *lockedBuffer
	rows    *dynamodbemulator.Emulator // once the lock is acquired
	// front answers in GitHub's stead, if it returns true.
	front func(http.ResponseWriter, *http.Request) bool
}

// files are a repository with a spec of two open tasks, and tests that pass.
func files() map[string]string {
	return map[string]string{
		".gitignore":                  "coverage/\nresults.json\nignored/\n",
		specPath + "/requirements.md": "# Requirements\n",
		specPath + "/design.md":       "# Design\n",
		specPath + "/tasks.md":        "# Tasks\n\n- [ ] 1. Add the cart\n- [ ] 2. Empty the cart\n",
		"test.sh":                     "mkdir -p coverage\ncat > results.json <<'EOF'\n" + jest(4, 0) + "\nEOF\n" + "cat > coverage/coverage-summary.json <<'EOF'\n" + istanbul(91) + "\nEOF\n",
	}
}

// jest is a report of so many passed and failed tests.
func jest(passed, failed int) string {
	var results []string
	for n := range passed + failed {
		status := "passed"
		if n >= passed {
			status = "failed"
		}
		results = append(results, fmt.Sprintf(`{"fullName":"t%d","status":%q,"title":"t%d","ancestorTitles":[],"failureMessages":[]}`, n, status, n))
	}
	return fmt.Sprintf(`{"numTotalTestSuites":1,"numTotalTests":%d,"numPassedTests":%d,"numFailedTests":%d,"numPendingTests":0,"numRuntimeErrorTestSuites":0,"success":%t,"startTime":1,"testResults":[{"name":"/t.js","status":"passed","message":"","assertionResults":[%s]}]}`,
		passed+failed, passed, failed, failed == 0, strings.Join(results, ","))
}

// istanbul is a summary of so much coverage, in percent.
func istanbul(percent int) string {
	part := fmt.Sprintf(`{"total":100,"covered":%d,"skipped":0,"pct":%d}`, percent, percent)
	return fmt.Sprintf(`{"total":{"lines":%s,"statements":%s,"functions":%s,"branches":%s}}`, part, part, part, part)
}

// newWorld makes a world in which the controller has just started a build. The script is the agent; $1 is the task.
func newWorld(t *testing.T, script string, change ...func(map[string]string)) *world {
	t.Helper()
	u := newUser(t)
	w := &world{t: t, objects: &bucket{objects: map[string]string{}}, log: &lockedBuffer{}, user: uidOf(t, u), home: u.HomeDir, dir: filepath.Join(openTemp(t), "build")}
	content := files()
	for _, c := range change {
		c(content)
	}
	w.gitDir = t.TempDir()
	server, err := githubemulator.New(githubemulator.Options{Dir: w.gitDir})
	must(t, err)
	web := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if w.front == nil || !w.front(rw, r) {
			server.ServeHTTP(rw, r)
		}
	}))
	t.Cleanup(web.Close)
	server.SetURL(web.URL)
	server.AddToken(token, "worker-bot", githubemulator.AllRights())
	must(t, server.CreateRepository(repository, "main", githubemulator.Text(map[string]string{"README.md": "# shop\n"})))
	must(t, server.CreateBranch(repository, branch, ""))
	_, err = server.PushFiles(repository, branch, githubemulator.Text(content), "Write the spec")
	must(t, err)
	pr, err := server.OpenPullRequest(githubemulator.NewPullRequest{Repository: repository, Title: "The cart", Head: branch, Base: "main", Author: "ann"})
	must(t, err)
	w.github, w.pull = server, pr.Number
	w.options = w.newOptions(script)
	w.options.AgentUser = u.Username
	return w
}

func (w *world) newOptions(script string) worker.Options {
	w.t.Helper()
	redactor := redact.New(redact.Options{})
	log, err := logging.New(redact.NewLineWriter(w.log, redactor), "debug")
	must(w.t, err)
	api, err := githubapi.New(githubapi.Options{
		APIURL: w.github.APIURL(), AllowedEndpoints: []string{w.github.URL()}, Credentials: githubapi.Static(githubapi.Credentials{Token: token}),
	})
	must(w.t, err)
	executable, err := os.Executable()
	must(w.t, err)
	head, _ := w.github.BranchHead(repository, branch)
	p := contract.Parameters{
		Environment: "test", BranchName: branch, SpecPath: specPath, CoverageThreshold: 80, LocksTableName: "locks",
		SlotKey: contract.SlotKey(project, 0), BranchKey: contract.BranchKey("github.test", 1, "refs/heads/"+branch),
		CardKey: contract.CardKey("github", "PVTI_1"), Trigger: time.UnixMilli(1_700_000_000_000).UTC(), LeaseDuration: time.Hour,
		WorkItem: "shop/cart", Repository: repository, PullRequest: int64(w.pull), Commit: head, Attempt: 1, CorrelationID: "c0ffee",
		Frozen: contract.Frozen{Bucket: "artifacts", AgentSecretARN: "arn:secret", BuildTimeout: contract.Duration(time.Hour), Settings: contract.Settings{
			TestCommand: "sh test.sh", TestResults: []string{"results.json"}, AgentPreset: preset.Command,
			AgentCommand: []string{"sh", "-c", script, "agent", "{{.TaskID}}"}, TaskTimeout: contract.Duration(time.Minute),
			RetryAgentTask: contract.Retry{Tries: 1, Base: contract.Duration(time.Millisecond), Factor: 1, Cap: contract.Duration(time.Millisecond)},
		}},
	}
	buildLog := w.dir + ".log"
	must(w.t, os.WriteFile(buildLog, []byte("the log so far\n"), 0o600))
	return worker.Options{
		Parameters: p,
		Build:      worker.Build{ARN: "arn:aws:codebuild:eu-central-1:111122223333:build/kiro:b-1", UUID: "b-1", StartedAt: time.Now(), SourceDir: w.t.TempDir()},
		Ports:      worker.Ports{Forge: forgegithub.New(api), Remote: remote{api}, Artifacts: w.objects, Secrets: secret{}},
		Dir:        w.dir, Environ: os.Environ(), Executable: executable, Version: "test", BuildLog: buildLog,
		Redactor: redactor, Log: log, Clock: clock.RealClock{}, Random: func() float64 { return 0 },
	}
}

// acquire acquires the lock as the controller does, with what the options say of the environment, and leaves the options
// with what the build's variables say.
func (w *world) acquire() {
	w.t.Helper()
	p := &w.options.Parameters
	parameters, sha256, err := p.Encode()
	must(w.t, err)
	emulator := dynamodbemulator.New(dynamodbemulator.Options{})
	w.rows = emulator
	must(w.t, emulator.CreateLockTable("locks"))
	server := httptest.NewServer(emulator)
	w.t.Cleanup(server.Close)
	clients := awsapi.New(awsapi.Options{AllowedEndpoints: []string{server.URL}, Credentials: credentials.NewStaticCredentialsProvider("AKID", "SECRET", "")})
	api, err := clients.DynamoDB(w.t.Context(), awsapi.Target{Region: "eu-central-1", EndpointURL: server.URL})
	must(w.t, err)
	locks := dynamodb.New(api, "locks")
	now := time.Now()
	l, err := locks.Acquire(w.t.Context(), lock.Request{
		LockID: contract.LockID("uid", 1), WorkItemID: "cluster/shop/cart", Holder: "uid", Attempt: 1, ProjectARN: project,
		SlotKey: p.SlotKey, BranchKey: p.BranchKey, CardKey: p.CardKey, Parameters: parameters, Trigger: p.Trigger, ExpiresAt: now.Add(time.Hour), Now: now,
	})
	must(w.t, err)
	p.LockID, p.Fence, p.ParametersSHA256, p.Frozen = l.LockID, l.Fence, sha256, contract.Frozen{}
	w.options.Ports.Lock = locks
}

// build runs the phases as CodeBuild runs the buildspec, and returns metadata.json.
func (w *world) build() string {
	w.t.Helper()
	w.acquire()
	ok := worker.Run(w.t.Context(), w.options, worker.PhasePreBuild) == worker.ExitOK
	worker.Run(w.t.Context(), w.options, worker.PhaseFinally)
	if ok {
		for _, phase := range []worker.Phase{worker.PhaseBuild, worker.PhasePostBuild, worker.PhaseFinally} {
			worker.Run(w.t.Context(), w.options, phase)
		}
	}
	metadata := w.artifact("metadata.json")
	if !strings.Contains(metadata, `"separation": "on: user `) {
		w.t.Fatalf("the agent did not run as another user, so nothing is shown:\n%s\n%s", metadata, w.log)
	}
	return metadata
}

// succeed runs a build that has to end well.
func (w *world) succeed() {
	w.t.Helper()
	if metadata := w.build(); !strings.Contains(metadata, `"outcome": "Succeeded"`) {
		w.t.Fatalf("the build did not end well:\n%s\n%s\n%s", metadata, w.log, w.artifact("logs/kiro-cli.log"))
	}
}

func (w *world) artifact(name string) string {
	w.objects.mu.Lock()
	defer w.objects.mu.Unlock()
	return w.objects.objects["artifacts/test/b-1/"+name]
}

// body is the pull request's text.
func (w *world) body() string {
	w.t.Helper()
	pr, err := w.github.PullRequest(repository, w.pull)
	must(w.t, err)
	return pr.Body
}

// file is a file of the branch on the server, empty if there is none.
func (w *world) file(name string) string {
	text, _ := w.github.File(repository, branch, name)
	return string(text)
}

// outside is a file that only root may write, in a directory of root's own, and holds what it must hold afterwards.
func outside(t *testing.T, mode os.FileMode) string {
	t.Helper()
	name := filepath.Join(openTemp(t), "roots-own")
	must(t, os.WriteFile(name, []byte("untouched\n"), mode))
	return name
}

func untouched(t *testing.T, name string) {
	t.Helper()
	if text, err := os.ReadFile(name); err != nil || string(text) != "untouched\n" {
		t.Errorf("root wrote into its own file for somebody else: %q, %v", text, err)
	}
}

type remote struct{ api *githubapi.Client }

func (r remote) Address(repository string) string { return r.api.WebURL() + "/" + repository + ".git" }

func (r remote) Credentials(ctx context.Context) (user, token string, err error) {
	token, err = r.api.GitToken(ctx)
	return githubapi.GitUser, token, err
}

type secret struct{}

func (secret) Read(context.Context, string) (string, error) { return agentKey, nil }

type bucket struct {
	mu      sync.Mutex
	objects map[string]string
}

func (b *bucket) Put(_ context.Context, name string, o artifacts.Object) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	text, err := io.ReadAll(o.Body)
	b.objects[name+"/"+o.Key] = string(text)
	return err
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
