// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package github is the forge port on GitHub. Clients, credentials and rate limits are githubapi's.
//
// What many work items ask of it goes out together: one GraphQL call looks up to twenty of them, each under an alias
// of its own, so that what is missing or forbidden for one concerns that one only.
package github

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
)

// The operations' names, in documents and in metrics.
const (
	opInspect       = "Inspect"
	opGetPull       = "GetPullRequest"
	opGetRules      = "GetBranchRules"
	opGetRuleset    = "GetRuleset"
	opUpdatePull    = "UpdatePullRequest"
	opListComments  = "ListComments"
	opCreateComment = "CreateComment"
	opEditComment   = "EditComment"
	opCommentAuthor = "CommentAuthor"
	opSetStatus     = "SetCommitStatus"
	opListChecks    = "ListCheckRuns"
	opCreateCheck   = "CreateCheckRun"
	opUpdateCheck   = "UpdateCheckRun"
)

// Bounds of texts, in bytes.
const (
	maxShown = 256 // of a name that is only shown
	maxURL   = 1024
	// maxName is longer than any branch name that git takes. A longer one is cut, and stays too long to be real.
	maxName = 512
	// maxText is what GitHub takes as a body, in characters (not bytes: a text in Japanese has three times as many).
	maxText = 65536
	// maxDescription is what GitHub takes as a commit status' description. Check runs get no longer ones.
	maxDescription = 140
)

// Forge is the repositories that one set of credentials can see.
type Forge struct {
	api *githubapi.Client
}

var _ forge.Forge = (*Forge)(nil)

// New makes a Forge.
func New(api *githubapi.Client) *Forge { return &Forge{api: api} }

var repositoryName = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?/[A-Za-z0-9._-]{1,100}$`)

var errRepositoryName = errors.New(`a repository is written "owner/name"`)

// split takes "owner/name" apart. Anything else would become another path at the REST interface.
func split(repository string) (owner, name string, err error) {
	owner, name, _ = strings.Cut(repository, "/")
	if !repositoryName.MatchString(repository) || name == "." || name == ".." {
		return "", "", fault.NewTerminal(fault.CodeInvalidRequest, fmt.Errorf("%q: %w", githubapi.Text(repository, maxShown), errRepositoryName))
	}
	return owner, name, nil
}
