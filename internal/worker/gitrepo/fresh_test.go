// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"errors"
	"testing"
	"time"

	testingclock "k8s.io/utils/clock/testing"

	"github.com/kiro-worker/kiro-worker/internal/fault"
)

func TestATokenThatWasJustMadeProvesNothing(t *testing.T) {
	now := testingclock.NewFakePassiveClock(time.Unix(1_700_000_000, 0))
	f := freshTokens{clock: now}
	if f.age("ghp_person") < settlesAfter {
		t.Error("a person's token is not new")
	}
	if f.age("ghs_1") != 0 {
		t.Error("an App's token is new at its first use")
	}
	now.SetTime(now.Now().Add(time.Minute))
	if f.age("ghs_1") != time.Minute || f.age("ghs_2") != 0 {
		t.Error("an App's token is as old as its use")
	}
	gone := classify("fetch", errors.New("exit status 128"), "remote: Repository not found.")
	branch := classify("fetch", errors.New("exit status 128"), "fatal: couldn't find remote ref refs/heads/x")
	rules := classify("push", errors.New("exit status 1"), "remote: error: GH006: Protected branch update failed")
	for why, c := range map[string]struct {
		err  error
		age  time.Duration
		wait bool
	}{
		"a repository that is not seen yet":              {gone, time.Second, true},
		"one that is not seen by an old token is absent": {gone, settlesAfter, false},
		"a branch that is gone is gone":                  {branch, time.Second, false},
		"a rule is meant":                                {rules, time.Second, false},
	} {
		got := provesNothing(c.age, c.err)
		if _, wait := fault.AsWait(got); wait != c.wait {
			t.Errorf("%s: %v", why, got)
		}
	}
}

// Pushes are refused for a moment by a server that has trouble of its own.
func TestTransientPushRefusals(t *testing.T) {
	for _, said := range []string{
		"! [remote rejected] a -> a (Internal Server Error)", "remote: fatal error in commit_refs", "! [remote rejected] a -> a (cannot lock ref 'refs/heads/a')",
	} {
		err := classify("push", errors.New("exit status 1"), said)
		if fault.IsTerminal(err) || PushRefused(err) {
			t.Errorf("%q is not tried again: %v", said, err)
		}
	}
	if err := classify("push", errors.New("exit status 1"), "! [remote rejected] a -> a (pre-receive hook declined)"); !fault.IsTerminal(err) {
		t.Errorf("a rule is tried again: %v", err)
	}
}
