// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package resolver

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/githubapi"
	"github.com/kiro-worker/kiro-worker/internal/secrets/secretsmanager"
)

// Only get: to list or watch would be to hold every Secret of the cluster in memory.
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get

// fromSecret reads a Kubernetes Secret each time it is asked.
func (r *Resolver) fromSecret(namespace, name string) githubapi.CredentialSource {
	return githubapi.CredentialSourceFunc(func(ctx context.Context) (githubapi.Credentials, error) {
		secret := &corev1.Secret{}
		err := r.options.Secrets.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, secret)
		switch {
		case apierrors.IsNotFound(err):
			return githubapi.Credentials{}, fault.NewTerminal(fault.CodeCredentialsInvalid, fmt.Errorf(
				"the Secret %s does not exist in namespace %s; create it with the key `token`, or with `appID`, `installationID` and `privateKey`",
				name, namespace))
		case apierrors.IsForbidden(err):
			return githubapi.Credentials{}, fault.NewTerminal(fault.CodeAccessDenied, fmt.Errorf(
				"the manager may not read the Secret %s in namespace %s; let its role get secrets there", name, namespace))
		case err != nil:
			return githubapi.Credentials{}, fmt.Errorf("reading the Secret %s: %w", name, err)
		}
		credentials, err := githubapi.CredentialsFromMap(secret.Data)
		if err != nil {
			return githubapi.Credentials{}, fmt.Errorf("the Secret %s: %w", name, err)
		}
		return credentials, nil
	})
}

// fromSecretsManager reads a secret of AWS Secrets Manager each time it is asked, as the environment's role and in
// the region that the ARN names.
func (r *Resolver) fromSecretsManager(secretARN string, target awsapi.Target) githubapi.CredentialSource {
	if parsed, err := arn.Parse(secretARN); err == nil && parsed.Region != "" {
		target.Region = parsed.Region
	}
	return githubapi.CredentialSourceFunc(func(ctx context.Context) (githubapi.Credentials, error) {
		api, err := r.options.AWS.SecretsManager(ctx, target)
		if err != nil {
			return githubapi.Credentials{}, err
		}
		value, err := secretsmanager.New(api).Read(ctx, secretARN)
		if err != nil {
			return githubapi.Credentials{}, err
		}
		credentials, err := githubapi.ParseCredentials(value)
		if err != nil {
			return githubapi.Credentials{}, fmt.Errorf("the secret %s: %w", secretARN, err)
		}
		return credentials, nil
	})
}
