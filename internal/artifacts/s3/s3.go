// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

// Package s3 keeps artifacts in an S3 bucket. It makes no bucket and deletes nothing: how long artifacts are kept is the
// bucket's lifecycle.
package s3

import (
	"context"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/kiro-worker/kiro-worker/internal/artifacts"
	"github.com/kiro-worker/kiro-worker/internal/awsapi"
	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// maxKey is the longest key of an object, in bytes.
const maxKey = 1024

// Store writes artifacts.
type Store struct {
	api awsapi.S3
}

var _ artifacts.Store = (*Store)(nil)

// New returns a Store.
func New(api awsapi.S3) *Store { return &Store{api: api} }

// Put implements artifacts.Uploader. Over HTTPS the body is read once: its checksum follows it, as a trailer of aws-chunked. Over
// HTTP it is read before as well, because the signature has to hold its hash.
func (s *Store) Put(ctx context.Context, bucket string, o artifacts.Object) error {
	if err := checkKey(o.Key); err != nil {
		return err
	}
	contentType := o.ContentType
	if contentType == "" {
		contentType = "application/octet-stream"
	}
	in := &s3.PutObjectInput{
		Bucket:            aws.String(bucket),
		Key:               aws.String(o.Key),
		Body:              o.Body,
		ContentType:       aws.String(contentType),
		ChecksumAlgorithm: types.ChecksumAlgorithmSha256,
	}
	// To ask for S3's own keys would outweigh the bucket's default, which may be a key of its owner's.
	if o.EncryptionKey != "" {
		in.ServerSideEncryption, in.SSEKMSKeyId = types.ServerSideEncryptionAwsKms, aws.String(o.EncryptionKey)
	}
	out, err := s.api.PutObject(ctx, in)
	if err != nil {
		return fmt.Errorf("uploading %s to bucket %s: %w", o.Key, bucket, classify(bucket, err))
	}
	if aws.ToString(out.ETag) == "" {
		// A proxy's page of status 200 looks like a success otherwise.
		return fault.NewRetryable(fault.CodeInvalidAnswer, fmt.Errorf(
			"uploading %s to bucket %s: the answer is not S3's; check the endpoint and proxies on the way", o.Key, bucket))
	}
	return nil
}

// CheckBucket implements artifacts.Checker.
func (s *Store) CheckBucket(ctx context.Context, bucket string) error {
	if _, err := s.api.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: aws.String(bucket)}); err != nil {
		return fmt.Errorf("checking bucket %s: %w", bucket, classify(bucket, err))
	}
	return nil
}

// checkKey refuses keys that would become another path, or none, where somebody downloads the bucket.
func checkKey(key string) error {
	if key == "" || len(key) > maxKey || strings.HasPrefix(key, "/") || path.Clean(key) != key ||
		key == ".." || strings.HasPrefix(key, "../") {
		return fault.NewTerminal(fault.CodeInvalidRequest, errors.New(
			"an artifact's key must be a clean relative path of at most 1024 bytes"))
	}
	return nil
}
