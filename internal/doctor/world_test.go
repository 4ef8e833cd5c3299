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
	"k8s.io/client-go/rest"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/cloud"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/team"
	"github.com/kiro-worker/kiro-worker/internal/preflight"
	"github.com/kiro-worker/kiro-worker/internal/resolver"
)

const (
	cluster  = team.Cluster
	role     = team.Role
	token    = team.Token
	topicARN = team.TopicARN
	queueURL = team.QueueURL
	deadURL  = team.DeadLetterURL
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
	w := &world{t: t, config: testenv.Config(), client: testenv.Client(t), clock: clocktesting.NewFakePassiveClock(time.Now()), faults: faults.New(nil, nil)}
	w.namespace = testenv.Namespace(t, w.client)
	// The API server describes new kinds a moment after it serves them.
	for deadline := time.Now().Add(time.Minute); preflight.Kinds(t.Context(), w.config) != nil && time.Now().Before(deadline); {
		time.Sleep(50 * time.Millisecond)
	}
	w.startCloud()
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) startCloud() {
	at := team.New(w.t, w.namespace, cloud.Options{
		Faults: w.faults,
		Front: func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
				if !w.awsDate.IsZero() {
					out.Header().Set("Date", w.awsDate.UTC().Format(http.TimeFormat))
				}
				next.ServeHTTP(out, r)
			})
		},
	})
	w.cloud, w.projectID, w.environment, w.source, w.secret = at.Cloud, at.ProjectID, at.Environment, at.Source, at.Secret
	w.source.Spec.WriteBack = &v1alpha1.WriteBack{Started: "In Progress", Succeeded: "Done"}
	w.allowed = []string{w.cloud.AWSURL, w.cloud.GitHubURL}
}

// nobody is an address that is allowed and where nobody listens.
func (w *world) nobody() string {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	w.allowed = append(w.allowed, server.URL)
	return server.URL
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
