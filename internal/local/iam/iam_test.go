// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package iam_test

import (
	"errors"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/local/iam"
)

func policy(t *testing.T, statements string) iam.Document {
	t.Helper()
	d, err := iam.Parse([]byte(`{"Version":"2012-10-17","Statement":[` + statements + `]}`))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

const rows = `{"Effect":"Allow","Action":["dynamodb:GetItem","dynamodb:Update*"],"Resource":"arn:aws:dynamodb:*:1:table/locks",
	"Condition":{"ForAllValues:StringLike":{"dynamodb:LeadingKeys":["branch#*","slot#a#?"]},"Null":{"dynamodb:LeadingKeys":"false"}}}`

func TestEvaluate(t *testing.T) {
	const table = "arn:aws:dynamodb:eu-central-1:1:table/locks"
	keys := func(names ...string) map[string][]string { return map[string][]string{"dynamodb:LeadingKeys": names} }
	tests := map[string]struct {
		why     string
		policy  string
		request iam.Request
		want    bool
	}{
		"Named":                  {"the action, the resource and the row are named", rows, iam.Request{Action: "dynamodb:GetItem", Resource: table, Context: keys("branch#x")}, true},
		"Case of the action":     {"actions are not case-sensitive", rows, iam.Request{Action: "dynamodb:getitem", Resource: table, Context: keys("branch#x")}, true},
		"Wildcard of the action": {"a wildcard stands for any run", rows, iam.Request{Action: "dynamodb:UpdateItem", Resource: table, Context: keys("slot#a#1")}, true},
		"Other action":           {"what nobody allows is denied", rows, iam.Request{Action: "dynamodb:DeleteItem", Resource: table, Context: keys("branch#x")}, false},
		"Other resource":         {"another table is another resource", rows, iam.Request{Action: "dynamodb:GetItem", Resource: table + "2", Context: keys("branch#x")}, false},
		"Case of the resource":   {"resources are case-sensitive", rows, iam.Request{Action: "dynamodb:GetItem", Resource: "arn:aws:dynamodb:e:1:table/LOCKS", Context: keys("branch#x")}, false},
		"One row of two":         {"all rows must be allowed, not one of them", rows, iam.Request{Action: "dynamodb:GetItem", Resource: table, Context: keys("branch#x", "slot#b#1")}, false},
		"One character":          {"a question mark is one character", rows, iam.Request{Action: "dynamodb:GetItem", Resource: table, Context: keys("slot#a#10")}, false},
		"No rows":                {"ForAllValues alone would allow a request without keys; Null does not", rows, iam.Request{Action: "dynamodb:GetItem", Resource: table}, false},
		"Deny decides": {
			"a deny is stronger than any allow",
			`{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"codebuild:StartBuild","Resource":"*","Condition":{"Null":{"codebuild:source.buildspec":"false"}}}`,
			iam.Request{Action: "codebuild:StartBuild", Resource: "x", Context: map[string][]string{"codebuild:source.buildspec": {"set"}}}, false,
		},
		"Deny does not match": {
			"the key is absent, so the deny is about another request",
			`{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Action":"codebuild:StartBuild","Resource":"*","Condition":{"Null":{"codebuild:source.buildspec":"false"}}}`,
			iam.Request{Action: "codebuild:StartBuild", Resource: "x"}, true,
		},
		"Trust": {
			"one namespace's external id",
			`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::1:role/m"},"Condition":{"StringEquals":{"sts:ExternalId":["a/b","a/c"]}}}`,
			iam.Request{Action: "sts:AssumeRole", Principal: "arn:aws:iam::1:role/m", Context: map[string][]string{"sts:ExternalId": {"a/c"}}}, true,
		},
		"Trust without external id": {
			"a key that is absent does not equal anything",
			`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::1:role/m"},"Condition":{"StringEquals":{"sts:ExternalId":"a/b"}}}`,
			iam.Request{Action: "sts:AssumeRole", Principal: "arn:aws:iam::1:role/m"}, false,
		},
		"Trust of another": {
			"another role is another principal",
			`{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{"AWS":"arn:aws:iam::1:role/m"}}`,
			iam.Request{Action: "sts:AssumeRole", Principal: "arn:aws:iam::1:role/n"}, false,
		},
		"A number": {
			"an old version of TLS is less than a newer one",
			`{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"NumericLessThan":{"s3:TlsVersion":1.2}}}`,
			iam.Request{Action: "s3:PutObject", Resource: "x", Context: map[string][]string{"s3:TlsVersion": {"1.1"}}}, false,
		},
		"The same number": {
			"it is not less",
			`{"Effect":"Allow","Action":"*","Resource":"*"},{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":"*","Condition":{"NumericLessThan":{"s3:TlsVersion":1.2}}}`,
			iam.Request{Action: "s3:PutObject", Resource: "x", Context: map[string][]string{"s3:TlsVersion": {"1.2"}}}, true,
		},
		"ARN condition": {
			"a wildcard of ArnLike does not reach over a colon",
			`{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:s3*:project/x"}}}`,
			iam.Request{Action: "a:b", Resource: "x", Context: map[string][]string{"aws:SourceArn": {"arn:aws:s3:eu:1:project/x"}}}, false,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			if got := iam.Evaluate(tc.request, policy(t, tc.policy)); got.Allowed != tc.want {
				t.Errorf("%s: allowed %t, by %+v", tc.why, got.Allowed, got.By)
			}
		})
	}
}

func TestParseRefusesWhatItCannotEvaluate(t *testing.T) {
	for name, text := range map[string]string{
		"NotAction": `{"Effect":"Allow","NotAction":"a:b","Resource":"*"}`,
		"operator":  `{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{"DateLessThan":{"k":"1"}}}`,
		"variable":  `{"Effect":"Allow","Action":"a:b","Resource":"arn:aws:s3:::b/${aws:username}"}`,
	} {
		_, err := iam.Parse([]byte(`{"Version":"2012-10-17","Statement":` + text + `}`))
		if !errors.Is(err, iam.ErrUnsupported) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
