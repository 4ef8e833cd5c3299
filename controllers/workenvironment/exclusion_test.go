// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

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
		{"an account that is not known yet counts as the same one", environment("other", "locks", ""), []v1alpha1.WorkItem{accepted("a"), accepted("b", in("other"))}, false},
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

func TestSplitExclusionIsReported(t *testing.T) {
	w := newWorld(t)
	must(t, w.tables.CreateLockTable("locks-2"))
	w.environment()
	w.environment(func(e *v1alpha1.WorkEnvironment) { e.Name, e.Spec.Lock.TableName = "second", "locks-2" })
	w.item("a")
	w.item("b", func(i *v1alpha1.WorkItem) { i.Spec.EnvironmentRef.Name = "second" })
	w.reconcile()
	e := w.get()
	if got := condition(e, v1alpha1.ConditionLockTableReady); got != "True InvalidConfiguration" || condition(e, v1alpha1.ConditionReady) != "True Usable" {
		t.Errorf("LockTableReady is %s, Ready %s: %s", got, condition(e, v1alpha1.ConditionReady), message(e, v1alpha1.ConditionLockTableReady))
	}
}
