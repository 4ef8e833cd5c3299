// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package github

import (
	"fmt"
	"strings"
	"time"
)

// The types below are the server's state. They are touched only under Server.mu and never leave the package.

type owner struct {
	nodeID       string
	databaseID   int64
	login        string
	organization bool
}

type repository struct {
	nodeID        string
	databaseID    int64
	owner         *owner
	name          string
	dir           string // the bare repository
	defaultBranch string
	protections   []*protection
	rulesets      []Ruleset
	parent        *repository // what it is a fork of
	createdAt     time.Time
	nextNumber    int // issues and pull requests share their numbers
	issues        map[int]*issue
	pulls         map[int]*pullRequest
	statuses      map[string][]*commitStatus // by commit, oldest first
	checkRuns     []*checkRun                // oldest first
	permissions   map[string]string          // of people, by login in lower case
}

func (r *repository) fullName() string { return r.owner.login + "/" + r.name }

type protection struct {
	nodeID  string
	pattern string
}

// thread is what issues and pull requests have in common.
type thread struct {
	nodeID     string
	databaseID int64
	repo       *repository
	number     int
	title      string
	body       string
	author     *owner
	open       bool
	labels     []string
	createdAt  time.Time
	updatedAt  time.Time
	closedAt   time.Time
	comments   []*comment
}

type issue struct {
	thread
	linked    []*linkedBranch
	blockedBy []*issue
}

type linkedBranch struct {
	nodeID string
	repo   *repository
	name   string
}

type pullRequest struct {
	thread
	headRepo *repository // nil when the fork is gone
	headRef  string
	baseRef  string
	draft    bool
	merged   bool
	// lastHead is the head when it was last seen: what a closed pull request, or one whose branch is gone, shows.
	lastHead string
	reviews  []*reviewThread
	opinions []*review
}

type comment struct {
	nodeID     string
	databaseID int64
	thread     *thread
	author     *owner
	body       string
	createdAt  time.Time
	updatedAt  time.Time
}

type commitStatus struct {
	nodeID      string
	databaseID  int64
	context     string
	state       string
	description string
	targetURL   string
	creator     *owner
	createdAt   time.Time
}

// checkRun is a check run. Whatever of its output was never given is nil.
type checkRun struct {
	nodeID      string
	databaseID  int64
	app         *app // that made it
	commit      string
	name        string
	externalID  string
	detailsURL  string
	status      string
	conclusion  string // empty until it is completed
	output      checkOutput
	startedAt   time.Time
	completedAt time.Time
}

type project struct {
	nodeID    string
	owner     *owner
	number    int
	title     string
	fields    []*projectField
	cards     []*card // in their position
	createdAt time.Time
	updatedAt time.Time
	// indexFrozen is set while the search index does not follow.
	indexFrozen bool
}

// The data types of fields that are supported (enum ProjectV2FieldType).
const (
	dataTypeTitle  = "TITLE"
	dataTypeText   = "TEXT"
	dataTypeSelect = "SINGLE_SELECT"
)

type projectField struct {
	nodeID    string
	project   *project
	name      string
	dataType  string
	options   []*option
	createdAt time.Time
}

type option struct{ id, name string }

func (f *projectField) option(id string) *option {
	for _, o := range f.options {
		if o.id == id {
			return o
		}
	}
	return nil
}

type card struct {
	nodeID     string
	databaseID int64
	project    *project
	// content is *issue, *pullRequest or *draftIssue.
	content   any
	redacted  bool // nobody may see the content
	archived  bool
	createdAt time.Time
	updatedAt time.Time
	values    map[*projectField]*fieldValue
	// indexed is what the search index still holds, if it lags.
	indexed map[*projectField]*fieldValue
}

type fieldValue struct {
	nodeID    string
	card      *card
	field     *projectField
	optionID  string
	text      string
	createdAt time.Time
	updatedAt time.Time
}

type draftIssue struct {
	nodeID    string
	title     string
	body      string
	createdAt time.Time
	updatedAt time.Time
}

// newID returns a database id and a node id. Node ids look like GitHub's: a prefix that shows the type, and an opaque
// rest (https://docs.github.com/en/graphql/guides/migrating-graphql-global-node-ids).
func (s *Server) newID(prefix string, node any) (databaseID int64, nodeID string) {
	s.nextID++
	nodeID = fmt.Sprintf("%s_kwEM%08x", prefix, s.nextID)
	s.nodes[nodeID] = node
	return 1_000_000 + s.nextID, nodeID
}

// now is the time to the second, which is how GitHub keeps it.
func (s *Server) now() time.Time { return s.clock.Now().UTC().Truncate(time.Second) }

// ensureOwner returns the owner, made if need be. Who comes into being with a repository or a board is an
// organization, who comes with a token a user.
func (s *Server) ensureOwner(login string, organization bool) *owner {
	key := strings.ToLower(login)
	if o, ok := s.owners[key]; ok {
		return o
	}
	o := &owner{login: login, organization: organization}
	prefix := "U"
	if organization {
		prefix = "O"
	}
	o.databaseID, o.nodeID = s.newID(prefix, o)
	s.owners[key] = o
	return o
}

// repository finds by "owner/name", whatever its case.
func (s *Server) repository(fullName string) (*repository, error) {
	repo, ok := s.repos[strings.ToLower(fullName)]
	if !ok {
		return nil, fmt.Errorf("there is no repository %s", fullName)
	}
	return repo, nil
}
