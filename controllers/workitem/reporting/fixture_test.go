// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package reporting

import (
	"context"
	"errors"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/access"
	"github.com/kiro-worker/kiro-worker/internal/board"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/notify"
)

const deadLetterQueue = "https://sqs.eu-west-1.amazonaws.com/111122223333/dead"

// world has one board with one card, one pull request, one lock table and one topic. It is the Clients of a Reporter.
type world struct {
	access.Clients
	t        *testing.T
	clock    *clocktesting.FakeClock
	status   string // of the card; "gone" if it is not on the board
	boardErr error
	row      lock.Row
	comments []string
	sent     []string // destinations
	refuses  string   // a destination that cannot be reached
}

// reporter returns a Reporter of a cluster with the given objects.
func (w *world) reporter(objects ...client.Object) *Reporter {
	w.t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		w.t.Fatal(err)
	}
	reader := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).Build()
	return New(access.Access{Reader: reader, Clients: w}, w.clock, func(*v1alpha1.WorkItem, string, error) {})
}

func newWorld(t *testing.T) *world {
	return &world{t: t, clock: clocktesting.NewFakeClock(time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)), status: "Ready"}
}

func environment() *v1alpha1.WorkEnvironment {
	env := &v1alpha1.WorkEnvironment{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "env"}}
	env.Spec.Notifications = []v1alpha1.NotificationRule{
		{Name: "all", Type: v1alpha1.NotificationSNS, TopicARN: "arn:all", On: []string{"Succeeded", "Failed", "Cancelled"}},
		{Name: "failures", Type: v1alpha1.NotificationSQS, QueueURL: "https://failures", On: []string{"Failed"}},
	}
	env.Spec.DeadLetterQueueURL = deadLetterQueue
	return env
}

func source() *v1alpha1.WorkSource {
	s := &v1alpha1.WorkSource{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "board"}}
	s.Spec.GitHub = v1alpha1.GitHubSource{Owner: "o", ProjectNumber: 1, StatusField: "Status", ReadyStatus: "Ready"}
	s.Spec.WriteBack = &v1alpha1.WriteBack{Started: "In Progress", Succeeded: "In Review", Failed: "Blocked"}
	return s
}

// ended is an item of a card that ended with an outcome.
func ended(outcome string) *v1alpha1.WorkItem {
	item := &v1alpha1.WorkItem{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "card-1", UID: "uid-1"}}
	item.Spec = v1alpha1.WorkItemSpec{
		EnvironmentRef: v1alpha1.LocalObjectReference{Name: "env"}, SourceRef: &v1alpha1.LocalObjectReference{Name: "board"},
		Card: &v1alpha1.Card{Provider: "github", ID: "PVTI_1"}, Repository: "o/r", Branch: "feature/x",
	}
	item.Status.Attempt = &v1alpha1.Attempt{
		Number: 2, LockID: "mine", Fence: 7, Outcome: outcome, Build: &v1alpha1.BuildStatus{ID: "p:1", ARN: "arn:b"},
		Parameters: v1alpha1.FrozenParameters{Repository: "o/r", PullRequest: 5, BranchKey: "branch"},
	}
	item.Status.CorrelationID = "corr-1"
	status := metav1.ConditionFalse
	if outcome == v1alpha1.ReasonSucceeded {
		status = metav1.ConditionTrue
	}
	item.Status.Conditions = []metav1.Condition{{Type: v1alpha1.ConditionSucceeded, Status: status, Reason: outcome, Message: "See `it`, @all."}}
	return item
}

func (w *world) Board(context.Context, *v1alpha1.WorkSource, *v1alpha1.WorkEnvironment) (board.Board, error) {
	return cards{w: w}, w.boardErr
}

func (w *world) Table(context.Context, string, v1alpha1.AWSAccess, string) (lock.Table, error) {
	return table{w: w}, nil
}

func (w *world) Forge(context.Context, string, string, v1alpha1.Credentials, v1alpha1.AWSAccess) (forge.Forge, error) {
	return pulls{w: w}, nil
}

func (w *world) Notifier(_ context.Context, _ string, _ v1alpha1.AWSAccess, rule *v1alpha1.NotificationRule) (notify.Notifier, error) {
	return notifier{w, rule.TopicARN + rule.QueueURL}, nil
}

type cards struct {
	board.Board
	w *world
}

func (c cards) Resolve(context.Context, board.Ref) (board.Schema, error) {
	return board.Schema{Options: map[string]string{"Ready": "1", "In Progress": "2", "In Review": "3"}}, nil
}

func (c cards) Cards(context.Context, board.Ref, []string) (map[string]board.Card, error) {
	if c.w.status == "gone" {
		return nil, nil
	}
	return map[string]board.Card{"PVTI_1": {ID: "PVTI_1", Status: c.w.status}}, nil
}

func (c cards) SetStatus(_ context.Context, schema board.Schema, _, option string) error {
	for name, id := range schema.Options {
		if id == option {
			c.w.status = name
		}
	}
	return nil
}

type table struct {
	lock.Table
	w *world
}

func (t table) Rows(_ context.Context, keys []string) (map[string]lock.Row, error) {
	return map[string]lock.Row{keys[0]: t.w.row}, nil
}

func (t table) Card(context.Context, string) (lock.CardRow, error) { return lock.CardRow{}, nil }

type pulls struct {
	forge.Forge
	w *world
}

func (p pulls) Comment(_ context.Context, _ string, _ int64, _, body string) error {
	p.w.comments = append(p.w.comments, body)
	return nil
}

type notifier struct {
	w       *world
	address string
}

func (n notifier) Notify(context.Context, notify.Message) error {
	if n.address == n.w.refuses {
		return errors.New("no such queue")
	}
	n.w.sent = append(n.w.sent, n.address)
	return nil
}
