// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// fleet is some clusters that share a project: each has a Manager, and all have one lock table, which alone says who
// holds a slot or a branch. It is what the Manager is for, from end to end, without a model.
type fleet struct {
	r           *rand.Rand
	now         time.Time
	concurrency int
	clusters    []*fleetCluster
	slots       [contract.MaxSlots]fleetRow
	branches    map[string]string
	started     []string
	most        int
}

type fleetRow struct {
	Row
	cluster *fleetCluster
	ends    time.Time
}

type fleetCluster struct {
	*Manager
	items map[string]Item
	began int
}

func newFleet(seed uint64, clusters, concurrency int) *fleet {
	f := &fleet{r: rand.New(rand.NewPCG(seed, 3)), now: epoch, concurrency: concurrency, branches: map[string]string{}}
	for n := range clusters {
		c := &fleetCluster{Manager: NewManager(fmt.Sprintf("cluster-%d", n)), items: map[string]Item{}}
		c.Configure(testEnvironment, Settings{Project: testProject, Concurrency: concurrency, Usable: true}, f.now)
		c.Rebuild(nil, f.now)
		f.clusters = append(f.clusters, c)
	}
	return f
}

func (f *fleet) add(c *fleetCluster, name, branch string, priority int) {
	i := Item{Entry: Entry{Key: name, Name: name, Priority: int32(priority), CreatedAt: epoch, BranchKey: branch}, Environment: testEnvironment, Attempt: 1}
	c.items[name] = i
	f.handle(c, c.Put(i, f.now))
}

// handle does with grants what the lock step does.
func (f *fleet) handle(c *fleetCluster, r Result) {
	for _, g := range r.Grants {
		i := c.items[g.Key]
		wait := f.now.Add(RefusalWait.Backoff(g.Refusals+1, f.r.Float64()))
		switch {
		case f.slots[g.Slot].Held:
			f.handle(c, c.Refused(g.Key, RefusedSlot, wait, f.now))
			continue
		case i.BranchKey != "" && f.branches[i.BranchKey] != "":
			f.handle(c, c.Refused(g.Key, RefusedBranch, wait, f.now))
			continue
		case f.inUse() >= f.concurrency:
			f.handle(c, c.Refused(g.Key, RefusedSlot, wait, f.now))
			continue
		}
		f.slots[g.Slot] = fleetRow{Row{Held: true, Holder: g.Key, Attempt: g.Attempt}, c, f.now.Add(time.Duration(10+f.r.IntN(50)) * time.Second)}
		f.branches[i.BranchKey] = g.Key
		f.started = append(f.started, g.Key)
		c.began++
		f.most = max(f.most, f.inUse())
		f.handle(c, c.Acquired(g.Key, g.Slot, g.Attempt, f.now))
		i.Active = true
		f.handle(c, c.Put(i, f.now))
	}
}

func (f *fleet) inUse() int {
	n := 0
	for _, s := range f.slots {
		if s.Held {
			n++
		}
	}
	return n
}

// step goes to the next moment at which something happens; false if nothing will.
func (f *fleet) step() bool {
	var next time.Time
	for _, s := range f.slots {
		if s.Held {
			next = sooner(next, s.ends)
		}
	}
	for _, c := range f.clusters {
		next = sooner(next, c.Next())
	}
	if next.IsZero() {
		return false
	}
	if next.After(f.now) {
		f.now = next
	}
	for n, s := range f.slots {
		if s.Held && !s.ends.After(f.now) {
			delete(f.branches, s.cluster.items[s.Holder].BranchKey)
			f.slots[n] = fleetRow{}
			delete(s.cluster.items, s.Holder)
			f.handle(s.cluster, s.cluster.Released(testProject, n, s.Row, f.now))
			f.handle(s.cluster, s.cluster.Concluded(testEnvironment, s.Holder, contract.OutcomeSucceeded, f.now))
			f.handle(s.cluster, s.cluster.Remove(s.Holder, f.now))
		}
	}
	for _, n := range f.r.Perm(len(f.clusters)) {
		c := f.clusters[n]
		f.handle(c, c.Tick(f.now))
		for range c.LooksDue(f.now) {
			f.handle(c, c.Slots(testProject, f.look(c), f.now))
		}
	}
	return true
}

func (f *fleet) look(reader *fleetCluster) Look {
	l := Look{At: f.now}
	for _, s := range f.slots {
		l.Rows = append(l.Rows, s.Row)
	}
	for _, c := range f.clusters {
		if c != reader && !c.Demand(testProject).IsZero() {
			l.Others++
		}
	}
	return l
}

// finish runs until nothing is left to do.
func (f *fleet) finish(t *testing.T, limit time.Duration) {
	for steps := 0; f.step(); steps++ {
		if f.now.Sub(epoch) > limit || steps > 100000 {
			t.Fatalf("after %s and %d steps it is still not done: %d slots in use", f.now.Sub(epoch), steps, f.inUse())
		}
	}
	for _, c := range f.clusters {
		if len(c.items) > 0 || c.Snapshot(testEnvironment).Length > 0 {
			t.Fatalf("nothing will happen any more, and %d items are left", len(c.items))
		}
	}
}

// TestOneClusterStartsInOrder: alone, nothing is refused, no slot stays free, and items start in the order promised.
func TestOneClusterStartsInOrder(t *testing.T) {
	for seed := range uint64(20) {
		f := newFleet(seed, 1, 1+int(seed%4))
		c := f.clusters[0]
		var all []Entry
		for n := range 60 {
			f.add(c, fmt.Sprintf("i%02d", n), "", f.r.IntN(3))
		}
		for _, i := range c.items {
			all = append(all, i.Entry)
		}
		f.finish(t, time.Hour)
		if want := names(Order(all)); !slices.Equal(want, f.started) {
			t.Fatalf("seed %d: started %v, want %v", seed, f.started, want)
		}
		if f.most != f.concurrency {
			t.Fatalf("seed %d: at most %d ran, of %d", seed, f.most, f.concurrency)
		}
	}
}

// TestClustersShareAProject: whatever they believe of each other, all is done, the concurrency is kept, and with demand
// everywhere each cluster gets about its share.
func TestClustersShareAProject(t *testing.T) {
	for seed := range uint64(20) {
		f := newFleet(seed, 2+int(seed%4), 6)
		for n := range 200 {
			for i, c := range f.clusters {
				branch := ""
				if n%3 == 0 {
					branch = fmt.Sprintf("b%d", n%15)
				}
				f.add(c, fmt.Sprintf("c%d-%03d", i, n), branch, 0)
			}
		}
		for f.now.Sub(epoch) < 10*time.Minute && f.step() {
			continue
		}
		fewest, most := f.clusters[0].began, f.clusters[0].began
		for _, c := range f.clusters {
			fewest, most = min(fewest, c.began), max(most, c.began)
		}
		if fewest*4 < most {
			t.Errorf("seed %d: while all had demand, one cluster began %d and another %d", seed, fewest, most)
		}
		f.finish(t, 24*time.Hour)
		if len(f.started) != 200*len(f.clusters) || f.most > f.concurrency {
			t.Errorf("seed %d: %d started, at most %d at once", seed, len(f.started), f.most)
		}
	}
}
