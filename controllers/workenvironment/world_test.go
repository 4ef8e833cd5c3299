// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
	clocktesting "k8s.io/utils/clock/testing"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/artifacts"
	"github.com/kiro-worker/kiro-worker/internal/artifacts/s3"
	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/build/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	buildemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	tableemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	bucketemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/s3"
	secretemulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/secretsmanager"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/cloud"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/lock/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/notify"
	"github.com/kiro-worker/kiro-worker/internal/notify/sns"
	"github.com/kiro-worker/kiro-worker/internal/notify/sqs"
	"github.com/kiro-worker/kiro-worker/internal/secrets"
	"github.com/kiro-worker/kiro-worker/internal/secrets/secretsmanager"
)

// What the emulated AWS has of topics and queues.
const (
	topicARN = "arn:aws:sns:eu-central-1:111122223333:team"
	queueURL = "https://sqs.eu-central-1.amazonaws.com/111122223333/team"
	deadURL  = "https://sqs.eu-central-1.amazonaws.com/111122223333/dead"
)

func TestMain(m *testing.M) { testenv.Main(m) }

// world is a namespace of the API server, the emulated AWS, and a clock.
type world struct {
	t         *testing.T
	client    client.Client
	scheme    *runtime.Scheme
	namespace string
	clock     *clocktesting.FakePassiveClock
	faults    *faults.Injector
	tables    *tableemulator.Emulator
	builds    *buildemulator.Server
	buckets   *bucketemulator.Emulator
	secrets   *secretemulator.Emulator
	github    string // ARNs of secrets
	agent     string
	resolver  *resolver
	events    *events.FakeRecorder
	queues    *queues
	r         *Reconciler
	yielded   []error
}

// resolver makes the real ports on the emulated AWS.
type resolver struct {
	clients  *awsapi.Clients
	endpoint string
	// asked runs before a table is given out, so that a test can do something in the middle of a reconcile.
	asked func()
}

func (r *resolver) target(a v1alpha1.AWSAccess) awsapi.Target {
	return awsapi.Target{Region: a.Region, EndpointURL: r.endpoint}
}

func (r *resolver) LockReader(ctx context.Context, _ string, a v1alpha1.AWSAccess, name string) (lock.Reader, error) {
	if r.asked != nil {
		r.asked()
	}
	api, err := r.clients.DynamoDB(ctx, r.target(a))
	if err != nil {
		return nil, err
	}
	return dynamodb.New(api, name), nil
}

func (r *resolver) BuildProjects(ctx context.Context, _ string, a v1alpha1.AWSAccess) (build.Projects, error) {
	api, err := r.clients.CodeBuild(ctx, r.target(a))
	if err != nil {
		return nil, err
	}
	return codebuild.New(api), nil
}

func (r *resolver) Store(ctx context.Context, _ string, a v1alpha1.AWSAccess) (artifacts.Store, error) {
	api, err := r.clients.S3(ctx, r.target(a))
	if err != nil {
		return nil, err
	}
	return s3.New(api), nil
}

func (r *resolver) SecretFinder(ctx context.Context, _ string, a v1alpha1.AWSAccess, _ string) (secrets.Finder, error) {
	api, err := r.clients.SecretDescriber(ctx, r.target(a))
	if err != nil {
		return nil, err
	}
	return secretsmanager.NewFinder(api), nil
}

func (r *resolver) NotificationChecker(ctx context.Context, _ string, a v1alpha1.AWSAccess, rule *v1alpha1.NotificationRule) (notify.Checker, error) {
	if rule.Type == v1alpha1.NotificationSNS {
		api, err := r.clients.TopicDescriber(ctx, r.target(a))
		if err != nil {
			return nil, err
		}
		return sns.NewChecker(api, rule.TopicARN), nil
	}
	api, err := r.clients.QueueDescriber(ctx, r.target(a))
	if err != nil {
		return nil, err
	}
	return sqs.NewChecker(api, rule.QueueURL), nil
}

func newWorld(t *testing.T) *world {
	t.Helper()
	c := testenv.Client(t)
	w := &world{
		t: t, client: c, scheme: c.Scheme(), clock: clocktesting.NewFakePassiveClock(epoch), events: events.NewFakeRecorder(100),
	}
	w.namespace = testenv.Namespace(t, c)
	w.startAWS()
	w.queues = &queues{w: w}
	w.r = w.reconciler(c)
	return w
}

func (w *world) reconciler(c client.Client) *Reconciler {
	return New(Options{
		Client: c, Prompts: c, Tables: w.resolver, Builds: w.resolver, Stores: w.resolver, Secrets: w.resolver, Notifications: w.resolver, Queues: w.queues, Clock: w.clock, Events: w.events,
		Installation: "here/manager", Yield: func(err error) { w.yielded = append(w.yielded, err) },
		Metrics: NewMetrics(prometheus.NewRegistry()),
	})
}

