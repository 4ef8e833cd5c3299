// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// BenchmarkQueue measures what one event costs with so many items waiting and 50 slots in use. A cost that grows with
// log N shows the same ns/op/log2N for all N.
func BenchmarkQueue(b *testing.B) {
	for _, n := range []int{100, 1000, 3000, 10000} {
		for _, c := range []struct {
			what string
			op   func(*loaded, int)
		}{
			{"life", (*loaded).life},
			{"priority", (*loaded).priority},
			{"snapshot", (*loaded).snapshot},
			{"look", (*loaded).look},
		} {
			b.Run(fmt.Sprintf("%s/N=%d", c.what, n), func(b *testing.B) {
				l := newLoaded(n, Priority)
				b.ReportAllocs()
				i := 0
				for b.Loop() {
					c.op(l, i)
					i++
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/math.Log2(float64(n)), "ns/op/log2N")
			})
		}
		b.Run(fmt.Sprintf("fair-life/N=%d", n), func(b *testing.B) {
			l := newLoaded(n, FairBySource)
			i := 0
			for b.Loop() {
				l.life(i)
				i++
			}
		})
		b.Run(fmt.Sprintf("rebuild/N=%d", n), func(b *testing.B) {
			l := newLoaded(n, Priority)
			for b.Loop() {
				l.Rebuild(l.items, epoch)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/item")
		})
	}
}

// loaded is a Manager with items that wait and all slots in use.
type loaded struct {
	*Manager
	items   []Item
	next    int
	running [contract.MaxSlots]Item
}

func newLoaded(n int, queueing Queueing) *loaded {
	l := &loaded{Manager: NewManager("")}
	l.Configure(testEnvironment, Settings{Project: testProject, Concurrency: contract.MaxSlots, Usable: true, Queueing: queueing}, epoch)
	l.Rebuild(nil, epoch)
	l.Slots(testProject, Look{At: epoch}, epoch)
	for i := range contract.MaxSlots {
		item := l.item(i)
		l.begin(item, l.Put(item, epoch).Grants[0])
	}
	for i := range n {
		item := l.item(contract.MaxSlots + i)
		l.items = append(l.items, item)
		l.Put(item, epoch)
	}
	l.next = contract.MaxSlots + n
	return l
}

func (l *loaded) item(i int) Item {
	name := fmt.Sprintf("item-%06d-%x", i, i*7919)
	return Item{
		Entry:       Entry{Key: name, Name: name, Priority: int32(i * 31 % 5), CreatedAt: epoch.Add(time.Duration(i*7919%10007) * time.Second), BranchKey: "branch#" + name},
		Environment: testEnvironment, Source: fmt.Sprintf("source-%d", i%20), Attempt: 1,
	}
}

func (l *loaded) begin(item Item, g Grant) {
	l.Acquired(g.Key, g.Slot, g.Attempt, epoch)
	item.Active = true
	l.Put(item, epoch)
	l.running[g.Slot] = item
}

// life is a build's end, what is granted for it, and a new item.
func (l *loaded) life(i int) {
	slot := i % contract.MaxSlots
	done := l.running[slot]
	grants := l.Released(testProject, slot, Row{Held: true, Holder: done.Key, Attempt: 1}, epoch).Grants
	l.Concluded(testEnvironment, done.Key, contract.OutcomeSucceeded, epoch)
	l.Remove(done.Key, epoch)
	l.begin(l.entries[grants[0].Key].Item, grants[0])
	l.Put(l.item(l.next), epoch)
	l.next++
}

func (l *loaded) priority(i int) {
	item := &l.items[i%len(l.items)]
	item.Priority = int32(i % 7)
	l.Put(*item, epoch)
}

func (l *loaded) snapshot(int) { l.Snapshot(testEnvironment) }

func (l *loaded) look(int) {
	var look Look
	look.At = epoch
	for _, item := range l.running {
		look.Rows = append(look.Rows, Row{Held: true, Holder: item.Key, Attempt: 1})
	}
	l.Slots(testProject, look, epoch)
}
