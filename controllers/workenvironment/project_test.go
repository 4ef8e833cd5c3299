// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	buildemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
)

func TestClassifyProject(t *testing.T) {
	cases := []struct {
		why        string
		project    build.Project
		wantReason string
		wantWord   string
	}{
		{"a plain project fits", build.Project{Name: "p"}, v1alpha1.ReasonUsable, "can be used"},
		{"auto-retry is reported, and the project stays usable", build.Project{Name: "p", AutoRetryLimit: 2}, v1alpha1.ReasonInvalidConfiguration, "auto-retry is on (limit 2)"},
		{"a limit below the concurrency is reported", build.Project{Name: "p", ConcurrentBuildLimit: 2}, v1alpha1.ReasonInvalidConfiguration, "limit of 2"},
		{"a limit that is enough is not reported", build.Project{Name: "p", ConcurrentBuildLimit: 3}, v1alpha1.ReasonUsable, "can be used"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			reason, message := classifyProject(c.project, 3)
			if reason != c.wantReason || !strings.Contains(message, c.wantWord) {
				t.Errorf("got %s: %s", reason, message)
			}
		})
	}
}

func TestReservedNamesAreTheContracts(t *testing.T) {
	full := contract.Parameters{
		Environment: "test", BranchName: "b", SpecPath: "s", LocksTableName: "t", GitHubTokenSecretARN: "arn", SlotKey: "s", BranchKey: "b",
		CardKey: "c", LockID: "l", WorkItem: "w", Repository: "r", Commit: "c", LockRegion: "r", CorrelationID: "c",
		ParametersSHA256: "h",
	}
	for _, v := range full.Variables() {
		refused := len(reservedNames([]v1alpha1.EnvironmentVariable{{Name: v.Name}})) > 0
		bySchema := strings.HasPrefix(v.Name, "KIRO_WORKER_")
		if !refused && !bySchema {
			t.Errorf("an environment may set %s, and would overwrite what the build is given", v.Name)
		}
	}
	if reserved := reservedNames([]v1alpha1.EnvironmentVariable{{Name: "LOG_LEVEL"}, {Name: "NODE_ENV"}, {Name: "SPEC_PATH"}}); !cmp.Equal(reserved, []string{"SPEC_PATH"}) {
		t.Errorf("reserved names are %v", reserved)
	}
}

func TestAutoRetryIsReportedAndTheProjectStaysUsable(t *testing.T) {
	w := newWorld(t)
	must(t, w.builds.PutProject(buildemulator.Project{Name: "project", Buildspec: "version: 0.2\n", AutoRetryLimit: 2}))
	w.environment()
	w.reconcile()
	e := w.get()
	if got := condition(e, v1alpha1.ConditionProjectReady); got != "True InvalidConfiguration" || condition(e, v1alpha1.ConditionReady) != "True Usable" {
		t.Errorf("ProjectReady is %s, Ready %s", got, condition(e, v1alpha1.ConditionReady))
	}
}

func TestProjectTrouble(t *testing.T) {
	testTrouble(t, []trouble{
		{
			why:   "the CodeBuild project is gone",
			cause: func(w *world) { w.builds.DeleteProject("project") },
			kind:  v1alpha1.ConditionProjectReady, want: "False NotFound", says: "project", stalled: "True NotFound",
		},
		{
			why: "the environment sets a variable of the contract",
			change: func(e *v1alpha1.WorkEnvironment) {
				e.Spec.CodeBuild.Env = []v1alpha1.EnvironmentVariable{{Name: "BRANCH_NAME", Value: "main"}}
			},
			kind: v1alpha1.ConditionProjectReady, want: "False InvalidConfiguration", says: "BRANCH_NAME", stalled: "True InvalidConfiguration",
		},
		{
			why: "what the environment says to its builds is longer than a lock's row may hold",
			change: func(e *v1alpha1.WorkEnvironment) {
				for n := range 20 {
					e.Spec.CodeBuild.Env = append(e.Spec.CodeBuild.Env, v1alpha1.EnvironmentVariable{Name: fmt.Sprintf("V%d", n), Value: strings.Repeat("x", 4096)})
				}
			},
			kind: v1alpha1.ConditionProjectReady, want: "False InvalidConfiguration", says: "spec.codeBuild.env", stalled: "True InvalidConfiguration",
		},
		{
			why: "the template of the agent's prompt is not there",
			change: func(e *v1alpha1.WorkEnvironment) {
				e.Spec.Agent.Prompt = &v1alpha1.AgentPrompt{ConfigMapKeyRef: &v1alpha1.ConfigMapKey{Name: "prompts", Key: "task.md"}}
			},
			kind: v1alpha1.ConditionProjectReady, want: "False InvalidConfiguration", says: "key task.md of ConfigMap prompts: there is no such ConfigMap", stalled: "True InvalidConfiguration",
		},
		{
			why:   "CodeBuild answers with a web page: of the project nothing is known",
			cause: breaks(buildemulator.Service, faults.Fault{NotJSON: true, Status: http.StatusOK}),
			kind:  v1alpha1.ConditionProjectReady, want: "Unknown InvalidAnswer", says: "again", stalled: "absent",
		},
	})
}
