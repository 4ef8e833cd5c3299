// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package awsapi_test

import (
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func clients(t *testing.T, url string, change ...func(*awsapi.Options)) (*awsapi.Clients, awsapi.Target) {
	t.Helper()
	options := awsapi.Options{
		AllowedEndpoints: []string{url},
		Credentials:      credentials.NewStaticCredentialsProvider("AKID", "SECRET", ""),
	}
	for _, c := range change {
		c(&options)
	}
	return awsapi.New(options), awsapi.Target{Region: "eu-central-1", EndpointURL: url}
}

func TestClassify(t *testing.T) {
	type outcome struct {
		Code     fault.Code
		Terminal bool
		Wait     bool
	}
	answer := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = fmt.Fprint(w, body)
		}
	}
	tests := map[string]struct {
		why     string
		handler http.HandlerFunc
		want    outcome
		calls   int32
	}{
		"Throttled": {
			why:     "the service asks to wait, which is no failure; the SDK has tried a few times by then",
			handler: answer(400, `{"__type":"com.amazonaws.dynamodb.v20120810#ThrottlingException","message":"Rate exceeded"}`),
			want:    outcome{Code: fault.CodeRateLimited, Wait: true}, calls: 4,
		},
		"Denied": {
			why:     "no waiting gives a role a permission",
			handler: answer(400, `{"__type":"com.amazon.coral.service#AccessDeniedException","Message":"User: x is not authorized"}`),
			want:    outcome{Code: fault.CodeAccessDenied, Terminal: true}, calls: 1,
		},
		"Unknown key": {
			why:     "somebody must correct the credentials",
			handler: answer(403, `{"__type":"UnrecognizedClientException","message":"The security token included in the request is invalid."}`),
			want:    outcome{Code: fault.CodeUnauthorized, Terminal: true}, calls: 1,
		},
		"Expired": {
			why:     "fresh credentials come by themselves",
			handler: answer(400, `{"__type":"ExpiredTokenException","message":"expired"}`),
			want:    outcome{Code: fault.CodeUnauthorized}, calls: 1,
		},
		"Validation": {
			why:     "the same request stays wrong",
			handler: answer(400, `{"__type":"com.amazon.coral.validate#ValidationException","message":"no"}`),
			want:    outcome{Code: fault.CodeInvalidRequest, Terminal: true}, calls: 1,
		},
		"Server error": {
			why:     "a 5xx goes away, whatever its body says",
			handler: answer(500, `{"__type":"com.amazon.coral.validate#ValidationException","message":"no"}`),
			want:    outcome{Code: fault.CodeUnreachable}, calls: 4,
		},
		"Proxy's page with 502": {
			why:     "the same, in HTML",
			handler: answer(502, `<html>bad gateway</html>`),
			want:    outcome{Code: fault.CodeUnreachable}, calls: 4,
		},
		"Proxy's page with 403": {
			why:     "a proxy is not AWS: its refusal must not stop an environment for good",
			handler: answer(403, `<html>blocked</html>`),
			want:    outcome{Code: fault.CodeInvalidAnswer}, calls: 1,
		},
		"Proxy's page with 200": {
			why:     "all is well, says somebody else",
			handler: answer(200, `<html>please log in</html>`),
			want:    outcome{Code: fault.CodeInvalidAnswer}, calls: 4,
		},
		"Empty 200": {
			why:     "the SDK would take it for a success: a lock that nobody acquired",
			handler: answer(200, ``),
			want:    outcome{Code: fault.CodeInvalidAnswer}, calls: 4,
		},
		"Half an answer": {
			why: "a connection that breaks in the middle is the network's fault",
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "1000")
				_, _ = fmt.Fprint(w, `{"Table":{"TableName":"a"`)
			},
			want: outcome{Code: fault.CodeUnreachable}, calls: 1,
		},
		"Cut connection": {
			why:     "a network error is never terminal",
			handler: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			want:    outcome{Code: fault.CodeUnreachable}, calls: 4,
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var calls atomic.Int32
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				calls.Add(1)
				tc.handler(w, r)
			})
			c, target := clients(t, url)
			api, err := c.DynamoDB(t.Context(), target)
			if err != nil {
				t.Fatal(err)
			}
			_, err = api.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("locks")})
			err = awsapi.Classify(err)
			_, wait := fault.AsWait(err)
			got := outcome{Code: fault.CodeOf(err), Terminal: fault.IsTerminal(err), Wait: wait}
			if diff := cmp.Diff(tc.want, got); err == nil || diff != "" {
				t.Errorf("%s\nerror: %v\n-want +got:\n%s", tc.why, err, diff)
			}
			// A truncated body may be noticed before or after the answer counts as one, so retries of it differ.
			if name != "Half an answer" && calls.Load() != tc.calls {
				t.Errorf("%s: %d calls, want %d", tc.why, calls.Load(), tc.calls)
			}
		})
	}
}

