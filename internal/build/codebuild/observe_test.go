// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package codebuild_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
)

func succeed(context.Context, emulator.Running) error { return nil }

// many starts builds a second apart and returns their references, oldest first.
func (w *world) many(t *testing.T, n int) []build.Reference {
	t.Helper()
	w.put(t, emulator.Project{Name: "worker", Run: succeed})
	var out []build.Reference
	for i := range n {
		b, err := w.Start(context.Background(), build.StartRequest{Project: "worker", Token: label(i),
			Environment: []contract.Variable{{Name: contract.EnvLockID, Value: "lock-" + label(i)}}})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b.Reference)
		w.clock.Step(time.Second)
	}
	return out
}

func TestGet(t *testing.T) {
	w := newWorld(t)
	started := w.many(t, 150)
	const arn = "arn:aws:codebuild:us-east-1:123456789012:build/"
	elsewhere := build.Reference("arn:aws:codebuild:us-west-2:123456789012:build/" + started[0].Name())
	hostile := []build.Reference{build.Reference(started[0].Name()), "worker:none", arn + "worker", "", "a b:c", arn + "../x"}
	refs := slices.Concat(started, []build.Reference{started[0], elsewhere, arn + "worker:none"}, hostile)
	found, missing, err := w.Get(context.Background(), refs)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(append(hostile, arn+"worker:none"), missing); diff != "" {
		t.Errorf("missing, hostile references among them (-want +got):\n%s", diff)
	}
	if len(found) != 151 {
		t.Errorf("found %d references, want those of 150 builds, and one of them in another region", len(found))
	}
	for i, ref := range started {
		if found[ref].LockID != "lock-"+label(i) {
			t.Fatalf("build %d has lock id %q", i, found[ref].LockID)
		}
	}
	if b := found[elsewhere]; b.Reference != started[0] {
		t.Errorf("asked for %s, found %s; the caller sees by that that it was another", elsewhere, b.Reference)
	}
	if n := w.faults.Calls(emulator.Service, "BatchGetBuilds"); n != 2 {
		t.Errorf("%d requests for 151 builds, want 2", n)
	}
	w.faults.Reset()
	if found, missing, err := w.Get(context.Background(), nil); err != nil || len(found)+len(missing) != 0 ||
		w.faults.Calls(emulator.Service, "") != 0 {
		t.Errorf("nothing asked: %v, %v, %v; want no request", found, missing, err)
	}
}

func TestGetFails(t *testing.T) {
	w := newWorld(t)
	started := w.many(t, 2)
	remove := w.faults.Add(faults.Rule{Operation: "BatchGetBuilds", Fault: faults.Fault{Status: 400, Code: "AccessDeniedException"}})
	if _, missing, err := w.Get(context.Background(), started); fault.CodeOf(err) != fault.CodeAccessDenied || len(missing) > 0 {
		t.Errorf("denied: %v, missing %v; a build that cannot be seen is not missing", err, missing)
	}
	remove()
	w.faults.Add(faults.Rule{Operation: "BatchGetBuilds", Fault: faults.Fault{Status: 200, Body: `{"builds":[],"buildsNotFound":["` + started[0].Name() + `"]}`}})
	if _, missing, err := w.Get(context.Background(), started); fault.CodeOf(err) != fault.CodeInvalidAnswer || len(missing) > 0 {
		t.Errorf("an answer that leaves a build out: %v, missing %v; no answer is no proof", err, missing)
	}
}

func TestLogs(t *testing.T) {
	w := newWorld(t, func(o *emulator.Options) { o.ConcurrentBuilds = 1 })
	running := w.start(t, build.StartRequest{Token: "a"})
	queued, err := w.Start(context.Background(), build.StartRequest{Project: "worker", Token: "b"})
	if err != nil {
		t.Fatal(err)
	}
	found, _, err := w.Get(context.Background(), []build.Reference{running.Reference, queued.Reference})
	if err != nil {
		t.Fatal(err)
	}
	if b := found[running.Reference]; b.State != build.StateRunning || b.Log.URL == "" || b.Log.Group != "/aws/codebuild/worker" || b.Log.Stream == "" {
		t.Errorf("running: %+v", b)
	}
	if b := found[queued.Reference]; b.State != build.StateQueued || b.Phase != "QUEUED" || b.Log != (build.Log{}) {
		t.Errorf("queued: %+v; its log does not exist yet", b)
	}
}

func TestRecent(t *testing.T) {
	w := newWorld(t)
	started := w.many(t, 230)
	slices.Reverse(started)
	tests := map[string]struct {
		why   string
		since time.Time
		want  []build.Reference
		lists int
	}{
		"Few":  {"one page is enough, and its builds are asked for together", epoch.Add(225 * time.Second), started[:5], 1},
		"More": {"pages are read until builds are older", epoch.Add(80 * time.Second), started[:150], 2},
		"All":  {"the last page ends it", epoch, started, 3},
		"None": {"a project without recent builds", epoch.Add(time.Hour), nil, 1},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			w.faults.Reset()
			got, err := w.Recent(context.Background(), "worker", tc.since)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, references(got)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", tc.why, diff)
			}
			if n := w.faults.Calls(emulator.Service, "ListBuildsForProject"); n != tc.lists {
				t.Errorf("%s: %d pages, want %d", tc.why, n, tc.lists)
			}
		})
	}
	t.Run("Broken", func(t *testing.T) {
		w.faults.Add(faults.Rule{Operation: "ListBuildsForProject", Nth: 2, Fault: faults.Fault{Status: 400, Code: "AccessDeniedException"}})
		if got, err := w.Recent(context.Background(), "worker", epoch); err == nil || got != nil {
			t.Errorf("%d builds, %v; half a list must not look like all of it", len(got), err)
		}
	})
	t.Run("NoProject", func(t *testing.T) {
		if _, err := w.Recent(context.Background(), "other", epoch); fault.CodeOf(err) != fault.CodeNotFound {
			t.Errorf("error = %v", err)
		}
	})
}
