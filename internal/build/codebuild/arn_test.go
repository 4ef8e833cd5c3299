// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package codebuild_test

import (
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/build"
	"github.com/kiro-worker/kiro-worker/internal/build/codebuild"
)

func TestSamePlace(t *testing.T) {
	const one = "arn:aws:codebuild:eu-west-1:123456789012:build/p:1"
	for name, c := range map[string]struct {
		why   string
		other build.Reference
		want  bool
	}{
		"same":          {"its project", "arn:aws:codebuild:eu-west-1:123456789012:project/p", true},
		"other region":  {"another region does not know the build", "arn:aws:codebuild:us-east-1:123456789012:project/p", false},
		"other account": {"another account does not know the build", "arn:aws:codebuild:eu-west-1:999999999999:project/p", false},
		"partition":     {"nor does another partition", "arn:aws-cn:codebuild:eu-west-1:123456789012:project/p", false},
		"nonsense":      {"what is no ARN is nowhere", "p:1", false},
		"empty":         {"nor is nothing", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := codebuild.New(nil).SamePlace(one, c.other); got != c.want {
				t.Errorf("%s: got %t", c.why, got)
			}
		})
	}
}
