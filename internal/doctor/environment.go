// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"
	"fmt"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// environment checks everything that one names, as its role.
func (d *Doctor) environment(ctx context.Context, e *v1alpha1.WorkEnvironment) {
	s := d.subject("environment", e)
	if p := e.Spec.Agent.Prompt; p != nil && p.ConfigMapKeyRef != nil {
		s.check(ctx, "prompt", func(ctx context.Context) (string, error) { return d.prompt(ctx, e) })
	}
	var who awsapi.Identity
	assumed := s.check(ctx, "role", func(ctx context.Context) (message string, err error) {
		who, err = d.options.Environments.Identify(ctx, e.Namespace, e.Spec.AWS)
		return who.ARN, d.roleError(err, e)
	})
	if !assumed {
		s.skip("AWS cannot be asked without the role", "clock", "lock table", "project", "bucket", "secrets", "notifications")
		return
	}
	s.check(ctx, "clock", func(context.Context) (string, error) { return skew("AWS", who.Skew) })
	s.check(ctx, "lock table", func(ctx context.Context) (string, error) { return d.table(ctx, e) })
	s.check(ctx, "project", func(ctx context.Context) (string, error) { return d.project(ctx, e) })
	s.check(ctx, "bucket", func(ctx context.Context) (string, error) { return d.bucket(ctx, e) })
	for _, arn := range e.Spec.Secrets() {
		s.check(ctx, "secret", func(ctx context.Context) (string, error) { return d.secret(ctx, e, arn) })
	}
	for _, rule := range e.Spec.Destinations() {
		s.check(ctx, destinationName(&rule), func(ctx context.Context) (string, error) { return d.destination(ctx, e, &rule) })
	}
}

func destinationName(rule *v1alpha1.NotificationRule) string {
	switch {
	case rule.Name == v1alpha1.DeadLetterRule:
		return "dead letters"
	case rule.Type == v1alpha1.NotificationSNS:
		return "topic"
	}
	return "queue"
}

// roleError says what a role that cannot be assumed lacks. AWS says the same of a wrong external id, a missing trust and a
// role that does not exist.
func (d *Doctor) roleError(err error, e *v1alpha1.WorkEnvironment) error {
	switch {
	case err == nil:
		return nil
	case fault.CodeOf(err) != fault.CodeAccessDenied:
		return err
	case e.Spec.AWS.RoleARN == "":
		return fmt.Errorf("the manager's own identity is refused: name a role in spec.aws.roleARN, or grant it what an environment's role needs: %w", err)
	}
	return fmt.Errorf("the role %s cannot be assumed: its trust policy must name the manager's identity and the external id (the environment's, else CLUSTER/%s), "+
		"and the manager's identity must be allowed sts:AssumeRole on it: %w", e.Spec.AWS.RoleARN, e.Namespace, err)
}

func (d *Doctor) table(ctx context.Context, e *v1alpha1.WorkEnvironment) (string, error) {
	table, err := d.options.Environments.LockReader(ctx, e.Namespace, e.Spec.LockAccess(), e.Spec.Lock.TableName)
	if err != nil {
		return "", fmt.Errorf("reaching the lock table: %w", err)
	}
	return e.Spec.Lock.TableName, table.CheckTable(ctx)
}

func (d *Doctor) project(ctx context.Context, e *v1alpha1.WorkEnvironment) (string, error) {
	projects, err := d.options.Environments.BuildProjects(ctx, e.Namespace, e.Spec.AWS)
	if err != nil {
		return "", fmt.Errorf("reaching CodeBuild: %w", err)
	}
	project, err := projects.Project(ctx, e.Spec.CodeBuild.ProjectName)
	if err != nil {
		return "", err
	}
	if limit := project.ConcurrentBuildLimit; limit > 0 && limit < e.Spec.MaxConcurrency() {
		return "", fmt.Errorf("project %s runs at most %d builds at once, and spec.concurrency is %d: raise the one or lower the other",
			project.Name, limit, e.Spec.MaxConcurrency())
	}
	return string(project.Reference), nil
}

func (d *Doctor) bucket(ctx context.Context, e *v1alpha1.WorkEnvironment) (string, error) {
	store, err := d.options.Environments.Store(ctx, e.Namespace, e.Spec.AWS)
	if err != nil {
		return "", fmt.Errorf("reaching S3: %w", err)
	}
	return e.Spec.Artifacts.Bucket, store.CheckBucket(ctx, e.Spec.Artifacts.Bucket)
}

// secret looks a secret up. Its value is the build's to read.
func (d *Doctor) secret(ctx context.Context, e *v1alpha1.WorkEnvironment, arn string) (string, error) {
	finder, err := d.options.Destinations.SecretFinder(ctx, e.Namespace, e.Spec.AWS, arn)
	if err != nil {
		return "", fmt.Errorf("reaching Secrets Manager: %w", err)
	}
	return arn, inTime(finder.Find(ctx, arn))
}

// destination looks whether what a rule sends to is there.
func (d *Doctor) destination(ctx context.Context, e *v1alpha1.WorkEnvironment, rule *v1alpha1.NotificationRule) (string, error) {
	checker, err := d.options.Destinations.NotificationChecker(ctx, e.Namespace, e.Spec.AWS, rule)
	if err != nil {
		return "", fmt.Errorf("reaching it: %w", err)
	}
	return rule.TopicARN + rule.QueueURL, inTime(checker.Check(ctx))
}

// inTime says what to do about a service that does not answer.
func inTime(err error) error {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("it did not answer in time: check the network's way to AWS (networkPolicy.egress, proxy): %w", err)
	}
	return err
}
