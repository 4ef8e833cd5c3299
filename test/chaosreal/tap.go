// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"time"
)

// maxBody bounds what one request may make the tap hold, in bytes.
const maxBody = 16 << 20

// when says at what moment of a request something happens to its sender.
type when string

const (
	// before: the request never left.
	before when = "before"
	// after: it took effect, and the answer never came.
	after when = "after"
	// late: it was under way when its sender died, and takes effect while the next one works already.
	late when = "late"
)

// point is a place in a run: the nth request of a name, and a moment of it.
type point struct {
	operation string
	nth       int
	when      when
}

func (p point) String() string { return fmt.Sprintf("%s %s #%d", p.when, p.operation, p.nth) }

// trap is what happens at a point. It is sprung once.
type trap struct {
	point
	// strike ends, or stops, who sends the request.
	strike func()
	// release is closed when a late request may go on its way.
	release <-chan struct{}
	// answer has the late request's answer given to the one who asked: it was frozen, not killed.
	answer bool
	// sprung is closed when the trap was sprung, gone when its request has come to its end.
	sprung, gone chan struct{}
}

func newTrap(at point, strike func()) *trap {
	return &trap{point: at, strike: strike, sprung: make(chan struct{}), gone: make(chan struct{})}
}

func (t *trap) isSprung() bool {
	select {
	case <-t.sprung:
		return true
	default:
		return false
	}
}

// letGo lets a late request go some time after its sender died, or at once when the returned function is called.
func (t *trap) letGo(after time.Duration, release chan struct{}) (now func()) {
	over := make(chan struct{})
	go func() {
		defer close(release)
		select {
		case <-t.sprung:
		case <-over:
			return
		}
		select {
		case <-time.After(after):
		case <-over:
		}
	}()
	return func() { close(over) }
}

// tap is passed by every request that a manager sends to anybody. It names and counts them.
type tap struct {
	mu     sync.Mutex
	seen   []string
	counts map[string]int
	trap   *trap
	first  map[string]func()
}

func newTap() *tap { return &tap{counts: map[string]int{}, first: map[string]func(){}} }

// before has something happen just before the next request of a name goes on its way.
func (t *tap) before(operation string, do func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.first[operation] = do
}

// set sets the trap; nil removes it.
func (t *tap) set(trap *trap) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.trap = trap
}

// requests are the names of all requests so far, in the order in which they came.
func (t *tap) requests() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]string(nil), t.seen...)
}

// count is how often a request was seen.
func (t *tap) count(operation string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.counts[operation]
}

// next counts a request and returns what is to happen before it, and the trap if it is to be sprung on this one.
func (t *tap) next(operation string) (first func(), trap *trap) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.seen = append(t.seen, operation)
	t.counts[operation]++
	trap = t.trap
	if trap == nil || trap.operation != operation || trap.nth != t.counts[operation] {
		trap = nil
	} else {
		t.trap = nil
	}
	if trap == nil || trap.when != before { // a request that never leaves has nothing happen before it
		first = t.first[operation]
		delete(t.first, operation)
	}
	return first, trap
}

// wrap puts the tap before a server. name names a request; one without a name passes uncounted.
func (t *tap) wrap(name func(*http.Request, []byte) string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
		if err != nil {
			return // its sender is gone already
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		operation := name(r, body)
		if operation == "" {
			next.ServeHTTP(w, r)
			return
		}
		first, trap := t.next(operation)
		if first != nil {
			first()
		}
		if trap != nil {
			trap.spring(w, r, body, next)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// spring has the trap's moment come.
func (t *trap) spring(w http.ResponseWriter, r *http.Request, body []byte, next http.Handler) {
	// The sender's end cancels the request's context; a request that is under way knows nothing of it.
	forward := func() *httptest.ResponseRecorder {
		again := r.Clone(context.WithoutCancel(r.Context()))
		again.Body = io.NopCloser(bytes.NewReader(body))
		answer := httptest.NewRecorder()
		next.ServeHTTP(answer, again)
		return answer
	}
	defer close(t.gone)
	switch t.when {
	case before:
		t.strike()
		close(t.sprung)
	case after:
		forward()
		t.strike()
		close(t.sprung)
	case late:
		t.strike()
		close(t.sprung)
		<-t.release
		if answer := forward(); t.answer {
			for key, values := range answer.Header() {
				w.Header()[key] = values
			}
			w.WriteHeader(answer.Code)
			_, _ = w.Write(answer.Body.Bytes())
			return
		}
	}
	panic(http.ErrAbortHandler) // net/http's own way to cut a connection without an answer
}

// readAll reads a body into memory, within bounds.
func readAll(body io.ReadCloser) (io.ReadCloser, error) {
	defer func() { _ = body.Close() }()
	text, err := io.ReadAll(io.LimitReader(body, maxBody))
	return io.NopCloser(bytes.NewReader(text)), err
}
