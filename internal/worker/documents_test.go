// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"os"
	"strings"
	"testing"
)

// What a run that was killed with its worker wrote to standard error is kept too.
func TestErrorsOfAKilledRunAreKept(t *testing.T) {
	d := documents{dir: buildDir(t.TempDir())}
	must(t, os.WriteFile(d.dir.path(agentLog), []byte("out\n"), 0o600))
	must(t, os.WriteFile(d.dir.path(agentErrors), []byte("err\n"), 0o600))
	var out strings.Builder
	if err := d.writeAgentLog(t.Context(), &State{}, &out); err != nil || out.String() != "out\nerr\n" {
		t.Errorf("got %q, %v", out.String(), err)
	}
}
