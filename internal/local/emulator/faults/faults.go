// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package faults makes emulators fail on command, and counts the calls that they get.
//
// One Injector is shared by all emulators of a test. Each puts its handler behind Middleware, which says the
// service ("github", "dynamodb") and the operation ("PutItem", "query Cards") of a request. A Rule then says which
// calls go wrong and how. Faults happen where a client sees them, on the wire, so that the real SDKs and the real
// code above them are what is tested.
package faults

import (
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"k8s.io/utils/clock"
)

// Rule says which calls go wrong, and how. The zero Rule matches every call and changes nothing.
type Rule struct {
	// Service and Operation name the calls meant; empty means any.
	Service   string `json:"service,omitempty"`
	Operation string `json:"operation,omitempty"`

	// Nth is the one matching call, counted from 1 since the rule was added, that the rule applies to. Zero means
	// every one.
	Nth int `json:"nth,omitempty"`
	// Rate is the share of the matching calls that the rule applies to, between 0 and 1. Zero means all.
	Rate float64 `json:"rate,omitempty"`
	// Times is how often the rule applies at most; zero means for ever.
	Times int `json:"times,omitempty"`

	Fault
}

// Fault is what happens to a call. Latency and SlowAnswer go with any of the others. Of the others at most one counts, in the
// order in which they are listed here.
type Fault struct {
	// Latency is how long the call waits before anything else happens, in nanoseconds when it is JSON.
	Latency time.Duration `json:"latency,omitempty"`
	// SlowAnswer has the call take effect at once and its answer wait out the latency: a client with a time-out may
	// have given up by then, and cannot know what happened.
	SlowAnswer bool `json:"slowAnswer,omitempty"`
	// LoseAnswer lets the call take effect and then cuts the connection: the client cannot know what happened.
	LoseAnswer bool `json:"loseAnswer,omitempty"`
	// Truncate lets the call take effect and cuts the connection in the middle of the answer's body.
	Truncate bool `json:"truncate,omitempty"`
	// Drop cuts the connection before the call takes effect.
	Drop bool `json:"drop,omitempty"`
	// NotJSON answers with a web page, as a proxy in between does, without effect. Status defaults to 502.
	NotJSON bool `json:"notJSON,omitempty"`
	// Respond writes an answer of the test's own, without effect.
	Respond http.HandlerFunc `json:"-"`
	// Status answers with an error, without effect. With a Body that is written unchanged; else the service's own
	// error writer (see SetErrorWriter) makes the answer from Status, Code and Message.
	Status  int         `json:"status,omitempty"`
	Code    string      `json:"code,omitempty"`
	Message string      `json:"message,omitempty"`
	Header  http.Header `json:"header,omitempty"`
	Body    string      `json:"body,omitempty"`
}

// ErrorWriter writes an error in a service's own form. Headers of the fault are set already.
type ErrorWriter func(w http.ResponseWriter, r *http.Request, status int, code, message string)

// Injector holds rules and counts. It is safe for concurrent use.
type Injector struct {
	clock clock.Clock

	mu      sync.Mutex
	random  *rand.Rand
	rules   []*activeRule
	nextID  int
	counts  map[call]int
	writers map[string]ErrorWriter
}

type call struct{ service, operation string }

// activeRule is a rule with what it has seen. A rule has its own count, so that "the second call" means the second
// from now on, whatever ran before it.
type activeRule struct {
	Rule
	id      int
	matched int
	applied int
}

// New returns an Injector without rules. Rates are drawn from random and latencies waited on clk, so that a test that
// fails can be run again with the same seed. Nil stands for seed 1 and for the real clock.
func New(random *rand.Rand, clk clock.Clock) *Injector {
	if random == nil { // faults must be repeatable, not unpredictable
		random = rand.New(rand.NewPCG(1, 1))
	}
	if clk == nil {
		clk = clock.RealClock{}
	}
	return &Injector{clock: clk, random: random, counts: map[call]int{}, writers: map[string]ErrorWriter{}}
}

// SetErrorWriter gives a service the form of its errors.
func (i *Injector) SetErrorWriter(service string, w ErrorWriter) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.writers[service] = w
}

// Add adds a rule and returns a function that takes it away again.
func (i *Injector) Add(rule Rule) (remove func()) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.nextID++
	id := i.nextID
	i.rules = append(i.rules, &activeRule{Rule: rule, id: id})
	return func() {
		i.mu.Lock()
		defer i.mu.Unlock()
		for n, r := range i.rules {
			if r.id == id {
				i.rules = append(i.rules[:n:n], i.rules[n+1:]...)
				return
			}
		}
	}
}

// Clear takes all rules away. Counts stay.
func (i *Injector) Clear() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.rules = nil
}

// Reset sets all counts to zero. Rules stay.
func (i *Injector) Reset() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.counts = map[call]int{}
}

// Calls returns how many calls there were since the last Reset, those that were made to fail among them. An empty
// service or operation means any.
func (i *Injector) Calls(service, operation string) int {
	i.mu.Lock()
	defer i.mu.Unlock()
	total := 0
	for c, n := range i.counts {
		if (service == "" || service == c.service) && (operation == "" || operation == c.operation) {
			total += n
		}
	}
	return total
}

// Counts returns the calls of a service by operation.
func (i *Injector) Counts(service string) map[string]int {
	i.mu.Lock()
	defer i.mu.Unlock()
	counts := map[string]int{}
	for c, n := range i.counts {
		if service == "" || service == c.service {
			counts[c.operation] += n
		}
	}
	return counts
}

// next counts a call and says what is to happen to it: the latencies of all rules that apply added up, and the rest
// of the first one that does more than wait.
func (i *Injector) next(service, operation string) (Fault, ErrorWriter) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.counts[call{service, operation}]++
	var out Fault
	var latency time.Duration
	slow := false
	for _, r := range i.rules {
		if !i.applies(r, service, operation) {
			continue
		}
		latency += r.Latency
		slow = slow || r.SlowAnswer
		if !out.changesAnswer() {
			out = r.Fault
		}
	}
	out.Latency, out.SlowAnswer = latency, slow
	return out, i.writers[service]
}

func (i *Injector) applies(r *activeRule, service, operation string) bool {
	if (r.Service != "" && r.Service != service) || (r.Operation != "" && r.Operation != operation) {
		return false
	}
	r.matched++
	if r.Times > 0 && r.applied >= r.Times {
		return false
	}
	if r.Nth > 0 && r.matched != r.Nth {
		return false
	}
	if r.Rate > 0 && i.random.Float64() >= r.Rate {
		return false
	}
	r.applied++
	return true
}

func (f Fault) changesAnswer() bool {
	return f.LoseAnswer || f.Truncate || f.Drop || f.NotJSON || f.Respond != nil || f.Status != 0
}
