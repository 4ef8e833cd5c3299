// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package permissions compares what programs asked AWS for with what their roles allow: a call that is not allowed, and an allowed
// action that nobody uses, are both findings. It calls nobody.
package permissions

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/aws"
)

// Who calls AWS.
const (
	Manager    = "manager"    // the manager's own identity
	Controller = "controller" // the role that the manager assumes
	Build      = "build"      // the role of a build
	Operator   = "operator"   // a person with kubectl workitem
)

// Call is one access by one caller, without what differs from run to run.
type Call struct {
	Caller   string              `json:"caller"`
	Action   string              `json:"action"`
	Resource string              `json:"resource"`
	Context  map[string][]string `json:"context,omitempty"`
}

func (c Call) key() string {
	text := c.Caller + " " + c.Action + " " + c.Resource
	for _, key := range slices.Sorted(maps.Keys(c.Context)) {
		text += " " + key + "=" + strings.Join(c.Context[key], ",")
	}
	return text
}

// Recorder keeps the calls that were made. It is safe for concurrent use.
type Recorder struct {
	mu    sync.Mutex
	calls map[string]Call
}

// NewRecorder returns an empty recorder.
func NewRecorder() *Recorder { return &Recorder{calls: map[string]Call{}} }

// Record is an authorizer that records each call and leaves the decision to the next.
func (r *Recorder) Record(next aws.Authorizer) aws.Authorizer {
	return func(call aws.Call) string {
		r.add(call)
		return next(call)
	}
}

func (r *Recorder) add(call aws.Call) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, access := range call.Accesses {
		for _, c := range normalize(callerOf(call.Principal), access) {
			r.calls[c.key()] = c
		}
	}
}

// Calls are the calls that were made, in a fixed order, each once.
func (r *Recorder) Calls() []Call {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.SortedFunc(maps.Values(r.calls), func(a, b Call) int { return cmp.Compare(a.key(), b.key()) })
}

// callerOf is who has a role: roles are named <project>-<tier>-<colour>-<caller>.
func callerOf(principal string) string {
	for _, caller := range []string{Controller, Build, Operator} {
		if strings.HasSuffix(principal, "-"+caller) {
			return caller
		}
	}
	return Manager
}

var secretSuffix = regexp.MustCompile(`^(arn:.*:secret:.+-)[A-Za-z0-9]{6}$`)

var slotNumber = regexp.MustCompile(`^(slot#.+#)\d+$`)

// demandKey is the key of a project's row that holds no slot. It is among those of its slots.
var demandKey = regexp.MustCompile(`^slot#.+#demand$`)

// normalize takes out what differs from run to run, and makes one call of each row: IAM looks at all rows of a request, so each must
// be allowed by itself.
func normalize(caller string, a aws.Access) []Call {
	c := Call{Caller: caller, Action: a.Action, Resource: a.Resource, Context: maps.Clone(a.Context)}
	if a.Action == "s3:PutObject" {
		if bucket, key, ok := strings.Cut(a.Resource, "/"); ok {
			first, _, _ := strings.Cut(key, "/")
			c.Resource = bucket + "/" + first + "/…"
		}
	}
	if m := secretSuffix.FindStringSubmatch(a.Resource); m != nil {
		c.Resource = m[1] + "AbCdEf" // as cloudformation has it where it makes no secrets
	}
	keys := a.Context["dynamodb:LeadingKeys"]
	if len(keys) == 0 {
		return []Call{c}
	}
	var calls []Call
	for _, key := range keys {
		one := c
		one.Context = map[string][]string{"dynamodb:LeadingKeys": {normalizeKey(key)}}
		calls = append(calls, one)
	}
	return calls
}

func normalizeKey(key string) string {
	if m := slotNumber.FindStringSubmatch(key); m != nil {
		return m[1] + "0"
	}
	if demandKey.MatchString(key) {
		return key
	}
	kind, _, _ := strings.Cut(key, "#")
	return kind + "#…"
}

// Write writes calls as they are committed.
func Write(calls []Call) ([]byte, error) {
	text, err := json.MarshalIndent(calls, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing calls: %w", err)
	}
	return append(text, '\n'), nil
}

// Read reads what Write wrote.
func Read(text []byte) ([]Call, error) {
	var calls []Call
	if err := json.Unmarshal(text, &calls); err != nil {
		return nil, fmt.Errorf("reading calls: %w", err)
	}
	return calls, nil
}

// Unrecorded are the calls that are not among the known.
func Unrecorded(calls, known []Call) []Call {
	keys := map[string]bool{}
	for _, c := range known {
		keys[c.key()] = true
	}
	return slices.DeleteFunc(slices.Clone(calls), func(c Call) bool { return keys[c.key()] })
}

// String is the call in words.
func (c Call) String() string {
	text := c.Caller + " calls " + c.Action + " on " + c.Resource
	for _, key := range slices.Sorted(maps.Keys(c.Context)) {
		text += ", " + key + " " + strings.Join(c.Context[key], ", ")
	}
	return text
}
