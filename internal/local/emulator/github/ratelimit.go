// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"k8s.io/utils/clock"
)

// Limits are the rate limits, in points, of
// https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api and
// https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api.
type Limits struct {
	// GraphQLPerHour and RESTPerHour are the primary limits of a user: 5,000 each.
	GraphQLPerHour int
	RESTPerHour    int
	// GraphQLPerMinute and RESTPerMinute are the secondary limits: 2,000 and 900, where a query or a GET takes one
	// point and anything that writes takes five.
	GraphQLPerMinute int
	RESTPerMinute    int
}

func (l Limits) orDefault() Limits {
	for _, limit := range []struct {
		value    *int
		fallback int
	}{{&l.GraphQLPerHour, 5000}, {&l.RESTPerHour, 5000}, {&l.GraphQLPerMinute, 2000}, {&l.RESTPerMinute, 900}} {
		if *limit.value == 0 {
			*limit.value = limit.fallback
		}
	}
	return l
}

// The names of resources in x-ratelimit-resource.
const (
	resourceGraphQL = "graphql"
	resourceCore    = "core"
)

// limiter counts the points of each token.
type limiter struct {
	limits Limits
	clock  clock.PassiveClock

	mu      sync.Mutex
	windows map[windowKey]*window
}

type windowKey struct {
	token    *token
	resource string
}

type window struct {
	used    int
	resetAt time.Time

	minutePoints int
	minuteEnd    time.Time
}

func newLimiter(limits Limits, clk clock.PassiveClock) *limiter {
	return &limiter{limits: limits.orDefault(), clock: clk, windows: map[windowKey]*window{}}
}

// budget is what is left of a window.
type budget struct {
	resource         string
	limit, used      int
	resetAt          time.Time
	exhausted        bool // the primary limit: nothing was taken
	secondary        bool // the secondary limit: nothing was taken
	secondaryResetIn time.Duration
}

func (b budget) remaining() int { return max(0, b.limit-b.used) }

// take takes cost points of the primary limit, and points of the secondary, or says that they are not there.
func (l *limiter) take(t *token, resource string, cost, points int) budget {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	w := l.window(t, resource, now)
	limit, perMinute := l.limits.RESTPerHour, l.limits.RESTPerMinute
	if resource == resourceGraphQL {
		limit, perMinute = l.limits.GraphQLPerHour, l.limits.GraphQLPerMinute
	}
	b := budget{resource: resource, limit: limit, resetAt: w.resetAt}
	switch {
	case cost > 0 && w.used+cost > limit:
		// Whatever is left does not pay for this call. GitHub says zero in that case.
		w.used, b.exhausted = limit, true
	case points > 0 && w.minutePoints+points > perMinute:
		b.secondary, b.secondaryResetIn = true, w.minuteEnd.Sub(now)
	default:
		w.used += cost
		w.minutePoints += points
	}
	b.used = w.used
	return b
}

func (l *limiter) window(t *token, resource string, now time.Time) *window {
	key := windowKey{t, resource}
	w := l.windows[key]
	if w == nil {
		w = &window{}
		l.windows[key] = w
	}
	if !now.Before(w.resetAt) {
		w.used, w.resetAt = 0, now.Add(time.Hour)
	}
	if !now.Before(w.minuteEnd) {
		w.minutePoints, w.minuteEnd = 0, now.Add(time.Minute)
	}
	return w
}

// SpendRateLimit leaves the token so many points of both primary limits until they reset.
func (s *Server) SpendRateLimit(value string, remaining int) {
	s.mu.RLock()
	t := s.tokens[value]
	s.mu.RUnlock()
	l := s.limiter
	l.mu.Lock()
	defer l.mu.Unlock()
	l.window(t, resourceGraphQL, l.clock.Now()).used = l.limits.GraphQLPerHour - remaining
	l.window(t, resourceCore, l.clock.Now()).used = l.limits.RESTPerHour - remaining
}

// setHeaders writes the headers that are on every answer
// (https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#checking-the-status-of-your-rate-limit).
func (b budget) setHeaders(h http.Header) {
	h.Set("X-RateLimit-Limit", strconv.Itoa(b.limit))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(b.remaining()))
	h.Set("X-RateLimit-Used", strconv.Itoa(b.used))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(b.resetAt.Unix(), 10))
	h.Set("X-RateLimit-Resource", b.resource)
	if b.secondary {
		h.Set("Retry-After", strconv.Itoa(int(b.secondaryResetIn/time.Second)+1))
	}
}

// refund gives the point of an answer 304 back.
func (l *limiter) refund(t *token, resource string) budget {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.window(t, resource, l.clock.Now())
	w.used = max(0, w.used-1)
	return budget{resource: resource, limit: l.limits.RESTPerHour, used: w.used, resetAt: w.resetAt}
}
