// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package policy

import (
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/queue"
)

// What one duration has to be because of another.
func TestDeadlinesFitTogether(t *testing.T) {
	const (
		tokenKnown = 5 * time.Minute  // CodeBuild knows a token for as long
		heartbeat  = 30 * time.Second // the worker's
	)
	for _, c := range []struct {
		why           string
		less, greater time.Duration
	}{
		{"a start that is repeated after CodeBuild forgot the token makes a second build", StartWindow + RunningRecheck, tokenKnown},
		{"one late heartbeat must not stop a worker", 10 * heartbeat, SilentAfter},
		{"a running item is looked at before what was seen of its build is too old", RunningRecheck, FreshLook},
		{"silence is measured between looks that are at most FreshLook apart", FreshLook, SilentAfter},
		{"who released a slot because too many were in use comes after those who were refused meanwhile", HeldRecheck, time.Duration(queue.RefusalWait.Base)},
		{"a build that was started at the end of the window is found by then", StartWindow, NotFoundAfter},
		{"what was seen of a build is remembered while a build of 36 hours could matter to somebody", 15 * time.Hour, Remembered},
	} {
		if c.less >= c.greater {
			t.Errorf("%s: %s is not less than %s", c.why, c.less, c.greater)
		}
	}
}
