// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Access is how far a permission goes.
type Access int

// The accesses, each with those before it.
const (
	None Access = iota
	Read
	Write
)

// Rights are what a token may do.
type Rights struct {
	Projects     Access
	Contents     Access // git and files
	PullRequests Access
	Issues       Access
	Statuses     Access
	Checks       Access // to write them takes an App, whatever a token's rights
	// Administration is of repositories: to make and to delete them.
	Administration Access
	// Repositories are the only ones that the token sees, as "owner/name"; nil means all.
	Repositories []string
	// Classic makes it a classic token, of which GitHub says that a scope is missing (INSUFFICIENT_SCOPES) where it
	// says FORBIDDEN of a fine-grained one.
	Classic bool
}

// AllRights may do everything that Kiro Worker does, and not make or delete repositories.
func AllRights() Rights {
	return Rights{Projects: Write, Contents: Write, PullRequests: Write, Issues: Write, Statuses: Write, Checks: Write}
}

// ReadRights may read all of that.
func ReadRights() Rights {
	return Rights{Projects: Read, Contents: Read, PullRequests: Read, Issues: Read, Statuses: Read, Checks: Read}
}

type token struct {
	value     string
	user      *owner
	rights    Rights
	expiresAt time.Time // zero: never
	app       *app      // nil for a person's token
}

// AddToken makes the token known as the login's. A token that is known already gets the new rights.
func (s *Server) AddToken(value, login string, rights Rights) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[value] = &token{value: value, user: s.ensureOwner(login, false), rights: rights}
}

// RevokeToken makes the token unknown, as after a rotation.
func (s *Server) RevokeToken(value string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tokens, value)
}

// errNoCredentials and errBadCredentials are the two ways not to be let in.
var (
	errNoCredentials  = errors.New("Requires authentication") //nolint:staticcheck // GitHub's own wording
	errBadCredentials = errors.New("Bad credentials")         //nolint:staticcheck // GitHub's own wording
)

// authenticate finds the token of a request: "Bearer TOKEN", "token TOKEN", or Basic with the token as the password
// (https://docs.github.com/en/rest/authentication/authenticating-to-the-rest-api).
func (s *Server) authenticate(r *http.Request) (*token, error) {
	value := ""
	scheme, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	switch strings.ToLower(scheme) {
	case "":
		return nil, errNoCredentials
	case "bearer", "token":
		value = strings.TrimSpace(rest)
	case "basic":
		_, value, _ = r.BasicAuth()
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	t, ok := s.tokens[value]
	if !ok || (!t.expiresAt.IsZero() && !s.clock.Now().Before(t.expiresAt)) {
		return nil, errBadCredentials
	}
	return t, nil
}

// sees tells whether the token may know that the repository exists.
func (t *token) sees(repo *repository) bool {
	if repo == nil {
		return false
	}
	return t.rights.Repositories == nil || slices.ContainsFunc(t.rights.Repositories, func(name string) bool {
		return strings.EqualFold(name, repo.fullName())
	})
}

// inaccessible is what GitHub says of a permission that a fine-grained token or an App does not have.
func (t *token) inaccessible() string {
	if t.app != nil {
		return "Resource not accessible by integration"
	}
	return "Resource not accessible by personal access token"
}
