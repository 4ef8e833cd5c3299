// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workitem

import (
	"context"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/workitem/policy"
	"github.com/kiro-worker/kiro-worker/internal/build"
)

// forgetful is a build service that knows no build, as CodeBuild does for some seconds after a start, and once a build was
// deleted from its history.
type forgetful struct{ build.Service }

func (forgetful) Get(_ context.Context, refs []build.Reference) (map[build.Reference]build.Build, []build.Reference, error) {
	return nil, refs, nil
}

// A build that is not found counts as over after three looks that are a minute apart, and not after three looks in as many
// seconds: the watcher looks every few seconds, and CodeBuild may lag for as long.
func TestABuildThatIsNotFound(t *testing.T) {
	w := newWorld(t)
	w.work = hang
	w.branch("feature/x")
	w.item("one", "feature/x")
	w.until("one", "running", isRunning)
	w.clock.Step(policy.NotFoundAfter)
	known := w.builds
	look := func() *v1alpha1.WorkItem {
		t.Helper()
		w.watcher.Tick(t.Context(), w.clock.Now())
		w.look("one")
		return w.get("one")
	}

	w.builds = forgetful{known}
	for range 20 {
		if item := look(); item.Status.Attempt.Build.NotFoundTimes != 1 || item.Status.Attempt.Build.OverSince != nil {
			t.Fatalf("looks within 40 seconds count as %d: %s", item.Status.Attempt.Build.NotFoundTimes, describe(item))
		}
		w.clock.Step(2 * time.Second)
	}

	w.builds = known
	if item := look(); item.Status.Attempt.Build.NotFoundTimes != 0 {
		t.Fatalf("a build that is found again was not missed %d times in a row", item.Status.Attempt.Build.NotFoundTimes)
	}

	w.builds = forgetful{known}
	began := w.clock.Now()
	item := w.until("one", "over", func(i *v1alpha1.WorkItem) bool { return len(i.Status.PastAttempts) > 0 })
	if took := w.clock.Now().Sub(began); took < 2*policy.NotFoundSpacing+settling || took > 4*policy.NotFoundSpacing {
		t.Errorf("the build counted as over after %s", took)
	}
	if past := item.Status.PastAttempts[0]; past.Outcome != v1alpha1.ReasonWorkerLost {
		t.Errorf("the attempt ended as %s", past.Outcome)
	}
}
