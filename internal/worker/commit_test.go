// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// A logger that writes the redaction's own mark is good code, and an example of a token is one.
func TestCodeThatOnlyLooksSecretIsCommitted(t *testing.T) {
	w := newWorld(t)
	w.options.Parameters.Settings.AgentCommand = shell(`echo 'log(v.replace(k, "[REDACTED]")); // not ghp_zyxwvutsrqponmlkjihgZYXWVUTSRQ543210' > f$1`)
	w.codebuild(t.Context())
	if _, result := w.row(); result.Outcome != contract.OutcomeSucceeded {
		t.Errorf("%+v\n%s", result, w.log)
	}
	if !strings.Contains(w.file("f2"), "[REDACTED]") {
		t.Error("the work is not on the branch")
	}
}

func TestEncodedSecretIsNotCommitted(t *testing.T) {
	w := newWorld(t)
	before := w.head()
	// What a redactor writes for a value that its own mark would show.
	w.options.Redactor.Add("redacted")
	w.options.Parameters.Settings.AgentCommand = shell("echo auth=" + base64.StdEncoding.EncodeToString([]byte("x:"+testToken)) + " > config")
	w.codebuild(t.Context())
	_, result := w.row()
	if result.Outcome != contract.OutcomeAgentFailed || !strings.Contains(result.Message, "holds a secret of the build in config") {
		t.Errorf("%+v", result)
	}
	if w.head() != before {
		t.Error("it was pushed")
	}
}
