// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package readiness holds the controllers to saying the truth: whatever an environment or a source names and cannot reach
// makes it not ready, with what to do, and one event. The API server is real, AWS and GitHub speak their protocols.
package readiness

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workenvironment"
	"github.com/kiro-worker/kiro-worker/controllers/worksource"
	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/cloud"
	"github.com/kiro-worker/kiro-worker/internal/queue"
	"github.com/kiro-worker/kiro-worker/internal/resolver"
)

const (
	cluster  = "prod"
	account  = "000000000000"
	role     = "arn:aws:iam::000000000000:role/kiro-worker"
	token    = "ghp_test"
	topicARN = "arn:aws:sns:eu-central-1:000000000000:team"
	queueURL = "https://sqs.eu-central-1.amazonaws.com/000000000000/team"
	deadURL  = "https://sqs.eu-central-1.amazonaws.com/000000000000/dead"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// world is an installation in which everything is as it should be, until a test plants a fault.
type world struct {
	t         *testing.T
	client    client.WithWatch
	clock     *clocktesting.FakeClock
	namespace string
	faults    *faults.Injector
	cloud     *cloud.Cloud
	allowed   []string // endpoints
	projectID string
	events    []string // "kind reason", as they were recorded

	environment *v1alpha1.WorkEnvironment
	source      *v1alpha1.WorkSource
	secret      *corev1.Secret

	environments, sources reconcile.Reconciler
}

func newWorld(t *testing.T) *world {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAMANAGER")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "none")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	now := time.Now().Truncate(time.Second)
	w := &world{t: t, client: testenv.Client(t), clock: clocktesting.NewFakeClock(now)}
	w.faults = faults.New(nil, w.clock)
	w.namespace = testenv.Namespace(t, w.client)
	w.cloud = cloud.New(t, cloud.Options{
		AccessKeys: []string{"AKIAMANAGER"}, Account: account, Faults: w.faults, Clock: w.clock,
		GitHub: true, Users: map[string]string{token: "bot"}, Tables: []string{"locks"}, Buckets: []string{"artifacts"},
		Builds: true, Projects: []codebuild.Project{{Name: "builds", Buildspec: "version: 0.2\n"}},
		Topics: []string{topicARN}, Queues: []string{queueURL, deadURL},
	})
	w.cloud.AWS.Trust(role, cluster+"/"+w.namespace)
	w.allowed = []string{w.cloud.AWSURL, w.cloud.GitHubURL}
	w.must(w.cloud.GitHub.CreateRepository("acme/app", "main", github.Files{"README.md": []byte("hello\n")}))
	_, w.projectID = w.cloud.GitHub.CreateProject(github.Project{Owner: "acme", Title: "Roadmap", StatusOptions: []string{"Ready", "In Progress", "Done"}})
	w.objects()
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) objects() {
	w.environment = &v1alpha1.WorkEnvironment{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "staging"},
		Spec: v1alpha1.WorkEnvironmentSpec{
			AWS:       v1alpha1.AWSAccess{Region: "eu-central-1", RoleARN: role, EndpointURL: w.cloud.AWSURL},
			Lock:      v1alpha1.LockTable{TableName: "locks"},
			CodeBuild: v1alpha1.CodeBuildProject{ProjectName: "builds"},
			Credentials: v1alpha1.BuildCredentials{
				GitHubTokenSecretARN: w.cloud.SecretsManager.Put("github", token), AgentSecretARN: w.cloud.SecretsManager.Put("agent", "key"),
			},
			Artifacts: v1alpha1.Artifacts{Bucket: "artifacts"},
			Notifications: []v1alpha1.NotificationRule{
				{Name: "people", Type: v1alpha1.NotificationSNS, TopicARN: topicARN}, {Name: "machines", Type: v1alpha1.NotificationSQS, QueueURL: queueURL},
			},
			DeadLetterQueueURL: deadURL,
		},
	}
	w.secret = &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "github"}, Data: map[string][]byte{"token": []byte(token)},
	}
	w.source = &v1alpha1.WorkSource{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "board"},
		Spec: v1alpha1.WorkSourceSpec{
			EnvironmentRef: v1alpha1.LocalObjectReference{Name: "staging"},
			GitHub: v1alpha1.GitHubSource{
				Owner: "acme", ProjectNumber: 1, APIURL: w.cloud.GitHub.APIURL(), ReadyStatus: "Ready", Repositories: []string{"acme/app"},
				Credentials: v1alpha1.Credentials{SecretRef: &v1alpha1.SecretReference{Name: "github"}},
			},
		},
	}
}

