// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package workenvironment

import (
	"testing"

	"github.com/kiro-worker/kiro-worker/api/v1alpha1"
)

func TestBucketTrouble(t *testing.T) {
	testTrouble(t, []trouble{
		{
			why:    "the bucket does not exist",
			change: func(e *v1alpha1.WorkEnvironment) { e.Spec.Artifacts.Bucket = "no-such-bucket" },
			kind:   v1alpha1.ConditionBucketReady, want: "False NotFound", says: "no-such-bucket", stalled: "True NotFound",
		},
	})
}
