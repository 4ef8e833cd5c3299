// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package awsapi

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
)

// services are the clients of one target. They share credentials and connections.
type services struct {
	dynamoDB       *dynamodb.Client
	codeBuild      *codebuild.Client
	s3             *s3.Client
	secretsManager *secretsmanager.Client
	cloudWatch     *cloudwatch.Client
	sns            *sns.Client
	sqs            *sqs.Client
}

func newServices(cfg aws.Config) *services {
	return &services{
		dynamoDB:       dynamodb.NewFromConfig(cfg),
		codeBuild:      codebuild.NewFromConfig(cfg),
		s3:             s3.NewFromConfig(cfg, forS3),
		secretsManager: secretsmanager.NewFromConfig(cfg),
		cloudWatch:     cloudwatch.NewFromConfig(cfg),
		sns:            sns.NewFromConfig(cfg),
		sqs:            sqs.NewFromConfig(cfg),
	}
}

func forS3(o *s3.Options) {
	// A bucket's name in front of a custom endpoint's host would need a DNS entry that such servers rarely have.
	o.UsePathStyle = o.BaseEndpoint != nil
	// The client stays the one that was configured, with a company's own authorities: only its time-out changes.
	if c, ok := o.HTTPClient.(checkedClient); ok {
		if b, ok := c.next.(*awshttp.BuildableClient); ok {
			o.HTTPClient = checkedClient{next: b.WithTimeout(UploadTimeout)}
		}
	}
}

// DynamoDB returns a client of the lock table's service.
func (c *Clients) DynamoDB(ctx context.Context, t Target) (DynamoDB, error) {
	s, err := c.target(ctx, t)
	if err != nil {
		return nil, err
	}
	return s.dynamoDB, nil
}

// CodeBuild returns a client of the builds' service.
func (c *Clients) CodeBuild(ctx context.Context, t Target) (CodeBuild, error) {
	s, err := c.target(ctx, t)
	if err != nil {
		return nil, err
	}
	return s.codeBuild, nil
}

// S3 returns a client of the artifacts' service.
func (c *Clients) S3(ctx context.Context, t Target) (S3, error) {
	s, err := c.target(ctx, t)
	if err != nil {
		return nil, err
	}
	return s.s3, nil
}

// SecretsManager returns a client of the secrets' service.
func (c *Clients) SecretsManager(ctx context.Context, t Target) (SecretsManager, error) {
	s, err := c.target(ctx, t)
	if err != nil {
		return nil, err
	}
	return s.secretsManager, nil
}

// CloudWatch returns a client of the metrics' service.
func (c *Clients) CloudWatch(ctx context.Context, t Target) (CloudWatch, error) {
	s, err := c.target(ctx, t)
	if err != nil {
		return nil, err
	}
	return s.cloudWatch, nil
}

// SNS returns a client of the topics' service.
func (c *Clients) SNS(ctx context.Context, t Target) (SNS, error) {
	s, err := c.target(ctx, t)
	if err != nil {
		return nil, err
	}
	return s.sns, nil
}

// SQS returns a client of the queues' service.
func (c *Clients) SQS(ctx context.Context, t Target) (SQS, error) {
	s, err := c.target(ctx, t)
	if err != nil {
		return nil, err
	}
	return s.sqs, nil
}
