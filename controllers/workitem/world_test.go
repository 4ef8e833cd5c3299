// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/access"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/garbagecollection"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/tracking"
	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/build/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	forgegithub "github.com/kiro-worker/kiro-worker/internal/forge/github"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
	emulatorcodebuild "github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	emulatordynamodb "github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	emulatorgithub "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/cloud"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/lock/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/notify"
	"github.com/kiro-worker/kiro-worker/internal/watch"
)

func TestMain(m *testing.M) { testenv.Main(m) }

const (
	token      = "ghp_test"
	repository = "acme/app"
	region     = "eu-west-1"
	account    = "111122223333"
	tableName  = "locks"
	project    = "worker"
	settling   = 40 * time.Second
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// world is a namespace of a real API server with one environment, on emulated GitHub, DynamoDB and CodeBuild, all
// at one clock that the test moves. It is the Clients of the reconciler as well.
type world struct {
	t         *testing.T
	client    client.Client
	namespace string
	clock     *clocktesting.FakeClock
	cloud     *cloud.Cloud
	faults    *faults.Injector
	github    *emulatorgithub.Server
	dynamodb  *emulatordynamodb.Emulator
	codebuild *emulatorcodebuild.Server
	table     lock.Table
	builds    build.Service
	forge     forge.Forge
	events    *events.FakeRecorder
	told      []notify.Message
	deaf      string // a destination that cannot be told
	watcher   *watch.Watcher
	collector *garbagecollection.Collector
	r         *Reconciler

	mu           sync.Mutex
	statusWrites int
	failStatus   func(*v1alpha1.WorkItem) error // refuses a status write, if set
	stale        *v1alpha1.WorkItem             // what the controller's cache still shows, if set
	work         func(ctx context.Context, w *world, b emulatorcodebuild.Running) error
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clock: clocktesting.NewFakeClock(noon), events: events.NewFakeRecorder(1000), work: succeed}
	w.startKubernetes()
	w.startCloud()
	w.seedGitHub()
	w.createEnvironment()
	w.restart()
	return w
}

// restart makes a controller that remembers nothing, as after a crash.
func (w *world) restart() {
	w.watcher = watch.New(w, watch.Options{Fast: time.Second, Slow: 10 * time.Second})
	over := tracking.NewFirstSeenTracker()
	w.collector = garbagecollection.New(access.Access{Reader: w.client, Clients: w}, w.clock, settling, over)
	w.r = New(Options{
		Client: w.client, Clients: w, Watcher: w.watcher, Collector: w.collector, Over: over, Clock: w.clock, Events: w.events,
		Metrics: NewMetrics(prometheus.NewRegistry()), Random: func() float64 { return 0 },
		Cluster: "test", ProgressInterval: 5 * time.Second, SettlingTime: settling,
	})
}

func (w *world) startKubernetes() {
	plain := testenv.Client(w.t)
	w.client = interceptor.NewClient(plain, interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			if item, ok := o.(*v1alpha1.WorkItem); ok && w.stale != nil && client.ObjectKeyFromObject(w.stale) == key {
				w.stale.DeepCopyInto(item)
				return nil
			}
			return c.Get(ctx, key, o, opts...)
		},
		SubResourcePatch: func(ctx context.Context, c client.Client, sub string, o client.Object, p client.Patch, opts ...client.SubResourcePatchOption) error {
			if item, ok := o.(*v1alpha1.WorkItem); ok {
				w.mu.Lock()
				w.statusWrites++
				fail := w.failStatus
				w.mu.Unlock()
				if fail != nil {
					if err := fail(item); err != nil {
						return err
					}
				}
			}
			return c.SubResource(sub).Patch(ctx, o, p, opts...)
		},
	})
	w.namespace = testenv.Namespace(w.t, plain)
}

func (w *world) seedGitHub() {
	w.must(w.github.CreateRepository(repository, "main", emulatorgithub.Text(map[string]string{"README.md": "hello\n"})))
	api, err := w.cloud.GitHubClient(githubapi.Credentials{Token: token}, nil)
	w.must(err)
	w.forge = forgegithub.New(api)
}

