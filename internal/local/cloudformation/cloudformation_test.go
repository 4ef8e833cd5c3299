// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package cloudformation_test

import (
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/local/cloudformation"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/aws"
)

// TestRefusals: what would be ignored here could be what a deployment fails on.
func TestRefusals(t *testing.T) {
	for name, tc := range map[string]struct{ template, says string }{
		"an unknown type":      {"Resources: {A: {Type: 'AWS::EC2::Instance'}}", "not known here"},
		"an unknown property":  {"Resources: {A: {Type: 'AWS::SecretsManager::Secret', Properties: {SecretString: x}}}", "SecretString"},
		"an unknown function":  {"Resources: {A: {Type: 'AWS::SNS::Topic', Properties: {TopicName: {'Fn::Base64': x}}}}", "Fn::Base64"},
		"a missing resource":   {"Resources: {A: {Type: 'AWS::SNS::Topic', Properties: {TopicName: {Ref: B}}}}", "no resource B"},
		"a missing attribute":  {"Resources: {K: {Type: 'AWS::SNS::Topic'}, A: {Type: 'AWS::SNS::Topic', Properties: {TopicName: {'Fn::GetAtt': [K, Arn]}}}}", "no attribute Arn"},
		"a missing export":     {"Resources: {A: {Type: 'AWS::SNS::Topic', Properties: {TopicName: {'Fn::ImportValue': x}}}}", "no stack exports x"},
		"a circle":             {"Resources: {A: {Type: 'AWS::SNS::Topic', Properties: {TopicName: {Ref: A}}}}", "refers to itself"},
		"a missing parameter":  {"Parameters: {P: {Type: String}}\nResources: {}", "parameter P has no value"},
		"a table's second key": {"Resources: {A: {Type: 'AWS::DynamoDB::Table', Properties: {KeySchema: [{KeyType: HASH}, {KeyType: RANGE}]}}}", "one key"},
		"a service role of elsewhere": {
			"Resources: {A: {Type: 'AWS::CodeBuild::Project', Properties: {ServiceRole: x, Source: {Type: NO_SOURCE}, Artifacts: {Type: NO_ARTIFACTS}, Cache: {Type: NO_CACHE}}}}",
			"service role",
		},
		"no template": {"Resources: {}\nTransform: x", "Transform"},
	} {
		_, err := cloudformation.New(cloudformation.Options{ID: "1", Region: "r"}).Deploy("s", []byte(tc.template), nil)
		if err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: got %v, want an error that says %q", name, err, tc.says)
		}
	}
}

const role = `
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      RoleName: {'Fn::Join': ['-', [a, {'Fn::Select': [1, {'Fn::Split': [':', 'x:b']}]}]]}
      AssumeRolePolicyDocument:
        Version: '2012-10-17'
        Statement: {Effect: Allow, Action: 'sts:AssumeRole', Principal: {AWS: 'arn:aws:iam::1:user/u'}, Condition: {StringEquals: {'sts:ExternalId': e}}}
  Policy:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: p
      Roles: [{Ref: Role}]
      PolicyDocument: {Version: '2012-10-17', Statement: [{Effect: Allow, Action: 's3:ListBucket', Resource: 'arn:aws:s3:::b'}]}
Outputs:
  Role: {Value: {'Fn::GetAtt': [Role, Arn]}, Export: {Name: s:Role}}
`

func TestRolesDecideCalls(t *testing.T) {
	a := cloudformation.New(cloudformation.Options{ID: "1", Region: "r"})
	outputs, err := a.Deploy("s", []byte(role), nil)
	if err != nil {
		t.Fatal(err)
	}
	if outputs["Role"] != "arn:aws:iam::1:role/a-b" {
		t.Errorf("outputs are %v", outputs)
	}
	call := func(principal, action, resource string, context map[string][]string) string {
		return a.Authorize(aws.Call{Principal: principal, Accesses: []aws.Access{{Action: action, Resource: resource, Context: context}}})
	}
	externalID := map[string][]string{"sts:ExternalId": {"e"}}
	if got := call("arn:aws:iam::1:user/u", "sts:AssumeRole", outputs["Role"], externalID); got != "" {
		t.Errorf("the trusted user may assume the role; got %s", got)
	}
	if got := call(outputs["Role"], "s3:ListBucket", "arn:aws:s3:::b", nil); got != "" {
		t.Errorf("the role may do what its policy says; got %s", got)
	}
	for name, denied := range map[string]string{
		"another external id": call("arn:aws:iam::1:user/u", "sts:AssumeRole", outputs["Role"], nil),
		"another user":        call("arn:aws:iam::1:user/v", "sts:AssumeRole", outputs["Role"], externalID),
		"a user's own call":   call("arn:aws:iam::1:user/u", "s3:ListBucket", "arn:aws:s3:::b", nil),
		"another action":      call(outputs["Role"], "s3:PutObject", "arn:aws:s3:::b/k", nil),
	} {
		if !strings.Contains(denied, "is not authorized to perform") {
			t.Errorf("%s is not denied", name)
		}
	}
}
