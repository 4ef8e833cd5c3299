// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package infra

import (
	"maps"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/local/cloudformation"
	"github.com/kiro-worker/kiro-worker/internal/local/iam"
)

// TestResourcePolicies: who else may use a bucket, a topic, a queue or the key is said by their own policies. Services are let in for
// this account alone, and nobody without TLS.
func TestResourcePolicies(t *testing.T) {
	a := cloudformation.New(cloudformation.Options{ID: account, Region: region})
	deploy(t, a, "production")
	arn := func(service, rest string) string {
		return "arn:aws:" + service + ":" + region + ":" + account + ":" + rest
	}
	bucket := "arn:aws:s3:::kiro-worker-production-artifacts-" + account + "-" + region
	logs := "arn:aws:s3:::kiro-worker-production-data-artifactsaccesslogs4d97777c"
	for found := range a.ResourcePolicies() {
		if strings.HasPrefix(found, "arn:aws:s3:::") && found != bucket {
			logs = found
		}
	}
	key := keyOf(t, "production")
	alarms, items := arn("sns", "kiro-worker-production-alarms"), arn("sns", "kiro-worker-production-items")
	events, dead := arn("sqs", "kiro-worker-production-blue-events"), arn("sqs", "kiro-worker-production-dead-letters")
	rule := arn("events", "rule/kiro-worker-production-blue-events")
	with := func(pairs ...string) map[string][]string {
		context := map[string][]string{"aws:SecureTransport": {"true"}, "s3:TlsVersion": {"1.2"}}
		for i := 0; i < len(pairs); i += 2 {
			context[pairs[i]] = []string{pairs[i+1]}
		}
		return context
	}
	const allowed, denied, silent = "allowed", "denied", "says nothing"
	for name, tc := range map[string]struct {
		principal, action, resource string
		context                     map[string][]string
		want                        string
	}{
		"an alarm of this account":                 {"cloudwatch.amazonaws.com", "sns:Publish", alarms, with("aws:SourceAccount", account), allowed},
		"an alarm of another account":              {"cloudwatch.amazonaws.com", "sns:Publish", alarms, with("aws:SourceAccount", "999999999999"), silent},
		"an alarm to the items' topic":             {"cloudwatch.amazonaws.com", "sns:Publish", items, with("aws:SourceAccount", account), silent},
		"a budget's warning":                       {"budgets.amazonaws.com", "sns:Publish", alarms, with("aws:SourceAccount", account), allowed},
		"an anomaly's warning":                     {"costalerts.amazonaws.com", "sns:Publish", alarms, with("aws:SourceAccount", account), allowed},
		"anybody to a topic without TLS":           {managerARN, "sns:Publish", items, with("aws:SecureTransport", "false"), denied},
		"a state change by the rule":               {"events.amazonaws.com", "sqs:SendMessage", events, with("aws:SourceArn", rule), allowed},
		"a message by another rule":                {"events.amazonaws.com", "sqs:SendMessage", events, with("aws:SourceArn", rule+"2"), silent},
		"a rule to the dead letters of items":      {"events.amazonaws.com", "sqs:SendMessage", dead, with("aws:SourceArn", rule), silent},
		"anybody to a queue without TLS":           {managerARN, "sqs:SendMessage", dead, with("aws:SecureTransport", "false"), denied},
		"anybody to the bucket without TLS":        {managerARN, "s3:PutObject", bucket + "/production/x", with("aws:SecureTransport", "false"), denied},
		"anybody to the bucket with an old TLS":    {managerARN, "s3:GetObject", bucket + "/production/x", with("s3:TlsVersion", "1.1"), denied},
		"another account reads artifacts":          {"arn:aws:iam::999999999999:role/r", "s3:GetObject", bucket + "/production/x", with(), silent},
		"S3 writes access logs":                    {"logging.s3.amazonaws.com", "s3:PutObject", logs + "/access/x", with("aws:SourceAccount", account, "aws:SourceArn", bucket), allowed},
		"S3 writes access logs of another bucket":  {"logging.s3.amazonaws.com", "s3:PutObject", logs + "/access/x", with("aws:SourceAccount", account, "aws:SourceArn", bucket+"2"), silent},
		"an alarm decrypts for its topic":          {"cloudwatch.amazonaws.com", "kms:Decrypt", key, with("aws:SourceAccount", account), allowed},
		"an alarm of another account decrypts":     {"cloudwatch.amazonaws.com", "kms:Decrypt", key, with("aws:SourceAccount", "999999999999"), silent},
		"CloudWatch encrypts the builds' logs":     {"logs." + region + ".amazonaws.com", "kms:GenerateDataKeyWithoutPlaintext", key, with("kms:EncryptionContext:aws:logs:arn", arn("logs", "log-group:/aws/codebuild/kiro-worker-production-blue")), allowed},
		"CloudWatch encrypts another log":          {"logs." + region + ".amazonaws.com", "kms:GenerateDataKeyWithoutPlaintext", key, with("kms:EncryptionContext:aws:logs:arn", arn("logs", "log-group:/other")), silent},
		"another account uses the key":             {"arn:aws:iam::999999999999:role/r", "kms:Decrypt", key, with(), silent},
		"who may in this account, by their policy": {managerARN, "kms:Decrypt", key, with(), allowed},
	} {
		resource := tc.resource
		if strings.HasPrefix(tc.action, "s3:") {
			resource, _, _ = strings.Cut(resource, "/")
		}
		policies := a.ResourcePolicies()[resource]
		if len(policies) == 0 {
			t.Errorf("%s: %s has no policy", name, resource)
		}
		got := silent
		switch d := iam.Evaluate(iam.Request{Action: tc.action, Resource: tc.resource, Principal: tc.principal, Context: maps.Clone(tc.context)}, policies...); {
		case d.Allowed:
			got = allowed
		case d.By != nil:
			got = denied
		}
		if got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}
