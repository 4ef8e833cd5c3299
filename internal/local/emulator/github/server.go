// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package github is a small GitHub: an http.Handler that speaks its GraphQL, the part of its REST that is used
// here, and git over HTTP.
//
//	/graphql, /api/graphql   GraphQL, by GitHub's published schema (package graphql)
//	/..., /api/v3/...        REST, at the paths of github.com's API and of GitHub Enterprise's
//	/OWNER/NAME.git/...      git, served by git's own http-backend
//	/_admin/...              what a person would do in the browser, for commands (admin.go)
//
// Boards, issues and pull requests are kept in memory. Repositories are bare git repositories on disk, and every
// answer about a branch, a commit or a file is read from there, so what is pushed shows at once.
//
// What it does not know is an error and never an empty answer.
package github

import (
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"sync"

	"k8s.io/utils/clock"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github/graphql"
)

// Service is the service's name in the rules and counts of faults. Operations are "query NAME" and "mutation FIELD"
// for GraphQL, "METHOD /route/{pattern}" for REST, and "git upload-pack", "git receive-pack" for git.
const Service = "github"

// Options are what a Server is made of.
type Options struct {
	// Dir is where repositories lie. It must exist.
	Dir string
	// URL is the server's base URL as clients see it, without a slash at the end. It may be set later (SetURL);
	// without it, the first request's Host is taken.
	URL string
	// Clock is the time of everything; the real one if nil.
	Clock clock.PassiveClock
	// Faults makes calls fail and counts them; if nil, one of its own that Faults() returns.
	Faults *faults.Injector
	// Limits are GitHub's own where they are zero.
	Limits Limits
}

// Server is the emulator. It is safe for concurrent use.
type Server struct {
	dir     string
	clock   clock.PassiveClock
	faults  *faults.Injector
	objects *objectCache
	handler http.Handler
	rest    []restRoute
	graph   *graphql.Executor
	limiter *limiter

	// mu guards everything below and all that hangs on it.
	mu       sync.RWMutex
	url      string
	nextID   int64
	owners   map[string]*owner      // by lower-case login
	repos    map[string]*repository // by lower-case "owner/name"
	projects []*project
	nodes    map[string]any // by node id
	tokens   map[string]*token
	apps     map[int64]*app // by installation id
}

// New returns a server without content.
func New(options Options) (*Server, error) {
	if info, err := os.Stat(options.Dir); err != nil || !info.IsDir() {
		return nil, fmt.Errorf("the directory for repositories %q: %w", options.Dir, fs.ErrNotExist)
	}
	if options.Clock == nil {
		options.Clock = clock.RealClock{}
	}
	if options.Faults == nil {
		options.Faults = faults.New(nil, nil)
	}
	s := &Server{
		dir: options.Dir, clock: options.Clock, faults: options.Faults, url: options.URL,
		objects: newObjectCache(), limiter: newLimiter(options.Limits, options.Clock),
		owners: map[string]*owner{}, repos: map[string]*repository{}, nodes: map[string]any{},
		tokens: map[string]*token{}, apps: map[int64]*app{},
	}
	executor, err := graphql.NewExecutor(s.resolvers(), typeOf)
	if err != nil {
		return nil, fmt.Errorf("making the GraphQL executor: %w", err)
	}
	s.graph = executor
	s.rest = s.restRoutes()
	s.faults.SetErrorWriter(Service, writeInjectedError)
	s.handler = s.faults.Middleware(Service, s.operation, http.HandlerFunc(s.route))
	return s, nil
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.learnURL(r)
	if strings.HasPrefix(r.URL.Path, "/_admin/") {
		s.serveAdmin(w, r) // past the injector: faults must not lock out who ends them
		return
	}
	s.handler.ServeHTTP(w, r)
}

func (s *Server) route(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-GitHub-Request-Id", "EMULATOR:"+r.Method)
	switch {
	case isGit(r.URL.Path):
		s.serveGit(w, r)
	case isGraphQL(r.URL.Path):
		s.serveGraphQL(w, r)
	default:
		s.serveREST(w, r)
	}
}

func isGraphQL(path string) bool { return path == "/graphql" || path == "/api/graphql" }

// operation names a request for rules and counts.
func (s *Server) operation(r *http.Request) string {
	switch {
	case isGit(r.URL.Path):
		return gitOperation(r)
	case isGraphQL(r.URL.Path):
		return graphQLOperation(r)
	default:
		return s.restOperation(r)
	}
}

// Faults is the injector that all calls go through.
func (s *Server) Faults() *faults.Injector { return s.faults }

// SetURL sets the base URL that answers name.
func (s *Server) SetURL(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.url = strings.TrimSuffix(url, "/")
}

// URL is the base URL that answers name.
func (s *Server) URL() string {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.url
}

// APIURL is what a client is given as the REST base URL; GraphQL is beside it, as at GitHub Enterprise
// (https://docs.github.com/en/enterprise-server@latest/graphql/guides/managing-enterprise-accounts).
func (s *Server) APIURL() string { return s.URL() + "/api/v3" }

// CloneURL is the address of a repository's git.
func (s *Server) CloneURL(repository string) string { return s.URL() + "/" + repository + ".git" }

func (s *Server) learnURL(r *http.Request) {
	s.mu.RLock()
	known := s.url != ""
	s.mu.RUnlock()
	if !known {
		s.SetURL("http://" + r.Host)
	}
}

// ValidateDocument returns an error if GitHub's schema does not take the document. Clients check all that they send
// with it; the server itself checks all that it gets.
func ValidateDocument(document string) error { return graphql.ValidateDocument(document) }
