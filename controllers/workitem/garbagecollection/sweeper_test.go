// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package garbagecollection

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/items"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/logging"
)

// A build that CodeBuild does not know, in the environment's account and in another.
const (
	unknownBuild = "arn:aws:codebuild:" + region + ":" + account + ":build/" + project + ":00000000-0000-0000-0000-000000000000"
	foreignBuild = "arn:aws:codebuild:us-east-1:999999999999:build/" + project + ":1"
)

// acquireOther acquires a lock in the name of an item that is not in this cluster, for as long as a lease is.
func (w *world) acquireOther(slot int, buildARN string, lease time.Duration) {
	w.t.Helper()
	l, err := w.table.Acquire(w.t.Context(), lock.Request{
		LockID: fmt.Sprintf("other-%d", slot), WorkItemID: "other/team/x", Holder: "other", Attempt: 1,
		ProjectARN: w.env.Status.ProjectARN, SlotKey: contract.SlotKey(w.env.Status.ProjectARN, slot),
		BranchKey: fmt.Sprintf("branch#github.com/7#refs/heads/%d", slot), CardKey: fmt.Sprintf("card#object/%d", slot),
		Trigger: noon, Now: w.clock.Now(), ExpiresAt: w.clock.Now().Add(lease),
	})
	w.must(err)
	if buildARN != "" {
		w.must(w.table.Claim(w.t.Context(), l, buildARN, w.clock.Now().Add(lease)))
	}
}

// build starts a build of nobody's, which ends at once or not by itself.
func (w *world) build(ends bool) string {
	w.t.Helper()
	w.work = func(ctx context.Context) error {
		if !ends {
			<-ctx.Done()
		}
		return ctx.Err()
	}
	b, err := w.builds.Start(w.t.Context(), build.StartRequest{Project: project, Token: fmt.Sprint(ends)})
	w.must(err)
	for over := !ends; !over; time.Sleep(time.Millisecond) { // the emulator's builds run in real time
		found, _, err := w.builds.Get(w.t.Context(), []build.Reference{b.Reference})
		w.must(err)
		over = found[b.Reference].State.Over()
	}
	return string(b.Reference)
}

// slotsHeld are the numbers of the slots that somebody holds.
func (w *world) slotsHeld() string {
	w.t.Helper()
	slots, err := items.ReadSlots(w.t.Context(), w.table, w.env.Status.ProjectARN)
	w.must(err)
	var held []string
	for n, row := range slots {
		if row.Held() {
			held = append(held, fmt.Sprint(n))
		}
	}
	return strings.Join(held, " ")
}

func TestSweep(t *testing.T) {
	w := newWorld(t)
	for slot, l := range []struct {
		build string
		lease time.Duration
	}{
		0: {"", time.Hour},                   // in use, for all that is known
		1: {"", 5 * time.Minute},             // never claimed
		2: {w.build(true), 5 * time.Minute},  // over, its release lost
		3: {w.build(false), 5 * time.Minute}, // silent, and CodeBuild says that it runs
		4: {foreignBuild, 5 * time.Minute},   // nobody here can ask about it
		5: {unknownBuild, 5 * time.Minute},   // deleted from the history, or not seen yet
	} {
		w.acquireOther(slot, l.build, l.lease)
	}
	for _, c := range []struct {
		why   string
		after time.Duration
		held  string
	}{
		{"no lease has ended", 0, "0 1 2 3 4 5"},
		{"what nobody claimed is abandoned; what is over settles first", 6 * time.Minute, "0 2 3 4 5"},
		{"the last request of what is over has settled", settling, "0 3 4 5"},
		{"a build that is not known was missed twice, and its lock is young", 5 * time.Minute, "0 3 4 5"},
		{"it was missed often enough and is long gone", 6 * time.Minute, "0 3 4"},
		{"a build that runs, and one that nobody can ask about, keep their locks", 30 * time.Minute, "0 3 4"},
	} {
		w.clock.Step(c.after)
		w.must(w.collector.Sweep(t.Context(), w.env))
		if got := w.slotsHeld(); got != c.held {
			t.Errorf("%s: the slots %q are held, want %q", c.why, got, c.held)
		}
	}
}

