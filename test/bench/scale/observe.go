// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// observer sees what the manager asks AWS: when the watcher's look showed it a row released, and when builds were asked for.
type observer struct {
	mu       sync.Mutex
	held     map[string]string    // the lock id that a slot's last build was asked for with
	released map[string]time.Time // when the watcher was shown that a slot's row is released, and no build has come yet
	starts   []time.Time
	waits    []time.Duration // from that to the slot's next StartBuild
	calls    map[string]int  // by operation
}

func newObserver() *observer {
	return &observer{held: map[string]string{}, released: map[string]time.Time{}, calls: map[string]int{}}
}

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
		now := time.Now()
		go o.looked(answer.body.Bytes(), now) // reading it must not keep the manager waiting
	})
}

// builds observes requests to the build service.
func (o *observer) builds(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if o.call(r) == "StartBuild" {
			now := time.Now()
			body, err := io.ReadAll(r.Body)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadRequest)
				return
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			o.started(body, now)
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

// looked records which branch rows an answer shows to be released. Nobody but the watcher asks for many of them.
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
			slot, id := row[contract.AttrSlotKey].S, row[contract.AttrLockID].S
			if row[contract.AttrLockKey].S != row[contract.AttrBranchKey].S || row[contract.AttrStatus].S == string(contract.StatusInProgress) {
				continue
			}
			if _, known := o.released[slot]; !known && id != "" && o.held[slot] == id {
				o.released[slot] = now
			}
		}
	}
}

// started records a build that is asked for. Where something else than the watcher showed that its slot is free, it has not
// waited for the watcher.
func (o *observer) started(body []byte, now time.Time) {
	var request struct {
		Variables []struct{ Name, Value string } `json:"environmentVariablesOverride"`
	}
	if json.Unmarshal(body, &request) != nil {
		return
	}
	var slot, id string
	for _, v := range request.Variables {
		switch v.Name {
		case contract.EnvSlotKey:
			slot = v.Value
		case contract.EnvLockID:
			id = v.Value
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.starts = append(o.starts, now)
	if at, ok := o.released[slot]; ok {
		o.waits = append(o.waits, now.Sub(at))
		delete(o.released, slot)
	}
	o.held[slot] = id
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
		o.starts, o.waits = nil, nil
		clear(o.calls)
	}
	return s
}
