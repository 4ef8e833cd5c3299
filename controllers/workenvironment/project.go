// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"context"
	"fmt"
	"strings"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// checkProject checks that the CodeBuild project is there, and that builds can be given what they need.
type checkProject struct {
	builds  Builds
	metrics *Metrics
}

func (s checkProject) run(ctx context.Context, l *look) error {
	if !l.check {
		return nil
	}
	set := l.conditions()
	if taken := takenNames(l.environment.Spec.CodeBuild.Env); len(taken) > 0 {
		l.stuck = true
		set.False(v1alpha1.ConditionProjectReady, v1alpha1.ReasonInvalidConfiguration, fmt.Sprintf(
			"spec.codeBuild.env sets %s, which the controller itself gives to each build. Take it out.", strings.Join(taken, ", ")))
		return nil
	}
	project, err := s.look(ctx, l.environment)
	s.metrics.checked(checkCodeBuildProject, err)
	if err != nil {
		l.fail(v1alpha1.ConditionProjectReady, err)
		return nil
	}
	l.environment.Status.ProjectARN = string(project.Reference)
	reason, message := judge(project, l.environment.Spec.MaxConcurrency())
	set.True(v1alpha1.ConditionProjectReady, reason, message)
	return nil
}

func (s checkProject) look(ctx context.Context, environment *v1alpha1.WorkEnvironment) (build.Project, error) {
	service, err := s.builds.BuildProjects(ctx, environment.Namespace, environment.Spec.AWS)
	if err != nil {
		return build.Project{}, fmt.Errorf("reaching CodeBuild: %w", err)
	}
	return service.Project(ctx, environment.Spec.CodeBuild.ProjectName)
}

// judge says how a project that exists fits. What does not fit is told and does not make it unusable: builds are
// started with auto-retry off whatever the project says, and a build beyond the project's limit waits for capacity.
func judge(project build.Project, concurrency int) (reason, message string) {
	reason, message = v1alpha1.ReasonUsable, fmt.Sprintf("Project %q can be used.", project.Name)
	if project.AutoRetryLimit > 0 {
		reason = v1alpha1.ReasonInvalidConfiguration
		message += fmt.Sprintf(" Its auto-retry is on (limit %d). Builds are started with it off, but turn it off in the project: a build that is begun by hand would be repeated without a lock.",
			project.AutoRetryLimit)
	}
	if project.ConcurrentBuildLimit > 0 && project.ConcurrentBuildLimit < concurrency {
		reason = v1alpha1.ReasonInvalidConfiguration
		message += fmt.Sprintf(" Its limit of %d concurrent builds is below spec.concurrency (%d). Raise the one or lower the other: CodeBuild refuses what is over its limit.",
			project.ConcurrentBuildLimit, concurrency)
	}
	return reason, message
}

// contractNames are the variables that every build is given by the controller.
var contractNames = map[string]bool{
	contract.EnvEnvironment: true, contract.EnvBranchName: true, contract.EnvSpecPath: true, contract.EnvCoverageThreshold: true,
	contract.EnvLocksTableName: true, contract.EnvGitHubTokenSecretARN: true,
}

// takenNames are those of the names that the controller uses itself. The schema refuses the prefixes that nobody
// else uses; the contract's oldest names have none, and are refused here.
func takenNames(env []v1alpha1.EnvironmentVariable) []string {
	var taken []string
	for _, v := range env {
		if contractNames[v.Name] {
			taken = append(taken, v.Name)
		}
	}
	return taken
}
