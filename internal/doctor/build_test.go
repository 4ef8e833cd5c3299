// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/cloud"
	"github.com/kiro-worker/kiro-worker/internal/lock/dynamodb"
)

// looks has the project's builds report lines, as the worker does.
func (w *world) looks(lines ...contract.LookLine) {
	w.builds(func(ctx context.Context, b codebuild.Running) error {
		look, err := contract.ParseLook(b.Env[contract.EnvLook])
		if err != nil {
			return err
		}
		w.looked = look
		text, err := json.Marshal(contract.LookReport{Version: "v1", Lines: lines})
		if err != nil {
			return err
		}
		table := dynamodb.New(cloud.API(w.t, w.cloud, (*awsapi.Clients).DynamoDB), look.LocksTableName)
		if err := table.WriteNote(ctx, contract.LookKey(look.ID), string(text), time.Now().Add(time.Hour)); err != nil {
			return err
		}
		for _, l := range lines {
			if !l.OK {
				return errors.New("a check failed")
			}
		}
		return nil
	})
}

func (w *world) builds(run func(context.Context, codebuild.Running) error) {
	w.t.Helper()
	w.must(w.cloud.CodeBuild.PutProject(codebuild.Project{Name: "builds", Run: run}))
}

// build has the doctor look at the environment through a build.
func (w *world) build(ctx context.Context, repositories ...string) (failed int, lines []Line) {
	w.t.Helper()
	w.create()
	return w.ask(func(d *Doctor, _ context.Context) int {
		d.options.Poll = time.Millisecond
		key := client.ObjectKeyFromObject(w.environment)
		if w.missing {
			key.Name = "gone"
		}
		return d.Build(ctx, key, repositories)
	})
}

func good(check string) contract.LookLine {
	return contract.LookLine{OK: true, Check: check, Message: "good"}
}

// TestBuild: what the build has found is said line by line, and the build is told what to look at.
func TestBuild(t *testing.T) {
	w := newWorld(t)
	w.looks(good("token"), contract.LookLine{Check: "push", Message: "the token for git may not push: give it write access"}, good("bucket"))
	failed, lines := w.build(t.Context())
	all := printed(lines)
	if failed != 1 || !strings.Contains(all, "give it write access") || !strings.Contains(all, "worker v1") {
		t.Errorf("%d checks failed:\n%s", failed, all)
	}
	c := w.environment.Spec.Credentials
	if got := w.looked; got.GitHubTokenSecretARN != c.GitHubTokenSecretARN || got.AgentSecretARN != c.AgentSecretARN || got.Bucket != "artifacts" ||
		strings.Join(got.Repositories, ",") != "acme/app" {
		t.Errorf("it looked at %+v", got)
	}
	for _, call := range []string{"GetSecretValue", "PutObject"} {
		if n := w.faults.Calls("", call); n != 0 {
			t.Errorf("the doctor itself called %s %d times: that is the build's to do", call, n)
		}
	}
}

func TestBuildTrouble(t *testing.T) {
	cases := map[string]struct {
		plant        func(w *world)
		repositories []string
		check        string
		says         []string
	}{
		"the environment is gone": {func(w *world) { w.missing = true }, nil, "environment", []string{"no WorkEnvironment", "NAMESPACE/NAME"}},
		"the repository is none":  {func(w *world) { w.looks() }, []string{"https://github.com/acme/app"}, "start", []string{"OWNER/NAME"}},
		"the role may not start builds": {func(w *world) {
			w.looks()
			w.deny("codebuild", "StartBuild", "AccessDeniedException")
		}, nil, "start", []string{"grant the action"}},
		"the project is gone": {func(w *world) { w.cloud.CodeBuild.DeleteProject("builds") }, nil, "start", []string{"builds"}},
		"the build leaves no report": {func(w *world) {
			w.builds(func(context.Context, codebuild.Running) error { return errors.New("kiro-worker: not found") })
		}, nil, "build", []string{"FAILED", "left no report", "dynamodb:UpdateItem", "older than this version"}},
		"the report is none": {func(w *world) {
			w.builds(func(ctx context.Context, b codebuild.Running) error {
				look, _ := contract.ParseLook(b.Env[contract.EnvLook])
				table := dynamodb.New(cloud.API(w.t, w.cloud, (*awsapi.Clients).DynamoDB), look.LocksTableName)
				return table.WriteNote(ctx, contract.LookKey(look.ID), "{", time.Now())
			})
		}, nil, "build", []string{"cannot be read"}},
		"the report never ends": {func(w *world) {
			var lines []contract.LookLine
			for i := range mostLines + 1 {
				lines = append(lines, good(fmt.Sprint(i)))
			}
			w.looks(lines...)
		}, nil, "build", []string{"cannot be read"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			tc.plant(w)
			failed, lines := w.build(t.Context(), tc.repositories...)
			var bad []Line
			for _, l := range lines {
				if l.State == Failed {
					bad = append(bad, l)
				}
			}
			if failed != 1 || len(bad) != 1 || bad[0].Check != tc.check {
				t.Fatalf("%d checks failed, want %s:\n%s", failed, tc.check, printed(lines))
			}
			for _, text := range tc.says {
				if !strings.Contains(bad[0].Message, text) {
					t.Errorf("the line does not say %q:\n%s", text, printed(bad))
				}
			}
		})
	}
}

// TestBuildThatHangs: a build that nobody waits for any more is stopped.
func TestBuildThatHangs(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	w.builds(func(inner context.Context, _ codebuild.Running) error {
		for w.faults.Calls("codebuild", "BatchGetBuilds") == 0 && inner.Err() == nil {
			time.Sleep(time.Millisecond)
		}
		cancel()
		<-inner.Done()
		return inner.Err()
	})
	if failed, lines := w.build(ctx); failed == 0 || !strings.Contains(printed(lines), "is stopped") {
		t.Errorf("%d checks failed:\n%s", failed, printed(lines))
	}
	if n := w.faults.Calls("codebuild", "StopBuild"); n != 1 {
		t.Errorf("StopBuild was called %d times", n)
	}
}
