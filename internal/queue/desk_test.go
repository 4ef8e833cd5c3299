// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// desk is a Manager with a clock, and one environment of a project whose slots were looked at. What it is asked to do
// returns the grants as "item@slot item@slot".
type desk struct {
	*Manager
	t     *testing.T
	now   time.Time
	items map[string]Item
}

const (
	testCluster = "test"
	testProject = "project"
)

var testEnvironment = Environment{Namespace: "team", Name: "main"}

// newDesk has a number of slots in an environment. Its slots are tried from 0 on.
func newDesk(t *testing.T, concurrency int, change ...func(*Settings)) *desk {
	d := &desk{Manager: NewManager(testCluster), t: t, now: epoch, items: map[string]Item{}}
	d.projects.start = 0
	d.configure(concurrency, change...)
	d.Rebuild(nil, d.now)
	d.look()
	return d
}

func (d *desk) settings(concurrency int, change ...func(*Settings)) Settings {
	s := Settings{Project: testProject, Concurrency: concurrency, Usable: true}
	for _, c := range change {
		c(&s)
	}
	return s
}

func (d *desk) configure(concurrency int, change ...func(*Settings)) string {
	return said(d.Configure(testEnvironment, d.settings(concurrency, change...), d.now))
}

func said(r Result) string {
	var grants []string
	for _, g := range r.Grants {
		grants = append(grants, fmt.Sprintf("%s@%d", g.Key, g.Slot))
	}
	return strings.Join(grants, " ")
}

// put adds an item, or says what is different of it.
func (d *desk) put(name string, change ...func(*Item)) string {
	i, ok := d.items[name]
	if !ok {
		i = Item{Entry: waiter(name), Environment: testEnvironment, Since: d.now, Attempt: 1}
		i.Key = name
	}
	for _, c := range change {
		c(&i)
	}
	d.items[name] = i
	return said(d.Put(i, d.now))
}

func (d *desk) remove(name string) string {
	delete(d.items, name)
	return said(d.Remove(name, d.now))
}

func held(holder string, attempt int32) Row { return Row{Held: true, Holder: holder, Attempt: attempt} }

// look is a look that began now.
func (d *desk) look(rows ...Row) string {
	return said(d.Slots(testProject, Look{At: d.now, Rows: rows}, d.now))
}

// begin has a granted item acquire its slot and show its attempt.
func (d *desk) begin(name string) string {
	g := d.Place(name).Grant
	if g.Key == "" {
		d.t.Fatalf("%s is not granted", name)
	}
	return strings.TrimSpace(said(d.Acquired(name, g.Slot, g.Attempt, d.now)) + " " + d.put(name, func(i *Item) { i.Active = true }))
}

// end has an item's slot released and its attempt concluded; a failure of the infrastructure has it wait again.
func (d *desk) end(name string, slot int, outcome contract.Outcome) string {
	i := d.items[name]
	all := []string{
		said(d.Released(testProject, slot, held(name, i.Attempt), d.now)),
		said(d.Concluded(i.Environment, name, outcome, d.now)),
	}
	if outcome.Class() == contract.ClassInfrastructure {
		all = append(all, d.put(name, func(i *Item) { i.Active, i.Attempt, i.NotBefore = false, i.Attempt+1, d.now.Add(time.Hour) }))
	} else {
		all = append(all, d.remove(name))
	}
	return strings.Join(strings.Fields(strings.Join(all, " ")), " ")
}

func (d *desk) refuse(name string, reason Refusal, wait time.Duration) string {
	return said(d.Refused(name, reason, d.now.Add(wait), d.now))
}

// pass lets time pass.
func (d *desk) pass(t time.Duration) string {
	d.now = d.now.Add(t)
	return said(d.Tick(d.now))
}

// want compares what came of a step.
func (d *desk) want(why, want, got string) {
	d.t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		d.t.Errorf("%s (-want +got):\n%s", why, diff)
	}
	if what := d.inconsistency(); what != "" {
		d.t.Error(what)
	}
}

func first(p int32) func(*Item)          { return func(i *Item) { i.Priority = p } }
func old(d time.Duration) func(*Item)    { return func(i *Item) { i.CreatedAt = epoch.Add(-d) } }
func of(source string) func(*Item)       { return func(i *Item) { i.Source = source } }
func sharing(b string) func(*Item)       { return func(i *Item) { i.BranchKey = b } }
func in(e Environment) func(*Item)       { return func(i *Item) { i.Environment = e } }
func notBefore(t time.Time) func(*Item)  { return func(i *Item) { i.NotBefore = t } }
func suspended(s *Settings)              { s.Suspend = true }
func unusable(s *Settings)               { s.Usable = false }
func fair(s *Settings)                   { s.Queueing = FairBySource }
func generation(n int64) func(*Settings) { return func(s *Settings) { s.Generation = n } }
