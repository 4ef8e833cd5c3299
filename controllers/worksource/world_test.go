// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worksource

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
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
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/board"
	boardgithub "github.com/kiro-worker/kiro-worker/internal/board/github"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/cloud"
)

func TestMain(m *testing.M) { testenv.Main(m) }

const (
	token      = "ghp_test"
	repository = "acme/app"
)

// world is a namespace of the API server, a board on the emulated GitHub, and a clock.
type world struct {
	t         *testing.T
	client    client.Client
	scheme    *runtime.Scheme
	namespace string
	clock     *clocktesting.FakePassiveClock
	cloud     *cloud.Cloud
	github    *emulator.Server
	number    int
	projectID string
	events    *events.FakeRecorder
	boards    Boards
	writes    *atomic.Int64 // of items, by the reconciler
	r         *Reconciler
}

// boards is the resolver: one client for every source, with the token that the test says.
type boards struct {
	api *githubapi.Client
	// asked runs before a client is given out, so that a test can do something in the middle of a poll.
	asked func()
}

func (b *boards) Board(context.Context, *v1alpha1.WorkSource, *v1alpha1.WorkEnvironment) (board.Board, error) {
	if b.asked != nil {
		b.asked()
	}
	return boardgithub.New(b.api), nil
}

func newWorld(t *testing.T) *world {
	t.Helper()
	c := testenv.Client(t)
	writes := &atomic.Int64{}
	counted := interceptor.NewClient(c, interceptor.Funcs{
		Apply: func(ctx context.Context, c client.WithWatch, part runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
			writes.Add(1)
			return c.Apply(ctx, part, opts...)
		},
	})
	w := &world{
		t: t, client: c, scheme: c.Scheme(), clock: clocktesting.NewFakePassiveClock(epoch), events: events.NewFakeRecorder(100), writes: writes,
	}
	w.namespace = testenv.Namespace(t, c)

	w.cloud = cloud.New(t, cloud.Options{Clock: w.clock, GitHub: true, Users: map[string]string{token: "bot"}})
	w.github = w.cloud.GitHub
	must(t, w.github.CreateRepository(repository, "main", emulator.Files{"README.md": []byte("hello\n")}))
	w.number, w.projectID = w.github.CreateProject(emulator.Project{
		Owner: "acme", Title: "Roadmap", StatusOptions: []string{"Backlog", "Ready", "In Progress", "Done", "Failed"}, TextFields: []string{"Branch"},
	})
	w.boards = &boards{api: w.api(token)}
	w.r = New(Options{
		Client: counted, Boards: w.boards, Clock: w.clock, Events: w.events, Metrics: NewMetrics(prometheus.NewRegistry()),
		Random: func() float64 { return 0 },
	})
	return w
}

// api is a client of the emulated GitHub.
func (w *world) api(token string) *githubapi.Client {
	w.t.Helper()
	c, err := w.cloud.GitHubClient(githubapi.Credentials{Token: token}, nil)
	must(w.t, err)
	return c
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// environment makes an environment, usable or not.
func (w *world) environment(usable bool) *v1alpha1.WorkEnvironment {
	w.t.Helper()
	e := &v1alpha1.WorkEnvironment{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "builds"},
		Spec: v1alpha1.WorkEnvironmentSpec{
			AWS:         v1alpha1.AWSAccess{Region: "eu-west-1"},
			Lock:        v1alpha1.LockTable{TableName: "locks"},
			CodeBuild:   v1alpha1.CodeBuildProject{ProjectName: "project"},
			Credentials: v1alpha1.BuildCredentials{GitHubTokenSecretARN: "arn:aws:secretsmanager:eu-west-1:111111111111:secret:github"},
			Artifacts:   v1alpha1.Artifacts{Bucket: "artifacts"},
		},
	}
	must(w.t, w.client.Create(w.t.Context(), e))
	if usable {
		setReady(w.t, w, e)
	}
	return e
}

func setReady(t *testing.T, w *world, e *v1alpha1.WorkEnvironment) {
	t.Helper()
	meta.SetStatusCondition(&e.Status.Conditions, metav1.Condition{
		Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonUsable, ObservedGeneration: e.Generation,
	})
	must(t, w.client.Status().Update(t.Context(), e))
}

// source makes a source of the world's board.
func (w *world) source(change ...func(*v1alpha1.WorkSource)) *v1alpha1.WorkSource {
	w.t.Helper()
	s := &v1alpha1.WorkSource{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: "board"},
		Spec: v1alpha1.WorkSourceSpec{
			EnvironmentRef: v1alpha1.LocalObjectReference{Name: "builds"},
			GitHub: v1alpha1.GitHubSource{
				Owner: "acme", ProjectNumber: int32(w.number), APIURL: w.github.APIURL(), ReadyStatus: "Ready",
				Credentials: v1alpha1.Credentials{SecretRef: &v1alpha1.SecretReference{Name: "github"}},
			},
			WriteBack: &v1alpha1.WriteBack{Started: "In Progress", Succeeded: "Done", Failed: "Failed"},
		},
	}
	for _, c := range change {
		c(s)
	}
	must(w.t, w.client.Create(w.t.Context(), s))
	return s
}

// card puts an issue on the board.
func (w *world) card(title, status, branch string) string {
	w.t.Helper()
	_, content, err := w.github.CreateIssue(emulator.Issue{Repository: repository, Title: title})
	must(w.t, err)
	id, err := w.github.AddCard(w.projectID, content)
	must(w.t, err)
	w.move(id, status)
	if branch != "" {
		must(w.t, w.github.SetTextField(id, "Branch", branch))
	}
	return id
}

