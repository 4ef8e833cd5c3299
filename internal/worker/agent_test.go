// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"os"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// A task about access control has tests that print what Kiro prints, but not where.
func TestDeniedInATestsOutput(t *testing.T) {
	w := newWorld(t)
	w.options.Parameters.Settings.AgentCommand = shell(`echo 'GET /admin [denied]'; echo 'GET /admin [DENIED]' >&2; echo "$1" > f$1`)
	w.codebuild(t.Context())
	if _, result := w.row(); result.Outcome != contract.OutcomeSucceeded {
		t.Fatalf("%+v\n%s", result, w.log)
	}
	log := w.bucket.objects["artifacts/test/b-1/logs/kiro-cli.log"]
	if strings.Count(log, "[denied]") != 2 || strings.Count(log, "===== standard error\nGET /admin [DENIED]") != 2 {
		t.Errorf("the log must hold both streams of both runs:\n%s", log)
	}
}

// What a run that was killed with its worker wrote to standard error is kept too.
func TestErrorsOfAKilledRunAreKept(t *testing.T) {
	w := newWorld(t)
	j, err := newJob(w.options)
	w.must(err)
	w.must(os.WriteFile(j.path(agentLog), []byte("out\n"), 0o600))
	w.must(os.WriteFile(j.path(agentErrors), []byte("err\n"), 0o600))
	var out strings.Builder
	if err := j.writeAgentLog(t.Context(), &out); err != nil || out.String() != "out\nerr\n" {
		t.Errorf("got %q, %v", out.String(), err)
	}
}