// startCloud starts GitHub and AWS, at the test's clock.
func (w *world) startCloud() {
	w.cloud = cloud.New(w.t, cloud.Options{
		Region: region, Account: account, Clock: w.clock, Faults: faults.New(nil, w.clock),
		GitHub: true, Users: map[string]string{token: "bot"}, Tables: []string{tableName}, Builds: true,
		Projects: []emulatorcodebuild.Project{{Name: project, Run: func(ctx context.Context, b emulatorcodebuild.Running) error {
			return w.work(ctx, w, b)
		}}},
	})
	w.faults, w.github, w.dynamodb, w.codebuild = w.cloud.Faults, w.cloud.GitHub, w.cloud.DynamoDB, w.cloud.CodeBuild
	w.table = dynamodb.New(cloud.API(w.t, w.cloud, (*awsapi.Clients).DynamoDB), tableName)
	w.builds = codebuild.New(cloud.API(w.t, w.cloud, (*awsapi.Clients).CodeBuild))
}

func (w *world) createEnvironment() {
	env := &v1alpha1.WorkEnvironment{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "env"},
		Spec: v1alpha1.WorkEnvironmentSpec{
			AWS: v1alpha1.AWSAccess{Region: region}, Lock: v1alpha1.LockTable{TableName: tableName},
			CodeBuild:   v1alpha1.CodeBuildProject{ProjectName: project},
			Credentials: v1alpha1.BuildCredentials{GitHubTokenSecretARN: "arn:aws:secretsmanager:eu-west-1:111122223333:secret:github"},
			Artifacts:   v1alpha1.Artifacts{Bucket: "artifacts"},
			Notifications: []v1alpha1.NotificationRule{{
				Name: "team", Type: v1alpha1.NotificationSNS,
				TopicARN: "arn:aws:sns:eu-west-1:111122223333:topic", On: []string{"Succeeded", "Failed"},
			}},
		},
	}
	w.must(w.client.Create(w.t.Context(), env))
	w.usable(true)
}

// usable says whether the environment is.
func (w *world) usable(yes bool) {
	env := w.environment()
	status := metav1.ConditionFalse
	if yes {
		status = metav1.ConditionTrue
	}
	env.Status.ProjectARN = "arn:aws:codebuild:" + region + ":" + account + ":project/" + project
	meta.SetStatusCondition(&env.Status.Conditions, metav1.Condition{
		Type: v1alpha1.ConditionReady, Status: status, Reason: v1alpha1.ReasonUsable, Message: "as the test says", ObservedGeneration: env.Generation,
	})
	w.must(w.client.Status().Update(w.t.Context(), env))
}

func (w *world) environment() *v1alpha1.WorkEnvironment {
	env := &v1alpha1.WorkEnvironment{}
	w.must(w.client.Get(w.t.Context(), client.ObjectKey{Namespace: w.namespace, Name: "env"}, env))
	return env
}

// branch pushes a branch with a spec and opens its pull request.
func (w *world) branch(name string) int {
	w.t.Helper()
	spec := ".kiro/specs/" + name + "/"
	w.must(w.github.CreateBranch(repository, name, "main"))
	_, err := w.github.PushFiles(repository, name, emulatorgithub.Text(map[string]string{
		spec + "requirements.md": "# R\n", spec + "design.md": "# D\n", spec + "tasks.md": "- [ ] 1. Do it\n",
	}), "Spec")
	w.must(err)
	pr, err := w.github.OpenPullRequest(emulatorgithub.NewPullRequest{Repository: repository, Head: name, Title: name})
	w.must(err)
	return pr.Number
}

// item makes a work item by hand.
func (w *world) item(name, branch string, change ...func(*v1alpha1.WorkItem)) *v1alpha1.WorkItem {
	w.t.Helper()
	triggered := metav1.NewTime(w.clock.Now())
	item := &v1alpha1.WorkItem{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name},
		Spec: v1alpha1.WorkItemSpec{
			EnvironmentRef: v1alpha1.LocalObjectReference{Name: "env"}, Repository: repository, Branch: branch, TriggeredAt: &triggered,
		},
	}
	for _, c := range change {
		c(item)
	}
	w.must(w.client.Create(w.t.Context(), item))
	return item
}

func (w *world) get(name string) *v1alpha1.WorkItem {
	w.t.Helper()
	item := &v1alpha1.WorkItem{}
	w.must(w.client.Get(w.t.Context(), client.ObjectKey{Namespace: w.namespace, Name: name}, item))
	return item
}

