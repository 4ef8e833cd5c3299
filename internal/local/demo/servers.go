// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/aws"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/cloudwatch"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/codebuild"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/github"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/s3"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/secretsmanager"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/sns"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/sqs"
)

// servers are GitHub's and AWS's emulators, listening.
type servers struct {
	builds  *codebuild.Server
	tables  *dynamodb.Emulator
	bucket  *s3.Emulator
	secrets *secretsmanager.Emulator
	topics  *sns.Emulator
	queues  *sqs.Emulator
	http    []*http.Server

	endpoint *aws.Endpoint
}

// startEmulators starts the emulators, deploys the stacks that an installation has, and puts the cards on the board.
func (s *System) startEmulators(ctx context.Context) error {
	s.options.Say("emulators: GitHub; AWS as infra/templates deploys it: DynamoDB, CodeBuild, S3, Secrets Manager, SNS, SQS, IAM")
	s.servers = &servers{
		tables:  dynamodb.New(dynamodb.Options{Region: region, Account: account, Faults: s.faults}),
		bucket:  s3.New(s3.Options{}),
		secrets: secretsmanager.New(secretsmanager.Options{Region: region, Account: account}),
		topics:  sns.New(sns.Options{}),
		queues:  sqs.New(sqs.Options{}),
	}
	if err := s.startGitHub(); err != nil {
		return err
	}
	if err := s.startAWS(); err != nil {
		return err
	}
	if err := s.writeAddresses(); err != nil {
		return err
	}
	return s.putCards(ctx)
}

// putCards puts the cards on the board, each a second after the one before: the oldest is worked on first, and GitHub
// gives a card's age in whole seconds. The API server takes longer to start than that.
func (s *System) putCards(ctx context.Context) error {
	for i, c := range s.cards() {
		if i > 0 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Second):
			}
		}
		id, err := s.putCard(c)
		if err != nil {
			return err
		}
		s.cardIDs[c.Slug] = id
	}
	return nil
}

func (s *System) startGitHub() error {
	var err error
	if s.GitHub, err = github.New(github.Options{Dir: s.path("github")}); err != nil {
		return fmt.Errorf("starting the emulated GitHub: %w", err)
	}
	if s.GitHubURL, err = s.servers.serve(s.GitHub, s.options.Listen, s.options.Listen.GitHubPort); err != nil {
		return err
	}
	s.GitHub.SetURL(s.GitHubURL)
	return s.seedGitHub()
}

func (s *System) startAWS() error {
	var err error
	if s.servers.builds, err = codebuild.New(codebuild.Options{DataDir: s.path("builds"), Region: region, Account: account}); err != nil {
		return fmt.Errorf("starting the emulated CodeBuild: %w", err)
	}
	endpoint := s.newEndpoint()
	endpoint.Handle(aws.DynamoDB, s.servers.tables, nil)
	endpoint.Handle(aws.CodeBuild, s.servers.builds, nil)
	endpoint.Handle(aws.SecretsManager, s.servers.secrets, nil)
	endpoint.Handle(aws.S3, s.servers.bucket, s3.WriteError)
	endpoint.Handle(aws.CloudWatch, cloudwatch.New(cloudwatch.Options{}), cloudwatch.WriteError)
	endpoint.Handle(aws.SNS, s.servers.topics, sns.WriteError)
	endpoint.Handle(aws.SQS, s.servers.queues, sqs.WriteError)
	if s.AWSURL, err = s.servers.serve(endpoint, s.options.Listen, s.options.Listen.AWSPort); err != nil {
		return err
	}
	if err := s.deploy(); err != nil {
		return err
	}
	s.putSecrets()
	return nil
}

// close ends the builds, with every process of theirs, and then the servers that they talk to.
func (s *servers) close() error {
	if s == nil {
		return nil
	}
	if s.builds != nil {
		s.builds.Close()
	}
	var errs []error
	for _, server := range s.http {
		errs = append(errs, server.Close())
	}
	return errors.Join(errs...)
}

// lockRows are the statuses of the slot and branch rows.
func (s *servers) lockRows(table string) (map[string]contract.RowStatus, error) {
	rows, err := s.tables.Rows(table)
	if err != nil {
		return nil, fmt.Errorf("reading the lock table: %w", err)
	}
	statuses := map[string]contract.RowStatus{}
	for key, row := range rows {
		slot := strings.HasPrefix(key, "slot#") && !strings.HasSuffix(key, "#demand")
		if !slot && !strings.HasPrefix(key, "branch#") {
			continue // records, counters and what clusters want hold nothing
		}
		status, _ := row[contract.AttrStatus]["S"].(string)
		statuses[key] = contract.RowStatus(status)
	}
	return statuses, nil
}

// artifacts are the keys in the bucket.
func (s *servers) artifacts(bucket string) []string { return s.bucket.Keys(bucket, "") }

// saveArtifacts copies objects of the bucket, which goes away with this process, into a directory.
func (s *servers) saveArtifacts(bucket, dir string, keys []string) error {
	for _, key := range keys {
		object, ok := s.bucket.Object(bucket, key)
		if !ok {
			continue
		}
		if !filepath.IsLocal(filepath.FromSlash(key)) {
			return fmt.Errorf("the artifact %q has a key that leads out of its directory", key)
		}
		path := filepath.Join(dir, filepath.FromSlash(key))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("copying artifacts: %w", err)
		}
		if err := os.WriteFile(path, object.Body, 0o644); err != nil {
			return fmt.Errorf("copying artifacts: %w", err)
		}
	}
	return nil
}
