// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

var start = time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)

const fast, slow = time.Second, 4 * time.Second

// cloud is the build service and the lock tables of all places. It counts what it is asked.
type cloud struct {
	builds map[build.Reference]build.Build
	rows   map[string]lock.Row
	err    error           // of the build service
	hangs  map[string]bool // regions that swallow requests

	mu    sync.Mutex
	asked []string
}

func newCloud() *cloud {
	return &cloud{builds: map[build.Reference]build.Build{}, rows: map[string]lock.Row{}, hangs: map[string]bool{}}
}

func (c *cloud) BuildObserver(_ context.Context, _ string, aws v1alpha1.AWSAccess) (build.Observer, error) {
	return service{cloud: c, region: aws.Region}, nil
}

func (c *cloud) LockReader(_ context.Context, _ string, aws v1alpha1.AWSAccess, _ string) (lock.Reader, error) {
	return table{cloud: c, region: aws.Region}, nil
}

// answer notes a call, and keeps it for ever where the region swallows requests.
func (c *cloud) answer(ctx context.Context, region, what string, n int) error {
	c.mu.Lock()
	c.asked = append(c.asked, fmt.Sprintf("%s %s %d", region, what, n))
	c.mu.Unlock()
	if c.hangs[region] {
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

type service struct {
	build.Observer
	*cloud
	region string
}

func (s service) Get(ctx context.Context, refs []build.Reference) (map[build.Reference]build.Build, []build.Reference, error) {
	if err := s.answer(ctx, s.region, "builds", len(refs)); err != nil {
		return nil, nil, err
	}
	if s.err != nil {
		return nil, nil, s.err
	}
	found := map[build.Reference]build.Build{}
	var missing []build.Reference
	for _, ref := range refs {
		if b, ok := s.builds[ref]; ok {
			found[ref] = b
		} else {
			missing = append(missing, ref)
		}
	}
	return found, missing, nil
}

type table struct {
	lock.Reader
	*cloud
	region string
}

func (t table) Rows(ctx context.Context, keys []string) (map[string]lock.Row, error) {
	if err := t.answer(ctx, t.region, "rows", len(keys)); err != nil {
		return nil, err
	}
	found := map[string]lock.Row{}
	for _, key := range keys {
		found[key] = t.rows[key]
	}
	return found, nil
}

func in(region string) Place {
	return Place{Namespace: "team", AWS: v1alpha1.AWSAccess{Region: region}, TableName: "locks"}
}

// run lets a build run for an item of that name, and has it watched.
func (c *cloud) run(w *Watcher, region, name string) types.NamespacedName {
	item := types.NamespacedName{Namespace: "team", Name: name}
	ref := reference(item)
	c.builds[ref] = build.Build{Reference: ref, State: build.StateRunning}
	c.rows["branch#"+name] = lock.Row{Key: "branch#" + name, Exists: true, Status: contract.StatusInProgress, HeartbeatAt: start}
	w.Track(in(region), Subject{Item: item, Build: ref, BranchKey: "branch#" + name})
	return item
}

func reference(item types.NamespacedName) build.Reference {
	return build.Reference("builds/" + item.Name)
}

func names(items []types.NamespacedName) string {
	var all []string
	for _, i := range items {
		all = append(all, i.Name)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

func TestAPlaceIsAskedOnceForAll(t *testing.T) {
	c := newCloud()
	w := New(c, Options{Fast: fast, Slow: slow})
	for _, name := range []string{"a", "b", "c"} {
		c.run(w, "here", name)
	}
	c.run(w, "there", "d")
	changed, _ := w.Tick(t.Context(), start)
	if got := names(changed); got != "a b c d" {
		t.Errorf("the first look has news of %q", got)
	}
	if diff := cmp.Diff([]string{"here builds 3", "here rows 3", "there builds 1", "there rows 1"}, c.asked); diff != "" {
		t.Errorf("calls, the rows after the builds (-want +got):\n%s", diff)
	}
}

func TestPace(t *testing.T) {
	c := newCloud()
	w := New(c, Options{Fast: fast, Slow: slow})
	item := c.run(w, "here", "a")
	now := start
	tick := func(want time.Duration, why string) {
		t.Helper()
		_, next := w.Tick(t.Context(), now)
		if got := next.Sub(now); got != want {
			t.Errorf("%s: the next look is after %s, want %s", why, got, want)
		}
		now = next
	}
	tick(fast, "the first look is news")
	tick(fast*3/2, "nothing new")
	tick(fast*9/4, "still nothing")
	tick(fast*27/8, "still nothing")
	tick(slow, "not slower than that")
	row := c.rows["branch#a"]
	row.HeartbeatAt, row.ExpiresAt = now, now.Add(time.Hour)
	c.rows["branch#a"] = row
	tick(slow, "a heartbeat alone is no news")
	row.Stage = contract.StageTest
	c.rows["branch#a"] = row
	tick(fast, "the build goes on")
	tick(fast*3/2, "nothing new")
	w.PollNow(item)
	if _, next := w.Tick(t.Context(), now.Add(-fast)); !next.Before(now.Add(fast)) {
		t.Errorf("a place that is to be polled now is not looked at at once")
	}
	asked := len(c.asked)
	w.Forget(item)
	if w.Tick(t.Context(), now.Add(time.Hour)); len(c.asked) != asked {
		t.Error("nothing is watched any more, and AWS is still asked")
	}
}

func TestWhatIsSeen(t *testing.T) {
	c := newCloud()
	w := New(c, Options{Fast: fast, Slow: fast})
	item := c.run(w, "here", "a")
	delete(c.builds, "builds/a")
	now := start
	look := func() (bool, Observation) {
		changed, _ := w.Tick(t.Context(), now)
		now = now.Add(fast)
		return len(changed) == 1, *w.Latest(item, "builds/a")
	}
	for n := range 3 {
		if news, seen := look(); !news || !seen.BuildMissing || seen.Build != nil || seen.BuildErr != nil {
			t.Errorf("look %d at a build that is not known: news %v, %+v; each is counted by who waits for it", n, news, seen)
		}
	}
	c.err = errors.New("denied")
	if news, seen := look(); !news || seen.BuildMissing || !errors.Is(seen.BuildErr, c.err) || seen.Branch == nil {
		t.Errorf("a build that nobody can ask about is not missing, and its row is seen: news %v, %+v", news, seen)
	}
	if news, _ := look(); news {
		t.Error("that it still cannot be asked is no news")
	}
	c.err = nil
	c.run(w, "here", "a")
	if news, seen := look(); !news || seen.Build == nil || seen.BuildMissing {
		t.Errorf("a build that is found again: news %v, %+v", news, seen)
	}
	if seen := w.Latest(item, "builds/before"); seen != nil {
		t.Errorf("another build's observation is shown: %+v", seen)
	}
}

// An account that does not answer does not keep the others from being looked at, and comes last from then on.
func TestAnEndpointThatHangs(t *testing.T) {
	c := newCloud()
	w := New(c, Options{Fast: fast, Slow: fast, CallTimeout: 10 * time.Millisecond})
	c.run(w, "a-hanging", "a")
	well := c.run(w, "b-well", "b")
	c.hangs["a-hanging"] = true
	w.Tick(t.Context(), start)
	if seen := w.Latest(well, "builds/b"); seen == nil || seen.Build == nil {
		t.Fatalf("the other account was not looked at: %+v", seen)
	}
	hung := w.Latest(types.NamespacedName{Namespace: "team", Name: "a"}, "builds/a")
	if hung == nil || !errors.Is(hung.BuildErr, context.DeadlineExceeded) || !errors.Is(hung.RowErr, context.DeadlineExceeded) || hung.BuildMissing {
		t.Errorf("nothing is known of a build in it: %+v", hung)
	}
	c.asked = nil
	w.Tick(t.Context(), start.Add(fast))
	if len(c.asked) == 0 || !strings.HasPrefix(c.asked[0], "b-well") {
		t.Errorf("the account that answers waits for the one that does not: %v", c.asked)
	}
	c.hangs["a-hanging"] = false
	if changed, _ := w.Tick(t.Context(), start.Add(2*fast)); names(changed) != "a" {
		t.Errorf("it answers again, and there is news of %q", names(changed))
	}
}

// A place of thousands of builds is looked at a hundred at a time, each with its own time: one look that fails, or takes all of
// its time, takes none of the others'.
func TestManyBuildsInOnePlace(t *testing.T) {
	for name, all := range map[string]func([]func()){"one after the other": nil, "side by side": SideBySide(3)} {
		t.Run(name, func(t *testing.T) {
			c := newCloud()
			w := New(c, Options{Fast: fast, Slow: slow, All: all})
			for n := range 2*lookSize + 50 {
				c.run(w, "here", fmt.Sprintf("item-%03d", n))
			}
			changed, next := w.Tick(t.Context(), start)
			slices.Sort(c.asked)
			want := []string{"here builds 100", "here builds 100", "here builds 50", "here rows 100", "here rows 100", "here rows 50"}
			if diff := cmp.Diff(want, c.asked); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
			if len(changed) != 250 || next.After(start.Add(fast)) || w.Watched() != 250 {
				t.Errorf("%d of %d items have news, the next look is due at %s", len(changed), w.Watched(), next)
			}
		})
	}
}

// Whoever released the rows, and whoever has acquired the branch since, the slot is free: it is said once.
func TestReleasedRows(t *testing.T) {
	c := newCloud()
	var released []string
	w := New(c, Options{Fast: fast, Slow: slow, Released: func(p Place, row lock.Row) {
		released = append(released, p.AWS.Region+" "+row.LockID)
	}})
	change := func(status contract.RowStatus, lockID string) {
		row := c.rows["branch#a"]
		row.Status, row.LockID = status, lockID
		c.rows["branch#a"] = row
	}
	now := start
	expect := func(why string, want ...string) {
		t.Helper()
		_, next := w.Tick(t.Context(), now)
		now = next
		if diff := cmp.Diff(want, released); diff != "" {
			t.Errorf("%s (-want +got):\n%s", why, diff)
		}
		released = nil
	}
	c.run(w, "here", "a")
	change(contract.StatusInProgress, "first")
	expect("the build runs")
	change(contract.StatusComplete, "first")
	expect("its build released it", "here first")
	expect("it is said once")
	change(contract.StatusInProgress, "second")
	expect("another has acquired the branch")
	change(contract.StatusInProgress, "third")
	expect("and another: the one before was released unseen", "here second")
	delete(c.rows, "branch#a")
	expect("the row is gone", "here third")
}
