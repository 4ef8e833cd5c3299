// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// crowd is a place with many builds, and when each was looked at.
type crowd struct {
	*cloud
	t     *testing.T
	w     *Watcher
	items []types.NamespacedName
	now   time.Time
	looks map[types.NamespacedName][]time.Time
	most  int // looked at in one tick
	ticks int
}

func newCrowd(t *testing.T, n int) *crowd {
	c := &crowd{cloud: newCloud(), t: t, now: start}
	c.w = New(c, Options{Fast: fast, Slow: slow})
	for i := range n {
		c.items = append(c.items, c.run(c.w, "here", fmt.Sprintf("item-%03d", i)))
	}
	return c
}

// pass lets time pass, with a tick whenever one is due.
func (c *crowd) pass(d time.Duration) {
	end := c.now.Add(d)
	c.looks, c.most, c.ticks = map[types.NamespacedName][]time.Time{}, 0, 0
	for c.now.Before(end) {
		_, next := c.w.Tick(c.t.Context(), c.now)
		c.ticks++
		at := 0
		for _, item := range c.items {
			if o := c.w.Latest(item, reference(item)); o != nil && o.Time.Equal(c.now) {
				c.looks[item] = append(c.looks[item], c.now)
				at++
			}
		}
		c.most = max(c.most, at)
		if !next.After(c.now) {
			c.t.Fatalf("the next look is due at %s, after one at %s", next, c.now)
		}
		c.now = next
	}
}

// expectEach fails unless each build was looked at so often, at such distances.
func (c *crowd) expectEach(times int, distance time.Duration) {
	c.t.Helper()
	for _, item := range c.items {
		looks := c.looks[item]
		if len(looks) != times {
			c.t.Errorf("%s was looked at %d times, want %d", item.Name, len(looks), times)
		}
		for i := range looks[1:] {
			if got := looks[i+1].Sub(looks[i]); got != distance {
				c.t.Errorf("%s was looked at again after %s, want %s", item.Name, got, distance)
			}
		}
	}
}

func (c *crowd) report(item types.NamespacedName, stage contract.Stage) {
	row := c.rows["branch#"+item.Name]
	row.Stage = stage
	c.rows["branch#"+item.Name] = row
}

// Many builds are looked at in parts, each as often as it would be alone, whether or not something changes.
func TestManyBuildsAreLookedAtInParts(t *testing.T) {
	c := newCrowd(t, 200)
	c.w.Tick(t.Context(), c.now) // all are new
	c.now = c.now.Add(fast)
	for n := range 8 { // something is new in each interval
		c.report(c.items[0], contract.Stage(fmt.Sprint(n)))
		c.pass(fast)
	}
	c.expectEach(1, 0)
	if c.ticks != mostParts || c.most > len(c.items)/mostParts*2 {
		t.Errorf("%d ticks looked at up to %d of %d builds, want %d parts", c.ticks, c.most, len(c.items), mostParts)
	}
	c.pass(5 * slow) // nothing is
	c.pass(3 * slow)
	c.expectEach(3, slow)
	if c.ticks > 3*mostParts {
		t.Errorf("%d ticks in three intervals", c.ticks)
	}
	c.report(c.items[0], "new")
	c.pass(slow)
	c.pass(fast)
	if len(c.looks) < len(c.items)/2 {
		t.Errorf("the place changes, and only %d of %d builds are looked at soon", len(c.looks), len(c.items))
	}
}

// Few are looked at together.
func TestFewBuildsAreLookedAtTogether(t *testing.T) {
	c := newCrowd(t, 2*partSize-1)
	c.pass(fast)
	if c.ticks != 1 || c.most != len(c.items) {
		t.Errorf("%d ticks looked at up to %d of %d builds", c.ticks, c.most, len(c.items))
	}
}

// A place that does not answer is looked at as a whole, and in parts again when it does.
func TestAPlaceThatDoesNotAnswer(t *testing.T) {
	c := newCrowd(t, 100)
	c.w.Tick(t.Context(), c.now)
	c.now = c.now.Add(fast)
	c.err = errors.New("denied")
	c.pass(10 * slow)
	c.pass(slow)
	if c.ticks != 1 || c.most != len(c.items) {
		t.Errorf("%d ticks looked at up to %d of %d builds", c.ticks, c.most, len(c.items))
	}
	c.err = nil
	c.pass(10 * slow)
	c.pass(slow)
	c.expectEach(1, 0)
	if c.ticks < mostParts/2 {
		t.Errorf("it answers, and %d ticks look at it", c.ticks)
	}
}