func TestClassifyKeepsWhatIsClassified(t *testing.T) {
	inner := fault.NewTerminal(fault.CodeNotFound, errors.New("gone"))
	for name, err := range map[string]error{
		"nil":       nil,
		"canceled":  fmt.Errorf("reading: %w", context.Canceled),
		"terminal":  inner,
		"wrapped":   fmt.Errorf("looking: %w", inner),
		"not known": errors.New("odd"),
	} {
		if got := awsapi.Classify(err); got != err { //nolint:errorlint // the very same error is wanted
			t.Errorf("%s: Classify changed %v to %v", name, err, got)
		}
	}
}

func TestEndpoints(t *testing.T) {
	tests := map[string]struct {
		why      string
		allowed  []string
		endpoint string
		ok       bool
	}{
		"None":           {"AWS's own endpoints need no list", nil, "", true},
		"Not listed":     {"whoever makes an object must not choose where credentials go", nil, "https://evil.example", false},
		"Plain text":     {"http is refused like any other that is not listed", []string{"https://aws.example"}, "http://aws.example", false},
		"Listed":         {"the operator said so", []string{"http://localhost:4566"}, "http://localhost:4566", true},
		"Same origin":    {"case, default port and path make no other origin", []string{"https://AWS.example"}, "https://aws.example:443/", true},
		"Other port":     {"a port is another server", []string{"http://localhost:1"}, "http://localhost:2", false},
		"Longer host":    {"a prefix is not an origin", []string{"https://aws.example"}, "https://aws.example.evil.example", false},
		"User name":      {"the host that a reader sees must be the host", []string{"https://aws.example"}, "https://aws.example@evil.example", false},
		"Not a URL":      {"nonsense is refused, not ignored", []string{"x"}, "x", false},
		"Another scheme": {"only HTTP is spoken", []string{"ftp://aws.example"}, "ftp://aws.example", false},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			c := awsapi.New(awsapi.Options{AllowedEndpoints: tc.allowed})
			_, err := c.SNS(t.Context(), awsapi.Target{Region: "eu-central-1", EndpointURL: tc.endpoint})
			if tc.ok != (err == nil) {
				t.Fatalf("%s: error %v", tc.why, err)
			}
			if err != nil && (fault.CodeOf(err) != fault.CodeEndpointNotAllowed || !fault.IsTerminal(err)) {
				t.Errorf("%s: error %v is no terminal EndpointNotAllowed", tc.why, err)
			}
		})
	}
}

func TestNoRegion(t *testing.T) {
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_CONFIG_FILE", "/dev/null")
	_, err := awsapi.New(awsapi.Options{}).SQS(t.Context(), awsapi.Target{})
	if !fault.IsTerminal(err) || !strings.Contains(fmt.Sprint(err), "spec.aws.region") {
		t.Errorf("without a region the error says how to give one; got %v", err)
	}
}

func TestClientsAreShared(t *testing.T) {
	c, target := clients(t, "http://localhost:1")
	first, err := c.DynamoDB(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	second, err := c.DynamoDB(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	if first != second {
		t.Error("equal targets share a client, or every call would open connections and assume the role again")
	}
	target.Region = "us-east-1"
	other, err := c.DynamoDB(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	if first == other {
		t.Error("another region is another client")
	}
}

func TestAssumesRole(t *testing.T) {
	var assumed, external atomic.Value
	var assumes atomic.Int32
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.Header.Get("Authorization"), "/sts/") {
			assumes.Add(1)
			external.Store(r.FormValue("ExternalId"))
			_, _ = fmt.Fprint(w, `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult>
				<Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
				<SessionToken>t</SessionToken><Expiration>2099-11-09T13:34:41Z</Expiration></Credentials>
				</AssumeRoleResult></AssumeRoleResponse>`)
			return
		}
		assumed.Store(r.Header.Get("Authorization"))
		_, _ = fmt.Fprint(w, `{}`)
	})
	c, target := clients(t, url)
	target.RoleARN, target.ExternalID = "arn:aws:iam::123456789012:role/builds", "cluster/namespace"
	for range 3 {
		api, err := c.DynamoDB(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := api.GetItem(t.Context(), &dynamodb.GetItemInput{TableName: aws.String("x"), Key: nil}); err == nil {
			t.Fatal("a GetItem without a key was sent")
		}
		if _, err := api.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("x")}); err != nil {
			t.Fatal(err)
		}
	}
	if got := assumed.Load(); !strings.Contains(fmt.Sprint(got), "Credential=ASIAROLE/") {
		t.Errorf("calls are signed by the role, not by %v", got)
	}
	if got := external.Load(); got != "cluster/namespace" {
		t.Errorf("external id %v was sent", got)
	}
	if got := assumes.Load(); got != 1 {
		t.Errorf("the role was assumed %d times for one target; its credentials are to be kept", got)
	}
}

