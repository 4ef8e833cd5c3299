// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/artifacts"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// lookTimeout bounds one check.
const lookTimeout = time.Minute

// look is what a build does that only looks: it tries, with the build's own role, what the stages will need. It claims no
// lock, fetches no branch and changes none; all that it leaves is one small object in the bucket, because a role that may
// only write there can prove it in no other way.
type look struct {
	o    Options
	look contract.Look
}

// Look makes all checks and returns what they found. None keeps another from being made.
func Look(ctx context.Context, o Options, l contract.Look) contract.LookReport {
	k := look{o, l}
	report := contract.LookReport{Version: o.Version}
	add := func(check string, try func(ctx context.Context) (string, error)) {
		ctx, cancel := context.WithTimeout(ctx, lookTimeout)
		defer cancel()
		message, err := try(ctx)
		line := contract.LookLine{OK: err == nil, Check: check, Message: fault.Clean(message)}
		if err != nil {
			line.Message = fault.Message(err)
		}
		line.Message = o.Redactor.String(line.Message)
		report.Lines = append(report.Lines, line)
	}
	add("token", k.secret(l.GitHubTokenSecretARN))
	if l.GitSecretARN != "" && l.GitSecretARN != l.GitHubTokenSecretARN {
		add("git token", k.secret(l.GitSecretARN))
	}
	for _, variable := range l.SecretEnv {
		add("secretEnv "+variable.Name, k.variable(variable))
	}
	for _, repository := range l.Repositories {
		add("push", func(ctx context.Context) (string, error) { return k.push(ctx, repository) })
	}
	add("bucket", k.bucket)
	add("agent", k.agent)
	return report
}

// secret reads a secret, as the build will.
func (k look) secret(arn string) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		value, err := k.o.Ports.Secrets.Read(ctx, arn)
		if err != nil {
			return "", fmt.Errorf("with the build's role: %w", err)
		}
		k.o.Redactor.Add(value)
		return "the build's role reads " + arn, nil
	}
}

// variable reads a secret that setup and tests will be given.
func (k look) variable(v contract.SecretVariable) func(context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		message, err := k.secret(v.SecretARN)(ctx)
		return message, mayReadVariable(err)
	}
}

// push looks whether the build may push to a repository.
func (k look) push(ctx context.Context, repository string) (string, error) {
	user, token, err := k.o.Ports.Remote.Credentials(ctx)
	if err != nil {
		return "", fmt.Errorf("the credentials for git: %w", err)
	}
	k.o.Redactor.Add(token)
	if err := mayPush(ctx, k.o.Ports.Remote.Address(repository), user, token); err != nil {
		return "", fmt.Errorf("repository %s: %w", repository, err)
	}
	return "the build may push to " + repository, nil
}

// bucket writes a small object where builds put theirs.
func (k look) bucket(ctx context.Context) (string, error) {
	key := k.look.Environment + "/" + k.o.Build.UUID + "/looked.txt"
	err := k.o.Ports.Artifacts.Put(ctx, k.look.Bucket, artifacts.Object{
		Key: key, ContentType: "text/plain", EncryptionKey: k.look.ArtifactsKMSKeyARN,
		Body: strings.NewReader("A build looked whether it can write here.\n"),
	})
	if err != nil {
		return "", fmt.Errorf("with the build's role, which needs s3:PutObject on %s/%s/*: %w", k.look.Bucket, k.look.Environment, err)
	}
	return "the build's role writes to " + k.look.Bucket, nil
}
