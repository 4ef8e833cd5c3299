// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package build_test

import (
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/build"
)

func TestOver(t *testing.T) {
	for state, want := range map[build.State]bool{
		"": false, build.StateQueued: false, build.StateRunning: false,
		build.StateSucceeded: true, build.StateFailed: true, build.StateFault: true, build.StateTimedOut: true, build.StateStopped: true,
	} {
		if got := state.Over(); got != want {
			t.Errorf("%q is over: %t, want %t", state, got, want)
		}
	}
}

func TestName(t *testing.T) {
	for _, c := range []struct{ why, ref, want string }{
		{"a service's reference ends in a slash and the short name", "arn:aws:codebuild:eu-west-1:123456789012:build/p:1", "p:1"},
		{"the last slash counts", "https://ci.example.com/builds/17", "17"},
		{"a row may hold anything: what has no slash is shown whole", "p:1", "p:1"},
		{"no build has no name", "", ""},
	} {
		if got := build.Reference(c.ref).Name(); got != c.want {
			t.Errorf("%s: got %q, want %q", c.why, got, c.want)
		}
	}
}
