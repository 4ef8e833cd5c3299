// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/yaml"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// TestAllGood: where everything is as it should be, every line is ok and says what was looked at.
func TestAllGood(t *testing.T) {
	w := newWorld(t)
	failed, lines := w.run()
	if failed != 0 {
		t.Errorf("%d checks failed:\n%s", failed, printed(lines))
	}
	var checks []string
	for _, l := range lines {
		checks = append(checks, l.Check)
		if l.Message == "" {
			t.Errorf("the line %s says nothing", l.Check)
		}
	}
	want := []string{
		"API server", "clock", "rights", "kinds", "objects", "installation",
		"role", "clock", "lock table", "project", "bucket", "secret", "secret", "topic", "queue", "dead letters",
		"environment", "board", "repository", "rate limit",
	}
	if diff := cmp.Diff(want, checks); diff != "" {
		t.Errorf("checks (-want +got):\n%s", diff)
	}
	if n := w.faults.Calls("secretsmanager", "GetSecretValue"); n != 0 {
		t.Errorf("%d secrets were read; they are the build's", n)
	}
	for _, call := range []string{"Publish", "SendMessage", "PutObject", "TransactWriteItems", "StartBuild"} {
		for _, service := range []string{"sns", "sqs", "s3", "dynamodb", "codebuild"} {
			if n := w.faults.Calls(service, call); n != 0 {
				t.Errorf("%s was called: a doctor changes nothing", call)
			}
		}
	}
}

