// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package s3_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/local/emulator/faults"
	"github.com/kiro-worker/kiro-worker/internal/local/emulator/s3"
)

// TestLifeOfAnObject has the real SDK write, list, read and delete.
func TestLifeOfAnObject(t *testing.T) {
	injector := faults.New(nil, nil)
	e := s3.New(s3.Options{Faults: injector})
	for range 2 {
		if err := e.CreateBucket("bucket"); err != nil {
			t.Fatal(err)
		}
	}
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	api := sdk.New(sdk.Options{Region: "eu-central-1", BaseEndpoint: aws.String(server.URL), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "SECRET", "")})
	bucket, key := aws.String("bucket"), aws.String("a/b.txt")

	put, err := api.PutObject(t.Context(), &sdk.PutObjectInput{Bucket: bucket, Key: key, Body: strings.NewReader("text"),
		ServerSideEncryption: types.ServerSideEncryptionAwsKms, ChecksumAlgorithm: types.ChecksumAlgorithmCrc32})
	if err != nil || put.ServerSideEncryption != types.ServerSideEncryptionAwsKms || aws.ToString(put.ETag) == "" {
		t.Fatalf("%+v, %v", put, err)
	}
	listed, err := api.ListObjectsV2(t.Context(), &sdk.ListObjectsV2Input{Bucket: bucket, Prefix: aws.String("a/")})
	if err != nil || len(listed.Contents) != 1 || aws.ToString(listed.Contents[0].Key) != "a/b.txt" {
		t.Fatalf("%+v, %v", listed, err)
	}
	got, err := api.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: bucket, Key: key})
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(got.Body); err != nil || string(body) != "text" {
		t.Errorf("%q, %v", body, err)
	}
	if o, ok := e.Object("bucket", "a/b.txt"); !ok || o.Encryption != "aws:kms" || o.Checksum != "crc32" {
		t.Errorf("%+v", o)
	}
	if _, err := api.DeleteObject(t.Context(), &sdk.DeleteObjectInput{Bucket: bucket, Key: key}); err != nil {
		t.Fatal(err)
	}
	if keys := e.Keys("bucket", ""); len(keys) != 0 {
		t.Errorf("%v is still there", keys)
	}
	_, err = api.GetObject(t.Context(), &sdk.GetObjectInput{Bucket: bucket, Key: key})
	var apiErr smithy.APIError
	if !errors.As(err, &apiErr) || apiErr.ErrorCode() != "NoSuchKey" {
		t.Errorf("got %v", err)
	}
	want := map[string]int{"PutObject": 1, "ListObjects": 1, "GetObject": 2, "DeleteObject": 1}
	if diff := cmp.Diff(want, injector.Counts(s3.Service)); diff != "" {
		t.Error(diff)
	}
}

func TestARefusedObjectIsNotListed(t *testing.T) {
	e := s3.New(s3.Options{})
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	api := sdk.New(sdk.Options{Region: "eu-central-1", BaseEndpoint: aws.String(server.URL), UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "SECRET", "")})
	_, err := api.PutObject(t.Context(), &sdk.PutObjectInput{Bucket: aws.String("none"), Key: aws.String("a"), Body: strings.NewReader("x")})
	var missing *types.NoSuchBucket
	var apiErr smithy.APIError
	if !errors.As(err, &missing) && (!errors.As(err, &apiErr) || apiErr.ErrorCode() != "NoSuchBucket") {
		t.Errorf("got %v", err)
	}
	if keys := e.Keys("none", ""); len(keys) != 0 {
		t.Errorf("%v", keys)
	}
	if _, ok := e.Object("none", "a"); ok {
		t.Error("an object without a bucket")
	}
}

// TestRefusals are requests that the SDK would not make, or would be told about.
func TestRefusals(t *testing.T) {
	e := s3.New(s3.Options{})
	if err := e.CreateBucket("bucket"); err != nil {
		t.Fatal(err)
	}
	if err := e.CreateBucket("Not.A..Bucket"); err == nil {
		t.Error("a bucket of that name is made")
	}
	put := func(path, body string, header map[string]string) (int, string) {
		r := httptest.NewRequest(http.MethodPut, path, strings.NewReader(body))
		for name, value := range header {
			r.Header.Set(name, value)
		}
		w := httptest.NewRecorder()
		e.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	trailer := func(more map[string]string) map[string]string {
		header := map[string]string{"X-Amz-Content-Sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "X-Amz-Trailer": "x-amz-checksum-crc32",
			"X-Amz-Decoded-Content-Length": "4", "Content-Encoding": "aws-chunked"}
		for name, value := range more {
			header[name] = value
		}
		return header
	}
	for name, tc := range map[string]struct {
		path, body string
		header     map[string]string
		code       string
	}{
		"a bucket's name with capitals":   {"/Bucket/a", "x", nil, "InvalidBucketName"},
		"a name that S3 keeps":            {"/sthree-x/a", "x", nil, "InvalidBucketName"},
		"an address as a name":            {"/10.0.0.1/a", "x", nil, "InvalidBucketName"},
		"a checksum of something else":    {"/bucket/a", "text", map[string]string{"X-Amz-Checksum-Crc32": "AAAAAA=="}, "BadDigest"},
		"a trailer of something else":     {"/bucket/a", "4\r\ntext\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", trailer(nil), "BadDigest"},
		"a trailer that does not come":    {"/bucket/a", "4\r\ntext\r\n0\r\n\r\n", trailer(nil), "IncompleteBody"},
		"another length than was said":    {"/bucket/a", "4\r\ntext\r\n0\r\nx-amz-checksum-crc32:O8e76w==\r\n\r\n", trailer(map[string]string{"X-Amz-Decoded-Content-Length": "5"}), "IncompleteBody"},
		"no length":                       {"/bucket/a", "0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n", trailer(map[string]string{"X-Amz-Decoded-Content-Length": ""}), "MissingContentLength"},
		"half a chunk":                    {"/bucket/a", "9\r\ntext", trailer(nil), "IncompleteBody"},
		"a key without asking for KMS":    {"/bucket/a", "x", map[string]string{"X-Amz-Server-Side-Encryption-Aws-Kms-Key-Id": "k"}, "InvalidArgument"},
		"an encryption that is not there": {"/bucket/a", "x", map[string]string{"X-Amz-Server-Side-Encryption": "rot13"}, "InvalidArgument"},
	} {
		if status, body := put(tc.path, tc.body, tc.header); status < 400 || !strings.Contains(body, "<Code>"+tc.code+"</Code>") {
			t.Errorf("%s: got %d %s, want %s", name, status, body, tc.code)
		}
	}
	if keys := e.Keys("bucket", ""); len(keys) != 0 {
		t.Errorf("%v was written", keys)
	}
}