// Whoever reads AWS's audit log sees which program of which version called, beside what the SDK says of itself.
func TestUserAgent(t *testing.T) {
	for agent, want := range map[string]string{
		"":                           "kiro-worker",
		"kiro-worker-manager":        "kiro-worker-manager",
		"kiro-worker-manager/v1.2.3": "kiro-worker-manager/v1.2.3",
	} {
		var got atomic.Value
		url := serve(t, func(w http.ResponseWriter, r *http.Request) {
			got.Store(r.Header.Get("User-Agent"))
			_, _ = fmt.Fprint(w, `{}`)
		})
		c, target := clients(t, url, func(o *awsapi.Options) { o.UserAgent = agent })
		api, err := c.DynamoDB(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := api.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("x")}); err != nil {
			t.Fatal(err)
		}
		if said, _ := got.Load().(string); !slices.Contains(strings.Fields(said), want) || !strings.Contains(said, "aws-sdk-go-v2") {
			t.Errorf("%q is said as %q, want %q among it", agent, said, want)
		}
	}
}

func TestS3WithACustomEndpointUsesPaths(t *testing.T) {
	var path atomic.Value
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) { path.Store(r.URL.Path) })
	c, target := clients(t, url)
	api, err := c.S3(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := api.HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: aws.String("bucket")}); err != nil {
		t.Fatal(err)
	}
	if got := path.Load(); got != "/bucket" {
		t.Errorf("the bucket is in %v, not in the path", got)
	}
}

func TestTLS(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			_, _ = fmt.Fprint(w, `{}`)
		}
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // a refused handshake is what is wanted
	server.StartTLS()
	t.Cleanup(server.Close)
	call := func() (table, bucket error) {
		c, target := clients(t, server.URL)
		db, err := c.DynamoDB(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		store, err := c.S3(t.Context(), target)
		if err != nil {
			t.Fatal(err)
		}
		_, table = db.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("x")})
		_, bucket = store.HeadBucket(t.Context(), &s3.HeadBucketInput{Bucket: aws.String("bucket")})
		return table, bucket
	}
	if table, bucket := call(); table == nil || bucket == nil {
		t.Errorf("a certificate of an unknown authority is refused; got %v and %v", table, bucket)
	}
	bundle := filepath.Join(t.TempDir(), "ca.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(bundle, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_CA_BUNDLE", bundle)
	if table, bucket := call(); table != nil || bucket != nil {
		t.Errorf("a company's own authority counts for every service; got %v and %v", table, bucket)
	}
}

func TestMetrics(t *testing.T) {
	code := "ValidationException"
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch target := r.Header.Get("X-Amz-Target"); {
		case strings.HasSuffix(target, "DescribeTable"):
			_, _ = fmt.Fprint(w, `{}`)
		case strings.HasSuffix(target, "GetItem"):
			_, _ = fmt.Fprint(w, `{"ConsumedCapacity":{"TableName":"x","CapacityUnits":1.5}}`)
		default:
			w.WriteHeader(http.StatusBadRequest)
			_, _ = fmt.Fprintf(w, `{"__type":%q}`, code)
		}
	})
	registry := prometheus.NewRegistry()
	c, target := clients(t, url, func(o *awsapi.Options) { o.Registerer = registry })
	awsapi.New(awsapi.Options{Registerer: registry}) // a second one shares the metrics instead of failing
	api, err := c.DynamoDB(t.Context(), target)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = api.DescribeTable(t.Context(), &dynamodb.DescribeTableInput{TableName: aws.String("x")})
	_, _ = api.DescribeTimeToLive(t.Context(), &dynamodb.DescribeTimeToLiveInput{TableName: aws.String("x")})
	code = strings.Repeat("A", 100) // what only looks like the service may answer anything
	_, _ = api.DescribeTimeToLive(t.Context(), &dynamodb.DescribeTimeToLiveInput{TableName: aws.String("x")})
	_, _ = api.GetItem(t.Context(), &dynamodb.GetItemInput{
		TableName: aws.String("x"), Key: map[string]types.AttributeValue{"lockKey": &types.AttributeValueMemberS{Value: "y"}},
	})

	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			name := f.GetName()
			for _, l := range m.GetLabel() {
				name += " " + l.GetValue()
			}
			got[name] = m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	want := map[string]float64{
		"kiro_worker_aws_requests_total ok DescribeTable DynamoDB":                       1,
		"kiro_worker_aws_requests_total ValidationException DescribeTimeToLive DynamoDB": 1,
		"kiro_worker_aws_request_seconds DescribeTable DynamoDB":                         1,
		"kiro_worker_aws_requests_total other DescribeTimeToLive DynamoDB":               1,
		"kiro_worker_aws_requests_total ok GetItem DynamoDB":                             1,
		"kiro_worker_aws_request_seconds DescribeTimeToLive DynamoDB":                    2,
		"kiro_worker_aws_request_seconds GetItem DynamoDB":                               1,
		"kiro_worker_aws_dynamodb_capacity_units_total GetItem":                          1.5,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