// A build that is not known is over only if its own account was asked, and answered.
func TestSweepBelievesOnlyTheBuildsOwnAccount(t *testing.T) {
	for name, c := range map[string]struct {
		why     string
		disturb func(*world)
	}{
		"denied": {"who may not ask learns nothing", func(w *world) {
			w.faults.Add(faults.Rule{Service: "codebuild", Operation: "BatchGetBuilds", Rate: 1, Fault: faults.Fault{
				Status: http.StatusBadRequest, Code: "AccessDeniedException", Message: "no"}})
		}},
		"unreachable": {"no answer is none", func(w *world) {
			w.faults.Add(faults.Rule{Service: "codebuild", Operation: "BatchGetBuilds", Rate: 1, Fault: faults.Fault{Status: http.StatusBadGateway}})
		}},
		"another account by now": {"the role was changed, and the status still names the old account's project", func(w *world) {
			w.env.Status.ProjectARN = strings.Replace(w.env.Status.ProjectARN, account, "999999999999", 1)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			c.disturb(w)
			arn := unknownBuild
			if name == "another account by now" {
				arn = strings.Replace(arn, account, "999999999999", 1)
			}
			w.acquireOther(0, arn, 5*time.Minute)
			for range 10 {
				w.clock.Step(5 * time.Minute)
				if err := w.collector.Sweep(t.Context(), w.env); err != nil {
					t.Logf("sweep: %v", err)
				}
			}
			if got := w.slotsHeld(); got != "0" {
				t.Errorf("%s: a lock was freed although nobody knows whether its build runs", c.why)
			}
		})
	}
}

// An environment that cannot be swept is one warning, and not one each time.
func TestSweeperLogsTroubleOnce(t *testing.T) {
	w := newWorld(t)
	w.env.Namespace, w.env.Name = "team", "env"
	scheme := runtime.NewScheme()
	w.must(v1alpha1.AddToScheme(scheme))
	w.collector.access.Reader = fake.NewClientBuilder().WithScheme(scheme).WithObjects(w.env).Build()
	var out bytes.Buffer
	logger, err := logging.New(&out, "info")
	w.must(err)
	s := &sweeper{collector: w.collector, clock: w.clock}
	deny := func(code string) {
		w.faults.Clear()
		w.faults.Add(faults.Rule{Service: "dynamodb", Rate: 1, Fault: faults.Fault{Status: http.StatusBadRequest, Code: code, Message: code}})
	}
	for _, code := range []string{"AccessDeniedException", "AccessDeniedException", "ResourceNotFoundException", "ResourceNotFoundException"} {
		deny(code)
		s.sweep(log.IntoContext(t.Context(), logger))
	}
	if lines := strings.Count(out.String(), "\n"); lines != 2 || strings.Count(out.String(), `"level":"warn"`) != 2 {
		t.Errorf("two kinds of trouble made these lines:\n%s", out.String())
	}
}

// The dispatcher hands in slots that an item waits for. They are freed as a sweep would free them, and the dispatcher is told.
func TestIdleSlotsAreFreed(t *testing.T) {
	w := newWorld(t)
	w.acquireOther(0, "", time.Hour)
	w.acquireOther(1, "", 5*time.Minute)
	w.clock.Step(6 * time.Minute)
	slots, err := items.ReadSlots(t.Context(), w.table, w.env.Status.ProjectARN)
	w.must(err)
	w.collector.IdleSlots(t.Context(), w.env, slots[:2])
	if got := w.slotsHeld(); got != "0" {
		t.Errorf("the slots %q are held, want the one whose lease goes on", got)
	}
}
