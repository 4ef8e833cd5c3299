// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/fault"
)

const (
	// appToken is how a token of an App's installation begins.
	appToken = "ghs_"
	// settlesAfter is how long a server may take until it knows such a token everywhere, and askAgain when it is asked again
	// before.
	settlesAfter = 30 * time.Second
	askAgain     = 10 * time.Second
)

// freshTokens remembers since when the token that is in use is.
type freshTokens struct {
	clock clock.PassiveClock // nil is the real one

	mu    sync.Mutex
	token string
	since time.Time
}

// age is how long a token has been in use here, and settlesAfter or more for one that is no App's.
func (f *freshTokens) age(token string) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.clock == nil {
		f.clock = clock.RealClock{}
	}
	now := f.clock.Now()
	if !strings.HasPrefix(token, appToken) {
		return settlesAfter
	}
	if f.token != token {
		f.token, f.since = token, now
	}
	return now.Sub(f.since)
}

// provesNothing makes a wait of a refusal of a token that was just made: some of GitHub's servers answer as if there were no
// such token, permission or repository. What a rule or the branch itself says is meant.
func provesNothing(age time.Duration, err error) error {
	if age >= settlesAfter || !fault.IsTerminal(err) || errors.Is(err, errRulesRefuse) || errors.Is(err, ErrBranchGone) {
		return err
	}
	switch fault.CodeOf(err) {
	case fault.CodeUnauthorized, fault.CodeAccessDenied, fault.CodeNotFound:
		return fault.NewWait(askAgain, fault.CodeUnreachable, fmt.Errorf("the App's token was just made, and GitHub may not know it everywhere yet: %s", err.Error()))
	}
	return err
}
