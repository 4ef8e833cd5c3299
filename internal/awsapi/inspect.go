// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package awsapi

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// What the doctor asks, and nobody else: it looks whether a secret, a topic and a queue are there, and reads, publishes and
// sends nothing.
var (
	_ SecretDescriber = (*secretsmanager.Client)(nil)
	_ TopicDescriber  = (*sns.Client)(nil)
	_ QueueDescriber  = (*sqs.Client)(nil)
)

// SecretDescriber looks a secret up without reading it.
type SecretDescriber interface {
	DescribeSecret(context.Context, *secretsmanager.DescribeSecretInput, ...func(*secretsmanager.Options)) (*secretsmanager.DescribeSecretOutput, error)
}

// TopicDescriber looks a topic up.
type TopicDescriber interface {
	GetTopicAttributes(context.Context, *sns.GetTopicAttributesInput, ...func(*sns.Options)) (*sns.GetTopicAttributesOutput, error)
}

// QueueDescriber looks a queue up.
type QueueDescriber interface {
	GetQueueAttributes(context.Context, *sqs.GetQueueAttributesInput, ...func(*sqs.Options)) (*sqs.GetQueueAttributesOutput, error)
}

// Identity is who a Target is to AWS.
type Identity struct {
	ARN     string
	Account string
	// Skew is how far AWS's clock is ahead of this machine's.
	Skew time.Duration
}

// SecretDescriber returns a client that looks secrets up.
func (c *Clients) SecretDescriber(ctx context.Context, t Target) (SecretDescriber, error) {
	s, err := c.target(ctx, t)
	if err != nil {
		return nil, err
	}
	return s.secretsManager, nil
}

// TopicDescriber returns a client that looks topics up.
func (c *Clients) TopicDescriber(ctx context.Context, t Target) (TopicDescriber, error) {
	s, err := c.target(ctx, t)
	if err != nil {
		return nil, err
	}
	return s.sns, nil
}

// QueueDescriber returns a client that looks queues up.
func (c *Clients) QueueDescriber(ctx context.Context, t Target) (QueueDescriber, error) {
	s, err := c.target(ctx, t)
	if err != nil {
		return nil, err
	}
	return s.sqs, nil
}

// Identify assumes a target's role and asks STS who that is.
func (c *Clients) Identify(ctx context.Context, t Target) (Identity, error) {
	s, err := c.target(ctx, t)
	if err != nil {
		return Identity{}, err
	}
	o := s.dynamoDB.Options()
	client := sts.New(sts.Options{
		Region: o.Region, Credentials: o.Credentials, BaseEndpoint: o.BaseEndpoint, HTTPClient: o.HTTPClient,
		Retryer: o.Retryer, APIOptions: o.APIOptions, Logger: o.Logger,
	})
	out, err := client.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return Identity{}, fmt.Errorf("asking who this is: %w", Classify(err))
	}
	skew, _ := middleware.GetAttemptSkew(out.ResultMetadata)
	return Identity{ARN: aws.ToString(out.Arn), Account: aws.ToString(out.Account), Skew: skew}, nil
}
