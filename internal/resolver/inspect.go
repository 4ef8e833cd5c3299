// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package resolver

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
	"github.com/kiro-worker/kiro-worker/internal/secrets"
	"github.com/kiro-worker/kiro-worker/internal/secrets/secretsmanager"
)

// Clients that look at what an object names, without using it: for the doctor, and for an environment's readiness.

// Identify says who the manager is in an environment's account.
func (r *Resolver) Identify(ctx context.Context, namespace string, aws v1alpha1.AWSAccess) (awsapi.Identity, error) {
	target, err := r.target(namespace, aws)
	if err != nil {
		return awsapi.Identity{}, err
	}
	return r.options.AWS.Identify(ctx, target)
}

// SecretFinder looks secrets up in the region that the ARN names.
func (r *Resolver) SecretFinder(ctx context.Context, namespace string, aws v1alpha1.AWSAccess, secretARN string) (secrets.Finder, error) {
	target, err := r.target(namespace, aws)
	if err != nil {
		return nil, err
	}
	if parsed, err := arn.Parse(secretARN); err == nil && parsed.Region != "" {
		target.Region = parsed.Region
	}
	api, err := r.options.AWS.SecretDescriber(ctx, target)
	if err != nil {
		return nil, err
	}
	return secretsmanager.NewFinder(api), nil
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
