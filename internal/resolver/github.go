// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package resolver

import (
	"context"
	"errors"
	"time"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/board"
	boardgithub "github.com/kiro-worker/kiro-worker/internal/board/github"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/forge"
	"github.com/kiro-worker/kiro-worker/internal/forge/batching"
	forgegithub "github.com/kiro-worker/kiro-worker/internal/forge/github"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
)

// Board returns a source's board.
func (r *Resolver) Board(_ context.Context, source *v1alpha1.WorkSource, environment *v1alpha1.WorkEnvironment) (board.Board, error) {
	spec := source.Spec.GitHub
	c, err := r.githubClient(source.Namespace, spec.APIURL, spec.Credentials, environment.Spec.AWS)
	if err != nil {
		return nil, err
	}
	return boardgithub.New(c.api), nil
}

// Forge returns the forge behind an API address; empty is github.com's.
func (r *Resolver) Forge(_ context.Context, namespace, apiURL string, credentials v1alpha1.Credentials, aws v1alpha1.AWSAccess) (forge.Forge, error) {
	c, err := r.githubClient(namespace, apiURL, credentials, aws)
	if err != nil {
		return nil, err
	}
	return batchingForge{Forge: forgegithub.New(c.api), Inspector: c.inspector}, nil
}

// How questions of many items are gathered. The window is nothing beside a call of GitHub, and twenty questions are
// what one call of it takes.
var batches = batching.Options{Window: 20 * time.Millisecond, Most: 20, Timeout: time.Minute}

// githubClient is a client of one address with one set of credentials, and the questions that are being gathered
// for it.
type githubClient struct {
	api       *githubapi.Client
	inspector *batching.Inspector
}

// batchingForge is a forge whose look-ups are gathered; all else goes straight to it.
type batchingForge struct {
	forge.Forge
	*batching.Inspector
}

// Inspect implements forge.Inspector.
func (f batchingForge) Inspect(ctx context.Context, queries []forge.Query) ([]forge.Report, error) {
	return f.Inspector.Inspect(ctx, queries)
}

// githubKey is an identity of credentials at one address. It holds no secret.
type githubKey struct {
	apiURL    string
	namespace string        // of the Secret; empty for Secrets Manager
	secret    string        // the Secret's name
	arn       string        // the secret's ARN
	target    awsapi.Target // who reads the ARN
}

func (r *Resolver) githubClient(namespace, apiURL string, credentials v1alpha1.Credentials, aws v1alpha1.AWSAccess) (*githubClient, error) {
	key := githubKey{apiURL: apiURL}
	var source githubapi.CredentialSource
	if credentials.SecretRef != nil {
		key.namespace, key.secret = namespace, credentials.SecretRef.Name
		source = r.fromSecret(key.namespace, key.secret)
	} else {
		target, err := r.target(namespace, aws)
		if err != nil {
			return nil, err
		}
		if target.RoleARN == "" {
			return nil, fault.NewTerminal(fault.CodeCredentialsInvalid, errors.New(
				"secretsManagerARN is only read through the environment's role, and the environment names none; set its spec.aws.roleARN, or use secretRef"))
		}
		key.arn, key.target = credentials.SecretsManagerARN, target
		source = r.fromSecretsManager(key.arn, target)
	}
	return r.github.get(key, func() (*githubClient, error) {
		api, err := githubapi.New(githubapi.Options{
			APIURL: apiURL, Credentials: source, AllowedEndpoints: r.options.AllowedEndpoints,
			UserAgent: r.options.UserAgent,
			Limits:    r.options.Limits, Metrics: r.options.Metrics, Clock: r.options.Clock, Base: r.options.Transport,
		})
		if err != nil {
			return nil, err
		}
		return &githubClient{api: api, inspector: batching.New(forgegithub.New(api), batches)}, nil
	})
}