// TestPlantedFaults: each has its line, which says what to do.
func TestPlantedFaults(t *testing.T) {
	cases := map[string]struct {
		plant func(w *world)
		fails string   // kind and check of the lines that fail
		says  []string // in the first of them
	}{
		"the API server is gone": {
			func(w *world) { w.config.Host = "https://127.0.0.1:1" }, "cluster/API server", []string{"is not reached", "network policy"},
		},
		"a proxy answers for the API server": {func(w *world) {
			server := httptest.NewServer(http.NotFoundHandler())
			t.Cleanup(server.Close)
			w.config = &rest.Config{Host: server.URL}
		}, "cluster/API server", []string{"is no API server", "check the address"}},
		"the credentials are refused": {func(w *world) {
			w.config.TLSClientConfig.CertData, w.config.TLSClientConfig.KeyData = nil, nil
			w.config.BearerToken = "wrong"
		}, "cluster/API server", []string{"refuses the credentials"}},
		"this machine's clock is wrong": {
			func(w *world) { w.clock.SetTime(time.Now().Add(-10 * time.Minute)) }, "cluster/clock", []string{"ahead of this one", "NTP"},
		},
		"the manager has no rights": {func(w *world) { w.impersonate("nobody") }, "cluster/rights, cluster/objects", []string{
			"may not list workenvironments.kiro-worker.io", "rbac.create",
		}},
		"the CRDs are missing": {func(w *world) {
			w.client = interceptor.NewClient(w.client, interceptor.Funcs{
				List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
					return &meta.NoKindMatchError{}
				},
			})
		}, "cluster/objects", []string{"install the CRDs"}},
		"another installation works here": {func(w *world) {
			w.environment.Claim("other/kiro-worker-manager", w.clock.Now())
		}, "cluster/installation", []string{"other/kiro-worker-manager", "uninstall one of the two"}},
		"the role trusts another external id": {
			func(w *world) { w.cloud.AWS.Trust(role, "staging/"+w.namespace) }, "environment/role", []string{"cannot be assumed", "external id"},
		},
		"the template of the agent's prompt is not there": {func(w *world) {
			w.environment.Spec.Agent.Prompt = &v1alpha1.AgentPrompt{ConfigMapKeyRef: &v1alpha1.ConfigMapKey{Name: "prompts", Key: "task.md"}}
		}, "environment/prompt", []string{"ConfigMap prompts", "prompts.configMaps"}},
		"the template of the agent's prompt has an unknown placeholder": {func(w *world) {
			w.must(w.client.Create(t.Context(), &corev1.ConfigMap{
				ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "prompts"}, Data: map[string]string{"task.md": "{{.TaskID}} {{.Sectret}}"},
			}))
			w.environment.Spec.Agent.Prompt = &v1alpha1.AgentPrompt{ConfigMapKeyRef: &v1alpha1.ConfigMapKey{Name: "prompts", Key: "task.md"}}
		}, "environment/prompt", []string{"unknown placeholder {{.Sectret}}"}},
		"the role does not exist": {func(w *world) {
			w.environment.Spec.AWS.RoleARN = "arn:aws:iam::000000000000:role/gone"
		}, "environment/role", []string{"role/gone cannot be assumed"}},
		"another namespace's external id": {func(w *world) {
			w.environment.Spec.AWS.ExternalID = cluster + "/other"
		}, "environment/role", []string{"is not this namespace's"}},
		"the manager's own key is unknown": {func(w *world) { t.Setenv("AWS_ACCESS_KEY_ID", "AKIAUNKNOWN") }, "environment/role", []string{"AWS refused the credentials"}},
		"AWS is not reached":               {func(w *world) { w.environment.Spec.AWS.EndpointURL = w.nobody() }, "environment/role", []string{"refused"}},
		"the endpoint is not allowed": {func(w *world) {
			w.environment.Spec.AWS.EndpointURL = "http://127.0.0.1:1"
		}, "environment/role", []string{"--allowed-endpoints"}},
		"AWS's clock differs": {func(w *world) { w.awsDate = time.Now().Add(7 * time.Minute) }, "environment/clock", []string{"the clock of AWS", "NTP"}},
		"the table is gone":   {func(w *world) { w.environment.Spec.Lock.TableName = "gone" }, "environment/lock table", []string{"does not exist", "create it"}},
		"the table's rows would be lost": {func(w *world) {
			w.must(w.cloud.DynamoDB.CreateTable("lossy", "lockKey", "expiresAt"))
			w.environment.Spec.Lock.TableName = "lossy"
		}, "environment/lock table", []string{"would delete the rows of running builds"}},
		"the table has another key": {func(w *world) {
			w.must(w.cloud.DynamoDB.CreateTable("other", "id", "deleteAt"))
			w.environment.Spec.Lock.TableName = "other"
		}, "environment/lock table", []string{"another key"}},
		"the project is gone": {func(w *world) { w.cloud.CodeBuild.DeleteProject("builds") }, "environment/project", []string{"builds"}},
		"the project runs fewer builds": {func(w *world) {
			w.must(w.cloud.CodeBuild.PutProject(codebuild.Project{Name: "builds", Buildspec: "version: 0.2\n", ConcurrentBuildLimit: 1}))
			w.environment.Spec.Concurrency = ptr.To[int32](2)
		}, "environment/project", []string{"raise the one or lower the other"}},
		"the bucket is gone":        {func(w *world) { w.environment.Spec.Artifacts.Bucket = "gone" }, "environment/bucket", []string{"gone"}},
		"the build's token is gone": {func(w *world) { w.environment.Spec.Credentials.GitHubTokenSecretARN += "x" }, "environment/secret", []string{"does not exist: create it"}},
		"a secret of the tests is gone": {func(w *world) {
			w.environment.Spec.Gates.SecretEnv = []v1alpha1.SecretVariable{{Name: "NPM_TOKEN", SecretARN: w.environment.Spec.Credentials.AgentSecretARN[:len(w.environment.Spec.Credentials.AgentSecretARN)-12] + "npm-AbCdEf"}}
		}, "environment/secret", []string{"spec.gates.secretEnv"}},
		"the agent's key is deleted":      {func(w *world) { w.cloud.SecretsManager.Delete("agent") }, "environment/secret", []string{"marked for deletion: restore it"}},
		"the role may not see the table":  {func(w *world) { w.deny("dynamodb", "DescribeTable", "AccessDeniedException") }, "environment/lock table", []string{"grant the action"}},
		"the topic is gone":               {func(w *world) { w.environment.Spec.Notifications[0].TopicARN += "x" }, "environment/topic", []string{"does not exist", "spec.notifications"}},
		"the queue is gone":               {func(w *world) { w.environment.Spec.Notifications[1].QueueURL += "x" }, "environment/queue", []string{"does not exist", "spec.notifications"}},
		"the dead letters' queue is gone": {func(w *world) { w.environment.Spec.DeadLetterQueueURL += "x" }, "environment/dead letters", []string{"does not exist", "deadLetterQueueURL"}},
		"the environment is gone":         {func(w *world) { w.source.Spec.EnvironmentRef.Name = "gone" }, "source/environment", []string{"create it, or correct spec.environmentRef"}},
		"the Secret is missing":           {func(w *world) { w.source.Spec.GitHub.Credentials.SecretRef.Name = "gone" }, "source/board", []string{"does not exist", "create it with the key"}},
		"the Secret is malformed":         {func(w *world) { w.secret.Data = map[string][]byte{"tokn": []byte("x")} }, "source/board", []string{"the Secret github"}},
		"the token is revoked":            {func(w *world) { w.cloud.GitHub.RevokeToken(token) }, "source/board", []string{"credentials"}},
		"GitHub is not reached":           {func(w *world) { w.source.Spec.GitHub.APIURL = w.nobody() + "/api/v3" }, "source/board", []string{"refused"}},
		"there is no such board":          {func(w *world) { w.source.Spec.GitHub.ProjectNumber = 99 }, "source/board", []string{"correct owner and projectNumber"}},
		"the status field was renamed":    {func(w *world) { w.source.Spec.GitHub.StatusField = "State" }, "source/board", []string{"no single-select field", "set statusField"}},
		"the ready status was renamed":    {func(w *world) { w.must(w.cloud.GitHub.RenameOption(w.projectID, "Ready", "Go")) }, "source/board", []string{"no option \"Ready\""}},
		"a status of write-back is missing": {func(w *world) {
			w.source.Spec.WriteBack = &v1alpha1.WriteBack{Started: "Doing"}
		}, "source/board", []string{`no option "Doing"`, "spec.writeBack"}},
		"the repository cannot be seen": {func(w *world) { w.source.Spec.GitHub.Repositories = []string{"acme/gone"} }, "source/repository", []string{"spec.github.repositories"}},
		"the token may only read": {func(w *world) {
			rights := github.AllRights()
			rights.Contents = github.Read
			w.cloud.GitHub.AddToken(token, "bot", rights)
		}, "source/repository", []string{"may only read repository acme/app"}},
		"the rate limit is used up": {func(w *world) { w.cloud.GitHub.SpendRateLimit(token, 20) }, "source/rate limit", []string{"of 5000 left", "poll less often"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			tc.plant(w)
			failed, lines := w.run()
			var bad []Line
			var checks []string
			for _, l := range lines {
				if l.State == Failed {
					kind, _, _ := strings.Cut(l.Subject, " ")
					bad, checks = append(bad, l), append(checks, kind+"/"+l.Check)
				}
			}
			if got := strings.Join(checks, ", "); got != tc.fails || failed != len(bad) {
				t.Fatalf("%d checks failed: %s; want %s:\n%s", failed, got, tc.fails, printed(lines))
			}
			for _, text := range tc.says {
				if !strings.Contains(bad[0].Message, text) {
					t.Errorf("the line does not say %q:\n%s", text, printed(bad))
				}
			}
		})
	}
}

