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
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/cloud"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/team"
	"github.com/kiro-worker/kiro-worker/internal/queue"
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
	now := time.Now().Truncate(time.Second)
	w := &world{t: t, client: testenv.Client(t), clock: clocktesting.NewFakeClock(now)}
	w.faults = faults.New(nil, w.clock)
	w.namespace = testenv.Namespace(t, w.client)
	at := team.New(t, w.namespace, cloud.Options{Faults: w.faults, Clock: w.clock})
	w.cloud, w.projectID, w.environment, w.source, w.secret = at.Cloud, at.ProjectID, at.Environment, at.Source, at.Secret
	w.allowed = []string{w.cloud.AWSURL, w.cloud.GitHubURL}
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
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
		Client: w.client, Prompts: w.client, Tables: clients, Builds: clients, Stores: clients, Secrets: clients, Notifications: clients, Queues: noQueues{},
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