// deny has AWS refuse an operation.
func (w *world) deny(service, operation, code string) {
	w.faults.Add(faults.Rule{Service: service, Operation: operation, Fault: faults.Fault{Status: http.StatusForbidden, Code: code, Message: "denied"}})
}

// nobody is an address that is allowed and where nobody listens.
func (w *world) nobody() string {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	w.allowed = append(w.allowed, server.URL)
	return server.URL
}

// Eventf implements the controllers' recorder.
func (w *world) Eventf(regarding, _ runtime.Object, eventType, reason, _, _ string, _ ...any) {
	kind := "environment"
	if _, ok := regarding.(*v1alpha1.WorkSource); ok {
		kind = "source"
	}
	w.events = append(w.events, kind+" "+eventType+" "+reason)
}

// noQueues: nothing waits.
type noQueues struct{}

func (noQueues) Snapshot(types.NamespacedName) (queue.Snapshot, bool) { return queue.Snapshot{}, true }

// run creates the objects, and has the controllers look at them again and again for ten minutes.
func (w *world) run() {
	w.t.Helper()
	for _, o := range []client.Object{w.environment, w.source, w.secret} {
		w.must(client.IgnoreAlreadyExists(w.client.Create(w.t.Context(), o)))
	}
	clients := resolver.New(resolver.Options{
		Secrets: w.client, Cluster: cluster, AllowedEndpoints: w.allowed, AWS: awsapi.New(awsapi.Options{AllowedEndpoints: w.allowed}), Clock: w.clock,
	})
	w.environments = workenvironment.New(workenvironment.Options{
		Client: w.client, Tables: clients, Builds: clients, Stores: clients, Secrets: clients, Notifications: clients, Queues: noQueues{},
		Clock: w.clock, Events: w, Metrics: workenvironment.NewMetrics(prometheus.NewRegistry()), Installation: "here/manager",
		Yield: func(err error) { w.t.Error(err) },
	})
	w.sources = worksource.New(worksource.Options{
		Client: w.client, Boards: clients, Clock: w.clock, Events: w, Metrics: worksource.NewMetrics(prometheus.NewRegistry()),
		Random: func() float64 { return 0 },
	})
	w.look()
}

// look lets ten minutes pass.
func (w *world) look() {
	w.t.Helper()
	for range 10 {
		for _, l := range []struct {
			reconciler reconcile.Reconciler
			object     client.Object
		}{{w.environments, w.environment}, {w.sources, w.source}} {
			if _, err := l.reconciler.Reconcile(context.Background(), ctrl.Request{NamespacedName: client.ObjectKeyFromObject(l.object)}); err != nil {
				w.t.Fatal(err)
			}
			w.must(w.client.Get(w.t.Context(), client.ObjectKeyFromObject(l.object), l.object))
		}
		w.clock.Step(time.Minute)
	}
}

// ready is an object's Ready, as "status reason", with its message.
func ready(list []metav1.Condition) (state, message string) {
	c := meta.FindStatusCondition(list, v1alpha1.ConditionReady)
	if c == nil {
		return "absent", ""
	}
	return string(c.Status) + " " + c.Reason, c.Message
}

// recorded are the events of a kind of object that are not of its being ready.
func (w *world) recorded(kind string) []string {
	var found []string
	for _, e := range w.events {
		if strings.HasPrefix(e, kind+" ") && !strings.HasSuffix(e, v1alpha1.ReasonUsable) && !strings.HasSuffix(e, v1alpha1.ReasonPolled) {
			found = append(found, strings.TrimPrefix(e, kind+" "))
		}
	}
	return found
}