// TestRightsAreTheRoles: what the doctor asks for is what the controllers' markers grant.
func TestRightsAreTheRoles(t *testing.T) {
	content, err := os.ReadFile("../../config/rbac/role.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var r rbacv1.ClusterRole
	if err := yaml.Unmarshal(content, &r); err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, rule := range r.Rules {
		for _, group := range rule.APIGroups {
			for _, name := range rule.Resources {
				for _, verb := range rule.Verbs {
					if resource, subresource, _ := strings.Cut(name, "/"); resource != "secrets" && resource != "configmaps" {
						want = append(want, right{verb, group, resource, subresource}.String())
					}
				}
			}
		}
	}
	for _, right := range rightsOfManager() {
		got = append(got, right.String())
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("rights (-role +doctor):\n%s", diff)
	}
}

func printed(lines []Line) string {
	var out bytes.Buffer
	for _, l := range lines {
		Print(&out, l)
	}
	return out.String()
}

// TestRunningBuilds: whoever uninstalls is told which builds run.
func TestRunningBuilds(t *testing.T) {
	w := newWorld(t)
	if failed, lines := w.running(); failed != 0 || len(lines) != 1 {
		t.Errorf("without items, %d builds run:\n%s", failed, printed(lines))
	}
	item := &v1alpha1.WorkItem{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "card"},
		Spec:       v1alpha1.WorkItemSpec{EnvironmentRef: v1alpha1.LocalObjectReference{Name: "staging"}, Repository: "acme/app", Branch: "feature/a"},
	}
	w.must(w.client.Create(t.Context(), item))
	item.Status.Phase = v1alpha1.PhaseRunning
	item.Status.Attempt = &v1alpha1.Attempt{Number: 1, LockID: "lock", Trigger: metav1.Now(),
		Parameters: v1alpha1.FrozenParameters{AWS: v1alpha1.AWSAccess{Region: "eu-central-1"}}}
	w.must(w.client.Status().Update(t.Context(), item))
	failed, lines := w.running()
	if failed == 0 || !strings.Contains(printed(lines), w.namespace+"/card") || !strings.Contains(printed(lines), "--no-hooks") {
		t.Errorf("the running build is not named:\n%s", printed(lines))
	}
}

// TestDenied: a role that may not look at a secret, a topic or a queue makes its environment unusable, and each line names the
// action.
func TestDenied(t *testing.T) {
	w := newWorld(t)
	w.deny("secretsmanager", "DescribeSecret", "AccessDeniedException")
	w.deny("sns", "GetTopicAttributes", "AuthorizationError")
	w.deny("sqs", "GetQueueAttributes", "AccessDenied")
	failed, lines := w.run()
	all := printed(lines)
	if failed != 5 {
		t.Errorf("%d checks failed, want two secrets, a topic and two queues:\n%s", failed, all)
	}
	for _, action := range []string{"secretsmanager:DescribeSecret", "sns:GetTopicAttributes", "sqs:GetQueueAttributes"} {
		if !strings.Contains(all, action) {
			t.Errorf("it does not say how to have it looked at: %s:\n%s", action, all)
		}
	}
}
