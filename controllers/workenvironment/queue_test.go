// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"fmt"
	"k8s.io/apimachinery/pkg/api/meta"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

// accepted is an item that has been waiting for its turn since the epoch.
func accepted(name string, change ...func(*v1alpha1.WorkItem)) v1alpha1.WorkItem {
	i := v1alpha1.WorkItem{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: name, CreationTimestamp: *at(0)},
		Spec: v1alpha1.WorkItemSpec{
			EnvironmentRef: v1alpha1.LocalObjectReference{Name: "builds"}, Repository: "acme/app", Branch: name, TriggeredAt: at(0),
		},
		Status: v1alpha1.WorkItemStatus{
			ObservedTrigger: at(0),
			Conditions:      []metav1.Condition{{Type: v1alpha1.ConditionAccepted, Status: metav1.ConditionTrue, LastTransitionTime: *at(0)}},
		},
	}
	for _, c := range change {
		c(&i)
	}
	return i
}

func done(i *v1alpha1.WorkItem) {
	i.Status.CompletionTime = at(time.Hour)
	meta.SetStatusCondition(&i.Status.Conditions, metav1.Condition{
		Type: v1alpha1.ConditionSucceeded, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonTestsFailed,
	})
}

func working(i *v1alpha1.WorkItem) {
	i.Status.Attempt = &v1alpha1.Attempt{
		Number: 1, Trigger: *at(0), Build: &v1alpha1.BuildStatus{ARN: "arn:build/" + i.Name},
		Parameters: v1alpha1.FrozenParameters{AWS: v1alpha1.AWSAccess{Region: "eu-west-1"}},
	}
}

func TestQueueOf(t *testing.T) {
	urgent := func(i *v1alpha1.WorkItem) { i.Spec.Priority = 5 }
	oldCard := func(i *v1alpha1.WorkItem) { i.Spec.Card = &v1alpha1.Card{CreatedAt: at(-time.Hour)} }
	since := func(d time.Duration) func(*v1alpha1.WorkItem) {
		return func(i *v1alpha1.WorkItem) { i.Status.Queue = &v1alpha1.QueuePosition{Since: at(d)} }
	}
	cases := []struct {
		why   string
		items []v1alpha1.WorkItem
		want  string // "length; first…; oldest wait since the epoch"
	}{
		{"nobody waits", nil, "0;; "},
		{
			"priority first, then the oldest card",
			[]v1alpha1.WorkItem{accepted("young"), accepted("old", oldCard), accepted("urgent", urgent)},
			"3; urgent old young; 0s",
		},
		{
			"who waits longest is told by the queue, not by the order",
			[]v1alpha1.WorkItem{accepted("a", urgent, since(time.Minute)), accepted("b", since(-time.Minute))},
			"2; a b; -1m0s",
		},
		{"who works, is done, is cancelled, or was not accepted does not wait", []v1alpha1.WorkItem{
			accepted("works", working), accepted("done", done), accepted("cancelled", func(i *v1alpha1.WorkItem) { i.Spec.Cancel = true }),
			accepted("unaccepted", func(i *v1alpha1.WorkItem) { i.Status.Conditions = nil }),
			accepted("going", func(i *v1alpha1.WorkItem) { i.DeletionTimestamp = at(0) }),
		}, "0;; "},
		{
			"one that is between two attempts waits", []v1alpha1.WorkItem{accepted("again", func(i *v1alpha1.WorkItem) {
				i.Status.Attempt = &v1alpha1.Attempt{Number: 1, Outcome: v1alpha1.ReasonBuildFault}
			})}, "1; again; 0s",
		},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			q := queueOf(c.items)
			var names strings.Builder
			for _, f := range q.First {
				names.WriteString(" " + f.Name)
			}
			oldest := ""
			if q.OldestSince != nil {
				oldest = q.OldestSince.Sub(epoch).String()
			}
			if diff := cmp.Diff(c.want, fmt.Sprintf("%d;%s; %s", q.Length, names.String(), oldest)); diff != "" {
				t.Errorf("queue (-want +got):\n%s", diff)
			}
		})
	}
}

func TestQueueShowsTheFirstTen(t *testing.T) {
	var items []v1alpha1.WorkItem
	for n := range 25 {
		items = append(items, accepted(fmt.Sprintf("item-%02d", n)))
	}
	if q := queueOf(items); q.Length != 25 || len(q.First) != 10 || q.First[9].Name != "item-09" {
		t.Errorf("the queue is %+v", q)
	}
}

func TestUsersOf(t *testing.T) {
	items := []v1alpha1.WorkItem{
		accepted("c"), accepted("b", working), accepted("a", done),
		accepted("retriggered", done, func(i *v1alpha1.WorkItem) { i.Spec.TriggeredAt = at(2 * time.Hour) }),
	}
	want := []user{{"b", "arn:build/b"}, {"c", ""}, {"retriggered", ""}}
	if diff := cmp.Diff(want, usersOf(items), cmp.AllowUnexported(user{})); diff != "" {
		t.Errorf("users (-want +got):\n%s", diff)
	}
	if got := names([]user{{"a", ""}, {"b", ""}, {"c", ""}, {"d", ""}, {"e", ""}}); got != "a, b, c, and 2 more" {
		t.Errorf("five users are named %q", got)
	}
	n := forcedOff(want)
	if !strings.Contains(n.message, "arn:build/b") {
		t.Errorf("the event does not name the build that may still run: %s", n.message)
	}
}

func TestSplitExclusion(t *testing.T) {
	environment := func(name, table, arn string) v1alpha1.WorkEnvironment {
		return *checked(func(e *v1alpha1.WorkEnvironment) {
			e.Name, e.Spec.Lock.TableName, e.Spec.AWS.Region, e.Status.ProjectARN = name, table, "eu-west-1", arn
		})
	}
	in := func(environment string) func(*v1alpha1.WorkItem) {
		return func(i *v1alpha1.WorkItem) { i.Spec.EnvironmentRef.Name = environment }
	}
	const account1, account2 = "arn:aws:codebuild:eu-west-1:111111111111:project/p", "arn:aws:codebuild:eu-west-1:222222222222:project/p"
	own := environment("builds", "locks", account1)
	cases := []struct {
		why   string
		other v1alpha1.WorkEnvironment
		items []v1alpha1.WorkItem
		warn  bool
	}{
		{"one repository through two tables", environment("other", "locks-2", account1), []v1alpha1.WorkItem{accepted("a"), accepted("b", in("other"))}, true},
		{"one repository through tables of one name in two accounts", environment("other", "locks", account2), []v1alpha1.WorkItem{accepted("a"), accepted("b", in("other"))}, true},
		{"one repository through one table", environment("other", "locks", account1), []v1alpha1.WorkItem{accepted("a"), accepted("b", in("other"))}, false},
		{"an account that is not known yet is given the benefit of the doubt", environment("other", "locks", ""), []v1alpha1.WorkItem{accepted("a"), accepted("b", in("other"))}, false},
		{
			"two tables for two repositories", environment("other", "locks-2", account1),
			[]v1alpha1.WorkItem{accepted("a"), accepted("b", in("other"), func(i *v1alpha1.WorkItem) { i.Spec.Repository = "acme/lib" })}, false,
		},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			message := splitExclusion(&own, []v1alpha1.WorkEnvironment{own, c.other}, c.items)
			if (message != "") != c.warn || (c.warn && !strings.Contains(message, "acme/app")) {
				t.Errorf("the message is %q", message)
			}
		})
	}
}
