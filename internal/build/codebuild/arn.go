// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package codebuild

import (
	"regexp"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/build"
)

// A build's and a project's reference is its ARN, "arn:partition:service:region:account:resource".
var buildARN = regexp.MustCompile(`^arn:[a-z0-9-]+:codebuild:[a-z0-9-]+:[0-9]{12}:build/([A-Za-z0-9][A-Za-z0-9_-]{1,149}:[A-Za-z0-9-]{1,64})$`)

// buildID is CodeBuild's id ("project:uuid") in a build's ARN. It is false for what is no such ARN: a reference comes out
// of a lock row that a build wrote, and one of them must not fail a request that asks for a hundred.
func buildID(ref build.Reference) (string, bool) {
	m := buildARN.FindStringSubmatch(string(ref))
	if m == nil {
		return "", false
	}
	return m[1], true
}

// SamePlace implements build.Projects: the ARNs are of one partition, region and account.
func (*Service) SamePlace(b, project build.Reference) bool {
	x, y := strings.SplitN(string(b), ":", 6), strings.SplitN(string(project), ":", 6)
	if len(x) != 6 || len(y) != 6 || x[0] != "arn" || y[0] != "arn" {
		return false
	}
	return x[1] == y[1] && x[3] == y[3] && x[4] == y[4]
}
