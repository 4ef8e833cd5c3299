// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package sandbox

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Nothing of the worker's own gets through, and nothing that the environment's author sets moves the home.
func TestEnvironment(t *testing.T) {
	h := home{user: "agent", dir: "/home/agent", temp: "/home/agent/tmp"}
	environ := []string{"PATH=/bin", "HOME=/root", "AWS_ACCESS_KEY_ID=x", "GITHUB_TOKEN_SECRET_ARN=x", "KIRO_WORKER_FENCE=1", "OTEL_EXPORTER_OTLP_HEADERS=x", "TRACEPARENT=x"}
	want := []string{"PATH=/bin", "HTTPS_PROXY=http://p", "HOME=/evil", "HOME=/home/agent", "USER=agent", "LOGNAME=agent", "SHELL=/bin/sh", "TMPDIR=/home/agent/tmp", "CI=true", "KEY=k"}
	if diff := cmp.Diff(want, environment(environ, []string{"HTTPS_PROXY=http://p", "HOME=/evil"}, h, []string{"KEY=k"})); diff != "" {
		t.Errorf("environment (-want +got):\n%s", diff)
	}
}
