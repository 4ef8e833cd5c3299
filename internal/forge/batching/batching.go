// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package batching puts the questions of many work items to a forge in one call. A board of cards that wait for
// their specs would else cost a request each at every look. It keeps no answer: each question is asked.
package batching

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/forge"
)

// Options set the size of a batch.
type Options struct {
	// Window is how long the first question of a batch waits for others.
	Window time.Duration
	// Most is how many questions are put at once.
	Most int
	// Timeout ends a call that nobody's own deadline has ended.
	Timeout time.Duration
}

// Inspector is a forge.Inspector that gathers questions for a while.
type Inspector struct {
	next    forge.Inspector
	options Options

	mu   sync.Mutex
	open *batch // takes further questions; nil if none is gathering
}

// New returns an Inspector in front of another.
func New(next forge.Inspector, options Options) *Inspector {
	return &Inspector{next: next, options: options}
}

// batch is a number of questions that are put together.
type batch struct {
	queries []forge.Query
	callers int
	cancel  context.CancelFunc
	done    chan struct{}
	reports []forge.Report
	err     error
}

// Inspect implements forge.Inspector. The call serves several callers, so it runs on no caller's context: one that
// goes away leaves the others their answers, and the last one ends the call.
func (i *Inspector) Inspect(ctx context.Context, queries []forge.Query) ([]forge.Report, error) {
	if len(queries) == 0 || len(queries) >= i.options.Most {
		return i.next.Inspect(ctx, queries)
	}
	b, from := i.join(ctx, queries)
	select {
	case <-b.done:
	case <-ctx.Done():
		i.leave(b)
		return nil, context.Cause(ctx)
	}
	if b.err != nil {
		return nil, b.err
	}
	return b.reports[from : from+len(queries)], nil
}

// join adds questions to the batch that is gathering, and returns where they begin in it.
func (i *Inspector) join(ctx context.Context, queries []forge.Query) (*batch, int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.open != nil && len(i.open.queries)+len(queries) > i.options.Most {
		i.open = nil // full: its timer puts it
	}
	if i.open == nil {
		i.open = i.begin(ctx)
	}
	b := i.open
	from := len(b.queries)
	b.queries = append(b.queries, queries...)
	b.callers++
	return b, from
}

// begin opens a batch that is put when the window is over. It keeps the first caller's values, such as the logger,
// but not its end.
func (i *Inspector) begin(ctx context.Context) *batch {
	callCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), i.options.Window+i.options.Timeout)
	b := &batch{cancel: cancel, done: make(chan struct{})}
	time.AfterFunc(i.options.Window, func() { i.put(callCtx, b) })
	return b
}

func (i *Inspector) put(ctx context.Context, b *batch) {
	i.mu.Lock()
	if i.open == b {
		i.open = nil
	}
	queries := b.queries
	i.mu.Unlock()

	defer close(b.done)
	defer b.cancel()
	if ctx.Err() != nil {
		b.err = context.Cause(ctx)
		return
	}
	b.reports, b.err = i.next.Inspect(ctx, queries)
	if b.err == nil && len(b.reports) != len(queries) {
		b.err = fmt.Errorf("put %d questions to the forge, %d were answered", len(queries), len(b.reports))
	}
}

// leave takes a caller off a batch, and ends the call if it was the last.
func (i *Inspector) leave(b *batch) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if b.callers--; b.callers == 0 {
		if i.open == b {
			i.open = nil
		}
		b.cancel()
	}
}
