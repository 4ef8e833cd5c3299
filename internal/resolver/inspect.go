// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package resolver

import (
	"context"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
)

// What only the doctor asks for: clients that look at what an object names, without using it.

// Identify says who the manager is in an environment's account.
func (r *Resolver) Identify(ctx context.Context, namespace string, aws v1alpha1.AWSAccess) (awsapi.Identity, error) {
	target, err := r.target(namespace, aws)
	if err != nil {
		return awsapi.Identity{}, err
	}
	return r.options.AWS.Identify(ctx, target)
}

// SecretDescriber looks secrets up in the region that the ARN names.
func (r *Resolver) SecretDescriber(ctx context.Context, namespace string, aws v1alpha1.AWSAccess, secretARN string) (awsapi.SecretDescriber, error) {
	target, err := r.target(namespace, aws)
	if err != nil {
		return nil, err
	}
	if parsed, err := arn.Parse(secretARN); err == nil && parsed.Region != "" {
		target.Region = parsed.Region
	}
	return r.options.AWS.SecretDescriber(ctx, target)
}

// TopicDescriber looks topics up in the region that the ARN names.
func (r *Resolver) TopicDescriber(ctx context.Context, namespace string, aws v1alpha1.AWSAccess, topicARN string) (awsapi.TopicDescriber, error) {
	target, err := r.target(namespace, aws)
	if err != nil {
		return nil, err
	}
	if parsed, err := arn.Parse(topicARN); err == nil && parsed.Region != "" {
		target.Region = parsed.Region
	}
	return r.options.AWS.TopicDescriber(ctx, target)
}

// QueueDescriber looks queues up in the region that the URL names.
func (r *Resolver) QueueDescriber(ctx context.Context, namespace string, aws v1alpha1.AWSAccess, queueURL string) (awsapi.QueueDescriber, error) {
	target, err := r.target(namespace, aws)
	if err != nil {
		return nil, err
	}
	if queue, err := url.Parse(queueURL); err == nil {
		if m := queueHost.FindStringSubmatch(queue.Hostname()); m != nil {
			target.Region = m[1]
		}
	}
	return r.options.AWS.QueueDescriber(ctx, target)
}

// GitHub is a source's client itself, for what no port asks.
func (r *Resolver) GitHub(source *v1alpha1.WorkSource, environment *v1alpha1.WorkEnvironment) (*githubapi.Client, error) {
	spec := source.Spec.GitHub
	c, err := r.githubClient(source.Namespace, spec.APIURL, spec.Credentials, environment.Spec.AWS)
	if err != nil {
		return nil, err
	}
	return c.api, nil
}
