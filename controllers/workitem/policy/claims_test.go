// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

func TestTriggerAhead(t *testing.T) {
	now := time.Date(2026, 11, 30, 12, 0, 0, 0, time.UTC)
	cases := map[string]struct {
		why  string
		at   *time.Time
		wait time.Duration
	}{
		"None":      {"An item made by hand need not say.", nil, 0},
		"Before":    {"A card's.", new(now.Add(-time.Hour)), 0},
		"Clock":     {"Clocks differ.", new(now.Add(MaxTriggerAhead)), 0},
		"Ahead":     {"A minute more waits a minute.", new(now.Add(MaxTriggerAhead + time.Minute)), time.Minute},
		"FarFuture": {"It would make every later trigger of its card processed.", new(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)), time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC).Sub(now) - MaxTriggerAhead},
	}
	for name, c := range cases {
		item := &v1alpha1.WorkItem{}
		if c.at != nil {
			item.Spec.TriggeredAt = &metav1.Time{Time: *c.at}
		}
		if miss, wait := TriggerAhead(item, now); (miss != nil) != (c.wait > 0) || wait != c.wait {
			t.Errorf("%s: %s got %v, %s", name, c.why, miss, wait)
		}
	}
}

func TestOutsideSource(t *testing.T) {
	item := &v1alpha1.WorkItem{}
	item.Spec.Repository = "acme/shop"
	with := func(repositories ...string) *v1alpha1.WorkSource {
		s := &v1alpha1.WorkSource{}
		s.Spec.GitHub.Repositories = repositories
		return s
	}
	cases := map[string]struct {
		why    string
		source *v1alpha1.WorkSource
		miss   bool
	}{
		"NoSource":  {"It works with the environment's credentials.", nil, false},
		"Unlimited": {"A source without a list works on all.", with(), false},
		"Listed":    {"Names of repositories have no case.", with("acme/other", "Acme/Shop"), false},
		"Other":     {"Somebody who may write items names another's source.", with("acme/other"), true},
	}
	for name, c := range cases {
		if miss := OutsideSource(item, c.source); (miss != nil) != c.miss {
			t.Errorf("%s: %s got %v", name, c.why, miss)
		}
	}
}
