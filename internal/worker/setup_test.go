// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

func TestHasDependencies(t *testing.T) {
	for text, want := range map[string]bool{
		"": false, "{": false, `{"packages":{"":{"name":"x"}}}`: false, `{"packages":{"":{},"node_modules/a":{}}}`: true,
		`{"dependencies":{"a":{}}}`: true, `{"lockfileVersion":3}`: false,
	} {
		if got := hasDependencies([]byte(text)); got != want {
			t.Errorf("%q: got %t", text, got)
		}
	}
}

// The setup looks at the lock file before the tests too. Were a pipe opened, the build would hang until its time-out,
// with its heartbeats going on.
func TestAPipeInPlaceOfTheLockFile(t *testing.T) {
	w := newWorld(t)
	w.options.Parameters.Settings.AgentCommand = shell(`[ -e package-lock.json ] || mkfifo package-lock.json; echo "$1" > f$1`)
	w.codebuild(t.Context())
	if _, result := w.row(); result.Outcome != contract.OutcomeSucceeded {
		t.Errorf("%+v\n%s", result, w.log)
	}
}
