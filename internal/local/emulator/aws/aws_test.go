// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package aws_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/aws"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/dynamodb"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
)

const role = "arn:aws:iam::123456789012:role/path/builds"

// endpoint serves DynamoDB with one table, to callers with the key AKIDKNOWN.
func endpoint(t *testing.T) (*aws.Endpoint, string, *faults.Injector) {
	t.Helper()
	injector := faults.New(nil, nil)
	e := aws.New(aws.Options{AccessKeys: []string{"AKIDKNOWN"}, Faults: injector})
	table := dynamodb.New(dynamodb.Options{})
	if err := table.CreateLockTable("locks"); err != nil {
		t.Fatal(err)
	}
	e.Handle(aws.DynamoDB, table, dynamodb.WriteError)
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	return e, server.URL, injector
}

func describe(t *testing.T, url, key string, target awsapi.Target) error {
	t.Helper()
	clients := awsapi.New(awsapi.Options{AllowedEndpoints: []string{url},
		Credentials: credentials.NewStaticCredentialsProvider(key, "SECRET", "")})
	target.Region, target.EndpointURL = "eu-central-1", url
	api, err := clients.DynamoDB(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	_, err = api.DescribeTable(t.Context(), &sdk.DescribeTableInput{TableName: awssdk.String("locks")})
	return awsapi.Classify(err)
}

func TestDispatch(t *testing.T) {
	e, url, injector := endpoint(t)
	if err := describe(t, url, "AKIDKNOWN", awsapi.Target{}); err != nil {
		t.Errorf("a known key reaches the service of its signature: %v", err)
	}
	if err := describe(t, url, "AKIDOTHER", awsapi.Target{}); fault.CodeOf(err) != fault.CodeUnauthorized || !fault.IsTerminal(err) {
		t.Errorf("another key is refused in the service's own form; got %v", err)
	}
	e.AllowKey("AKIDOTHER")
	if err := describe(t, url, "AKIDOTHER", awsapi.Target{}); err != nil {
		t.Errorf("until it is made known: %v", err)
	}
	if err := describe(t, url, "AKIDKNOWN", awsapi.Target{RoleARN: role}); err != nil {
		t.Errorf("the key of an assumed role is known: %v", err)
	}
	e.Trust(role, "cluster/team")
	if err := describe(t, url, "AKIDKNOWN", awsapi.Target{RoleARN: role, ExternalID: "cluster/other"}); fault.CodeOf(err) != fault.CodeAccessDenied {
		t.Errorf("a role is assumed with its external id or not at all; got %v", err)
	}
	if err := describe(t, url, "AKIDKNOWN", awsapi.Target{RoleARN: role, ExternalID: "cluster/team"}); err != nil {
		t.Errorf("with it, it is: %v", err)
	}
	if got := injector.Calls(aws.STS, "AssumeRole"); got != 3 {
		t.Errorf("%d calls of AssumeRole counted, want 3", got)
	}
}

func TestRefusedSignatures(t *testing.T) {
	_, url, _ := endpoint(t)
	good := "AWS4-HMAC-SHA256 Credential=AKIDKNOWN/20261123/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=00"
	tests := map[string]struct {
		why           string
		authorization string
		want          int
		says          string
	}{
		"None":            {"a browser without credentials", "", 403, "AccessDenied"},
		"Basic":           {"not a signature at all", "Basic eDp5", 403, "AccessDenied"},
		"Short scope":     {"nothing says which service", strings.Replace(good, "/dynamodb", "", 1), 403, "AccessDenied"},
		"No signature":    {"a scope alone proves nothing", strings.Replace(good, "Signature=", "X=", 1), 403, "AccessDenied"},
		"Another service": {"what is not served says so", strings.Replace(good, "dynamodb", "ec2", 1), 501, "UnknownService"},
		"Other key":       {"the service answers in its own form", strings.Replace(good, "KNOWN", "OTHER", 1), 400, "UnrecognizedClientException"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, nil)
			if err != nil {
				t.Fatal(err)
			}
			if tc.authorization != "" {
				r.Header.Set("Authorization", tc.authorization)
			}
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = res.Body.Close() }()
			body, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode != tc.want || !strings.Contains(string(body), tc.says) {
				t.Errorf("%s: %d %s, %v", tc.why, res.StatusCode, body, err)
			}
		})
	}
}

// TestAssumeRole replays the request that AWS documents, and looks for what its sample answer has.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html#API_AssumeRole_Examples
func TestAssumeRole(t *testing.T) {
	now := time.Date(2019, 11, 9, 12, 34, 41, 0, time.UTC)
	server := httptest.NewServer(aws.New(aws.Options{Clock: clocktesting.NewFakePassiveClock(now)}))
	t.Cleanup(server.Close)
	api := sts.New(sts.Options{Region: "us-east-1", BaseEndpoint: awssdk.String(server.URL),
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "SECRET", "")})
	out, err := api.AssumeRole(t.Context(), &sts.AssumeRoleInput{
		RoleArn: awssdk.String("arn:aws:iam::123456789012:role/demo"), RoleSessionName: awssdk.String("testAR"),
		ExternalId: awssdk.String("123ABC"), DurationSeconds: awssdk.Int32(3600),
	})
	if err != nil {
		t.Fatal(err)
	}
	got := []any{awssdk.ToString(out.AssumedRoleUser.Arn), awssdk.ToTime(out.Credentials.Expiration),
		strings.HasPrefix(awssdk.ToString(out.Credentials.AccessKeyId), "ASIA"), awssdk.ToString(out.Credentials.SessionToken) != ""}
	want := []any{"arn:aws:sts::123456789012:assumed-role/demo/testAR", time.Date(2019, 11, 9, 13, 34, 41, 0, time.UTC), true, true}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	who, err := api.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
	if err != nil || awssdk.ToString(who.Account) != "000000000000" {
		t.Errorf("%v, %v", who, err)
	}
	for name, in := range map[string]*sts.AssumeRoleInput{
		"not a role": {RoleArn: awssdk.String("arn:aws:iam::123456789012:user/demo"), RoleSessionName: awssdk.String("testAR")},
		"too long":   {RoleArn: awssdk.String(role), RoleSessionName: awssdk.String("testAR"), DurationSeconds: awssdk.Int32(90000)},
	} {
		if _, err := api.AssumeRole(t.Context(), in); awsapi.ErrorCode(err) != "ValidationError" {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestErrorsComeInTheServicesForm has the real SDK read each.
func TestErrorsComeInTheServicesForm(t *testing.T) {
	e, url, _ := endpoint(t)
	e.Handle(aws.SNS, http.NotFoundHandler(), func(w http.ResponseWriter, _ *http.Request, status int, code, message string) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, "<ErrorResponse><Error><Code>"+code+"</Code><Message>"+message+"</Message></Error></ErrorResponse>")
	})
	api := sns.New(sns.Options{Region: "us-east-1", BaseEndpoint: awssdk.String(url),
		Credentials: credentials.NewStaticCredentialsProvider("AKIDOTHER", "SECRET", "")})
	_, err := api.Publish(t.Context(), &sns.PublishInput{Message: awssdk.String("x"), TopicArn: awssdk.String("y")})
	if awsapi.ErrorCode(err) != "InvalidClientTokenId" {
		t.Errorf("got %v", err)
	}
}
