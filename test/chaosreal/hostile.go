// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/emulator/faults"
)

// hostility is one bad way to answer.
type hostility struct {
	name  string
	fault faults.Fault
	only  string // the server that answers so; empty is any
}

// hostilities are the bad answers that every call is given.
var hostilities = []hostility{
	{"internal error", faults.Fault{Status: http.StatusInternalServerError, Body: `{"message":"boom"}`}, ""},
	{"a page instead of an answer", faults.Fault{NotJSON: true, Status: http.StatusOK}, ""},
	{"half an answer", faults.Fault{Truncate: true}, ""},
	{"no answer", faults.Fault{LoseAnswer: true}, ""},
	{"throttled", faults.Fault{
		Status: http.StatusBadRequest, Header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}},
		Body: `{"__type":"ThrottlingException","message":"Rate exceeded"}`,
	}, "aws"},
	{"secondary rate limit", faults.Fault{
		Status: http.StatusForbidden, Header: http.Header{"Retry-After": {"1"}, "Content-Type": {"application/json"}},
		Body: `{"message":"You have exceeded a secondary rate limit."}`,
	}, "github"},
	{"too many requests", faults.Fault{
		Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"1"}, "Content-Type": {"application/json"}},
		Body: `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"TooManyRequests","code":429}`,
	}, "kube"},
}

// timesOf is how often a call is answered badly: by AWS more often than its SDK tries by itself, by the others once,
// because a source whose board fails waits ever longer for the next look.
func timesOf(server string) int {
	if server == "aws" {
		return 5
	}
	return 1
}

// hostileJobs answer each call of a card's way in each bad way.
func (l *Lab) hostileJobs(ctx context.Context) ([]job, error) {
	clean := l.run(ctx, plain, nil)
	if clean.err != nil {
		return nil, fmt.Errorf("a run in which every answer is good: %w", clean.err)
	}
	var jobs []job
	seen := map[string]bool{}
	for _, operation := range clean.requests {
		if seen[operation] || strings.HasSuffix(operation, " events") {
			continue
		}
		seen[operation] = true
		for _, h := range hostilities {
			if server := serverOf(operation); h.only == "" || h.only == server {
				jobs = append(jobs, job{"hostile: " + h.name + " to " + operation, func(ctx context.Context) result {
					return l.runHostile(ctx, server, operation, h.fault)
				}})
			}
		}
	}
	return jobs, nil
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

// runHostile takes a card through a world that answers one call badly, for a while.
func (l *Lab) runHostile(ctx context.Context, server, operation string, fault faults.Fault) result {
	return l.inWorld(ctx, &work{conducts: []conduct{succeeds}}, nil, func(w *world) (int, error) {
		w.faults.Add(faults.Rule{Service: server, Operation: operation, Times: timesOf(server), Fault: fault})
		g := &guard{world: w, forgiving: true}
		return g.guarded(ctx, make(chan struct{}), func(ctx context.Context) error { return w.untilEnd(ctx, plain) }, func() error { return w.check(ctx, plain) })
	})
}
