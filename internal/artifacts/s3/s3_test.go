// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package s3_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/artifacts"
	"github.com/kiro-worker/kiro-worker/internal/artifacts/s3"
	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/fault"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	emulator "github.com/kiro-worker/kiro-worker/internal/local/emulator/s3"
	"github.com/kiro-worker/kiro-worker/internal/local/testenv/cloud"
)

func serve(t *testing.T) (*emulator.Emulator, *faults.Injector, awsapi.S3) {
	t.Helper()
	c := cloud.New(t, cloud.Options{Buckets: []string{"artifacts"}})
	return c.S3, c.Faults, cloud.API(t, c, (*awsapi.Clients).S3)
}

const key = "arn:aws:kms:eu-central-1:111122223333:key/0123"

// TestBucketsDefaultKey: an upload that asks for nothing is encrypted as the bucket's owner wants it.
func TestBucketsDefaultKey(t *testing.T) {
	e, _, api := serve(t)
	e.SetDefaultKey("artifacts", key)
	if err := s3.New(api).Put(t.Context(), "artifacts", artifacts.Object{Key: "a", Body: strings.NewReader("x")}); err != nil {
		t.Fatal(err)
	}
	if o, _ := e.Object("artifacts", "a"); o.Encryption != "aws:kms" || o.Key != key {
		t.Errorf("encrypted with %s, %s", o.Encryption, o.Key)
	}
}

