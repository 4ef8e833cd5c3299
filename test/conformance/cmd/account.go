// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	ddbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/kiro-worker/kiro-worker/internal/local/testenv/outside"
)

// patience is how long a table may take to be there.
const patience = 2 * time.Minute

// account is what is made, and then removed.
type account struct {
	*removals
	region, url string
	secretARN   string
}

func (a *account) config(ctx context.Context) (aws.Config, error) {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRegion(a.region))
	if err == nil && a.url != "" {
		cfg.BaseEndpoint = aws.String(a.url)
	}
	return cfg, err
}

func (a *account) identify(ctx context.Context) (string, error) {
	cfg, err := a.config(ctx)
	if err != nil {
		return "", err
	}
	who, err := sts.NewFromConfig(cfg).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", err
	}
	return aws.ToString(who.Arn), nil
}

// environment is what the tests are told.
func (a *account) environment() []string {
	return []string{
		outside.EnvRegion + "=" + a.region, outside.EnvURL + "=" + a.url, outside.EnvTable + "=" + a.name, outside.EnvBucket + "=" + a.name,
		outside.EnvSecret + "=" + a.secretARN,
	}
}

func (a *account) make(ctx context.Context) error {
	cfg, err := a.config(ctx)
	if err != nil {
		return err
	}
	for what, step := range map[string]func(context.Context, aws.Config) error{"table": a.table, "bucket": a.bucket, "secret": a.secret} {
		if err := step(ctx, cfg); err != nil {
			return fmt.Errorf("making the %s %s: %w", what, a.name, err)
		}
		fmt.Printf("made the %s %s\n", what, a.name)
	}
	return nil
}

func (a *account) table(ctx context.Context, cfg aws.Config) error {
	api, name := dynamodb.NewFromConfig(cfg), aws.String(a.name)
	_, err := api.CreateTable(ctx, &dynamodb.CreateTableInput{
		TableName: name, BillingMode: ddbtypes.BillingModePayPerRequest,
		AttributeDefinitions: []ddbtypes.AttributeDefinition{{AttributeName: aws.String("lockKey"), AttributeType: ddbtypes.ScalarAttributeTypeS}},
		KeySchema:            []ddbtypes.KeySchemaElement{{AttributeName: aws.String("lockKey"), KeyType: ddbtypes.KeyTypeHash}},
	})
	if err != nil {
		return err
	}
	a.later("table", func(ctx context.Context) error {
		_, err := api.DeleteTable(ctx, &dynamodb.DeleteTableInput{TableName: name})
		return err
	})
	if err := dynamodb.NewTableExistsWaiter(api).Wait(ctx, &dynamodb.DescribeTableInput{TableName: name}, patience); err != nil {
		return err
	}
	_, err = api.UpdateTimeToLive(ctx, &dynamodb.UpdateTimeToLiveInput{
		TableName: name, TimeToLiveSpecification: &ddbtypes.TimeToLiveSpecification{AttributeName: aws.String("deleteAt"), Enabled: aws.Bool(true)},
	})
	return err
}

func (a *account) bucket(ctx context.Context, cfg aws.Config) error {
	api, name := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = a.url != "" }), aws.String(a.name)
	in := &s3.CreateBucketInput{Bucket: name}
	if a.region != "us-east-1" { // S3 refuses to be told of its first region
		in.CreateBucketConfiguration = &s3types.CreateBucketConfiguration{LocationConstraint: s3types.BucketLocationConstraint(a.region)}
	}
	if _, err := api.CreateBucket(ctx, in); err != nil {
		return err
	}
	a.later("bucket", func(ctx context.Context) error {
		listed, err := api.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: name}) // the tests write a few objects
		if err != nil {
			return err
		}
		for _, object := range listed.Contents {
			if _, err := api.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: name, Key: object.Key}); err != nil {
				return err
			}
		}
		_, err = api.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: name})
		return err
	})
	return nil
}

func (a *account) secret(ctx context.Context, cfg aws.Config) error {
	api := secretsmanager.NewFromConfig(cfg)
	made, err := api.CreateSecret(ctx, &secretsmanager.CreateSecretInput{Name: aws.String(a.name), SecretString: aws.String(outside.SecretValue)})
	if err != nil {
		return err
	}
	a.secretARN = aws.ToString(made.ARN)
	a.later("secret", func(ctx context.Context) error {
		_, err := api.DeleteSecret(ctx, &secretsmanager.DeleteSecretInput{SecretId: made.ARN, ForceDeleteWithoutRecovery: aws.Bool(true)})
		return err
	})
	return nil
}
