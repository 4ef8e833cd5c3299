// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package codebuild

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codebuild/types"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

const (
	// maxBatch is the most ids that BatchGetBuilds takes.
	maxBatch = 100
	// maxPages bounds Recent, at 100 builds a page: it looks back some minutes, not through a year's history.
	maxPages = 20
)

var (
	idForm  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]{1,149}:[A-Za-z0-9-]{1,64}$`)
	arnForm = regexp.MustCompile(`^arn:[a-z0-9-]+:codebuild:[a-z0-9-]+:[0-9]{12}:build/(.+)$`)
)

// buildID is the id ("project:uuid") in an id or an ARN. It is false for what can be neither: a name like that comes
// out of a lock row that a build wrote, and one of them must not fail a request that asks for a hundred.
func buildID(name string) (string, bool) {
	if m := arnForm.FindStringSubmatch(name); m != nil {
		name = m[1]
	}
	return name, idForm.MatchString(name)
}

// Get implements build.Observer. found has each build under every name that it was asked for by. A name that cannot
// be a build's is in missing. ARNs are looked up in the account and region of the client, whatever stands in them.
func (s *Service) Get(ctx context.Context, names []string) (map[string]build.Build, []string, error) {
	asked := map[string][]string{} // by id
	var ids, missing []string
	for _, name := range names {
		id, ok := buildID(name)
		switch {
		case !ok:
			missing = append(missing, name)
			continue
		case asked[id] == nil:
			ids = append(ids, id)
		}
		asked[id] = append(asked[id], name)
	}
	found := make(map[string]build.Build, len(ids))
	for len(ids) > 0 {
		n := min(len(ids), maxBatch)
		builds, notFound, err := s.batch(ctx, ids[:n])
		if err != nil {
			return nil, nil, fmt.Errorf("looking up builds: %w", err)
		}
		for _, b := range builds {
			for _, name := range asked[b.ID] {
				found[name] = b
			}
		}
		for _, id := range notFound {
			missing = append(missing, asked[id]...)
		}
		ids = ids[n:]
	}
	return found, missing, nil
}

// batch asks for at most maxBatch builds. An answer that leaves one out is an error: to take it for missing would be
// to take it for over.
func (s *Service) batch(ctx context.Context, ids []string) ([]build.Build, []string, error) {
	out, err := s.api.BatchGetBuilds(ctx, &codebuild.BatchGetBuildsInput{Ids: ids})
	if err != nil {
		return nil, nil, awsapi.Classify(err)
	}
	told := map[string]bool{}
	var builds []build.Build
	for _, b := range out.Builds {
		builds = append(builds, convert(b))
		told[aws.ToString(b.Id)] = true
	}
	for _, id := range out.BuildsNotFound {
		told[id] = true
	}
	for _, id := range ids {
		if !told[id] {
			return nil, nil, fault.NewRetryable(fault.CodeInvalidAnswer,
				fmt.Errorf("CodeBuild's answer says nothing about build %s, which was asked for", id))
		}
	}
	return builds, out.BuildsNotFound, nil
}

// Recent implements build.Observer. It leaves the sort order out, which is an error for projects with more than a
// hundred builds; the newest come first then too. It fails rather than return a part.
func (s *Service) Recent(ctx context.Context, project string, since time.Time) ([]build.Build, error) {
	var recent []build.Build
	var token *string
	for range maxPages {
		page, err := s.api.ListBuildsForProject(ctx, &codebuild.ListBuildsForProjectInput{
			ProjectName: aws.String(project), NextToken: token,
		})
		if err != nil {
			return nil, fmt.Errorf("listing recent builds: %w", classifyProject(err, project))
		}
		older := false
		for ids := page.Ids; len(ids) > 0; {
			n := min(len(ids), maxBatch)
			builds, _, err := s.batch(ctx, ids[:n]) // one that is not found was deleted since
			if err != nil {
				return nil, fmt.Errorf("looking up recent builds: %w", err)
			}
			ids = ids[n:]
			for _, b := range inOrder(builds, page.Ids) {
				if b.StartTime.Before(since) {
					older = true
				} else {
					recent = append(recent, b)
				}
			}
		}
		if token = page.NextToken; older || token == nil {
			return recent, nil
		}
	}
	return nil, fmt.Errorf("listing recent builds: %w", fault.NewRetryable(fault.CodeInvalidAnswer, fmt.Errorf(
		"CodeBuild project %s has had more than %d pages of builds since %s: look for the build in the console",
		project, maxPages, since.UTC().Format(time.RFC3339))))
}

// inOrder sorts builds as their ids were listed: BatchGetBuilds promises no order.
func inOrder(builds []build.Build, ids []string) []build.Build {
	byID := make(map[string]build.Build, len(builds))
	for _, b := range builds {
		byID[b.ID] = b
	}
	sorted := builds[:0]
	for _, id := range ids {
		if b, ok := byID[id]; ok {
			sorted = append(sorted, b)
		}
	}
	return sorted
}

func convert(b types.Build) build.Build {
	out := build.Build{
		ID: aws.ToString(b.Id), ARN: aws.ToString(b.Arn), Status: build.Status(b.BuildStatus),
		Phase: aws.ToString(b.CurrentPhase), StartTime: aws.ToTime(b.StartTime), EndTime: aws.ToTime(b.EndTime),
		Initiator: aws.ToString(b.Initiator), Provisioned: provisioned(b),
	}
	if b.Environment != nil {
		for _, v := range b.Environment.EnvironmentVariables {
			if aws.ToString(v.Name) == contract.EnvLockID {
				out.LockID = aws.ToString(v.Value)
			}
		}
	}
	if l := b.Logs; l != nil && out.Provisioned {
		out.LogGroup, out.LogStream = aws.ToString(l.GroupName), aws.ToString(l.StreamName)
		out.LogsURL = strings.TrimSpace(aws.ToString(l.DeepLink))
	}
	return out
}

// provisioned reports whether the build left the queue, and so whether its log exists: before, CodeBuild links to a
// log group called null.
func provisioned(b types.Build) bool {
	for _, p := range b.Phases {
		if p.PhaseType == types.BuildPhaseTypeProvisioning {
			return true
		}
	}
	return false
}
