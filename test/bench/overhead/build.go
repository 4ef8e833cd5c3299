// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

// build runs the phases as the buildspec does and returns what each took. The controller's part, the lock, is taken
// before.
func (w *world) build(ctx context.Context, program string) ([]phaseTime, error) {
	env, err := w.environment(ctx)
	if err != nil {
		return nil, fmt.Errorf("acquiring the lock: %w", err)
	}
	var times []phaseTime
	for _, p := range []struct{ name, phase string }{
		{"pre_build", "pre_build"}, {"pre_build_finally", "finally"},
		{"build", "build"}, {"post_build", "post_build"}, {"finally", "finally"},
	} {
		var log bytes.Buffer
		cmd := exec.CommandContext(ctx, program, "run", "--phase", p.phase, "--dir", filepath.Join(w.dir, "build"))
		cmd.Env, cmd.Stdout, cmd.Stderr = env, &log, &log
		cpu, err := cpuTime(cmd)
		if err != nil {
			return nil, fmt.Errorf("phase %s: %w\n%s", p.name, err, log.String())
		}
		times = append(times, phaseTime{name: p.name, cpu: cpu})
	}
	return times, nil
}

// environment acquires the lock and makes the variables that the controller, CodeBuild and its role give a build.
func (w *world) environment(ctx context.Context) ([]string, error) {
	project := "arn:aws:codebuild:" + region + ":" + account + ":project/" + projectName
	now := time.Now()
	request := lock.Request{
		LockID: contract.LockID("uid", 1), WorkItemID: "cluster/shop/cart", Holder: "uid", Attempt: 1, ProjectARN: project,
		SlotKey: contract.SlotKey(project, 0), BranchKey: contract.BranchKey("github.test", 1, "refs/heads/"+branch), CardKey: contract.CardKey("github", "1"),
		Trigger: now.Truncate(time.Millisecond), ExpiresAt: now.Add(time.Hour), Now: now,
	}
	parameters, sha256, err := contract.Frozen{
		Bucket: bucketName, GitHubAPIURL: w.cloud.GitHub.APIURL(), BuildTimeout: contract.Duration(time.Hour),
		Settings: contract.Settings{
			TestCommand: "sh test.sh", TestResults: []string{"results.xml"}, AgentPreset: "command",
			AgentCommand: []string{"sh", "-c", `echo "task $1" > "work-$1.txt"`, "agent", "{{.TaskID}}"},
		},
	}.Encode()
	if err != nil {
		return nil, err
	}
	request.Parameters = parameters
	l, err := w.locks.Acquire(ctx, request)
	if err != nil {
		return nil, err
	}
	head, _ := w.cloud.GitHub.BranchHead(repository, branch)
	variables := contract.Parameters{
		Environment: "test", BranchName: branch, SpecPath: specPath, CoverageThreshold: 80, LocksTableName: tableName, GitHubTokenSecretARN: w.secret,
		SlotKey: l.SlotKey, BranchKey: l.BranchKey, CardKey: l.CardKey, LockID: l.LockID, Fence: l.Fence, Trigger: request.Trigger, LastAttempt: true,
		LeaseDuration: time.Hour, WorkItem: "shop/cart", Attempt: 1, Repository: repository, PullRequest: int64(w.pull), Commit: head,
		CorrelationID: "c0ffee", ParametersSHA256: sha256,
	}.Variables()
	arn := "arn:aws:codebuild:" + region + ":" + account + ":build/" + projectName + ":b-1"
	env := []string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + w.dir, "TMPDIR=" + w.dir, "GOMAXPROCS=1",
		"AWS_ENDPOINT_URL=" + w.cloud.AWSURL, "AWS_REGION=" + region, "AWS_ACCESS_KEY_ID=" + accessKey, "AWS_SECRET_ACCESS_KEY=not-a-secret-of-anybody",
		"CODEBUILD_BUILD_ARN=" + arn, "CODEBUILD_BUILD_ID=" + projectName + ":b-1",
		"CODEBUILD_START_TIME=" + strconv.FormatInt(now.UnixMilli(), 10), "CODEBUILD_SRC_DIR=" + filepath.Join(w.dir, "src"),
	}
	for _, v := range variables {
		env = append(env, v.Name+"="+v.Value)
	}
	return env, nil
}

// stages are what the worker's metrics say of its stages; cleanup, which sends them, is not in them.
func (w *world) stages() []stageTime {
	var times []stageTime
	for _, d := range w.cloud.CloudWatch.Data() {
		if d.Name != "StageDuration" {
			continue
		}
		for _, dimension := range d.Dimensions {
			if dimension.Name == "Stage" {
				times = append(times, stageTime{name: dimension.Value, seconds: d.Value})
			}
		}
	}
	return times
}
