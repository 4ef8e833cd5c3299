// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codebuild/types"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/s3"
	testcloud "github.com/kiro-worker/kiro-worker/internal/local/testenv/cloud"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/lock/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

// TestMain lets the test's own program be kiro-worker, for builds and for git.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == gitrepo.CredentialCommand {
		// os.Exit takes a second under the race detector, and git calls this often.
		syscall.Exit(int(dispatch(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)))
	}
	if os.Getenv("KIRO_WORKER_TEST_MAIN") != "" {
		main()
	}
	os.Exit(m.Run())
}

const (
	repository = "acme/shop"
	branch     = "feature/cart"
	specPath   = ".kiro/specs/feature/cart"
	token      = "ghp_0123456789abcdefghijABCDEFGHIJ012345"
	project    = "kiro"
	tableName  = "locks"
	bucketName = "artifacts"
	region     = "eu-central-1"
	account    = "111122223333"
)

// cloud is GitHub and AWS, with a project that runs the one buildspec.
type cloud struct {
	t       *testing.T
	faults  *faults.Injector
	github  *github.Server
	builds  *codebuild.Server
	bucket  *s3.Emulator
	locks   *dynamodb.Table
	api     awsapi.CodeBuild
	secret  string
	pull    int
	pidFile string
	attempt int32
	agent   string // its script
	power   string // address of the steering's source
	request lock.Request
	tap     *tap
}

func newCloud(t *testing.T, files map[string]string) *cloud {
	t.Helper()
	c := &cloud{t: t, pidFile: filepath.Join(t.TempDir(), "pid"), agent: `echo "task $1" > work-$1.txt`}
	started := testcloud.New(t, testcloud.Options{
		Region: region, Account: account, AccessKeys: []string{"AKID"}, Front: c.tapped,
		GitHub: true, Users: map[string]string{token: "bot"}, Tables: []string{tableName}, Buckets: []string{bucketName}, Builds: true,
	})
	c.faults, c.github, c.builds, c.bucket = started.Faults, started.GitHub, started.CodeBuild, started.S3
	c.secret = started.SecretsManager.Put("github", token)
	c.locks = dynamodb.New(testcloud.API(t, started, (*awsapi.Clients).DynamoDB), tableName)
	c.api = testcloud.API(t, started, (*awsapi.Clients).CodeBuild)
	c.putFiles(files)
	c.putProject(started.AWSURL)
	return c
}

func (c *cloud) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

// putFiles makes the repository, its branch with the files, and the pull request.
func (c *cloud) putFiles(files map[string]string) {
	c.must(c.github.CreateRepository(repository, "main", github.Text(map[string]string{"README.md": "x"})))
	_, err := c.github.PushFiles(repository, branch, github.Text(files), "Spec")
	c.must(err)
	pr, err := c.github.OpenPullRequest(github.NewPullRequest{Repository: repository, Title: "x", Body: "mine", Head: branch, Base: "main"})
	c.must(err)
	c.pull = pr.Number
}

// putProject makes a project whose image has kiro-worker in its PATH.
func (c *cloud) putProject(url string) {
	buildspec, err := os.ReadFile("../../config/codebuild/buildspec.yml")
	c.must(err)
	executable, err := os.Executable()
	c.must(err)
	bin := c.t.TempDir()
	script := fmt.Sprintf("#!/bin/sh\necho $$ > %s\nGORACE=atexit_sleep_ms=0 KIRO_WORKER_TEST_MAIN=1 exec %s \"$@\"\n", c.pidFile, executable)
	c.must(os.WriteFile(filepath.Join(bin, "kiro-worker"), []byte(script), 0o700))
	c.must(c.builds.PutProject(codebuild.Project{Name: project, Buildspec: string(buildspec), Env: map[string]string{
		"PATH": bin + ":" + os.Getenv("PATH"), "AWS_ENDPOINT_URL": url,
		"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "SECRETSECRETSECRET",
	}}))
}

