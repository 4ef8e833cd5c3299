// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package codebuild

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/codebuild/types"
)

// A build that failed before its log began has its only reason in the phase that failed.
func TestTroubleOf(t *testing.T) {
	phase := func(kind types.BuildPhaseType, status types.StatusType, code, message string) types.BuildPhase {
		p := types.BuildPhase{PhaseType: kind, PhaseStatus: status}
		if code != "" || message != "" {
			p.Contexts = []types.PhaseContext{{StatusCode: aws.String(code), Message: aws.String(message)}}
		}
		return p
	}
	good := phase(types.BuildPhaseTypeSubmitted, types.StatusTypeSucceeded, "", ": ")
	for why, c := range map[string]struct {
		phases []types.BuildPhase
		want   string
	}{
		"a network that is set up wrongly":         {[]types.BuildPhase{good, phase(types.BuildPhaseTypeQueued, types.StatusTypeFailed, "VPC_CLIENT_ERROR", "no such\nsubnet")}, "QUEUED: VPC_CLIENT_ERROR: no such subnet"},
		"an image that cannot be pulled":           {[]types.BuildPhase{good, phase(types.BuildPhaseTypeProvisioning, types.StatusTypeFailed, "IMAGE", "denied"), phase(types.BuildPhaseTypeFinalizing, types.StatusTypeFailed, "LATER", "x")}, "PROVISIONING: IMAGE: denied"},
		"all is well, whatever the contexts say":   {[]types.BuildPhase{good}, ""},
		"a phase that failed without saying why":   {[]types.BuildPhase{phase(types.BuildPhaseTypeBuild, types.StatusTypeFailed, "", "")}, ""},
		"a message without end is cut to a length": {[]types.BuildPhase{phase(types.BuildPhaseTypeQueued, types.StatusTypeFault, "X", strings.Repeat("y", 9000))}, "CUT"},
	} {
		got := troubleOf(c.phases)
		if c.want == "CUT" {
			if len(got) > maxTrouble+4 || !strings.HasPrefix(got, "QUEUED: X: yyy") {
				t.Errorf("%s: %d bytes", why, len(got))
			}
		} else if got != c.want {
			t.Errorf("%s: got %q, want %q", why, got, c.want)
		}
	}
}
