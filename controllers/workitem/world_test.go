// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/access"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/dispatch"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/garbagecollection"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/tracking"
	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/build/codebuild"
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
	t           *testing.T
	client      client.Client
	namespace   string
	clock       *clocktesting.FakeClock
	cloud       *cloud.Cloud
	faults      *faults.Injector
	github      *emulatorgithub.Server
	dynamodb    *emulatordynamodb.Emulator
	codebuild   *emulatorcodebuild.Server
	table       lock.Table
	builds      build.Service
	forge       forge.Forge
	githubAPI   *githubapi.Client
	boardID     string
	events      *events.FakeRecorder
	sent        []notify.Message
	unreachable string // a destination that cannot be notified
	watcher     *watch.Watcher
	collector   *garbagecollection.Collector
	dispatcher  *dispatch.Dispatcher
	granted     map[string]bool               // items that were granted a slot, and not reconciled since
	known       map[string]*v1alpha1.WorkItem // as the dispatcher knows them
	swept       time.Time
	r           *Reconciler

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
	reader := client.NewNamespacedClient(w.client, w.namespace)
	w.dispatcher = dispatch.New(dispatch.Options{Reader: reader, Tables: w, Clock: w.clock, Cluster: "test"})
	w.granted, w.known, w.swept = map[string]bool{}, map[string]*v1alpha1.WorkItem{}, w.clock.Now()
	w.dispatcher.OnGrant(func(key types.NamespacedName) { w.granted[key.Name] = true })
	w.must(w.dispatcher.Start(w.t.Context()))
	w.watcher = watch.New(w, watch.Options{Fast: time.Second, Slow: 10 * time.Second, Released: w.dispatcher.RowReleased})
	over := tracking.NewFirstSeenTracker()
	w.collector = garbagecollection.New(access.Access{Reader: w.client, Clients: w}, w.clock, settling, over, w.dispatcher)
	w.r = New(Options{
		Client: w.client, Clients: w, Prompts: w.client, Watcher: w.watcher, Dispatcher: w.dispatcher, Collector: w.collector, Over: over, Clock: w.clock, Events: w.events,
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
	w.forge, w.githubAPI = forgegithub.New(api), api
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
