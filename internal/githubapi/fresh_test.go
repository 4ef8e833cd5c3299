// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package githubapi

import (
	"errors"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/fault"
)

func TestATokenThatWasJustMadeProvesNothing(t *testing.T) {
	var f freshness
	if got := f.again(epoch); got != 0 {
		t.Errorf("a token that is no App's is refused for good, not for %s", got)
	}
	f.saw("one", epoch)
	for _, c := range []struct{ age, want time.Duration }{
		{0, 3 * time.Second}, {2500 * time.Millisecond, time.Second}, {3 * time.Second, 7 * time.Second}, {10 * time.Second, 20 * time.Second}, {30 * time.Second, 0}, {time.Hour, 0},
	} {
		f.saw("one", epoch.Add(c.age))
		if got := f.again(epoch.Add(c.age)); got != c.want {
			t.Errorf("%s after it was made: %s, want %s", c.age, got, c.want)
		}
	}
	f.saw("two", epoch.Add(time.Hour))
	if f.again(epoch.Add(time.Hour)) == 0 {
		t.Error("another token is new again")
	}
}

func TestProvesNothing(t *testing.T) {
	is := errors.New("x")
	for _, c := range []struct {
		why  string
		err  error
		wait bool
		code fault.Code
	}{
		{"absent may be there", fault.NewTerminal(fault.CodeNotFound, is), true, fault.CodeUnreachable},
		{"refused may be meant for another token", fault.NewTerminal(fault.CodeUnauthorized, is), true, fault.CodeUnreachable},
		{"so may a permission, and it is still said which", fault.NewTerminal(fault.CodeAccessDenied, is), true, fault.CodeAccessDenied},
		{"an invalid request stays one", fault.NewTerminal(fault.CodeInvalidRequest, is), false, fault.CodeInvalidRequest},
		{"a rate limit stays one", fault.NewWait(time.Minute, fault.CodeRateLimited, is), true, fault.CodeRateLimited},
	} {
		got := provesNothing(3*time.Second, c.err)
		if _, wait := fault.AsWait(got); wait != c.wait || fault.CodeOf(got) != c.code || c.wait && fault.IsTerminal(got) {
			t.Errorf("%s: got %v (%s)", c.why, got, fault.CodeOf(got))
		}
		if got := provesNothing(0, c.err); got != c.err { //nolint:errorlint // the same error
			t.Errorf("%s: an old token's refusals are meant: %v", c.why, got)
		}
	}
}
