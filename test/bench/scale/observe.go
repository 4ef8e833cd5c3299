// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// observer sees what the manager asks AWS: when a look showed it a row released, and when builds were asked for.
type observer struct {
	mu       sync.Mutex
	held     map[string]bool // lock ids that a look showed in progress
	released []time.Time     // of looks that showed a row released, of which no build has come yet
	starts   []time.Time
	waits    []time.Duration // from a look that showed a row released to the next StartBuild
	calls    map[string]int  // by operation
}

func newObserver() *observer { return &observer{held: map[string]bool{}, calls: map[string]int{}} }

// table observes answers of the lock table to the manager.
func (o *observer) table(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.call(r)
		if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".BatchGetItem") {
			next.ServeHTTP(w, r)
			return
		}
		answer := &recorder{ResponseWriter: w}
		next.ServeHTTP(answer, r)
		o.looked(answer.body.Bytes(), time.Now())
	})
}

// builds observes requests to the build service.
func (o *observer) builds(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if o.call(r) == "StartBuild" {
			o.started(time.Now())
		}
		next.ServeHTTP(w, r)
	})
}

func (o *observer) call(r *http.Request) string {
	_, name, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls[name]++
	return name
}

type recorder struct {
	http.ResponseWriter
	body bytes.Buffer
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(p []byte) (int, error) {
	r.body.Write(p)
	return r.ResponseWriter.Write(p) //nolint:wrapcheck // it is passed on
}

// looked records which locks an answer shows to be released.
func (o *observer) looked(body []byte, now time.Time) {
	type text struct{ S string }
	var answer struct{ Responses map[string][]map[string]text }
	if json.Unmarshal(body, &answer) != nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, rows := range answer.Responses {
		for _, row := range rows {
			id := row[contract.AttrLockID].S
			switch {
			case id == "":
			case row[contract.AttrStatus].S == string(contract.StatusInProgress):
				o.held[id] = true
			case o.held[id]:
				delete(o.held, id)
				o.released = append(o.released, now)
			}
		}
	}
}

// started records a build that is asked for. The slot that was seen free first is the one that it fills.
func (o *observer) started(now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.starts = append(o.starts, now)
	if len(o.released) > 0 {
		o.waits = append(o.waits, now.Sub(o.released[0]))
		o.released = o.released[1:]
	}
}

// stats is what was observed since the last reset.
type stats struct {
	Starts    int
	First     time.Time
	Last      time.Time
	Waits     []time.Duration // sorted
	Calls     map[string]int
	Running   int
	Succeeded int
}

func (o *observer) stats(reset bool) stats {
	o.mu.Lock()
	defer o.mu.Unlock()
	s := stats{Starts: len(o.starts), Waits: slices.Sorted(slices.Values(o.waits)), Calls: map[string]int{}}
	for name, n := range o.calls {
		s.Calls[name] = n
	}
	if len(o.starts) > 0 {
		s.First, s.Last = o.starts[0], o.starts[len(o.starts)-1]
	}
	if reset {
		o.starts, o.waits, o.released = nil, nil, nil
		clear(o.calls)
	}
	return s
}
