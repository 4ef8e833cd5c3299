// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"context"
	"fmt"
	"strings"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/controllers/internal/freeze"
	"github.com/kiro-worker/kiro-worker/controllers/internal/reconcile"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// projectStep checks that the CodeBuild project exists, and that builds can be given what they need.
type projectStep struct {
	builds  Builds
	prompts client.Reader
	metrics *Metrics
	now     time.Time
}

func (projectStep) Condition() string { return v1alpha1.ConditionProjectReady }

func (s projectStep) Reconcile(ctx context.Context, environment *v1alpha1.WorkEnvironment) (reconcile.Result, error) {
	if names := reservedNames(environment.Spec.CodeBuild.Env); len(names) > 0 {
		return reconcile.Result{}, fault.NewTerminal(fault.CodeInvalidConfiguration, fmt.Errorf(
			"spec.codeBuild.env sets %s, which the controller itself gives to each build: remove it from spec.codeBuild.env", strings.Join(names, ", ")))
	}
	prompt, err := freeze.Prompt(ctx, s.prompts, environment)
	if err != nil {
		return reconcile.Result{}, err
	}
	if err := freeze.Check(&environment.Spec, prompt); err != nil {
		return reconcile.Result{}, fault.NewTerminal(fault.CodeInvalidConfiguration, err)
	}
	project, err := s.read(ctx, environment)
	s.metrics.checked(environment, checkCodeBuildProject, err)
	if err != nil {
		return reconcile.Result{}, err
	}
	environment.Status.ProjectARN = string(project.Reference)
	reason, message := classifyProject(project, environment.Spec.MaxConcurrency())
	conditionsOf(environment, s.now).True(v1alpha1.ConditionProjectReady, reason, message)
	return reconcile.Done(), nil
}

func (s projectStep) read(ctx context.Context, environment *v1alpha1.WorkEnvironment) (build.Project, error) {
	service, err := s.builds.BuildProjects(ctx, environment.Namespace, environment.Spec.AWS)
	if err != nil {
		return build.Project{}, fmt.Errorf("reaching CodeBuild: %w", err)
	}
	return service.Project(ctx, environment.Spec.CodeBuild.ProjectName)
}

// classifyProject says how well a project that exists fits. What does not fit is reported and does not make the project
// unusable: builds are started with auto-retry off whatever the project says, and a build beyond the project's limit waits
// for capacity.
func classifyProject(project build.Project, concurrency int) (reason, message string) {
	reason, message = v1alpha1.ReasonUsable, fmt.Sprintf("Project %q can be used.", project.Name)
	if project.AutoRetryLimit > 0 {
		reason = v1alpha1.ReasonInvalidConfiguration
		message += fmt.Sprintf(" Its auto-retry is on (limit %d). Builds are started with it off, but turn it off in the project: a build that is started by hand would be repeated without a lock.",
			project.AutoRetryLimit)
	}
	if project.ConcurrentBuildLimit > 0 && project.ConcurrentBuildLimit < concurrency {
		reason = v1alpha1.ReasonInvalidConfiguration
		message += fmt.Sprintf(" Its limit of %d concurrent builds is below spec.concurrency (%d). Raise the limit or lower spec.concurrency: CodeBuild refuses builds that are over its limit.",
			project.ConcurrentBuildLimit, concurrency)
	}
	return reason, message
}

// contractNames are the variables that every build is given by the controller.
var contractNames = map[string]bool{
	contract.EnvEnvironment: true, contract.EnvBranchName: true, contract.EnvSpecPath: true, contract.EnvCoverageThreshold: true,
	contract.EnvLocksTableName: true, contract.EnvGitHubTokenSecretARN: true,
}

// reservedNames are those of the names that the controller uses itself. The schema refuses the prefixes that nobody
// else uses; the contract's oldest names have none, and are refused here.
func reservedNames(env []v1alpha1.EnvironmentVariable) []string {
	var reserved []string
	for _, v := range env {
		if contractNames[v.Name] {
			reserved = append(reserved, v.Name)
		}
	}
	return reserved
}
