// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/cloud"
	"github.com/kiro-worker/kiro-worker/internal/preflight"
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

// world is an installation in which everything is as it should be, until a test plants a fault.
type world struct {
	looked    contract.Look // what the last build was told
	missing   bool          // another environment is asked about than there is
	t         *testing.T
	config    *rest.Config
	client    client.WithWatch
	clock     *clocktesting.FakePassiveClock
	namespace string
	faults    *faults.Injector

	cloud     *cloud.Cloud
	allowed   []string  // endpoints
	awsDate   time.Time // of AWS's answers, unless zero
	projectID string

	// They are created when the doctor runs.
	environment *v1alpha1.WorkEnvironment
	source      *v1alpha1.WorkSource
	secret      *corev1.Secret
}

func newWorld(t *testing.T) *world {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIAMANAGER")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "none")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	w := &world{t: t, config: testenv.Config(), client: testenv.Client(t), clock: clocktesting.NewFakePassiveClock(time.Now()), faults: faults.New(nil, nil)}
	w.namespace = testenv.Namespace(t, w.client)
	// The API server describes new kinds a moment after it serves them.
	for deadline := time.Now().Add(time.Minute); preflight.Kinds(t.Context(), w.config) != nil && time.Now().Before(deadline); {
		time.Sleep(50 * time.Millisecond)
	}
	w.startCloud()
	w.objects()
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) startCloud() {
	w.cloud = cloud.New(w.t, cloud.Options{
		AccessKeys: []string{"AKIAMANAGER"}, Account: account, Faults: w.faults,
		GitHub: true, Users: map[string]string{token: "bot"}, Tables: []string{"locks"}, Buckets: []string{"artifacts"},
		Builds: true, Projects: []codebuild.Project{{Name: "builds", Buildspec: "version: 0.2\n"}},
		Topics: []string{topicARN}, Queues: []string{queueURL, deadURL},
		Front: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
				if !w.awsDate.IsZero() {
					out.Header().Set("Date", w.awsDate.UTC().Format(http.TimeFormat))
				}
				next.ServeHTTP(out, r)
			})
		},
	})
	w.cloud.AWS.Trust(role, cluster+"/"+w.namespace)
	w.allowed = []string{w.cloud.AWSURL, w.cloud.GitHubURL}
	w.must(w.cloud.GitHub.CreateRepository("acme/app", "main", github.Files{"README.md": []byte("hello\n")}))
	_, w.projectID = w.cloud.GitHub.CreateProject(github.Project{Owner: "acme", Title: "Roadmap", StatusOptions: []string{"Ready", "In Progress", "Done"}})
}

// nobody is an address that is allowed and where nobody listens.
func (w *world) nobody() string {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	w.allowed = append(w.allowed, server.URL)
	return server.URL
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
			WriteBack: &v1alpha1.WriteBack{Started: "In Progress", Succeeded: "Done"},
		},
	}
}

// deny has AWS refuse an operation.
func (w *world) deny(service, operation, code string) {
	w.faults.Add(faults.Rule{Service: service, Operation: operation, Fault: faults.Fault{Status: http.StatusForbidden, Code: code, Message: "denied"}})
}

// impersonate has the doctor ask as somebody.
func (w *world) impersonate(user string) {
	w.config.Impersonate = rest.ImpersonationConfig{UserName: user, Groups: []string{"system:authenticated"}}
	c, err := client.NewWithWatch(w.config, client.Options{Scheme: w.client.Scheme()})
	w.must(err)
	w.client = c
}

// run creates the objects and has the doctor look at them.
func (w *world) run() (failed int, lines []Line) {
	w.t.Helper()
	w.create()
	return w.ask((*Doctor).Run)
}

// create creates the objects.
func (w *world) create() {
	w.t.Helper()
	admin := testenv.Client(w.t)
	status := w.environment.Status
	for _, o := range []client.Object{w.environment, w.source, w.secret} {
		w.must(admin.Create(w.t.Context(), o))
	}
	w.environment.Status = status
	w.must(admin.Status().Update(w.t.Context(), w.environment))
}

// running asks which builds run.
func (w *world) running() (failed int, lines []Line) {
	w.t.Helper()
	return w.ask((*Doctor).RunningBuilds)
}

func (w *world) ask(question func(*Doctor, context.Context) int) (failed int, lines []Line) {
	w.t.Helper()
	w.must(authorizationv1.AddToScheme(w.client.Scheme()))
	clients := resolver.New(resolver.Options{
		Secrets: w.client, Cluster: cluster,
		AllowedEndpoints: w.allowed, AWS: awsapi.New(awsapi.Options{AllowedEndpoints: w.allowed}),
	})
	d := New(Options{
		Config: w.config, Client: w.client, Environments: clients, Destinations: clients, Sources: clients,
		Namespaces: []string{w.namespace}, Installation: "kiro-worker-system/kiro-worker-manager", Clock: w.clock, Say: func(l Line) { lines = append(lines, l) },
	})
	return question(d, w.t.Context()), lines
}
