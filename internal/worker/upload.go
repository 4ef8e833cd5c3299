// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/artifacts"
	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/redact"
	"github.com/kiro-worker/kiro-worker/internal/worker/lease"
)

// uploadTimeout is how long one upload may take, retries of the client included.
const uploadTimeout = 2 * time.Minute

// place is where a build's artifacts are.
type place struct{ bucket, prefix, encryptionKey string }

func placeOf(p contract.Parameters, buildUUID string) place {
	return place{bucket: p.Bucket, prefix: p.Environment + "/" + buildUUID + "/", encryptionKey: p.Settings.ArtifactsKMSKeyARN}
}

func (p place) url() string { return "s3://" + p.bucket + "/" + p.prefix }

// uploadStage puts the build's logs, reports and diff into the bucket. Everything passes redaction on its way to a file,
// and is sent from there: a retry sends the same bytes.
type uploadStage struct {
	documents documents
	reports   reportCopier
	uploader  artifacts.Uploader
	place     place
	lease     *lease.Renewer
	retry     retrier
	failures  failureRecorder
	dir       buildDir
	redactor  *redact.Redactor
}

func (u uploadStage) run(ctx context.Context, s *State) error {
	s.Result.ArtifactsURL = u.place.url()
	u.reports.copyAll(ctx, s)
	var failures []error
	for _, d := range u.documents.all() {
		if d.name == metadataFile && len(failures) > 0 {
			u.failures.record(ctx, s, contract.StageUpload, errors.Join(failures...))
		}
		if err := u.upload(ctx, s, d); err != nil {
			if isLost(ctx, err) || ctx.Err() != nil {
				return err
			}
			failures = append(failures, fmt.Errorf("uploading %s: %w", d.name, err))
			continue
		}
		logOf(ctx).V(1).Info("Artifact uploaded", keyObject, d.name)
	}
	return errors.Join(failures...)
}

func (u uploadStage) upload(ctx context.Context, s *State, d document) error {
	file, err := os.CreateTemp(string(u.dir), ".upload-*")
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	if err := os.Remove(file.Name()); err != nil {
		return err
	}
	out := redact.NewWriter(file, u.redactor)
	if err := errors.Join(d.write(ctx, s, ending{ctx: ctx, to: out}), out.Close()); err != nil {
		return err
	}
	return u.retry.do(ctx, "upload", func(ctx context.Context) error {
		return u.lease.Do(ctx, uploadTimeout, func(ctx context.Context) error {
			if _, err := file.Seek(0, io.SeekStart); err != nil {
				return err
			}
			return u.uploader.Put(ctx, u.place.bucket, artifacts.Object{
				Key: u.place.prefix + d.name, ContentType: d.contentType, Body: file, EncryptionKey: u.place.encryptionKey,
			})
		})
	})
}
