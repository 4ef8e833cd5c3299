// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// environment checks everything that one names, as its role.
func (d *Doctor) environment(ctx context.Context, e *v1alpha1.WorkEnvironment) {
	s := d.subject("environment", e)
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
	for _, arn := range secretsOf(e) {
		s.check(ctx, "secret", func(ctx context.Context) (string, error) { return d.secret(ctx, e, arn) })
	}
	for _, rule := range e.Spec.Notifications {
		switch rule.Type {
		case v1alpha1.NotificationSNS:
			s.check(ctx, "topic", func(ctx context.Context) (string, error) { return d.topic(ctx, e, rule.TopicARN) })
		case v1alpha1.NotificationSQS:
			s.check(ctx, "queue", func(ctx context.Context) (string, error) { return d.queue(ctx, e, rule.QueueURL) })
		}
	}
	if url := e.Spec.DeadLetterQueueURL; url != "" {
		s.check(ctx, "dead letters", func(ctx context.Context) (string, error) { return d.queue(ctx, e, url) })
	}
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

// secretsOf are the secrets that a build reads, each once.
func secretsOf(e *v1alpha1.WorkEnvironment) []string {
	var arns []string
	known := map[string]bool{"": true}
	c := e.Spec.Credentials
	for _, arn := range []string{c.GitHubTokenSecretARN, c.GitSecretARN, c.AgentSecretARN} {
		if !known[arn] {
			known[arn] = true
			arns = append(arns, arn)
		}
	}
	return arns
}

// secret looks a secret up. Its value is the build's to read.
func (d *Doctor) secret(ctx context.Context, e *v1alpha1.WorkEnvironment, arn string) (string, error) {
	api, err := d.options.Describers.SecretDescriber(ctx, e.Namespace, e.Spec.AWS, arn)
	if err != nil {
		return "", fmt.Errorf("reaching Secrets Manager: %w", err)
	}
	out, err := api.DescribeSecret(ctx, &secretsmanager.DescribeSecretInput{SecretId: aws.String(arn)})
	switch {
	case fault.CodeOf(awsapi.Classify(err)) == fault.CodeNotFound:
		return "", fmt.Errorf("the secret %s does not exist: create it, or correct spec.credentials", arn)
	case fault.CodeOf(awsapi.Classify(err)) == fault.CodeAccessDenied:
		return "", &uncheckedError{"the secret " + arn, "secretsmanager:DescribeSecret"}
	case err != nil:
		return "", fmt.Errorf("looking up the secret %s: %w", arn, awsapi.Classify(err))
	case out.DeletedDate != nil:
		return "", fmt.Errorf("the secret %s is marked for deletion: restore it, or name another in spec.credentials", arn)
	}
	return aws.ToString(out.Name), nil
}

func (d *Doctor) topic(ctx context.Context, e *v1alpha1.WorkEnvironment, arn string) (string, error) {
	api, err := d.options.Describers.TopicDescriber(ctx, e.Namespace, e.Spec.AWS, arn)
	if err != nil {
		return "", fmt.Errorf("reaching SNS: %w", err)
	}
	_, err = api.GetTopicAttributes(ctx, &sns.GetTopicAttributesInput{TopicArn: aws.String(arn)})
	return arn, described(err, "the topic "+arn, "spec.notifications", "sns:GetTopicAttributes")
}

func (d *Doctor) queue(ctx context.Context, e *v1alpha1.WorkEnvironment, url string) (string, error) {
	api, err := d.options.Describers.QueueDescriber(ctx, e.Namespace, e.Spec.AWS, url)
	if err != nil {
		return "", fmt.Errorf("reaching SQS: %w", err)
	}
	_, err = api.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: aws.String(url)})
	if awsapi.ErrorCode(err) == "AWS.SimpleQueueService.NonExistentQueue" || awsapi.ErrorCode(err) == "QueueDoesNotExist" {
		err = fault.NewTerminal(fault.CodeNotFound, err)
	}
	return url, described(err, "the queue "+url, "spec.notifications or spec.deadLetterQueueURL", "sqs:GetQueueAttributes")
}

// described says what is wrong with something that was looked up.
func described(err error, what, field, action string) error {
	if err == nil {
		return nil
	}
	err = awsapi.Classify(err)
	switch fault.CodeOf(err) {
	case fault.CodeNotFound:
		return fmt.Errorf("%s does not exist: create it, or correct %s", what, field)
	case fault.CodeAccessDenied:
		return &uncheckedError{what, action}
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s did not answer in time: check the network's way to AWS (networkPolicy.egress, proxy): %w", what, err)
	}
	return fmt.Errorf("looking up %s: %w", what, err)
}
