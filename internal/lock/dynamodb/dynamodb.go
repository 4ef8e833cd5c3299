// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package dynamodb keeps locks in a DynamoDB table. It never asks CodeBuild and makes no table: when an operation is
// right is decided by who calls.
//
// An attempt holds a slot row and a branch row. Every operation is one transaction over its rows, with a condition on
// each, so that the table alone decides who wins. All conditions and effects are in expressions.go:
//
//	           acquire              claim                 release
//	(free) ───────────▶ unclaimed ────────▶ live ───────────────────▶ complete, failed
//	   ▲                 │                  │  ▲ │ heartbeat             │
//	   │        abandon  │                  │  └─┘                       │
//	   │                 ▼                  ▼  reclaim, unlock           │
//	   └────────────── failed ◀─────────────┘ (expired only)             │
//	   └───────────────────────────────────────────────────────────────┘
//
// The branch row's fence grows each time the branch is acquired, also over a row that time to live deleted, because it starts at
// the time. A slot row has a counter of the same name, whose presence says that the row is ours.
//
// Nothing here starts a goroutine or looks at a clock: times come in as arguments. Waiting between tries and chance
// are given to New.
package dynamodb

import (
	"context"
	"math/rand/v2"
	"time"

	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/lock"
)

const (
	// keepReleased is how long a released row stays for people to look at.
	keepReleased = 30 * 24 * time.Hour
	// keepCards is how long it is remembered that a card was processed.
	keepCards = 365 * 24 * time.Hour
)

// Table is a lock table. It is safe for concurrent use.
type Table struct {
	api    awsapi.DynamoDB
	name   string
	wait   func(context.Context, time.Duration) error
	random func() float64
}

var _ lock.Table = (*Table)(nil)

// Option changes a Table.
type Option func(*Table)

// WithWait replaces the waiting between tries. It returns the context's error if that ends first.
func WithWait(wait func(context.Context, time.Duration) error) Option {
	return func(t *Table) { t.wait = wait }
}

// WithRandom replaces the source of chance: numbers in [0,1) that spread tries out.
func WithRandom(random func() float64) Option {
	return func(t *Table) { t.random = random }
}

// New returns the lock table of that name.
func New(api awsapi.DynamoDB, tableName string, options ...Option) *Table {
	t := &Table{
		api:    api,
		name:   tableName,
		wait:   wait,
		random: rand.Float64, //nolint:forbidigo // only the default, and only to spread tries out; a simulation gives its own
	}
	for _, o := range options {
		o(t)
	}
	return t
}

func wait(ctx context.Context, d time.Duration) error {
	timer := clock.RealClock{}.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
