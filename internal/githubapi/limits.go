// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package githubapi

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// GitHub's names of the budgets that calls are counted against.
const (
	resourceCore    = "core"
	resourceGraphQL = "graphql"
)

const (
	// firstPause is how long GitHub asks to wait where it names no time; each further refusal doubles it.
	firstPause = time.Minute
	// longestPause is also the length of GitHub's window: no limit lasts longer.
	longestPause = time.Hour
	// shortestPause keeps a reset that our clock puts into the past from making a busy loop.
	shortestPause = time.Second
	// forgetAfter is when a budget that nobody asked for says nothing any more.
	forgetAfter = 2 * time.Hour
)

// RateLimit is what GitHub last said of a budget.
type RateLimit struct {
	Known     bool
	Limit     int
	Remaining int
	ResetAt   time.Time
}

// Limits remembers, by credentials, what GitHub said of its rate limits. While a limit is reached, no call goes
// out: calls made then cost further time, and in the end the account. One Limits is shared by all clients of a
// process, because two WorkSources with one token share one budget.
type Limits struct {
	clock clock.PassiveClock

	mu     sync.Mutex
	budget map[string]*budget
}

// NewLimits makes an empty memory.
func NewLimits(clk clock.PassiveClock) *Limits {
	return &Limits{clock: clk, budget: map[string]*budget{}}
}

// of returns the budget of one server's credentials.
func (l *Limits) of(key string) *budget {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	if b, ok := l.budget[key]; ok {
		b.mu.Lock()
		b.usedAt = now
		b.mu.Unlock()
		return b
	}
	for other, b := range l.budget {
		b.mu.Lock()
		stale := now.Sub(b.usedAt) > forgetAfter
		b.mu.Unlock()
		if stale {
			delete(l.budget, other)
		}
	}
	b := &budget{clock: l.clock, usedAt: now, last: map[string]RateLimit{}, until: map[string]time.Time{}}
	l.budget[key] = b
	return b
}

// budget is one set of credentials' circuit breaker.
type budget struct {
	clock clock.PassiveClock

	mu     sync.Mutex
	usedAt time.Time
	last   map[string]RateLimit
	until  map[string]time.Time // by resource; the empty one is every resource
	// refusals counts those in a row that named no time.
	refusals int
}

// check returns a wait while calls against the resource must not go out.
func (b *budget) check(resource string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	until := b.until[""]
	if own := b.until[resource]; own.After(until) {
		until = own
	}
	if after := until.Sub(b.clock.Now()); after > 0 {
		return limited(after, until)
	}
	return nil
}

// rateLimit is what GitHub last said of the resource.
func (b *budget) rateLimit(resource string) RateLimit {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.last[resource]
}

// observe learns from an answer. It returns a wait if the answer is a refusal for a limit's sake.
func (b *budget) observe(resource string, ex *exchange) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.clock.Now()
	if named := ex.header.Get("X-Ratelimit-Resource"); named != "" {
		resource = named
	}
	rate, known := parseRateLimit(ex.header)
	if known {
		b.last[resource] = rate
	}
	if !ex.refusedForLimit() {
		b.refusals = 0
		if known && rate.Remaining == 0 {
			// The answer is good and the last one: the next call would be refused and counted against us.
			b.until[resource] = now.Add(pause(rate.ResetAt.Sub(now)))
		}
		return nil
	}
	var (
		scope string // every resource
		after time.Duration
	)
	retryAfter, given := parseRetryAfter(ex.header.Get("Retry-After"), now)
	switch {
	case given:
		after = pause(retryAfter)
	case known && rate.Remaining == 0:
		scope, after = resource, pause(rate.ResetAt.Sub(now))
	default:
		after = pause(firstPause << min(b.refusals, 6))
		b.refusals++
	}
	if until := now.Add(after); until.After(b.until[scope]) {
		b.until[scope] = until
	}
	return limited(after, now.Add(after))
}

func limited(after time.Duration, until time.Time) error {
	return fault.NewWait(after, fault.CodeRateLimited,
		fmt.Errorf("GitHub's rate limit is reached; calls go on at %s", until.UTC().Truncate(time.Second).Format(time.RFC3339)))
}

// pause keeps a wait within what can be meant.
func pause(d time.Duration) time.Duration {
	return max(shortestPause, min(d, longestPause))
}

func parseRateLimit(header http.Header) (RateLimit, bool) {
	remaining, err := strconv.Atoi(header.Get("X-Ratelimit-Remaining"))
	if err != nil || remaining < 0 {
		return RateLimit{}, false
	}
	reset, err := strconv.ParseInt(header.Get("X-Ratelimit-Reset"), 10, 64)
	if err != nil {
		return RateLimit{}, false
	}
	limit, _ := strconv.Atoi(header.Get("X-Ratelimit-Limit"))
	return RateLimit{Known: true, Limit: limit, Remaining: remaining, ResetAt: time.Unix(reset, 0)}, true
}

// parseRetryAfter reads both forms that HTTP allows: seconds and a date.
func parseRetryAfter(value string, now time.Time) (time.Duration, bool) {
	if value == "" {
		return 0, false
	}
	if seconds, err := strconv.Atoi(value); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, int(longestPause/time.Second))) * time.Second, true
	}
	if at, err := http.ParseTime(value); err == nil {
		return at.Sub(now), true
	}
	return 0, false
}

// resourceOf guesses the budget that a request counts against, until the answer names it.
func resourceOf(path string) string {
	if strings.HasSuffix(path, "/graphql") {
		return resourceGraphQL
	}
	return resourceCore
}
