// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package resolver turns what objects name (region, role, credentials, addresses) into the ports' clients. It is
// wiring: only programs and tests use it.
//
// Clients are kept by the identity of their credentials, never by the object that named them, so that two sources
// with one token share one memory of its rate limit. A change of an object names another identity; a change of a
// secret's content is noticed by the client itself.
package resolver

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/artifacts"
	"github.com/kiro-worker/kiro-worker/internal/artifacts/s3"
	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/build/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
	"github.com/kiro-worker/kiro-worker/internal/lock"
	"github.com/kiro-worker/kiro-worker/internal/lock/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/metricsink"
	"github.com/kiro-worker/kiro-worker/internal/metricsink/cloudwatch"
)

// maxGitHubClients bounds the cache: its keys come from objects that people make and delete.
const maxGitHubClients = 256

// Options make a Resolver.
type Options struct {
	// Secrets reads Kubernetes Secrets. It must not cache: a cache would list and hold every Secret of the cluster.
	Secrets client.Reader
	// AWS makes AWS clients.
	AWS *awsapi.Clients
	// Cluster names this cluster in external ids.
	Cluster string
	// ExternalIDs are, by namespace, further external ids that its environments may name. The operator lists them.
	ExternalIDs map[string][]string
	// OwnIdentity are the namespaces whose environments may work as the manager itself, without a role; "*" is all.
	OwnIdentity []string
	// AllowedEndpoints are the addresses beside github.com that a token may be sent to.
	AllowedEndpoints []string
	// Limits is the memory of GitHub's rate limits. Nil makes one.
	Limits *githubapi.Limits
	// Metrics of calls of GitHub; optional.
	Metrics *githubapi.Metrics
	// UserAgent names the program to GitHub, as name/version.
	UserAgent string
	// Transport is the connection pool for GitHub; nil leaves it to each client.
	Transport http.RoundTripper
	// Clock is for tests; nil is the real one.
	Clock clock.PassiveClock
}

// Resolver makes clients and keeps them. It is safe for concurrent use.
type Resolver struct {
	options Options
	github  *cache[githubKey, *githubClient]
}

// New returns a Resolver. It calls nobody.
func New(o Options) *Resolver {
	if o.Clock == nil {
		o.Clock = clock.RealClock{}
	}
	if o.Limits == nil {
		o.Limits = githubapi.NewLimits(o.Clock)
	}
	return &Resolver{options: o, github: newCache[githubKey, *githubClient](maxGitHubClients)}
}

// Table returns a lock table.
func (r *Resolver) Table(ctx context.Context, namespace string, aws v1alpha1.AWSAccess, tableName string) (lock.Table, error) {
	target, err := r.target(namespace, aws)
	if err != nil {
		return nil, err
	}
	api, err := r.options.AWS.DynamoDB(ctx, target)
	if err != nil {
		return nil, err
	}
	return dynamodb.New(api, tableName), nil
}

// Builds returns the build service.
func (r *Resolver) Builds(ctx context.Context, namespace string, aws v1alpha1.AWSAccess) (build.Service, error) {
	target, err := r.target(namespace, aws)
	if err != nil {
		return nil, err
	}
	api, err := r.options.AWS.CodeBuild(ctx, target)
	if err != nil {
		return nil, err
	}
	return codebuild.New(api), nil
}

// metricsNamespace is where measurements are found in CloudWatch, the worker's and the manager's.
const metricsNamespace = "KiroWorker"

// Measurements returns the sink of an environment's account.
func (r *Resolver) Measurements(ctx context.Context, namespace string, aws v1alpha1.AWSAccess) (metricsink.Sink, error) {
	target, err := r.target(namespace, aws)
	if err != nil {
		return nil, err
	}
	api, err := r.options.AWS.CloudWatch(ctx, target)
	if err != nil {
		return nil, err
	}
	return cloudwatch.New(api, metricsNamespace), nil
}

// BuildObserver returns the part of the build service that only looks.
func (r *Resolver) BuildObserver(ctx context.Context, namespace string, aws v1alpha1.AWSAccess) (build.Observer, error) {
	return r.Builds(ctx, namespace, aws)
}

// BuildProjects returns the part of the build service that knows its projects.
func (r *Resolver) BuildProjects(ctx context.Context, namespace string, aws v1alpha1.AWSAccess) (build.Projects, error) {
	return r.Builds(ctx, namespace, aws)
}

// LockReader returns the part of a lock table that only reads.
func (r *Resolver) LockReader(ctx context.Context, namespace string, aws v1alpha1.AWSAccess, tableName string) (lock.Reader, error) {
	return r.Table(ctx, namespace, aws, tableName)
}

// Demand returns the part of a lock table in which clusters say that they want slots.
func (r *Resolver) Demand(ctx context.Context, namespace string, aws v1alpha1.AWSAccess, tableName string) (lock.Demand, error) {
	return r.Table(ctx, namespace, aws, tableName)
}

// Store returns the store of artifacts.
func (r *Resolver) Store(ctx context.Context, namespace string, aws v1alpha1.AWSAccess) (artifacts.Store, error) {
	target, err := r.target(namespace, aws)
	if err != nil {
		return nil, err
	}
	api, err := r.options.AWS.S3(ctx, target)
	if err != nil {
		return nil, err
	}
	return s3.New(api), nil
}

// target is where and as whom an environment's services are called.
func (r *Resolver) target(namespace string, aws v1alpha1.AWSAccess) (awsapi.Target, error) {
	externalID, err := r.externalID(namespace, aws)
	if err != nil {
		return awsapi.Target{}, err
	}
	return awsapi.Target{
		Region: aws.Region, RoleARN: aws.RoleARN, ExternalID: externalID, EndpointURL: aws.EndpointURL,
	}, nil
}

// externalID is the namespace's own, or one that the operator lists for it. Any other is refused: it may be another
// namespace's, another cluster's or another program's, and would let whoever may make an environment here assume the role
// that trusts it. So is working without a role, as the manager itself, where the operator does not allow it.
func (r *Resolver) externalID(namespace string, aws v1alpha1.AWSAccess) (string, error) {
	own := r.options.Cluster + "/" + namespace
	switch {
	case aws.RoleARN == "" && !slices.Contains(r.options.OwnIdentity, namespace) && !slices.Contains(r.options.OwnIdentity, "*"):
		return "", fault.NewTerminal(fault.CodeInvalidConfiguration, fmt.Errorf(
			"spec.aws.roleARN is not set, and the manager does not work as itself for namespace %s: name a role, or start the manager with --own-identity-namespaces=%[1]s", namespace))
	case aws.RoleARN == "":
		return "", nil
	case aws.ExternalID == "", aws.ExternalID == own:
		return own, nil
	case slices.Contains(r.options.ExternalIDs[namespace], aws.ExternalID):
		return aws.ExternalID, nil
	}
	return "", fault.NewTerminal(fault.CodeInvalidConfiguration, fmt.Errorf(
		"spec.aws.externalID %q is not this namespace's: leave it empty for its own, %q, or start the manager with --external-ids=%s=%[1]s", aws.ExternalID, own, namespace))
}
