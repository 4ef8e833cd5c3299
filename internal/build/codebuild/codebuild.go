// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package codebuild is the build port on AWS CodeBuild. It starts no goroutine and waits for nothing but its calls,
// so that who uses it decides when things happen. It holds no state: one Service is for one account and region, the
// ones of the client that it was given.
package codebuild

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/codebuild/types"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// CodeBuild's bounds of the two time-outs. They are checked here because the service's own refusal looks like
// that of a token with other parameters.
const (
	minTimeout       = 5 * time.Minute
	maxTimeout       = 2160 * time.Minute
	maxQueuedTimeout = 480 * time.Minute
)

// Service implements build.Service. It is safe for concurrent use.
type Service struct {
	api awsapi.CodeBuild
}

var _ build.Service = (*Service)(nil)

// New returns the port on a client.
func New(api awsapi.CodeBuild) *Service { return &Service{api: api} }

// once turns the SDK's own retries off. Were they on, a first try whose answer was lost might have started a build,
// and the second be throttled: the error would then say that nothing was started.
func once(o *codebuild.Options) { o.Retryer = aws.NopRetryer{} }

// Start implements build.Starter. It makes one request. The project's own buildspec is always used, and its automatic
// retries never: a build that the service starts again by itself would carry the lock of one that is over.
//
// An error wraps build.ErrRejected if CodeBuild said in its own protocol that it did not take the request, and
// build.ErrTokenReused if it called the request invalid, which may mean that.
func (s *Service) Start(ctx context.Context, req build.StartRequest) (build.Build, error) {
	in, err := startInput(req)
	if err != nil {
		return build.Build{}, fmt.Errorf("starting build: %w", err)
	}
	out, err := s.api.StartBuild(ctx, in, once)
	if err != nil {
		return build.Build{}, fmt.Errorf("starting build: %w", classifyStart(err, req.Project))
	}
	if out.Build == nil || aws.ToString(out.Build.Id) == "" || aws.ToString(out.Build.Arn) == "" {
		return build.Build{}, fmt.Errorf("starting build: %w", fault.NewRetryable(fault.CodeInvalidAnswer,
			errNoBuild))
	}
	return convert(*out.Build), nil
}

func startInput(req build.StartRequest) (*codebuild.StartBuildInput, error) {
	timeout, err := minutes("codeBuild.timeout", req.Timeout, maxTimeout)
	if err != nil {
		return nil, err
	}
	queued, err := minutes("codeBuild.queuedTimeout", req.QueuedTimeout, maxQueuedTimeout)
	if err != nil {
		return nil, err
	}
	in := &codebuild.StartBuildInput{
		ProjectName:                    aws.String(req.Project),
		IdempotencyToken:               aws.String(req.Token),
		AutoRetryLimitOverride:         aws.Int32(0),
		TimeoutInMinutesOverride:       timeout,
		QueuedTimeoutInMinutesOverride: queued,
	}
	for _, v := range req.Environment {
		in.EnvironmentVariablesOverride = append(in.EnvironmentVariablesOverride, types.EnvironmentVariable{
			Name: aws.String(v.Name), Value: aws.String(v.Value), Type: types.EnvironmentVariableTypePlaintext,
		})
	}
	return in, nil
}

// minutes are the whole minutes of a time-out. A zero one is left to the project.
func minutes(name string, d, most time.Duration) (*int32, error) {
	if d == 0 {
		return nil, nil //nolint:nilnil // nil is what the request has where the project's own is meant
	}
	if d < minTimeout || d > most || d%time.Minute != 0 {
		return nil, fault.NewTerminal(fault.CodeInvalidRequest, fmt.Errorf(
			"%w: %s is %s, and CodeBuild takes whole minutes from %s to %s: change it in the WorkEnvironment",
			build.ErrRejected, name, d, minTimeout, most))
	}
	return aws.Int32(int32(d / time.Minute)), nil //nolint:gosec // bounded above
}

// Stop implements build.Stopper. That CodeBuild does not know the build is a terminal fault with CodeNotFound.
func (s *Service) Stop(ctx context.Context, ref build.Reference) error {
	id, ok := buildID(ref)
	if !ok {
		return fmt.Errorf("stopping build: %w", fault.NewTerminal(fault.CodeInvalidRequest,
			fmt.Errorf("%q is not the ARN of a build of CodeBuild", ref)))
	}
	if _, err := s.api.StopBuild(ctx, &codebuild.StopBuildInput{Id: aws.String(id)}); err != nil {
		return fmt.Errorf("stopping build: %w", awsapi.Classify(err))
	}
	return nil
}

// Project implements build.Projects.
func (s *Service) Project(ctx context.Context, name string) (build.Project, error) {
	out, err := s.api.BatchGetProjects(ctx, &codebuild.BatchGetProjectsInput{Names: []string{name}})
	if err != nil {
		return build.Project{}, fmt.Errorf("looking up CodeBuild project: %w", awsapi.Classify(err))
	}
	for _, p := range out.Projects {
		if aws.ToString(p.Name) == name && aws.ToString(p.Arn) != "" {
			return build.Project{
				Reference: build.Reference(aws.ToString(p.Arn)), Name: name,
				AutoRetryLimit:       int(aws.ToInt32(p.AutoRetryLimit)),
				ConcurrentBuildLimit: int(aws.ToInt32(p.ConcurrentBuildLimit)),
			}, nil
		}
	}
	return build.Project{}, fmt.Errorf("looking up CodeBuild project: %w", projectNotFound(name))
}
