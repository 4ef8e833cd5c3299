// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package githubapi

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/fault"
)

const (
	// rereadAfter is how long credentials are used before their source is asked again.
	rereadAfter = 5 * time.Minute
	// rereadRetry is when a source that could not be read is asked again, while the old ones are still used.
	rereadRetry = 30 * time.Second
)

// session is one reading of the credentials.
type session struct {
	credentials Credentials
	cache       *answers
	// app mints installation tokens and keeps one until it is about to expire; nil for a plain token.
	app *ghinstallation.Transport

	fresh freshness
}

// token is what a request is authorised with.
func (s *session) token(ctx context.Context, now func() time.Time) (string, error) {
	if s.app == nil {
		return s.credentials.Token, nil
	}
	token, err := s.app.Token(ctx)
	if err == nil {
		s.fresh.saw(token, now())
	}
	return token, err
}

// sessions holds the current session and replaces it as the credentials change.
type sessions struct {
	source CredentialSource
	base   http.RoundTripper
	rest   string
	clock  clock.PassiveClock
	// metrics forget credentials that were replaced.
	metrics *Metrics

	// turn is a lock that can be waited for with a context: its holder may be reading a secret over the network.
	turn chan struct{}

	mu       sync.Mutex
	session  *session
	rereadAt time.Time
}

func newSessions(source CredentialSource, base http.RoundTripper, rest string, clk clock.PassiveClock) *sessions {
	return &sessions{source: source, base: base, rest: rest, clock: clk, turn: make(chan struct{}, 1)}
}

// peek returns the session in use, nil before the first call.
func (s *sessions) peek() (*session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.session, s.session != nil && s.clock.Now().Before(s.rereadAt)
}

// current returns the session in use, after reading the credentials again where that is due. While their
// source cannot be reached, the old ones go on; a source that says that there are none any more is believed.
func (s *sessions) current(ctx context.Context) (*session, error) {
	if current, fresh := s.peek(); fresh {
		return current, nil
	}
	if err := s.lock(ctx); err != nil {
		return nil, err
	}
	defer s.unlock()
	current, fresh := s.peek()
	if fresh {
		return current, nil
	}
	next, err := s.read(ctx, current, false)
	if err != nil {
		if current == nil || fault.IsTerminal(err) {
			return nil, err
		}
		s.put(current, rereadRetry)
		return current, nil
	}
	s.put(next, rereadAfter)
	return next, nil
}

// renew replaces a session that GitHub refused. It reports false if there is nothing else to try: the source
// still holds the same token. An App gets a new installation token, since the old one may have been revoked.
func (s *sessions) renew(ctx context.Context, refused *session) (*session, bool, error) {
	if err := s.lock(ctx); err != nil {
		return nil, false, err
	}
	defer s.unlock()
	if current, _ := s.peek(); current != refused {
		return current, true, nil
	}
	next, err := s.read(ctx, refused, true)
	if err != nil {
		return nil, false, err
	}
	s.put(next, rereadAfter)
	return next, next != refused, nil
}

// read asks the source, and keeps the session if nothing changed.
func (s *sessions) read(ctx context.Context, current *session, refused bool) (*session, error) {
	credentials, err := s.source.Credentials(ctx)
	if err != nil {
		return nil, fmt.Errorf("reading the GitHub credentials: %w", err)
	}
	if current != nil && current.credentials.same(credentials) && (!refused || !credentials.IsApp()) {
		return current, nil
	}
	next := &session{credentials: credentials, cache: newAnswers()}
	if !credentials.IsApp() {
		if credentials.Token == "" {
			return nil, invalidCredentials("there is no token")
		}
		return next, nil
	}
	next.app, err = ghinstallation.New(s.base, credentials.AppID, credentials.InstallationID, credentials.PrivateKey)
	if err != nil {
		// The parser's error is left out: it may quote the key.
		return nil, invalidCredentials("%s is not an RSA key in PEM format", keyPrivateKey)
	}
	next.app.BaseURL = s.rest
	return next, nil
}

func (s *sessions) put(next *session, valid time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.session; old != nil && old.credentials.identity() != next.credentials.identity() {
		s.metrics.replaced(old.credentials.identity())
	}
	s.session, s.rereadAt = next, s.clock.Now().Add(valid)
}

func (s *sessions) lock(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for the GitHub credentials: %w", ctx.Err())
	}
}

func (s *sessions) unlock() { <-s.turn }
