// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package v1alpha1_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv"
)

func newItem(name, branch string) *v1alpha1.WorkItem {
	return &v1alpha1.WorkItem{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "default"},
		Spec: v1alpha1.WorkItemSpec{
			EnvironmentRef: v1alpha1.LocalObjectReference{Name: "test"}, Repository: "acme/shop", Branch: branch,
		},
	}
}

func mustCreate(t *testing.T, o client.Object) {
	t.Helper()
	cluster := testenv.Client(t)
	if err := cluster.Create(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cluster.Delete(context.Background(), o) })
}

// attempt is one as the start step writes it.
func attempt() *v1alpha1.Attempt {
	return &v1alpha1.Attempt{
		Number: 1, LockID: "abc", Fence: 1, Trigger: metav1.NewTime(time.Unix(1, 0)), IntentTime: ptr.To(metav1.NewMicroTime(time.Unix(2, 0))),
		Parameters: v1alpha1.FrozenParameters{AWS: v1alpha1.AWSAccess{Region: "eu-central-1"}},
	}
}

func TestIdentityIsFrozenByAnAttempt(t *testing.T) {
	cases := map[string]struct {
		change func(*v1alpha1.WorkItemSpec)
		field  string // refused, with this field named; empty is taken
	}{
		"Repository":        {change: func(s *v1alpha1.WorkItemSpec) { s.Repository = "acme/other" }, field: "spec.repository"},
		"Branch":            {change: func(s *v1alpha1.WorkItemSpec) { s.Branch = "other" }, field: "spec.branch"},
		"SpecPath":          {change: func(s *v1alpha1.WorkItemSpec) { s.SpecPath = "other" }, field: "spec.specPath"},
		"SpecPathAway":      {change: func(s *v1alpha1.WorkItemSpec) { s.SpecPath = "" }, field: "spec.specPath"},
		"Priority":          {change: func(s *v1alpha1.WorkItemSpec) { s.Priority = 5 }},
		"Cancel":            {change: func(s *v1alpha1.WorkItemSpec) { s.Cancel = true }},
		"TriggeredOnceMore": {change: func(s *v1alpha1.WorkItemSpec) { s.TriggeredAt = ptr.To(metav1.NewTime(time.Unix(9, 0))) }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			ctx, cluster := t.Context(), testenv.Client(t)
			item := newItem("frozen-"+strings.ToLower(name), "feature/one")
			item.Spec.SpecPath = "specs/one"
			mustCreate(t, item)

			before := item.DeepCopy()
			tc.change(&before.Spec)
			if err := cluster.Update(ctx, before); err != nil {
				t.Fatalf("before an attempt, everything may change: %v", err)
			}
			if err := cluster.Get(ctx, client.ObjectKeyFromObject(item), item); err != nil {
				t.Fatal(err)
			}
			item.Spec.Repository, item.Spec.Branch, item.Spec.SpecPath = "acme/shop", "feature/one", "specs/one"
			if err := cluster.Update(ctx, item); err != nil {
				t.Fatal(err)
			}
			item.Status.Attempt = attempt()
			if err := cluster.Status().Update(ctx, item); err != nil {
				t.Fatal(err)
			}

			tc.change(&item.Spec)
			item.Spec.Timeout = &metav1.Duration{Duration: 10 * time.Minute} // so that there is something to write in any case
			err := cluster.Update(ctx, item)
			if tc.field == "" {
				if err != nil {
					t.Errorf("refused: %v", err)
				}
				return
			}
			if !apierrors.IsInvalid(err) || !strings.Contains(err.Error(), tc.field) || !strings.Contains(err.Error(), "once an attempt exists") {
				t.Errorf("got error %v, want it refused with %s", err, tc.field)
			}
		})
	}
}

