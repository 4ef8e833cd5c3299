// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaosreal

import (
	"slices"
	"strings"
)

// How many repetitions of one request are points: a watch repeats its reads as long as a build takes, and events are
// written and never read again.
const (
	mostReads  = 4
	mostEvents = 2
)

// points are the places to die in a run, from the requests of a clean one. known are those of other scenarios: only
// what differs from them is worth a run of its own, and what happens again under other circumstances.
func points(requests []string, known map[string]bool, again ...string) []point {
	var all []point
	counts := map[string]int{}
	for _, name := range requests {
		counts[name]++
		n := counts[name]
		if (!writes(name) && n > mostReads) || (strings.HasSuffix(name, " events") && n > mostEvents) {
			continue
		}
		if known[name] && !strings.HasSuffix(name, "/status") && !slices.Contains(again, name) {
			continue
		}
		moments := []when{before, after}
		// What is late at one status write is late at any: its resourceVersion is old by then.
		if writes(name) && !known[name] || writes(name) && slices.Contains(again, name) {
			moments = append(moments, late)
		}
		for _, m := range moments {
			all = append(all, point{operation: name, nth: n, when: m})
		}
	}
	return all
}

// writes reports whether a request changes something, so that one which is late may do harm.
func writes(name string) bool {
	server, verb, _ := strings.Cut(name, " ")
	switch server {
	case "kube":
		return !strings.HasPrefix(verb, "GET")
	case "lock":
		return !strings.HasPrefix(verb, "read")
	case "github":
		return !strings.HasPrefix(verb, "query") && !strings.HasPrefix(verb, "GET")
	case "codebuild":
		return verb == "StartBuild" || verb == "StopBuild"
	case "sns":
		return true
	}
	return false
}