func (w *world) startAWS() {
	w.t.Helper()
	c := cloud.New(w.t, cloud.Options{
		Clock: w.clock, Tables: []string{"locks"}, Buckets: []string{"artifacts"},
		Topics: []string{topicARN}, Queues: []string{queueURL, deadURL},
		Builds: true, Projects: []buildemulator.Project{{Name: "project", Buildspec: "version: 0.2\n"}},
	})
	w.faults, w.tables, w.builds, w.buckets, w.secrets = c.Faults, c.DynamoDB, c.CodeBuild, c.S3, c.SecretsManager
	w.github, w.agent = c.SecretsManager.Put("github", "token"), c.SecretsManager.Put("agent", "key")
	w.resolver = &resolver{endpoint: c.AWSURL, clients: c.Clients()}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// environment makes an environment that names what the emulated AWS has.
func (w *world) environment(change ...func(*v1alpha1.WorkEnvironment)) *v1alpha1.WorkEnvironment {
	w.t.Helper()
	e := &v1alpha1.WorkEnvironment{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "builds"},
		Spec: v1alpha1.WorkEnvironmentSpec{
			AWS:         v1alpha1.AWSAccess{Region: "eu-west-1"},
			Lock:        v1alpha1.LockTable{TableName: "locks"},
			CodeBuild:   v1alpha1.CodeBuildProject{ProjectName: "project"},
			Credentials: v1alpha1.BuildCredentials{GitHubTokenSecretARN: w.github, AgentSecretARN: w.agent},
			Artifacts:   v1alpha1.Artifacts{Bucket: "artifacts"},
		},
	}
	for _, c := range change {
		c(e)
	}
	must(w.t, w.client.Create(w.t.Context(), e))
	return e
}

// item makes an item that waits in the environment called builds, or what change makes of it.
func (w *world) item(name string, change ...func(*v1alpha1.WorkItem)) {
	w.t.Helper()
	i := accepted(name, change...)
	i.Namespace, i.ResourceVersion = w.namespace, ""
	i.CreationTimestamp = metav1.Time{}
	status := i.Status
	must(w.t, w.client.Create(w.t.Context(), &i))
	i.Status = status
	for n := range i.Status.Conditions {
		i.Status.Conditions[n].Reason = v1alpha1.ReasonUsable
	}
	must(w.t, w.client.Status().Update(w.t.Context(), &i))
}

// hold puts a held slot row into the table.
func (w *world) hold(slot int, item string) {
	w.t.Helper()
	must(w.t, w.tables.PutRow("locks", tableemulator.Row{
		contract.AttrLockKey: tableemulator.String(contract.SlotKey(w.get().Status.ProjectARN, slot)),
		contract.AttrLockID:  tableemulator.String("lock-" + item), contract.AttrWorkItemID: tableemulator.String(item),
		contract.AttrFence: tableemulator.Number(1), contract.AttrStatus: tableemulator.String(string(contract.StatusInProgress)),
		contract.AttrExpiresAt: tableemulator.Number(epoch.Add(time.Hour).Unix()),
	}))
}

// reconcile reconciles the environment called builds once.
func (w *world) reconcile() ctrl.Result {
	w.t.Helper()
	result, err := w.r.Reconcile(w.t.Context(), ctrl.Request{NamespacedName: w.key()})
	must(w.t, err)
	return result
}

// after reconciles the environment after a time.
func (w *world) after(d time.Duration) *v1alpha1.WorkEnvironment {
	w.t.Helper()
	w.clock.SetTime(w.clock.Now().Add(d))
	w.reconcile()
	return w.get()
}

func (w *world) key() client.ObjectKey {
	return client.ObjectKey{Namespace: w.namespace, Name: "builds"}
}

func (w *world) get() *v1alpha1.WorkEnvironment {
	w.t.Helper()
	e := &v1alpha1.WorkEnvironment{}
	must(w.t, w.client.Get(w.t.Context(), w.key(), e))
	return e
}

// condition is a condition of the environment as "status reason".
func condition(e *v1alpha1.WorkEnvironment, kind string) string {
	c := meta.FindStatusCondition(e.Status.Conditions, kind)
	if c == nil {
		return "absent"
	}
	return string(c.Status) + " " + c.Reason
}

func message(e *v1alpha1.WorkEnvironment, kind string) string {
	if c := meta.FindStatusCondition(e.Status.Conditions, kind); c != nil {
		return c.Message
	}
	return ""
}

// calls counts what AWS was asked since the last call of calls.
func (w *world) calls() int {
	defer w.faults.Reset()
	return w.faults.Calls("", "")
}

// trouble is something that can be wrong with an environment. It has its own condition, and the other checks are made all
// the same.
type trouble struct {
	why     string
	change  func(*v1alpha1.WorkEnvironment)
	cause   func(*world)
	kind    string
	want    string
	says    string
	stalled string
}

func testTrouble(t *testing.T, cases []trouble) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			w := newWorld(t)
			w.environment(func(e *v1alpha1.WorkEnvironment) {
				if c.change != nil {
					c.change(e)
				}
			})
			if c.cause != nil {
				c.cause(w)
			}
			w.reconcile()
			e := w.get()
			if got := condition(e, c.kind); got != c.want || condition(e, v1alpha1.ConditionReady) != c.want {
				t.Errorf("%s is %s, Ready %s: %s", c.kind, got, condition(e, v1alpha1.ConditionReady), message(e, c.kind))
			}
			if text := message(e, c.kind); text == "" || !strings.Contains(text, c.says) {
				t.Errorf("the message is %q", text)
			}
			if got := condition(e, v1alpha1.ConditionStalled); got != c.stalled {
				t.Errorf("Stalled is %s", got)
			}
			for _, other := range checkedConditions {
				if other != c.kind && condition(e, other) != "True Usable" {
					t.Errorf("%s is %s as well", other, condition(e, other))
				}
			}
		})
	}
}

// breaks makes every call of a service go wrong.
func breaks(service string, f faults.Fault) func(*world) {
	return func(w *world) { w.faults.Add(faults.Rule{Service: service, Fault: f}) }
}