// signal sends a signal to the worker that runs now.
func (c *cloud) signal(s syscall.Signal) {
	text, err := os.ReadFile(c.pidFile)
	if err != nil {
		c.t.Error(err)
		return
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil || pid < 2 {
		c.t.Errorf("no process to signal: %q", text)
		return
	}
	_ = syscall.Kill(pid, s)
}

// run acquires the lock, starts a build as the controller does, and waits for its end.
func (c *cloud) run() (codebuild.Build, contract.Result, lock.Row) {
	c.t.Helper()
	c.attempt++
	arn := "arn:aws:codebuild:" + region + ":" + account + ":project/" + project
	now := time.Now()
	request := lock.Request{
		LockID: contract.LockID("uid", c.attempt), WorkItemID: "a/b/c", Holder: "uid", Attempt: c.attempt, ProjectARN: arn,
		SlotKey: contract.SlotKey(arn, 0), BranchKey: contract.BranchKey("x", 1, "refs/heads/"+branch), CardKey: contract.CardKey("github", "1"),
		Trigger: now.Truncate(time.Millisecond), ExpiresAt: now.Add(time.Hour), Now: now,
	}
	quick := contract.Retry{Tries: 2, Base: contract.Duration(time.Millisecond), Factor: 1, Cap: contract.Duration(time.Millisecond)}
	frozen := contract.Frozen{
		Bucket: bucketName, GitHubAPIURL: c.github.APIURL(), BuildTimeout: contract.Duration(time.Hour),
		Settings: contract.Settings{
			TestCommand: "sh test.sh", TestResults: []string{"results.xml"}, AgentPreset: "command",
			AgentCommand:   []string{"sh", "-c", c.agent, "agent", "{{.TaskID}}"},
			SteeringSource: c.power,
			RetryGit:       quick, RetryGitHub: quick, RetryS3: quick, RetryDynamoDB: quick, RetryAgentTask: contract.Retry{Tries: 1},
		},
	}
	parameters, sha256, err := frozen.Encode()
	c.must(err)
	request.Parameters = parameters
	c.request = request
	l, err := c.locks.Acquire(c.t.Context(), request)
	c.must(err)
	head, _ := c.github.BranchHead(repository, branch)
	variables := contract.Parameters{
		Environment: "test", BranchName: branch, SpecPath: specPath, CoverageThreshold: 80, LocksTableName: tableName, GitHubTokenSecretARN: c.secret,
		SlotKey: l.SlotKey, BranchKey: l.BranchKey, CardKey: l.CardKey, LockID: l.LockID, Fence: l.Fence, Trigger: request.Trigger, LastAttempt: true,
		LeaseDuration: time.Hour, WorkItem: "b/c", Attempt: c.attempt, Repository: repository, PullRequest: int64(c.pull), Commit: head,
		CorrelationID: "c0ffee", ParametersSHA256: sha256,
	}.Variables()
	var env []types.EnvironmentVariable
	for _, v := range variables {
		env = append(env, types.EnvironmentVariable{Name: &v.Name, Value: &v.Value, Type: types.EnvironmentVariableTypePlaintext})
	}
	started, err := c.api.StartBuild(c.t.Context(), &sdk.StartBuildInput{ProjectName: new(project), EnvironmentVariablesOverride: env})
	c.must(err)
	ctx, cancel := context.WithTimeout(c.t.Context(), 3*time.Minute)
	defer cancel()
	build, err := c.builds.WaitFor(ctx, *started.Build.Id, func(b codebuild.Build) bool { return b.Status != "IN_PROGRESS" })
	c.must(err)
	rows, err := c.locks.Rows(c.t.Context(), []string{l.BranchKey})
	c.must(err)
	row := rows[l.BranchKey]
	var result contract.Result
	if row.Result != "" {
		result, err = contract.ParseResult(row.Result)
		c.must(err)
	}
	return build, result, row
}

func (c *cloud) log(b codebuild.Build) string {
	text, _ := c.builds.Log(b.ID)
	return text
}

func (c *cloud) body() string {
	pr, err := c.github.PullRequest(repository, c.pull)
	c.must(err)
	return pr.Body
}

// sample is a repository whose tests write JUnit XML and Istanbul's summary.
func sample() map[string]string {
	return map[string]string{
		".gitignore": "coverage/\nresults.xml\n", specPath + "/requirements.md": "r", specPath + "/design.md": "d",
		specPath + "/tasks.md": "- [ ] 1. One\n- [ ] 2. Two\n",
		"test.sh": `mkdir -p coverage
echo '<testsuites><testsuite name="s" tests="1" failures="0"><testcase name="adds" classname="cart"/></testsuite></testsuites>' > results.xml
p='{"total":10,"covered":9,"skipped":0,"pct":90}'
echo "{\"total\":{\"lines\":$p,\"statements\":$p,\"functions\":$p,\"branches\":$p}}" > coverage/coverage-summary.json
`,
	}
}

func TestBuildEndToEnd(t *testing.T) {
	c := newCloud(t, sample())
	build, result, row := c.run()
	if build.Status != "SUCCEEDED" || row.Status != contract.StatusComplete || !result.Succeeded() {
		t.Fatalf("%s, %s, %+v\n%s", build.Status, row.Status, result, c.log(build))
	}
	if !strings.Contains(c.body(), "2 of 2 done") || !strings.HasPrefix(c.body(), "mine") {
		t.Errorf("the pull request:\n%s", c.body())
	}
	prefix := "test/" + strings.TrimPrefix(build.ID, project+":") + "/"
	if got := c.bucket.Keys(bucketName, prefix); len(got) != 6 {
		t.Errorf("artifacts: %v", got)
	}
	for _, text := range []string{token, "SECRETSECRETSECRET"} {
		if strings.Contains(c.log(build), text) {
			t.Error("the build's log shows a secret")
		}
	}
	if report, err := filepath.Glob(filepath.Join(build.Dir, "src", "kiro-reports", "junit", "*.xml")); err != nil || len(report) != 1 {
		t.Errorf("CodeBuild finds no test report: %v %v", report, err)
	}
}

func TestFailedPreBuildIsReported(t *testing.T) {
	files := sample()
	delete(files, specPath+"/design.md")
	c := newCloud(t, files)
	build, result, row := c.run()
	if build.Status != "FAILED" || row.Status != contract.StatusFailed || result.Outcome != contract.OutcomeValidationFailed {
		t.Fatalf("%s, %s, %+v\n%s", build.Status, row.Status, result, c.log(build))
	}
	if !strings.Contains(c.body(), "design.md is missing") || len(c.bucket.Keys(bucketName, "")) != 6 {
		t.Errorf("CodeBuild skips everything after a failed PRE_BUILD; the finally must report it:\n%s", c.body())
	}
}
