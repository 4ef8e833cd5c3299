// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

func TestUploadOutcomes(t *testing.T) {
	testOutcomes(t, map[string]outcomeCase{
		"BucketDown": {
			why:     "A success whose artifacts are lost is not one, and the pull request says so after all.",
			prepare: func(w *world) { w.bucket.fail = errors.New("bucket is down") },
			outcome: contract.OutcomeUploadFailed, stage: contract.StageUpload, message: "bucket is down", body: "UploadFailed", code: ExitInfrastructure,
		},
	})
}

// Whatever artifact is lost, no metadata in the bucket says that the work succeeded.
func TestMetadataReportsLostArtifacts(t *testing.T) {
	for _, lost := range []string{"diffs/changes.diff", "logs/build.log", "metadata.json"} {
		t.Run(strings.ReplaceAll(lost, "/", "-"), func(t *testing.T) {
			w := newWorld(t)
			w.bucket.fail, w.bucket.only = errGone, lost
			w.codebuild(t.Context())
			if _, result := w.row(); result.Outcome != contract.OutcomeUploadFailed || !strings.Contains(result.Message, lost) {
				t.Errorf("%+v", result)
			}
			if !strings.Contains(w.body(), "UploadFailed") {
				t.Errorf("the pull request was not updated:\n%s", w.body())
			}
			text, found := w.bucket.objects["artifacts/test/b-1/metadata.json"]
			if found != (lost != "metadata.json") || strings.Contains(text, `"outcome": "Succeeded"`) || found && !strings.Contains(text, `"outcome": "UploadFailed"`) {
				t.Errorf("the metadata:\n%s", text)
			}
		})
	}
}

// TestUploadsAreEncryptedAsConfigured: the key of the environment is asked for with each upload.
func TestUploadsAreEncryptedAsConfigured(t *testing.T) {
	w := newWorld(t)
	const key = "arn:aws:kms:eu-central-1:111122223333:key/0123"
	w.options.Parameters.Settings.ArtifactsKMSKeyARN = key
	w.codebuild(t.Context())
	if diff := cmp.Diff(map[string]bool{key: true}, w.bucket.keys); diff != "" {
		t.Error(diff)
	}
}
