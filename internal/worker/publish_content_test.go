// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
)

// refusePushes lets GitHub refuse every push with some words.
func (w *world) refusePushes(words string) {
	w.t.Helper()
	hook := filepath.Join(w.gitDir, testRepository+".git", "hooks", "pre-receive")
	w.must(os.MkdirAll(filepath.Dir(hook), 0o755))
	w.must(os.WriteFile(hook, []byte("#!/bin/sh\ncat >&2 <<'X'\n"+words+"\nX\nexit 1\n"), 0o755))
}

// What GitHub refuses for what it holds is refused again each time. What was done is not lost with it.
func TestPushesRefusedForTheirContent(t *testing.T) {
	cases := map[string]struct{ why, words string }{
		"LargeFile": {"A file over GitHub's limit.", "error: GH001: Large files detected. You may want to try Git Large File Storage.\nerror: File big.bin is 120.00 MB; this exceeds GitHub's file size limit of 100.00 MB"},
		"Secret":    {"Push protection found what looks like a secret.", "error: GH013: Repository rule violations found for refs/heads/feature/cart.\n- GITHUB PUSH PROTECTION\n- Push cannot contain secrets"},
		"Hook":      {"A hook of GitHub Enterprise, in its own words.", "policy: no copyright header"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			before := w.head()
			w.refusePushes(c.words)
			codes := w.codebuild(t.Context())
			_, result := w.row()
			if result.Outcome != contract.OutcomeAgentFailed || result.FailedStage != contract.StageAgent || codes[PhaseFinally] != ExitWork {
				t.Errorf("%s\ngot %+v", c.why, result)
			}
			if !strings.Contains(result.Message, "keep files over 100 MB and secrets out of the change") {
				t.Errorf("%s\nwhat to do must be said: %s", c.why, result.Message)
			}
			if diff := w.bucket.objects[testDiff]; !strings.Contains(diff, "+task 2") {
				t.Errorf("%s\nthe work that could not be pushed is in the diff, and nowhere else:\n%s", c.why, diff)
			}
			if w.head() != before {
				t.Error("it was pushed")
			}
		})
	}
}

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