// TestPutOverTLS: over HTTPS the SDK uploads in another form than over HTTP: in chunks, with the checksum behind them.
func TestPutOverTLS(t *testing.T) {
	big := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	for name, body := range map[string][]byte{"text": []byte("hello"), "empty": {}, "big": big} {
		t.Run(name, func(t *testing.T) {
			e := emulator.New(emulator.Options{})
			if err := e.CreateBucket("artifacts"); err != nil {
				t.Fatal(err)
			}
			var form string
			server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				form = r.Header.Get("X-Amz-Content-Sha256") + " " + r.Header.Get("X-Amz-Trailer")
				e.ServeHTTP(w, r)
			}))
			t.Cleanup(server.Close)
			api := sdk.New(sdk.Options{Region: "eu-central-1", BaseEndpoint: aws.String(server.URL), UsePathStyle: true,
				HTTPClient: server.Client(), Credentials: credentials.NewStaticCredentialsProvider("AKID", "SECRET", "")})
			if err := s3.New(api).Put(t.Context(), "artifacts", artifacts.Object{Key: "a/b", ContentType: "text/plain", Body: bytes.NewReader(body)}); err != nil {
				t.Fatal(err)
			}
			if form != "STREAMING-UNSIGNED-PAYLOAD-TRAILER x-amz-checksum-sha256" && len(body) > 0 {
				t.Errorf("the upload came as %q: production's form is not tried", form)
			}
			got, _ := e.Object("artifacts", "a/b")
			want := emulator.Object{Body: body, ContentType: "text/plain", Encryption: "AES256", Checksum: "sha256"}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPut(t *testing.T) {
	big := bytes.Repeat([]byte("0123456789abcdef"), 1<<16) // a megabyte
	tests := map[string]struct {
		why    string
		object artifacts.Object
		body   []byte
		want   emulator.Object
	}{
		"Text": {"as it is", artifacts.Object{Key: "test/1/logs/build.log", ContentType: "text/plain"}, []byte("hello"),
			emulator.Object{Body: []byte("hello"), ContentType: "text/plain", Encryption: "AES256", Checksum: "sha256"}},
		"Empty": {"an empty report is a report", artifacts.Object{Key: "a"}, []byte{},
			emulator.Object{Body: []byte{}, ContentType: "application/octet-stream", Encryption: "AES256", Checksum: "sha256"}},
		"A key of its owner's": {"the bucket's policy may want it", artifacts.Object{Key: "a", EncryptionKey: key}, []byte("x"),
			emulator.Object{Body: []byte("x"), ContentType: "application/octet-stream", Encryption: "aws:kms", Key: key, Checksum: "sha256"}},
		"Big": {"logs are long", artifacts.Object{Key: "a/b c+ü.log"}, big,
			emulator.Object{Body: big, ContentType: "application/octet-stream", Encryption: "AES256", Checksum: "sha256"}},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			e, _, api := serve(t)
			tc.object.Body = bytes.NewReader(tc.body)
			store := s3.New(api)
			for range 2 { // a repetition is no error
				if err := store.Put(t.Context(), "artifacts", tc.object); err != nil {
					t.Fatal(err)
				}
				if _, err := tc.object.Body.Seek(0, 0); err != nil {
					t.Fatal(err)
				}
			}
			got, ok := e.Object("artifacts", tc.object.Key)
			if diff := cmp.Diff(tc.want, got); !ok || diff != "" {
				t.Errorf("%s\n%s", tc.why, diff)
			}
			if diff := cmp.Diff([]string{tc.object.Key}, e.Keys("artifacts", "")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPutTriesAgainWithTheWholeBody(t *testing.T) {
	e, injector, api := serve(t)
	injector.Add(faults.Rule{Operation: "PutObject", Nth: 1, Fault: faults.Fault{Status: 503, Code: "SlowDown"}})
	injector.Add(faults.Rule{Operation: "PutObject", Nth: 2, Fault: faults.Fault{LoseAnswer: true}})
	o := artifacts.Object{Key: "a", Body: strings.NewReader("whole")}
	if err := s3.New(api).Put(t.Context(), "artifacts", o); err != nil {
		t.Fatal(err)
	}
	if got, _ := e.Object("artifacts", "a"); string(got.Body) != "whole" {
		t.Errorf("body %q", got.Body)
	}
}

func TestErrors(t *testing.T) {
	tests := map[string]struct {
		why      string
		bucket   string
		key      string
		fault    *faults.Fault
		put      fault.Code
		check    fault.Code
		terminal bool
	}{
		"No such bucket": {why: "somebody must make it", bucket: "other", put: fault.CodeNotFound, check: fault.CodeNotFound, terminal: true},
		"Denied": {why: "a permission is missing", fault: &faults.Fault{Status: 403, Code: "AccessDenied"},
			put: fault.CodeAccessDenied, check: fault.CodeAccessDenied, terminal: true},
		"Another region": {why: "the name is good, the place is not", fault: &faults.Fault{Status: 301, Code: "PermanentRedirect"},
			put: fault.CodeInvalidConfiguration, check: fault.CodeInvalidConfiguration, terminal: true},
		"Throttled": {why: "it passes", fault: &faults.Fault{Status: 503, Code: "SlowDown"},
			put: fault.CodeUnreachable, check: fault.CodeUnreachable},
		"Cut": {why: "a network error is never terminal", fault: &faults.Fault{Drop: true},
			put: fault.CodeUnreachable, check: fault.CodeUnreachable},
		"Web page": {why: "all is well, says somebody else", fault: &faults.Fault{NotJSON: true, Status: http.StatusOK},
			put: fault.CodeInvalidAnswer},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // the SDK's own waits between tries take a second or two
			_, injector, api := serve(t)
			if tc.fault != nil {
				injector.Add(faults.Rule{Fault: *tc.fault})
			}
			bucket := tc.bucket
			if bucket == "" {
				bucket = "artifacts"
			}
			store := s3.New(api)
			put := store.Put(t.Context(), bucket, artifacts.Object{Key: "a", Body: strings.NewReader("x")})
			if fault.CodeOf(put) != tc.put || fault.IsTerminal(put) != tc.terminal || put == nil {
				t.Errorf("%s: put gave %v (code %q)", tc.why, put, fault.CodeOf(put))
			}
			check := store.CheckBucket(t.Context(), bucket)
			if fault.CodeOf(check) != tc.check || fault.IsTerminal(check) != (tc.terminal && tc.check != "") || (check == nil) != (tc.check == "") {
				t.Errorf("%s: check gave %v (code %q)", tc.why, check, fault.CodeOf(check))
			}
		})
	}
}

func TestKeys(t *testing.T) {
	_, injector, api := serve(t)
	for _, key := range []string{"", "/a", "../a", "a/../../b", "a//b", "..", strings.Repeat("x", 1025)} {
		err := s3.New(api).Put(t.Context(), "artifacts", artifacts.Object{Key: key, Body: strings.NewReader("x")})
		if fault.CodeOf(err) != fault.CodeInvalidRequest {
			t.Errorf("key %.20q: got %v", key, err)
		}
	}
	if n := injector.Calls(emulator.Service, ""); n != 0 {
		t.Errorf("%d bad keys were sent", n)
	}
	if err := s3.New(api).CheckBucket(t.Context(), "artifacts"); err != nil {
		t.Errorf("a good bucket: %v", err)
	}
}
