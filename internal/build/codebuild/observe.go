// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package codebuild

import (
	"context"
	"fmt"
	"slices"
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

// Get implements build.Observer. A reference that cannot be a build's is in missing. ARNs are looked up in the account
// and region of the client, whatever they name: what is found may have another ARN than the one asked for.
func (s *Service) Get(ctx context.Context, refs []build.Reference) (map[build.Reference]build.Build, []build.Reference, error) {
	asked := map[string][]build.Reference{} // by id
	var ids []string
	var missing []build.Reference
	for _, ref := range refs {
		id, ok := buildID(ref)
		switch {
		case !ok:
			missing = append(missing, ref)
			continue
		case asked[id] == nil:
			ids = append(ids, id)
		}
		asked[id] = append(asked[id], ref)
	}
	found := make(map[build.Reference]build.Build, len(ids))
	for len(ids) > 0 {
		n := min(len(ids), maxBatch)
		builds, notFound, err := s.batch(ctx, ids[:n])
		if err != nil {
			return nil, nil, fmt.Errorf("looking up builds: %w", err)
		}
		for _, b := range builds {
			for _, ref := range asked[aws.ToString(b.Id)] {
				found[ref] = convert(b)
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
func (s *Service) batch(ctx context.Context, ids []string) ([]types.Build, []string, error) {
	out, err := s.api.BatchGetBuilds(ctx, &codebuild.BatchGetBuildsInput{Ids: ids})
	if err != nil {
		return nil, nil, awsapi.Classify(err)
	}
	answered := map[string]bool{}
	for _, b := range out.Builds {
		answered[aws.ToString(b.Id)] = true
	}
	for _, id := range out.BuildsNotFound {
		answered[id] = true
	}
	for _, id := range ids {
		if !answered[id] {
			return nil, nil, fault.NewRetryable(fault.CodeInvalidAnswer,
				fmt.Errorf("CodeBuild's answer says nothing about build %s, which was asked for", id))
		}
	}
	return out.Builds, out.BuildsNotFound, nil
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
				if aws.ToTime(b.StartTime).Before(since) {
					older = true
				} else {
					recent = append(recent, convert(b))
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
func inOrder(builds []types.Build, ids []string) []types.Build {
	byID := make(map[string]types.Build, len(builds))
	for _, b := range builds {
		byID[aws.ToString(b.Id)] = b
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
		Reference: build.Reference(aws.ToString(b.Arn)), Phase: aws.ToString(b.CurrentPhase), Provisioned: provisioned(b),
		StartTime: aws.ToTime(b.StartTime), EndTime: aws.ToTime(b.EndTime),
	}
	out.State, out.Trouble, out.Phases = stateOf(b.BuildStatus, out.Provisioned), troubleOf(b.Phases), phasesOf(b.Phases)
	if b.Environment != nil {
		for _, v := range b.Environment.EnvironmentVariables {
			if aws.ToString(v.Name) == contract.EnvLockID {
				out.LockID = aws.ToString(v.Value)
			}
		}
	}
	if l := b.Logs; l != nil && out.Provisioned {
		out.Log = build.Log{
			URL: strings.TrimSpace(aws.ToString(l.DeepLink)), Group: aws.ToString(l.GroupName), Stream: aws.ToString(l.StreamName),
		}
	}
	return out
}

// phasesOf are the phases that are over. One that this version does not know is left out: its name would become a label.
func phasesOf(phases []types.BuildPhase) build.Phases {
	var out build.Phases
	n := 0
	for _, p := range phases {
		if n == build.MaxPhases || p.EndTime == nil || !slices.Contains(p.PhaseType.Values(), p.PhaseType) {
			continue
		}
		seconds := float64(aws.ToInt64(p.DurationInSeconds))
		if p.StartTime != nil {
			seconds = max(p.EndTime.Sub(*p.StartTime).Seconds(), 0)
		}
		out[n] = build.PhaseTime{Name: string(p.PhaseType), Seconds: seconds, Failed: p.PhaseStatus != "" && p.PhaseStatus != types.StatusTypeSucceeded}
		if p.StartTime != nil {
			out[n].Began = p.StartTime.UTC()
		}
		n++
	}
	return out
}

// maxTrouble bounds what is repeated of a phase's messages, in bytes.
const maxTrouble = 400

// troubleOf is phase, code and message of the first phase that failed and says why, as "PROVISIONING: CODE: message".
func troubleOf(phases []types.BuildPhase) string {
	for _, p := range phases {
		if p.PhaseStatus == "" || p.PhaseStatus == types.StatusTypeSucceeded || p.PhaseStatus == types.StatusTypeInProgress {
			continue
		}
		parts := []string{string(p.PhaseType)}
		for _, c := range p.Contexts {
			for _, text := range []string{aws.ToString(c.StatusCode), aws.ToString(c.Message)} {
				if text = strings.Join(strings.Fields(text), " "); text != "" && text != ":" {
					parts = append(parts, text)
				}
			}
			if len(parts) > 1 {
				return fault.Cut(strings.Join(parts, ": "), maxTrouble)
			}
		}
	}
	return ""
}

// stateOf is a build's state. A status that CodeBuild may have one day is an end, as all but one are today: it is
// shown as it is, and the outcome does not depend on it.
func stateOf(status types.StatusType, provisioned bool) build.State {
	switch status {
	case types.StatusTypeInProgress:
		if !provisioned {
			return build.StateQueued
		}
		return build.StateRunning
	case types.StatusTypeSucceeded:
		return build.StateSucceeded
	case types.StatusTypeFailed:
		return build.StateFailed
	case types.StatusTypeFault:
		return build.StateFault
	case types.StatusTypeTimedOut:
		return build.StateTimedOut
	case types.StatusTypeStopped:
		return build.StateStopped
	}
	return build.State(status)
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
