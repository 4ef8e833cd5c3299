// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package codebuild

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"time"
)

// Build is a build as it is at one moment, for tests and for people.
type Build struct {
	ID, ARN, Project string
	Number           int64
	Status, Phase    string
	// Phases says of each phase that was reached how it ended; COMPLETED and the current one have no status.
	Phases []Phase
	// Variables are those of the project and of StartBuild.
	Variables map[string]string
	Initiator string
	StartTime time.Time
	EndTime   time.Time
	// RetryOf is the id of the build that this one retries, in whatever way.
	RetryOf string
	// Gone is true once no process of the build is left; a build can be over before.
	Gone bool
	// Dir holds the build's directories src, home and tmp and its log.
	Dir string
}

// Phase is one phase of a Build.
type Phase struct {
	Type, Status  string
	Code, Message string // of what failed
	Start, End    time.Time
}

// Over reports whether the build has ended.
func (b Build) Over() bool { return b.Status != statusInProgress }

func (b *build) public() Build {
	out := Build{
		ID: b.id, ARN: b.arn, Project: b.project.Name, Number: b.number, Status: b.status, Phase: b.current().kind,
		Variables: maps.Clone(b.start0.variables), Initiator: b.start0.initiator,
		StartTime: b.start, EndTime: b.end, Gone: b.gone, Dir: b.dir,
	}
	if b.start0.previous != nil {
		out.RetryOf = b.start0.previous.id
	}
	for _, p := range b.phases {
		q := Phase{Type: p.kind, Status: p.status, Start: p.start, End: p.end}
		if p.context != nil {
			q.Code, q.Message = p.context.StatusCode, p.context.Message
		}
		out.Phases = append(out.Phases, q)
	}
	return out
}

// Builds are all builds, oldest first.
func (s *Server) Builds() []Build {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Build, 0, len(s.order))
	for _, b := range s.order {
		out = append(out, b.public())
	}
	return out
}

// Build is the build of an id or ARN.
func (s *Server) Build(id string) (Build, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.buildByName(id)
	if b == nil {
		return Build{}, false
	}
	return b.public(), true
}

// WaitFor waits until a build is as cond wants it, and returns it.
func (s *Server) WaitFor(ctx context.Context, id string, cond func(Build) bool) (Build, error) {
	for {
		s.mu.Lock()
		b, changed := s.buildByName(id), s.changed
		var now Build
		if b != nil {
			now = b.public()
		}
		s.mu.Unlock()
		if b == nil {
			return Build{}, fmt.Errorf("there is no build %q", id)
		}
		if cond(now) {
			return now, nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return now, fmt.Errorf("build %s is %s in %s: %w", id, now.Status, now.Phase, ctx.Err())
		}
	}
}

// Log is what a build has written so far; empty if it has no log yet.
func (s *Server) Log(id string) (string, error) {
	b, ok := s.Build(id)
	if !ok {
		return "", fmt.Errorf("there is no build %q", id)
	}
	text, err := os.ReadFile(logFile(b.Dir))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return string(text), err
}

// RetryBuild starts a build again with the same variables, as a person can in the console (guide, "Retry builds
// manually"), and returns the new build.
func (s *Server) RetryBuild(id, initiator string) (Build, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.buildByName(id)
	if b == nil {
		return Build{}, fmt.Errorf("there is no build %q", id)
	}
	p := s.projects[b.project.Name]
	if p == nil || s.closed {
		return Build{}, fmt.Errorf("the project of build %q is gone", id)
	}
	if err := s.checkLimits(p); err != nil {
		return Build{}, errors.New(err.message)
	}
	st := b.start0
	st.variables, st.previous, st.initiator = maps.Clone(st.variables), b, initiator
	again := s.newBuild(p, st)
	s.submit(again)
	return again.public(), nil
}

// SetLimits changes how many builds the account runs at once and how many it queues; negative is none.
func (s *Server) SetLimits(concurrent, queued int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.options.ConcurrentBuilds, s.options.MaxQueued = concurrent, queued
	s.schedule()
	s.notify()
}