// reconcile reconciles once and returns what it said.
func (w *world) reconcile(name string) (ctrl.Result, error) {
	return w.r.Reconcile(w.t.Context(), ctrl.Request{NamespacedName: client.ObjectKey{Namespace: w.namespace, Name: name}})
}

// look reconciles and fails the test on an error.
func (w *world) look(name string) ctrl.Result {
	w.t.Helper()
	res, err := w.reconcile(name)
	w.must(err)
	return res
}

// until lets the world go on until the item is as asked: it ticks the watch, reconciles, and moves the clock.
func (w *world) until(name string, what string, done func(*v1alpha1.WorkItem) bool) *v1alpha1.WorkItem {
	w.t.Helper()
	for range 400 {
		w.watcher.Tick(w.t.Context(), w.clock.Now())
		if _, err := w.reconcile(name); err != nil {
			w.t.Logf("reconcile: %v", err)
		}
		item := w.get(name)
		if done(item) {
			return item
		}
		w.clock.Step(5 * time.Second)
		time.Sleep(2 * time.Millisecond) // the emulator's builds run in real time
	}
	item := w.get(name)
	w.t.Fatalf("never %s: phase %s, conditions %s, attempt %+v", what, item.Status.Phase, describe(item), item.Status.Attempt)
	return nil
}

func describe(item *v1alpha1.WorkItem) string {
	text := ""
	for _, c := range item.Status.Conditions {
		text += fmt.Sprintf("\n  %s=%s %s: %s", c.Type, c.Status, c.Reason, c.Message)
	}
	return text
}

func concluded(item *v1alpha1.WorkItem) bool { return item.IsTrue(v1alpha1.ConditionConcluded) }

func isRunning(item *v1alpha1.WorkItem) bool { return item.Status.Phase == v1alpha1.PhaseRunning }

// held counts the rows that somebody holds.
func (w *world) held() int {
	w.t.Helper()
	rows, err := w.dynamodb.Rows(tableName)
	w.must(err)
	n := 0
	for _, row := range rows {
		if row[contract.AttrStatus]["S"] == string(contract.StatusInProgress) {
			n++
		}
	}
	return n
}

// starts counts the builds that were ever started.
func (w *world) starts() int { return len(w.codebuild.Builds()) }

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) cancel(name string) {
	w.t.Helper()
	item := w.get(name)
	item.Spec.Cancel = true
	w.must(w.client.Update(w.t.Context(), item))
}

// deny has AWS deny an operation until allow is called.
func (w *world) deny(service, operation string) (allow func()) {
	return w.faults.Add(faults.Rule{Service: service, Operation: operation, Rate: 1, Fault: faults.Fault{
		Status: http.StatusBadRequest, Code: "AccessDeniedException", Message: "not authorized to perform " + operation,
	}})
}

// untilGone lets the world go on until the object is no more.
func (w *world) untilGone(name string) {
	w.t.Helper()
	item := &v1alpha1.WorkItem{}
	for range 400 {
		w.watcher.Tick(w.t.Context(), w.clock.Now())
		if _, err := w.reconcile(name); err != nil {
			w.t.Logf("reconcile: %v", err)
		}
		err := w.client.Get(w.t.Context(), client.ObjectKey{Namespace: w.namespace, Name: name}, item)
		if apierrors.IsNotFound(err) {
			return
		}
		w.must(err)
		w.clock.Step(5 * time.Second)
		time.Sleep(2 * time.Millisecond) // the emulator's builds run in real time
	}
	w.t.Fatalf("never gone: %s, attempt %+v", describe(item), item.Status.Attempt)
}

// happened reports whether an event of that reason was recorded, and forgets what was recorded before it.
func (w *world) happened(reason string) bool {
	for {
		select {
		case e := <-w.events.Events:
			if strings.Contains(e, " "+reason+" ") {
				return true
			}
		default:
			return false
		}
	}
}

// acquireOnly has an item acquire its lock, and the write that would have recorded it refused.
func (w *world) acquireOnly(name string) {
	w.t.Helper()
	w.failStatus = func(*v1alpha1.WorkItem) error {
		return apierrors.NewConflict(schema.GroupResource{Resource: "workitems"}, name, errors.New("somebody wrote"))
	}
	w.look(name)
	w.failStatus = nil
	if w.held() != 2 {
		w.t.Fatalf("%d rows are held: the case is not what it should be", w.held())
	}
}