func TestDefaults(t *testing.T) {
	ctx, cluster := t.Context(), testenv.Client(t)
	source := object(t, "WorkSource")
	environment := object(t, "WorkEnvironment")
	for _, o := range []client.Object{source, environment} {
		mustCreate(t, o)
	}
	var gotSource v1alpha1.WorkSource
	if err := cluster.Get(ctx, client.ObjectKeyFromObject(source), &gotSource); err != nil {
		t.Fatal(err)
	}
	wantSource := v1alpha1.WorkSourceSpec{
		EnvironmentRef: v1alpha1.LocalObjectReference{Name: "test"},
		PollTimeout:    minutes(2),
		GitHub: v1alpha1.GitHubSource{
			Owner: "acme", ProjectNumber: 7, StatusField: "Status", ReadyStatus: "For Implementation",
			Credentials: v1alpha1.Credentials{SecretRef: &v1alpha1.SecretReference{Name: "github"}},
		},
		Branch:      v1alpha1.BranchRule{From: v1alpha1.BranchFromProjectField, Field: "Branch"},
		SpecPath:    ".kiro/specs/<branch>",
		OnWithdrawn: v1alpha1.WithdrawalCancel, TriggersPerDay: ptr.To[int32](5),
	}
	if diff := cmp.Diff(wantSource, gotSource.Spec); diff != "" {
		t.Errorf("source (-want +got):\n%s", diff)
	}

	var gotEnvironment v1alpha1.WorkEnvironment
	if err := cluster.Get(ctx, client.ObjectKeyFromObject(environment), &gotEnvironment); err != nil {
		t.Fatal(err)
	}
	wantEnvironment := v1alpha1.WorkEnvironmentSpec{
		Tier:        v1alpha1.TierTest,
		AWS:         v1alpha1.AWSAccess{Region: "eu-central-1"},
		Lock:        v1alpha1.LockTable{TableName: "locks", LeaseDuration: minutes(90)},
		CodeBuild:   v1alpha1.CodeBuildProject{ProjectName: "worker", Timeout: minutes(60), QueuedTimeout: minutes(20)},
		Concurrency: ptr.To[int32](1),
		Queueing:    v1alpha1.QueueingPriority,
		OnDelete:    v1alpha1.OnDeleteWait,
		Credentials: v1alpha1.BuildCredentials{
			GitHubTokenSecretARN: "arn:aws:secretsmanager:eu-central-1:111122223333:secret:github-AbCdEf",
		},
		Gates: v1alpha1.Gates{
			CoverageThreshold: ptr.To[v1alpha1.Percentage](80), TestCommand: "npm test", TestTimeout: minutes(15),
		},
		RepositoryFile: v1alpha1.RepositoryFileAllow,

		Agent:     v1alpha1.Agent{Preset: v1alpha1.AgentKiro, TaskTimeout: minutes(20), SilenceTimeout: minutes(10)},
		Artifacts: v1alpha1.Artifacts{Bucket: "artifacts"},
		Retention: v1alpha1.Retention{Succeeded: minutes(72 * 60), Failed: minutes(336 * 60), MadeByHand: minutes(720 * 60)},
	}
	if diff := cmp.Diff(wantEnvironment, gotEnvironment.Spec); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
}

func minutes(n int) *metav1.Duration {
	return &metav1.Duration{Duration: time.Duration(n) * time.Minute}
}

func TestSelectableFields(t *testing.T) {
	ctx, cluster := t.Context(), testenv.Client(t)
	for i, branch := range []string{"select/one", "select/two"} {
		item := newItem(fmt.Sprintf("select-%d", i), branch)
		item.Spec.EnvironmentRef.Name = fmt.Sprintf("select-env-%d", i)
		mustCreate(t, item)
		item.Status.Phase = []v1alpha1.Phase{v1alpha1.PhaseRunning, v1alpha1.PhaseCancelled}[i]
		if err := cluster.Status().Update(ctx, item); err != nil {
			t.Fatal(err)
		}
	}
	for _, selector := range []client.MatchingFields{
		{"spec.branch": "select/two"},
		{"spec.environmentRef.name": "select-env-1"},
		{"status.phase": "Cancelled"},
	} {
		var items v1alpha1.WorkItemList
		if err := cluster.List(ctx, &items, client.InNamespace("default"), selector); err != nil {
			t.Errorf("%v: %v", selector, err)
			continue
		}
		if len(items.Items) != 1 || items.Items[0].Name != "select-1" {
			t.Errorf("%v selects %d items, want select-1 alone", selector, len(items.Items))
		}
	}
	source := object(t, "WorkSource", set("select-env-9", "spec", "environmentRef", "name"))
	mustCreate(t, source)
	var sources v1alpha1.WorkSourceList
	if err := cluster.List(ctx, &sources, client.MatchingFields{"spec.environmentRef.name": "select-env-9"}); err != nil || len(sources.Items) != 1 {
		t.Errorf("selecting sources by environment: %d, %v", len(sources.Items), err)
	}
}

