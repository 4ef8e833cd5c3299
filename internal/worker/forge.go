// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/forge"
)

// forgeTimeout is how long one call of the forge may take.
const forgeTimeout = 45 * time.Second

// pullRequest is the attempt's pull request on its forge.
type pullRequest struct {
	forge      Forge
	repository string // "owner/name"
	branch     string
	number     int64
}

// read reads it as it is now, once.
func (p pullRequest) read(ctx context.Context) (forge.PullRequest, error) {
	ctx, cancel := context.WithTimeout(ctx, forgeTimeout)
	defer cancel()
	return p.forge.Get(ctx, p.repository, p.number)
}

// problems are what is wrong with it: it must be open, and from the branch of this repository.
func (p pullRequest) problems(pr forge.PullRequest) []string {
	var problems []string
	if pr.State != "OPEN" {
		problems = append(problems, fmt.Sprintf("pull request #%d is %s; it must be open", pr.Number, strings.ToLower(pr.State)))
	}
	if !strings.EqualFold(pr.HeadRepository, p.repository) {
		problems = append(problems, fmt.Sprintf("pull request #%d comes from another repository; it must come from a branch of %s", pr.Number, p.repository))
	}
	if pr.HeadBranch != p.branch {
		problems = append(problems, fmt.Sprintf("pull request #%d is not from branch %s", pr.Number, p.branch))
	}
	return problems
}
