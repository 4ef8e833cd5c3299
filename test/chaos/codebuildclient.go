// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codebuild/types"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
)

// buildClient is CodeBuild as a process reaches it.
type buildClient struct {
	w *world
	a *account
}

var _ awsapi.CodeBuild = buildClient{}

// StartBuild implements awsapi.CodeBuild.
func (c buildClient) StartBuild(_ context.Context, in *codebuild.StartBuildInput, _ ...func(*codebuild.Options)) (*codebuild.StartBuildOutput, error) {
	c.w.asks("codebuild:StartBuild", c.a.arn, "", overridesOf(in))
	v, err := c.w.do(&call{to: toCodeBuild, op: "StartBuild", what: brief(aws.ToString(in.IdempotencyToken)), writes: true, effect: func() (any, error) {
		r, err := c.a.start(in)
		if err != nil {
			return nil, err
		}
		b := r.describe()
		return &codebuild.StartBuildOutput{Build: &b}, nil
	}})
	if err != nil {
		return nil, err
	}
	return v.(*codebuild.StartBuildOutput), nil //nolint:forcetypeassert // the effect above made it
}

// BatchGetBuilds implements awsapi.CodeBuild.
func (c buildClient) BatchGetBuilds(_ context.Context, in *codebuild.BatchGetBuildsInput, _ ...func(*codebuild.Options)) (*codebuild.BatchGetBuildsOutput, error) {
	c.w.asks("codebuild:BatchGetBuilds", c.a.arn, "", "")
	v, err := c.w.do(&call{to: toCodeBuild, op: "BatchGetBuilds", effect: func() (any, error) { return c.a.get(in.Ids), nil }})
	if err != nil {
		return nil, err
	}
	return v.(*codebuild.BatchGetBuildsOutput), nil //nolint:forcetypeassert // the effect above made it
}

// StopBuild implements awsapi.CodeBuild.
func (c buildClient) StopBuild(_ context.Context, in *codebuild.StopBuildInput, _ ...func(*codebuild.Options)) (*codebuild.StopBuildOutput, error) {
	c.w.asks("codebuild:StopBuild", c.a.arn, "", "")
	_, err := c.w.do(&call{to: toCodeBuild, op: "StopBuild", what: brief(aws.ToString(in.Id)), writes: true, effect: func() (any, error) {
		return nil, c.a.stop(aws.ToString(in.Id))
	}})
	if err != nil {
		return nil, err
	}
	return &codebuild.StopBuildOutput{}, nil
}

// ListBuildsForProject implements awsapi.CodeBuild: the newest first, on one page.
func (c buildClient) ListBuildsForProject(context.Context, *codebuild.ListBuildsForProjectInput, ...func(*codebuild.Options)) (*codebuild.ListBuildsForProjectOutput, error) {
	c.w.asks("codebuild:ListBuildsForProject", c.a.arn, "", "")
	v, err := c.w.do(&call{to: toCodeBuild, op: "ListBuildsForProject", effect: func() (any, error) {
		out := &codebuild.ListBuildsForProjectOutput{}
		for i := len(c.a.builds) - 1; i >= 0 && len(out.Ids) < 100; i-- {
			if b := c.a.builds[i]; !b.deleted && !c.w.now.Before(b.visible) {
				out.Ids = append(out.Ids, b.id)
			}
		}
		return out, nil
	}})
	if err != nil {
		return nil, err
	}
	return v.(*codebuild.ListBuildsForProjectOutput), nil //nolint:forcetypeassert // the effect above made it
}

// BatchGetProjects implements awsapi.CodeBuild: an account has one project.
func (c buildClient) BatchGetProjects(_ context.Context, in *codebuild.BatchGetProjectsInput, _ ...func(*codebuild.Options)) (*codebuild.BatchGetProjectsOutput, error) {
	c.w.asks("codebuild:BatchGetProjects", c.a.arn, "", "")
	v, err := c.w.do(&call{to: toCodeBuild, op: "BatchGetProjects", effect: func() (any, error) {
		out := &codebuild.BatchGetProjectsOutput{}
		for _, name := range in.Names {
			if name == c.a.project {
				out.Projects = append(out.Projects, types.Project{Name: aws.String(name), Arn: aws.String(c.a.arn)})
			} else {
				out.ProjectsNotFound = append(out.ProjectsNotFound, name)
			}
		}
		return out, nil
	}})
	if err != nil {
		return nil, err
	}
	return v.(*codebuild.BatchGetProjectsOutput), nil //nolint:forcetypeassert // the effect above made it
}
