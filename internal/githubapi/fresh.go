// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package githubapi

import (
	"fmt"
	"sync"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// settlesAfter is how long GitHub may take until all its servers know an App's token. Before, some answer 401, 403 or 404 as if
// there were no such token, permission or repository.
const settlesAfter = 30 * time.Second

// freshness remembers when an App's token was first used.
type freshness struct {
	mu    sync.Mutex
	token string
	at    time.Time
}

func (f *freshness) saw(token string, now time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.token != token {
		f.token, f.at = token, now
	}
}

// again is when a refusal is worth another try: after 3, 10 and 30 seconds of the token's life. It is zero for a token
// whose refusals are meant, and for one that is no App's.
func (f *freshness) again(now time.Time) time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.token == "" {
		return 0
	}
	age := now.Sub(f.at)
	for _, at := range []time.Duration{3 * time.Second, 10 * time.Second, settlesAfter} {
		if age < at {
			return max(at-age, time.Second)
		}
	}
	return 0
}

// provesNothing makes a wait of a refusal by a server that may not know the token yet.
func provesNothing(after time.Duration, err error) error {
	if after <= 0 || !fault.IsTerminal(err) {
		return err
	}
	code := fault.CodeUnreachable // what is called absent may be there
	switch fault.CodeOf(err) {
	case fault.CodeAccessDenied:
		code = fault.CodeAccessDenied
		fallthrough
	case fault.CodeUnauthorized, fault.CodeNotFound:
		return fault.NewWait(after, code, fmt.Errorf("the App's token was just made, and GitHub may not know it everywhere yet; tried again in a moment: %w", unkinded{err}))
	}
	return err
}

// unkinded is an error whose kind and code count no more.
type unkinded struct{ err error }

// Error implements error.
func (u unkinded) Error() string { return u.err.Error() }
