// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv"
)

func TestMain(m *testing.M) { testenv.Main(m) }

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

// world is a namespace of a real API server, and the program as a person calls it there.
type world struct {
	t          *testing.T
	client     client.Client
	namespace  string
	kubeconfig string
	clock      *clocktesting.FakeClock
}

func newWorld(t *testing.T) *world {
	t.Helper()
	c := testenv.Client(t)
	w := &world{t: t, client: c, namespace: testenv.Namespace(t, c), clock: clocktesting.NewFakeClock(noon)}
	w.kubeconfig = kubeconfig(t, testenv.Config(), w.namespace)
	return w
}

// kubeconfig writes one whose context is in the namespace.
func kubeconfig(t *testing.T, config *rest.Config, namespace string) string {
	t.Helper()
	file := clientcmdapi.NewConfig()
	file.Clusters["c"] = &clientcmdapi.Cluster{Server: config.Host, CertificateAuthorityData: config.CAData}
	file.AuthInfos["u"] = &clientcmdapi.AuthInfo{ClientCertificateData: config.CertData, ClientKeyData: config.KeyData, Token: config.BearerToken}
	file.Contexts["x"] = &clientcmdapi.Context{Cluster: "c", AuthInfo: "u", Namespace: namespace}
	file.CurrentContext = "x"
	path := filepath.Join(t.TempDir(), "kubeconfig")
	if err := clientcmd.WriteToFile(*file, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// answer is what the program said and ended with.
type answer struct {
	code        int
	out, errOut string
}

// call runs the program as kubectl would.
func (w *world) call(args ...string) answer { return w.callWith(w.t.Context(), "", args...) }

// callWith runs it with what a person types. Where it waits, its clock goes on.
func (w *world) callWith(ctx context.Context, typed string, args ...string) answer {
	w.t.Helper()
	var out, errOut bytes.Buffer
	a := app{in: strings.NewReader(typed), out: &out, errOut: &errOut, clock: w.clock, location: time.UTC}
	done := make(chan int, 1)
	go func() { done <- a.run(ctx, append(args, "--kubeconfig", w.kubeconfig)) }()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case code := <-done:
			return answer{code, out.String(), errOut.String()}
		case <-tick.C:
			if w.clock.HasWaiters() {
				w.clock.Step(time.Second)
			}
		}
	}
}

// want checks how a call ended and that it said something, on either stream.
func (a answer) want(t *testing.T, code int, texts ...string) {
	t.Helper()
	if a.code != code {
		t.Errorf("exit code %d, want %d\n%s%s", a.code, code, a.out, a.errOut)
	}
	for _, text := range texts {
		if !strings.Contains(a.out+a.errOut, text) {
			t.Errorf("it does not say %q:\n%s%s", text, a.out, a.errOut)
		}
	}
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func at(d time.Duration) *metav1.Time {
	t := metav1.NewTime(noon.Add(d))
	return &t
}

func micro(d time.Duration) *metav1.MicroTime {
	t := metav1.NewMicroTime(noon.Add(d))
	return &t
}

func condition(kind string, status metav1.ConditionStatus, reason, message string, d time.Duration) metav1.Condition {
	return metav1.Condition{Type: kind, Status: status, Reason: reason, Message: message, LastTransitionTime: *at(d)}
}

// item makes a work item with a status.
func (w *world) item(name string, change func(*v1alpha1.WorkItem)) *v1alpha1.WorkItem {
	w.t.Helper()
	item := &v1alpha1.WorkItem{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name},
		Spec: v1alpha1.WorkItemSpec{
			EnvironmentRef: v1alpha1.LocalObjectReference{Name: "env"}, Repository: "acme/shop", Branch: "feature/" + name, TriggeredAt: at(-time.Hour),
		},
	}
	if change != nil {
		change(item)
	}
	status := item.Status
	w.must(w.client.Create(w.t.Context(), item))
	item.Status = status
	w.must(w.client.Status().Update(w.t.Context(), item))
	return item
}

func (w *world) get(name string) *v1alpha1.WorkItem {
	w.t.Helper()
	item := &v1alpha1.WorkItem{}
	w.must(w.client.Get(w.t.Context(), client.ObjectKey{Namespace: w.namespace, Name: name}, item))
	return item
}

// running gives an item an attempt that is not over.
func running(item *v1alpha1.WorkItem) {
	item.Status.Phase = v1alpha1.PhaseRunning
	item.Status.ObservedTrigger = item.Spec.TriggeredAt
	item.Status.Attempt = &v1alpha1.Attempt{
		Number: 2, LockID: "0123456789abcdef", Fence: 1, Trigger: *item.Spec.TriggeredAt, IntentTime: micro(-30 * time.Minute),
		Parameters: v1alpha1.FrozenParameters{AWS: v1alpha1.AWSAccess{Region: region}},
		Build:      &v1alpha1.BuildStatus{ID: "worker:1", ARN: "arn:aws:codebuild:eu-west-1:111122223333:build/worker:1", Status: "IN_PROGRESS"},
	}
}

// ended gives an item an end.
func ended(reason string) func(*v1alpha1.WorkItem) {
	return func(item *v1alpha1.WorkItem) {
		running(item)
		item.Status.Phase, item.Status.Attempt.Outcome = v1alpha1.PhaseFailed, reason
		item.Status.CompletionTime = at(-time.Minute)
		item.Status.Conditions = []metav1.Condition{
			condition(v1alpha1.ConditionSucceeded, metav1.ConditionFalse, reason, "It failed.", -time.Minute),
		}
	}
}

// environment makes a WorkEnvironment.
func (w *world) environment(name string, change func(*v1alpha1.WorkEnvironment)) *v1alpha1.WorkEnvironment {
	w.t.Helper()
	env := &v1alpha1.WorkEnvironment{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name},
		Spec: v1alpha1.WorkEnvironmentSpec{
			AWS: v1alpha1.AWSAccess{Region: region}, Lock: v1alpha1.LockTable{TableName: tableName},
			CodeBuild:   v1alpha1.CodeBuildProject{ProjectName: project},
			Credentials: v1alpha1.BuildCredentials{GitHubTokenSecretARN: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:github"},
			Artifacts:   v1alpha1.Artifacts{Bucket: "artifacts"},
		},
	}
	if change != nil {
		change(env)
	}
	status := env.Status
	w.must(w.client.Create(w.t.Context(), env))
	env.Status = status
	w.must(w.client.Status().Update(w.t.Context(), env))
	return env
}
