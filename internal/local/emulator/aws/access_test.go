// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package aws_test

import (
	"net/http/httptest"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
	"github.com/aws/aws-sdk-go-v2/service/codebuild"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/aws"
)

// TestAccesses has the real SDK make each call, and looks at what it asks for in IAM's words. All are denied: nothing is served.
func TestAccesses(t *testing.T) {
	var calls []aws.Call
	e := aws.New(aws.Options{Account: "111122223333", Authorize: func(c aws.Call) string {
		calls = append(calls, c)
		return "no"
	}})
	e.AllowKeyOf("AKIDKNOWN", "arn:aws:iam::111122223333:role/r")
	for _, name := range []string{aws.DynamoDB, aws.CodeBuild, aws.S3, aws.SecretsManager, aws.SNS, aws.SQS, aws.CloudWatch} {
		e.Handle(name, nil, nil)
	}
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	cfg := awssdk.Config{Region: "eu-central-1", BaseEndpoint: awssdk.String(server.URL), RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKIDKNOWN", "SECRET", "")}
	key := func(k string) map[string]types.AttributeValue {
		return map[string]types.AttributeValue{"lockKey": &types.AttributeValueMemberS{Value: k}}
	}
	table, builds, text := sdk.NewFromConfig(cfg), codebuild.NewFromConfig(cfg), awssdk.String
	const tableARN, project = "arn:aws:dynamodb:eu-central-1:111122223333:table/locks", "arn:aws:codebuild:eu-central-1:111122223333:project/p"
	rows := func(keys ...string) map[string][]string { return map[string][]string{"dynamodb:LeadingKeys": keys} }
	tests := map[string]struct {
		call func() error
		want []aws.Access
	}{
		"transaction": {
			func() error {
				_, err := table.TransactWriteItems(t.Context(), &sdk.TransactWriteItemsInput{TransactItems: []types.TransactWriteItem{
					{Update: &types.Update{TableName: text("locks"), Key: key("branch#b"), UpdateExpression: text("SET a = :a")}},
					{ConditionCheck: &types.ConditionCheck{TableName: text("locks"), Key: key("card#c"), ConditionExpression: text("a = :a")}},
				}})
				return err
			},
			[]aws.Access{{Action: "dynamodb:UpdateItem", Resource: tableARN, Context: rows("branch#b")}, {Action: "dynamodb:ConditionCheckItem", Resource: tableARN, Context: rows("card#c")}},
		},
		"batch": {
			func() error {
				_, err := table.BatchGetItem(t.Context(), &sdk.BatchGetItemInput{RequestItems: map[string]types.KeysAndAttributes{
					"locks": {Keys: []map[string]types.AttributeValue{key("slot#p#0"), key("slot#p#1")}}}})
				return err
			},
			[]aws.Access{{Action: "dynamodb:BatchGetItem", Resource: tableARN, Context: rows("slot#p#0", "slot#p#1")}},
		},
		"start": {
			func() error {
				_, err := builds.StartBuild(t.Context(), &codebuild.StartBuildInput{ProjectName: text("p"), BuildspecOverride: text("x")})
				return err
			},
			[]aws.Access{{Action: "codebuild:StartBuild", Resource: project, Context: map[string][]string{"codebuild:source.buildspec": {"x"}}}},
		},
		"builds": {
			func() error {
				_, err := builds.BatchGetBuilds(t.Context(), &codebuild.BatchGetBuildsInput{Ids: []string{"p:1"}})
				return err
			},
			[]aws.Access{{Action: "codebuild:BatchGetBuilds", Resource: project}},
		},
		"bucket": {
			func() error {
				_, err := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }).HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: text("b")})
				return err
			},
			[]aws.Access{{Action: "s3:ListBucket", Resource: "arn:aws:s3:::b"}},
		},
		"secret": {
			func() error {
				_, err := secretsmanager.NewFromConfig(cfg).GetSecretValue(t.Context(), &secretsmanager.GetSecretValueInput{SecretId: text("arn:aws:secretsmanager:r:1:secret:s-AbCdEf")})
				return err
			},
			[]aws.Access{{Action: "secretsmanager:GetSecretValue", Resource: "arn:aws:secretsmanager:r:1:secret:s-AbCdEf"}},
		},
		"topic": {
			func() error {
				_, err := sns.NewFromConfig(cfg).Publish(t.Context(), &sns.PublishInput{TopicArn: text("arn:aws:sns:r:1:t"), Message: text("m")})
				return err
			},
			[]aws.Access{{Action: "sns:Publish", Resource: "arn:aws:sns:r:1:t"}},
		},
		"queue": {
			func() error {
				_, err := sqs.NewFromConfig(cfg).SendMessage(t.Context(), &sqs.SendMessageInput{QueueUrl: text("https://sqs.eu-central-1.amazonaws.com/111122223333/q"), MessageBody: text("m")})
				return err
			},
			[]aws.Access{{Action: "sqs:SendMessage", Resource: "arn:aws:sqs:eu-central-1:111122223333:q"}},
		},
		"metrics": {
			func() error {
				_, err := cloudwatch.NewFromConfig(cfg).PutMetricData(t.Context(), &cloudwatch.PutMetricDataInput{Namespace: text("N"),
					MetricData: []cwtypes.MetricDatum{{MetricName: text("m"), Value: awssdk.Float64(1)}}})
				return err
			},
			[]aws.Access{{Action: "cloudwatch:PutMetricData", Resource: "*", Context: map[string][]string{"cloudwatch:namespace": {"N"}}}},
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			calls = nil
			if err := tc.call(); err == nil {
				t.Error("a call that is not allowed is denied")
			}
			want := []aws.Call{{Principal: "arn:aws:iam::111122223333:role/r", Accesses: tc.want}}
			if diff := cmp.Diff(want, calls); diff != "" {
				t.Error(diff)
			}
		})
	}
}
