// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/kiro-worker/kiro-worker/internal/artifacts/s3"
	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	forgegithub "github.com/kiro-worker/kiro-worker/internal/forge/github"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
	"github.com/kiro-worker/kiro-worker/internal/lock/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/metricsink/cloudwatch"
	"github.com/kiro-worker/kiro-worker/internal/redact"
	"github.com/kiro-worker/kiro-worker/internal/secrets"
	"github.com/kiro-worker/kiro-worker/internal/secrets/secretsmanager"
	"github.com/kiro-worker/kiro-worker/internal/worker"
)

// metricsNamespace is where the build's metrics are found in CloudWatch.
const metricsNamespace = "KiroWorker"

// newPorts makes the build's clients. The build's role, region and endpoints are those of its
// environment; the lock table may be in another region.
func newPorts(ctx context.Context, p contract.Parameters) (worker.Ports, error) {
	clients, own := awsapi.New(awsapi.Options{SessionName: "kiro-worker", UserAgent: "kiro-worker/" + version}), awsapi.Target{}
	table, err1 := clients.DynamoDB(ctx, awsapi.Target{Region: p.LockRegion})
	bucket, err2 := clients.S3(ctx, own)
	manager, err3 := clients.SecretsManager(ctx, own)
	watch, err4 := clients.CloudWatch(ctx, own)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return worker.Ports{}, err
	}
	locks := dynamodb.New(table, p.LocksTableName)
	return worker.Ports{
		Lock: locks, Notes: locks, Secrets: secretsmanager.New(manager),
		Artifacts: s3.New(bucket), Metrics: cloudwatch.New(watch, metricsNamespace),
	}, nil
}

// newForge makes the ports to GitHub. Where that is, and with which secrets, is known after the claim.
func newForge(p contract.Parameters, store secrets.Reader, redactor *redact.Redactor) (worker.Forge, worker.Remote, error) {
	api, err := githubClient(p, p.GitHubTokenSecretARN, store, redactor)
	if err != nil {
		return nil, nil, err
	}
	git := api
	if p.GitSecretARN != "" && p.GitSecretARN != p.GitHubTokenSecretARN {
		if git, err = githubClient(p, p.GitSecretARN, store, redactor); err != nil {
			return nil, nil, err
		}
	}
	return forgegithub.New(api), remote{git}, nil
}

// githubClient makes a client whose credentials are read when they are needed, and are known to redaction from then.
func githubClient(p contract.Parameters, arn string, store secrets.Reader, redactor *redact.Redactor) (*githubapi.Client, error) {
	source := githubapi.CredentialSourceFunc(func(ctx context.Context) (githubapi.Credentials, error) {
		text, err := store.Read(ctx, arn)
		if err != nil {
			return githubapi.Credentials{}, err
		}
		redactor.Add(text)
		c, err := githubapi.ParseCredentials(text)
		if err == nil {
			redactor.Add(c.Token, string(c.PrivateKey))
		}
		return c, err
	})
	options := githubapi.Options{APIURL: p.GitHubAPIURL, Credentials: source, UserAgent: "kiro-worker/" + version}
	if p.GitHubAPIURL != "" {
		// The manager held the address against its allow list before it started this build with it.
		options.AllowedEndpoints = []string{p.GitHubAPIURL}
	}
	client, err := githubapi.New(options)
	if err != nil {
		return nil, fmt.Errorf("making the GitHub client: %w", err)
	}
	return client, nil
}

// remote is GitHub as git sees it.
type remote struct{ api *githubapi.Client }

// Address implements worker.Remote.
func (r remote) Address(repository string) string { return r.api.WebURL() + "/" + repository + ".git" }

// Credentials implements worker.Remote.
func (r remote) Credentials(ctx context.Context) (user, token string, err error) {
	token, err = r.api.GitToken(ctx)
	return githubapi.GitUser, token, err
}