// TestColumns asks kubectl itself: what a person sees is the server's table.
func TestColumns(t *testing.T) {
	ctx, cluster := t.Context(), testenv.Client(t)
	item := newItem("columns", "feature/columns")
	mustCreate(t, item)
	item.Status = v1alpha1.WorkItemStatus{
		Phase:    v1alpha1.PhaseRunning,
		Summary:  v1alpha1.Summary{Title: "Columns", Stage: "agent", Coverage: "87.5%"},
		Accepted: &v1alpha1.AcceptedWork{Commit: "abc", PullRequest: 12},
		Attempt:  attempt(),
		Conditions: []metav1.Condition{{
			Type: v1alpha1.ConditionReady, Status: metav1.ConditionUnknown, Reason: v1alpha1.ReasonRunning,
			Message: "The build runs.", LastTransitionTime: metav1.Now(),
		}},
	}
	item.Status.Attempt.Build = &v1alpha1.BuildStatus{ID: "worker:1"}
	item.Status.Attempt.Progress = v1alpha1.Progress{
		Stage: "agent", Tasks: "7/12", Coverage: &v1alpha1.CoverageSummary{Lines: "87.5"},
	}
	if err := cluster.Status().Update(ctx, item); err != nil {
		t.Fatal(err)
	}
	short := testenv.Kubectl(t, "get", "workitems", "columns")
	checkTable(t, short, "NAME PHASE REASON TITLE STAGE TASKS COVERAGE BRANCH PR AGE", "columns Running Running Columns agent 7/12 87.5% feature/columns 12 <AGE>")
	wide := testenv.Kubectl(t, "get", "wi", "columns", "-o", "wide")
	checkTable(t, wide, "NAME PHASE REASON TITLE STAGE TASKS COVERAGE BRANCH PR AGE BUILD ATTEMPT MESSAGE",
		"columns Running Running Columns agent 7/12 87.5% feature/columns 12 <AGE> worker:1 1 The build runs.")
}

func checkTable(t *testing.T, table, header, row string) {
	t.Helper()
	lines := strings.Split(strings.TrimSpace(table), "\n")
	if len(lines) != 2 {
		t.Fatalf("got\n%s\nwant a header and one row", table)
	}
	if got := strings.Join(strings.Fields(lines[0]), " "); got != header {
		t.Errorf("header %q, want %q", got, header)
	}
	fields := strings.Fields(lines[1])
	if len(fields) > 9 {
		fields[9] = "<AGE>"
	}
	if got := strings.Join(fields, " "); got != row {
		t.Errorf("row %q, want %q", got, row)
	}
}

// TestManifests has kubectl itself apply what the documents say to apply.
func TestManifests(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	for _, overlay := range []string{"config/default", "config/samples"} {
		t.Cleanup(func() {
			testenv.Kubectl(t, "delete", "--wait=false", "--ignore-not-found", "-k", filepath.Join(root, "config/samples"))
		})
		out := testenv.Kubectl(t, "apply", "-k", filepath.Join(root, overlay))
		t.Logf("%s:\n%s", overlay, out)
	}
	var items v1alpha1.WorkItemList
	if err := testenv.Client(t).List(t.Context(), &items, client.MatchingFields{"spec.branch": "feature/checkout"}); err != nil || len(items.Items) != 1 {
		t.Errorf("the sample item is not there: %d, %v", len(items.Items), err)
	}
}