func (w *world) move(card, status string) {
	w.t.Helper()
	must(w.t, w.github.MoveCard(card, status))
}

// reconcile reconciles the source called board once, without waiting for its time.
func (w *world) reconcile() ctrl.Result {
	w.t.Helper()
	result, err := w.r.Reconcile(w.t.Context(), ctrl.Request{NamespacedName: client.ObjectKey{Namespace: w.namespace, Name: "board"}})
	must(w.t, err)
	return result
}

// poll lets time pass until the next poll is due, and polls.
func (w *world) poll() *v1alpha1.WorkSource {
	w.t.Helper()
	if next := w.get().Status.NextPollTime; next != nil && next.After(w.clock.Now()) {
		w.clock.SetTime(next.Time)
	}
	w.reconcile()
	return w.get()
}

func (w *world) get() *v1alpha1.WorkSource {
	w.t.Helper()
	s := &v1alpha1.WorkSource{}
	must(w.t, w.client.Get(w.t.Context(), client.ObjectKey{Namespace: w.namespace, Name: "board"}, s))
	return s
}

func (w *world) items() []v1alpha1.WorkItem {
	w.t.Helper()
	w.letGo()
	l := &v1alpha1.WorkItemList{}
	must(w.t, w.client.List(w.t.Context(), l, client.InNamespace(w.namespace)))
	return l.Items
}

// letGo does what the items' own controller does with those that are being deleted and have nothing left to stop.
func (w *world) letGo() {
	w.t.Helper()
	items := &v1alpha1.WorkItemList{}
	must(w.t, w.client.List(w.t.Context(), items, client.InNamespace(w.namespace)))
	for i := range items.Items {
		if item := &items.Items[i]; !item.DeletionTimestamp.IsZero() {
			item.Finalizers = nil
			must(w.t, client.IgnoreNotFound(w.client.Update(w.t.Context(), item)))
		}
	}
}

func (w *world) item(card string) *v1alpha1.WorkItem {
	w.t.Helper()
	i := &v1alpha1.WorkItem{}
	must(w.t, w.client.Get(w.t.Context(), client.ObjectKey{Namespace: w.namespace, Name: ItemName(card)}, i))
	return i
}

// attempt gives an item an attempt, as the work item controller would.
func (w *world) attempt(card, outcome string) {
	w.t.Helper()
	i := w.item(card)
	i.Status.ObservedTrigger = i.Spec.TriggeredAt
	i.Status.Attempt = &v1alpha1.Attempt{
		Number: 1, LockID: "lock", Trigger: *i.Spec.TriggeredAt, Outcome: outcome,
		Parameters: v1alpha1.FrozenParameters{Timeout: metav1.Duration{Duration: time.Hour}, QueuedTimeout: metav1.Duration{Duration: time.Hour}, LeaseDuration: metav1.Duration{Duration: time.Hour}, AWS: v1alpha1.AWSAccess{Region: "eu-west-1"}},
	}
	if outcome != "" {
		now := metav1.NewTime(w.clock.Now())
		i.Status.CompletionTime = &now
		status := metav1.ConditionFalse
		if outcome == v1alpha1.ReasonSucceeded {
			status = metav1.ConditionTrue
		}
		meta.SetStatusCondition(&i.Status.Conditions, metav1.Condition{Type: v1alpha1.ConditionSucceeded, Status: status, Reason: outcome})
	}
	must(w.t, w.client.Status().Update(w.t.Context(), i))
}

// observedLater makes an item's observed trigger later than the trigger in its spec.
func (w *world) observedLater(card string) {
	w.t.Helper()
	i := w.item(card)
	later := metav1.NewTime(i.Spec.TriggeredAt.Add(time.Minute))
	i.Status.ObservedTrigger = &later
	must(w.t, w.client.Status().Update(w.t.Context(), i))
}

// condition is a condition of the source as "status reason".
func condition(s *v1alpha1.WorkSource, kind string) string {
	c := meta.FindStatusCondition(s.Status.Conditions, kind)
	if c == nil {
		return "absent"
	}
	return string(c.Status) + " " + c.Reason
}

func message(s *v1alpha1.WorkSource, kind string) string {
	if c := meta.FindStatusCondition(s.Status.Conditions, kind); c != nil {
		return c.Message
	}
	return ""
}

// skipped is what the source's status says of skipped cards, as "reason count; …".
func skipped(s *v1alpha1.WorkSource) string {
	var all []string
	for _, k := range s.Status.Skipped {
		all = append(all, fmt.Sprintf("%s %d", k.Reason, k.Count))
	}
	return strings.Join(all, "; ")
}

// calls counts what GitHub was asked since the last call of calls.
func (w *world) calls() map[string]int {
	defer w.github.Faults().Reset()
	return w.github.Faults().Counts(emulator.Service)
}

// breaks makes the nth call of an operation from now on go wrong, and every one after it.
func (w *world) breaks(operation string, nth int, fault faults.Fault) (fix func()) {
	return w.github.Faults().Add(faults.Rule{Service: emulator.Service, Operation: operation, Nth: nth, Fault: fault})
}

func requestFor(o client.Object) ctrl.Request {
	return ctrl.Request{NamespacedName: client.ObjectKeyFromObject(o)}
}

// change updates the source's spec.
func (w *world) change(f func(*v1alpha1.WorkSource)) {
	w.t.Helper()
	s := w.get()
	f(s)
	must(w.t, w.client.Update(w.t.Context(), s))
}
