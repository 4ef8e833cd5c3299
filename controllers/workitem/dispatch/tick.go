// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package dispatch

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/items"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/logging"
	"github.com/kiro-worker/kiro-worker/internal/queue"
)

const (
	// lookTimeout bounds one read of a project's slots: an account that swallows requests must not delay the others.
	lookTimeout = 10 * time.Second
	// looksAtOnce is how many projects are looked at side by side.
	looksAtOnce = 8
	// keyProject is a log key.
	keyProject = "project"
)

// errNoEnvironment is returned for a project that has no environment to read its slots with.
var errNoEnvironment = errors.New("no usable environment names the project any more")

// dueLook is a project whose slots are to be looked at, with the environments that can.
type dueLook struct {
	project      string
	environments []*v1alpha1.WorkEnvironment
}

// Tick does what time has made due, looks at the slots that are due, and returns when it is to be called again; zero is
// when Wake receives.
func (d *Dispatcher) Tick(ctx context.Context) time.Time {
	due := d.begin()
	if len(due) == 1 {
		d.look(ctx, due[0])
	} else {
		d.lookAt(ctx, due)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.next = d.queues.Next()
	return d.next
}

func (d *Dispatcher) begin() []dueLook {
	d.mu.Lock()
	now := d.options.Clock.Now()
	result := d.queues.Tick(now)
	var due []dueLook
	for _, project := range d.queues.LooksDue(now) {
		due = append(due, dueLook{project, d.inProject(project)})
	}
	d.mu.Unlock()
	d.handOn(result)
	return due
}

// inProject are the usable environments of a project, in a fixed order.
func (d *Dispatcher) inProject(project string) []*v1alpha1.WorkEnvironment {
	var environments []*v1alpha1.WorkEnvironment
	for _, env := range d.environments {
		if s := settingsOf(env); s.Project == project && s.Usable {
			environments = append(environments, env)
		}
	}
	slices.SortFunc(environments, func(a, b *v1alpha1.WorkEnvironment) int {
		return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	return environments
}

// lookAt looks at projects side by side.
func (d *Dispatcher) lookAt(ctx context.Context, due []dueLook) {
	var running sync.WaitGroup
	places := make(chan struct{}, looksAtOnce)
	for _, l := range due {
		places <- struct{}{}
		running.Go(func() {
			defer func() { <-places }()
			d.look(ctx, l)
		})
	}
	running.Wait()
}

// look reads the slots of one project, with the first environment that can: one of another namespace may lack the right.
func (d *Dispatcher) look(ctx context.Context, due dueLook) {
	err := errNoEnvironment
	for _, env := range due.environments {
		var slots items.Slots
		at := d.options.Clock.Now()
		if slots, err = d.read(ctx, env); err == nil {
			look := lookOf(slots, at)
			look.Others = d.others(ctx, env)
			d.act(func(now time.Time) queue.Result { return d.queues.Slots(due.project, look, now) })
			d.tellOthers(ctx, due.project, env)
			d.collect(ctx, due.project, env, slots)
			return
		}
	}
	log.FromContext(ctx).V(1).Info("Could not look at the slots", keyProject, due.project, logging.KeyError, fault.Message(err))
	d.act(func(now time.Time) queue.Result { return d.queues.LookFailed(due.project, now) })
}

func (d *Dispatcher) read(ctx context.Context, env *v1alpha1.WorkEnvironment) (items.Slots, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	table, err := d.options.Tables.LockReader(ctx, env.Namespace, env.Spec.LockAccess(), env.Spec.Lock.TableName)
	if err != nil {
		return nil, err
	}
	return items.ReadSlots(ctx, table, env.Status.ProjectARN)
}

func lookOf(slots items.Slots, at time.Time) queue.Look {
	look := queue.Look{At: at, Rows: make([]queue.Row, len(slots))}
	for n, row := range slots {
		if row.Held() {
			look.Rows[n] = queue.Row{Held: true, Holder: row.Holder, Attempt: row.Attempt}
		}
	}
	return look
}

// collect has the slots freed whose holder is gone, if an item is ready and finds no slot.
func (d *Dispatcher) collect(ctx context.Context, project string, env *v1alpha1.WorkEnvironment, slots items.Slots) {
	d.mu.Lock()
	wanted, now := !d.queues.Demand(project).IsZero(), d.options.Clock.Now()
	d.mu.Unlock()
	var idle []lock.Row
	for _, row := range slots {
		if wanted && mayBeIdle(row, now) {
			idle = append(idle, row)
		}
	}
	if len(idle) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	d.idle(ctx, env, idle)
}

// unclaimedFor is how long a lock stays unclaimed at the most while all is well: its build is recorded as soon as it has
// started.
const unclaimedFor = time.Minute

// mayBeIdle reports whether a slot's holder may be gone: its lease is over, or no build was recorded for long.
func mayBeIdle(row lock.Row, now time.Time) bool {
	unclaimed := row.BuildID == "" && now.Sub(row.CreatedAt) > unclaimedFor
	return row.Held() && (unclaimed || now.After(row.ExpiresAt))
}
