// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package queue

import (
	"fmt"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// The steps that a history begins with come first, so that their numbers are known.
const (
	stepConfigureAllIndex = iota
	stepRebuildIndex
	stepLookIndex
)

// historySteps are what can happen. What is likely is in it more than once.
var historySteps = []func(h *history, a, b, c int) string{
	stepConfigureAllIndex: stepConfigureAll, stepRebuildIndex: stepRebuild, stepLookIndex: stepLook,
	3: stepPut, stepPut, stepPut, stepPut, stepChange, stepPriority, stepMove, stepNotBefore,
	stepRemove, stepTick, stepTick, stepTick, stepLook, stepLook, stepOldLook, stepLookFailed,
	stepOtherCluster, stepOtherCluster, stepAcquire, stepAcquire, stepAcquire, stepAcquireAll, stepShow, stepShow,
	stepEnd, stepEnd, stepEnd, stepEndAll, stepRelease, stepStaleRelease, stepRefuse, stepRefuse, stepConclude,
	stepConfigure, stepConfigure, stepSwitch, stepProject, stepRestoreBrake, stepCrash, stepWait, stepUnseen,
}

func stepPut(h *history, a, b, c int) string {
	key := fmt.Sprintf("i%02d", a%24)
	if _, ok := h.items[key]; ok {
		return stepPriority(h, a, b, c)
	}
	item := Item{
		Entry:       Entry{Key: key, Name: fmt.Sprintf("n%d", a%12), Priority: int32(b % 3), CreatedAt: epoch.Add(-time.Duration(b/3%3) * time.Hour)},
		Environment: historyEnvironments[c%3], Source: fmt.Sprintf("s%d", c/3%3), Since: h.now, Attempt: 1,
	}
	if branch := c / 9 % 8; branch > 0 {
		item.BranchKey = fmt.Sprintf("b%d", branch)
	}
	return h.put(item)
}

// stepChange is an event with everything different.
func stepChange(h *history, a, b, c int) string {
	item, ok := h.pick(a, nil)
	if !ok {
		return ""
	}
	item.Priority, item.Source = int32(b%3), fmt.Sprintf("s%d", c/3%3)
	item.BranchKey = fmt.Sprintf("b%d", c/9%8)
	return h.put(item)
}

func stepPriority(h *history, a, b, _ int) string {
	item, ok := h.pick(a, nil)
	if !ok {
		return ""
	}
	item.Priority = int32(b % 3)
	return h.put(item)
}

func stepMove(h *history, a, b, _ int) string {
	item, ok := h.pick(a, nil)
	if !ok {
		return ""
	}
	item.Environment = historyEnvironments[b%len(historyEnvironments)]
	return h.put(item)
}

func stepNotBefore(h *history, a, b, _ int) string {
	item, ok := h.pick(a, nil)
	if !ok {
		return ""
	}
	item.NotBefore = h.now.Add(historyTimes[b%len(historyTimes)])
	return h.put(item)
}

func stepRemove(h *history, a, _, _ int) string {
	item, ok := h.pick(a, nil)
	if !ok {
		return ""
	}
	delete(h.items, item.Key)
	return h.do("Remove "+item.Key, func(m machine) Result { return m.Remove(item.Key, h.now) })
}

func stepTick(h *history, a, _, _ int) string { return h.tick(historyTimes[a%len(historyTimes)]) }

// stepWait lets time pass unseen: the next call comes late.
func stepWait(h *history, a, _, _ int) string {
	h.now, h.behind = h.now.Add(historyTimes[a%len(historyTimes)]), true
	return ""
}

func stepLook(h *history, a, b, _ int) string {
	project := historyProjects[a%2]
	l := Look{At: h.now, Rows: append([]Row(nil), h.rows[project][:]...), Others: b % 7 / 5}
	return h.do("Slots of "+project+" as they are", func(m machine) Result { return m.Slots(project, l, h.now) })
}

// stepOldLook is a look that began a while ago: it shows what is, and is believed only for what was not learned since.
func stepOldLook(h *history, a, b, _ int) string {
	project := historyProjects[a%2]
	l := Look{At: h.now.Add(-historyTimes[b%5]), Rows: append([]Row(nil), h.rows[project][:]...), Others: b % 2}
	return h.do(fmt.Sprintf("Slots of %s, begun %s ago", project, h.now.Sub(l.At)), func(m machine) Result { return m.Slots(project, l, h.now) })
}

func stepLookFailed(h *history, a, _, _ int) string {
	project := historyProjects[a%2]
	return h.do("LookFailed of "+project, func(m machine) Result { return m.LookFailed(project, h.now) })
}

// stepOtherCluster acquires or releases slots in the table, unseen.
func stepOtherCluster(h *history, a, b, c int) string {
	rows := h.rows[historyProjects[a%2]]
	for n := b % len(rows); n <= b%len(rows)+c%4; n++ {
		switch r := &rows[n%len(rows)]; {
		case !r.Held && c%16 == 15: // an attempt of ours that nobody knows
			item, _ := h.pick(b, nil)
			*r = Row{Held: true, Holder: item.Key, Attempt: item.Attempt + int32(a%3) - 1}
		case !r.Held:
			*r = Row{Held: true, Holder: fmt.Sprintf("other%d", n), Attempt: 1}
		case h.items[r.Holder].Key == "":
			*r = Row{}
		}
	}
	return ""
}

// stepAcquire is the lock step's success.
func stepAcquire(h *history, a, _, _ int) string {
	item, ok := h.pick(a, h.granted)
	if !ok {
		return ""
	}
	return h.acquire(item)
}

func (h *history) acquire(item Item) string {
	g := h.model.Place(item.Key).Grant
	row := Row{Held: true, Holder: g.Key, Attempt: g.Attempt}
	if rows, ok := h.rows[h.set[item.Environment].Project]; ok {
		if rows[g.Slot].Held && rows[g.Slot] != row {
			return h.refuse(item, RefusedSlot, 5*time.Second)
		}
		rows[g.Slot] = row
	}
	return h.do(fmt.Sprintf("Acquired slot %d by %s", g.Slot, g.Key), func(m machine) Result { return m.Acquired(g.Key, g.Slot, g.Attempt, h.now) })
}

// stepAcquireAll has all granted items acquire their slots, and shows their attempts.
func stepAcquireAll(h *history, _, _, _ int) string {
	for range len(h.items) {
		item, ok := h.pick(0, h.granted)
		if !ok {
			return ""
		}
		if difference := h.acquire(item); difference != "" {
			return difference
		}
		if h.granted(item) {
			item.Active, item.NotBefore = true, time.Time{}
			if difference := h.put(item); difference != "" {
				return difference
			}
		}
	}
	return ""
}

// stepShow is the event that shows an item's attempt.
func stepShow(h *history, a, _, _ int) string {
	item, ok := h.pick(a, h.granted)
	if !ok {
		return ""
	}
	item.Active = true
	return h.put(item)
}

// stepUnseen is an event that leaves out what was between: an attempt came and went, or is gone.
func stepUnseen(h *history, a, b, _ int) string {
	item, ok := h.pick(a, nil)
	if !ok {
		return ""
	}
	item.Active, item.NotBefore = false, time.Time{}
	item.Attempt += int32(b % 3)
	return h.put(item)
}

func (h *history) holds(item Item) (int, bool) {
	rows, ok := h.rows[h.set[item.Environment].Project]
	if ok {
		for n, r := range rows {
			if r.Held && r.Holder == item.Key {
				return n, true
			}
		}
	}
	return 0, false
}

// stepEnd ends an attempt: its row is released, its outcome counted, and the item goes or waits again.
func stepEnd(h *history, a, b, c int) string {
	item, ok := h.pick(a, func(i Item) bool { return i.Active })
	if !ok {
		return ""
	}
	return h.end(item, historyOutcomes[b%len(historyOutcomes)], c)
}

func (h *history) end(item Item, outcome contract.Outcome, c int) string {
	if n, ok := h.holds(item); ok {
		if difference := h.release(h.set[item.Environment].Project, n); difference != "" {
			return difference
		}
	}
	difference := h.do(fmt.Sprintf("Concluded %s: %s", item.Key, outcome), func(m machine) Result {
		return m.Concluded(item.Environment, item.Key, outcome, h.now)
	})
	if difference != "" {
		return difference
	}
	if outcome.Class() != contract.ClassInfrastructure {
		delete(h.items, item.Key)
		return h.do("Remove "+item.Key, func(m machine) Result { return m.Remove(item.Key, h.now) })
	}
	item.Active, item.Attempt, item.Since = false, item.Attempt+1, h.now
	item.NotBefore = h.now.Add(historyTimes[c%len(historyTimes)])
	return h.put(item)
}

// stepEndAll ends all attempts in one way.
func stepEndAll(h *history, _, b, c int) string {
	for range len(h.items) {
		if difference := stepEnd(h, 0, b, c); difference != "" {
			return difference
		}
	}
	return ""
}

func (h *history) release(project string, n int) string {
	was := h.rows[project][n]
	h.rows[project][n] = Row{}
	return h.do(fmt.Sprintf("Released slot %d of %s by %s", n, project, was.Holder), func(m machine) Result {
		return m.Released(project, n, was, h.now)
	})
}

func stepRelease(h *history, a, _, _ int) string {
	item, ok := h.pick(a, func(i Item) bool { _, holds := h.holds(i); return holds })
	if !ok {
		return ""
	}
	n, _ := h.holds(item)
	return h.release(h.set[item.Environment].Project, n)
}

// stepStaleRelease reports a release that the slot has left behind.
func stepStaleRelease(h *history, a, b, c int) string {
	project, n := historyProjects[a%2], b%contract.MaxSlots
	item, _ := h.pick(c, nil)
	was := Row{Held: true, Holder: item.Key, Attempt: item.Attempt - int32(c%2)}
	return h.do(fmt.Sprintf("Released slot %d of %s by %s, long ago", n, project, was.Holder), func(m machine) Result {
		return m.Released(project, n, was, h.now)
	})
}

func stepRefuse(h *history, a, b, c int) string {
	filter := h.granted
	if c%8 == 0 {
		filter = nil // too late, or never granted
	}
	item, ok := h.pick(a, filter)
	if !ok {
		item.Key = "unknown"
	}
	return h.refuse(item, Refusal(b%3), historyTimes[c%len(historyTimes)])
}

func (h *history) refuse(item Item, reason Refusal, d time.Duration) string {
	return h.do(fmt.Sprintf("Refused %s: %d, for %s", item.Key, reason, d), func(m machine) Result {
		return m.Refused(item.Key, reason, h.now.Add(d), h.now)
	})
}

func stepConclude(h *history, a, b, c int) string {
	item, ok := h.pick(a, nil)
	if !ok {
		return ""
	}
	if c%16 == 0 {
		item.Key = "unknown"
	}
	outcome := historyOutcomes[b%len(historyOutcomes)]
	return h.do(fmt.Sprintf("Concluded %s: %s", item.Key, outcome), func(m machine) Result {
		return m.Concluded(item.Environment, item.Key, outcome, h.now)
	})
}

func (h *history) configure(name Environment, s Settings) string {
	h.set[name] = s
	return h.do(fmt.Sprintf("Configure %s: %+v", name, s), func(m machine) Result { return m.Configure(name, s, h.now) })
}

// project is the one that an environment has at first: two share one.
func (h *history) project(name Environment) string {
	if name.Name == "two" {
		return historyProjects[1]
	}
	return historyProjects[0]
}

// stepConfigure makes an environment usable, with another concurrency.
func stepConfigure(h *history, a, b, _ int) string {
	name := historyEnvironments[a%len(historyEnvironments)]
	s := h.set[name]
	if s.Project == "" {
		s.Project = h.project(name)
	}
	s.Concurrency, s.Usable = []int{1, 2, 3, 5, 8, 50}[b%6], true
	return h.configure(name, s)
}

func stepConfigureAll(h *history, _, b, _ int) string {
	for n := range historyEnvironments[:3] {
		if difference := stepConfigure(h, n, b+n, 0); difference != "" {
			return difference
		}
	}
	return ""
}

// stepSwitch turns one setting round.
func stepSwitch(h *history, a, b, _ int) string {
	name := historyEnvironments[a%len(historyEnvironments)]
	s := h.set[name]
	switch b % 8 {
	case 0, 1:
		s.Suspend = !s.Suspend
	case 2:
		s.Usable = !s.Usable
	case 3:
		s.Generation++
	case 4:
		s = Settings{}
	default:
		s.Queueing = FairBySource - s.Queueing
	}
	return h.configure(name, s)
}

func stepProject(h *history, a, b, _ int) string {
	name := historyEnvironments[a%len(historyEnvironments)]
	s := h.set[name]
	s.Project = []string{"p", "q", "p", "q", ""}[b%5]
	return h.configure(name, s)
}

func (h *history) rebuild() string {
	var items []Item
	for _, item := range h.items {
		items = append(items, item)
	}
	return h.do("Rebuild", func(m machine) Result { return m.Rebuild(items, h.now) })
}

func stepRebuild(h *history, _, _, _ int) string { return h.rebuild() }

// stepCrash has granted items acquire their slots without anybody's knowledge, and a new leader begin.
func stepCrash(h *history, a, _, _ int) string {
	for n := range a % 4 {
		item, ok := h.pick(a+n, h.granted)
		if !ok {
			break
		}
		g := h.model.Place(item.Key).Grant
		if rows, ok := h.rows[h.set[item.Environment].Project]; ok && !rows[g.Slot].Held {
			rows[g.Slot] = Row{Held: true, Holder: g.Key, Attempt: g.Attempt}
		}
	}
	return h.rebuild()
}

func stepRestoreBrake(h *history, a, _, _ int) string {
	name := historyEnvironments[a%len(historyEnvironments)]
	return h.do("RestoreBrake of "+name.Name, func(m machine) Result {
		return m.RestoreBrake(name, contract.OutcomeBuildFault, h.now, h.now)
	})
}
