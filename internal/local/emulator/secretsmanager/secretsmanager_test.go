// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package secretsmanager_test

import (
	"errors"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/secretsmanager"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/secretsmanager"
)

var created = time.UnixMilli(1523477145713).UTC()

func serve(t *testing.T) (*secretsmanager.Emulator, *sdk.Client) {
	t.Helper()
	e := secretsmanager.New(secretsmanager.Options{
		Region: "us-west-2", Account: "123456789012", Clock: clocktesting.NewFakePassiveClock(created),
	})
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	return e, sdk.New(sdk.Options{Region: "us-west-2", BaseEndpoint: aws.String(server.URL),
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "SECRET", "")})
}

// TestSample makes the secret of AWS's own sample and asks for it as the sample does.
// https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html#API_GetSecretValue_Examples
func TestSample(t *testing.T) {
	e, api := serve(t)
	const value = "{\n  \"username\":\"david\",\n  \"password\":\"EXAMPLE-PASSWORD\"\n}\n"
	arn := e.Put("MyTestDatabaseSecret", value)
	out, err := api.GetSecretValue(t.Context(), &sdk.GetSecretValueInput{SecretId: aws.String("MyTestDatabaseSecret")})
	if err != nil {
		t.Fatal(err)
	}
	got := []any{aws.ToString(out.ARN), aws.ToTime(out.CreatedDate), aws.ToString(out.Name), aws.ToString(out.SecretString), out.VersionStages}
	want := []any{arn, created, "MyTestDatabaseSecret", value, []string{"AWSCURRENT"}}
	if diff := cmp.Diff(want, got); diff != "" || aws.ToString(out.VersionId) == "" {
		t.Errorf("version %v\n%s", out.VersionId, diff)
	}
	if prefix := "arn:aws:secretsmanager:us-west-2:123456789012:secret:MyTestDatabaseSecret-"; len(arn) != len(prefix)+6 || arn[:len(prefix)] != prefix {
		t.Errorf("ARN %s", arn)
	}
}

func TestReading(t *testing.T) {
	e, api := serve(t)
	e.Put("token", "one")
	arn := e.Put("token", "two")
	e.PutBinary("binary", []byte{0, 255})
	e.Put("deleted", "x")
	e.Delete("deleted")
	tests := map[string]struct {
		why       string
		id, stage string
		want      string
		code      string
	}{
		"By name":        {"the current value is the last", "token", "", "two", ""},
		"By ARN":         {"the same", arn, "", "two", ""},
		"By partial ARN": {"the six random characters may be left out", arn[:len(arn)-7], "", "two", ""},
		"Previous":       {"the one before has its own label", "token", "AWSPREVIOUS", "one", ""},
		"No such stage":  {"a label that nothing has", "token", "AWSPENDING", "", "ResourceNotFoundException"},
		"Absent":         {"there is none", "other", "", "", "ResourceNotFoundException"},
		"Deleted":        {"marked for deletion is another error", "deleted", "", "", "InvalidRequestException"},
		"Empty":          {"a request without a name", "", "", "", "ValidationException"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			in := &sdk.GetSecretValueInput{SecretId: aws.String(tc.id)}
			if tc.stage != "" {
				in.VersionStage = aws.String(tc.stage)
			}
			out, err := api.GetSecretValue(t.Context(), in)
			var code string
			var apiErr smithy.APIError
			if errors.As(err, &apiErr) {
				code = apiErr.ErrorCode()
			}
			if code != tc.code || (err == nil) != (tc.code == "") {
				t.Fatalf("%s: got %v", tc.why, err)
			}
			if err == nil && aws.ToString(out.SecretString) != tc.want {
				t.Errorf("%s: got %q", tc.why, aws.ToString(out.SecretString))
			}
		})
	}
	out, err := api.GetSecretValue(t.Context(), &sdk.GetSecretValueInput{SecretId: aws.String("binary")})
	if err != nil || !cmp.Equal(out.SecretBinary, []byte{0, 255}) || out.SecretString != nil {
		t.Errorf("binary: %v, %v", out, err)
	}
	described, err := api.DescribeSecret(t.Context(), &sdk.DescribeSecretInput{SecretId: aws.String("token")})
	if err != nil || len(described.VersionIdsToStages) != 2 || aws.ToString(described.ARN) != arn {
		t.Errorf("%v, %v", described, err)
	}
	if _, err := api.ListSecrets(t.Context(), &sdk.ListSecretsInput{}); err == nil {
		t.Error("what is not imitated is an error")
	}
}
