// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
)

// hostility is one bad way to answer.
type hostility struct {
	name  string
	fault faults.Fault
	only  string // the server or service that answers so; empty is any
	times int    // how often; 0 is as timesOf has it
	idle  bool
}

// hostilities are the bad answers that every call is given.
var hostilities = []hostility{
	{name: "internal error", fault: faults.Fault{Status: http.StatusInternalServerError, Body: `{"message":"boom"}`}},
	{name: "a page instead of an answer", fault: faults.Fault{NotJSON: true, Status: http.StatusOK}},
	// No SDK asks again by itself: each such answer has the manager wait, and longer each time.
	{name: "half an answer", fault: faults.Fault{Truncate: true}, times: 2},
	{name: "no answer", fault: faults.Fault{LoseAnswer: true}},
	// One try of the call is given up, and sent again; and the call itself, with all its tries.
	{name: "answer after the try", fault: faults.Fault{Latency: tooLate, SlowAnswer: true}, only: "aws", times: 1, idle: true},
	{name: "answer after the call", fault: faults.Fault{Latency: tooLate, SlowAnswer: true}, only: "aws", times: 3, idle: true},
	{name: "answer after the call", fault: faults.Fault{Latency: muchTooLate, SlowAnswer: true}, only: "github", times: 1, idle: true},
	{name: "answer after half a minute", fault: faults.Fault{Latency: muchTooLate, SlowAnswer: true}, only: "kube", times: 1, idle: true},
	{name: "throttled", only: "aws", fault: faults.Fault{
		Status: http.StatusBadRequest, Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}},
		Body: `{"__type":"ThrottlingException","message":"Rate exceeded"}`,
	}},
	// An answer to HEAD has no body: only the status can say it.
	{name: "slowed down", only: "s3", fault: faults.Fault{Status: http.StatusServiceUnavailable}},
	{name: "secondary rate limit", only: "github", fault: faults.Fault{
		Status: http.StatusForbidden, Header: http.Header{"Retry-After": {"1"}, "Content-Type": {"application/json"}},
		Body: `{"message":"You have exceeded a secondary rate limit."}`,
	}},
	{name: "too many requests", only: "kube", fault: faults.Fault{
		Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"1"}, "Content-Type": {"application/json"}},
		Body: `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"TooManyRequests","code":429}`,
	}},
}

// The clients' time-outs are 10 s for one try of a call to AWS, of which three fit into the call's 30 s, and 30 s for a
// call to GitHub. A manager waits for the API server as long as that takes.
const (
	tooLate     = 11 * time.Second
	muchTooLate = 32 * time.Second
)

// timesOf is how often a call is answered badly: by AWS more often than its SDK tries by itself, by the others once,
// because a source whose board fails waits ever longer for the next look.
func timesOf(server string) int {
	if server == "aws" {
		return 5
	}
	return 1
}

// hostileJobs answer each call of each scenario in each bad way.
func (l *Lab) hostileJobs(surveys []survey) []job {
	var jobs []job
	seen := map[string]bool{}
	for _, v := range surveys {
		for _, operation := range v.requests {
			if seen[operation] || strings.HasSuffix(operation, " events") {
				continue
			}
			seen[operation] = true
			for _, h := range hostilities {
				if server := serverOf(operation); h.fits(operation) {
					jobs = append(jobs, job{"hostile: " + h.name + " to " + operation + " (" + v.scenario.name + ")", func(ctx context.Context) result {
						return l.runHostile(ctx, v.scenario, rule(server, operation, h))
					}, v.scenario.idle || h.idle})
				}
			}
		}
	}
	return append(jobs, job{name: "hostile: not found just after its start", run: func(ctx context.Context) result {
		return l.runHostile(ctx, plain, faults.Rule{Service: "aws", Operation: getBuilds, Times: 8, Fault: faults.Fault{Respond: notFound}})
	}})
}

// fits reports whether a call can be answered so.
func (h hostility) fits(operation string) bool {
	service, _, _ := strings.Cut(operation, " ")
	if h.name == "throttled" && service == "s3" {
		return false // it has a form of its own
	}
	return h.only == "" || h.only == service || h.only == serverOf(operation)
}

// rule has a call be answered badly for a while.
func rule(server, operation string, h hostility) faults.Rule {
	r := faults.Rule{Service: server, Operation: operation, Times: h.times, Fault: h.fault}
	if r.Times == 0 {
		r.Times = timesOf(server)
	}
	return r
}

// notFound is CodeBuild's answer about builds that it does not know.
func notFound(rw http.ResponseWriter, r *http.Request) {
	var in struct {
		IDs []string `json:"ids"`
	}
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		http.Error(rw, err.Error(), http.StatusBadRequest)
		return
	}
	rw.Header().Set("Content-Type", "application/x-amz-json-1.1")
	_ = json.NewEncoder(rw).Encode(map[string][]string{"builds": {}, "buildsNotFound": in.IDs}) //nolint:errchkjson // a client that is gone gets no answer
}

// serverOf is the server that a request by its name goes to.
func serverOf(operation string) string {
	switch name, _, _ := strings.Cut(operation, " "); name {
	case "kube", "github":
		return name
	default:
		return "aws"
	}
}

// runHostile brings a card through a world that answers one call badly, for a while.
func (l *Lab) runHostile(ctx context.Context, s scenario, bad faults.Rule) result {
	return l.inWorld(ctx, s.work(), nil, func(w *world) (int, error) {
		if s.before != nil {
			if err := s.before(ctx, w); err != nil {
				return 0, fmt.Errorf("preparing the world: %w", err)
			}
		}
		w.faults.Add(bad)
		g := &guard{world: w, forgiving: true}
		return g.guarded(ctx, make(chan struct{}), func(ctx context.Context) error { return w.untilEnd(ctx, s) }, func() error { return w.check(ctx, s) })
	})
}
