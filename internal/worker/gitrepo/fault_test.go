// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/fault"
)

var errGone = errors.New("gone")

func TestClassify(t *testing.T) {
	exit := &exec.ExitError{}
	cases := map[string]struct {
		why, said string
		terminal  bool
		code      fault.Code
	}{
		"DNS":        {"A name that cannot be resolved now may be in a moment.", "fatal: unable to access 'https://x/': Could not resolve host: x", false, fault.CodeUnreachable},
		"Refused":    {"A server that restarts.", "Failed to connect to x port 443 after 1 ms: Couldn't connect to server", false, fault.CodeUnreachable},
		"HangUp":     {"A cut connection.", "fatal: the remote end hung up unexpectedly", false, fault.CodeUnreachable},
		"Gateway":    {"A gateway in trouble.", "error: RPC failed; HTTP 502 curl 22 The requested URL returned error: 502", false, fault.CodeUnreachable},
		"Auth":       {"A wrong token stays wrong.", "fatal: Authentication failed for 'https://x/'", true, fault.CodeUnauthorized},
		"Prompt":     {"No credentials at all.", "fatal: could not read Username for 'https://x': terminal prompts disabled", true, fault.CodeUnauthorized},
		"Forbidden":  {"A missing permission.", "remote: Permission to a/b.git denied to c. fatal: unable to access: The requested URL returned error: 403", true, fault.CodeAccessDenied},
		"NotFound":   {"A repository that is not there.", "remote: Repository not found. fatal: repository 'https://x/' not found", true, fault.CodeNotFound},
		"Protected":  {"A rule of the repository.", "remote: error: GH006: Protected branch update failed", true, fault.CodeAccessDenied},
		"Ruleset":    {"A ruleset about who may push.", "remote: error: GH013: Repository rule violations found for refs/heads/x. remote: - Cannot update this protected ref.", true, fault.CodeAccessDenied},
		"LargeFile":  {"A file that is too large is refused for whoever pushes it.", "remote: error: GH001: Large files detected. ! [remote rejected] x -> x (pre-receive hook declined)", true, fault.CodeInvalidRequest},
		"Secret":     {"So is what looks like a secret.", "remote: error: GH013: Repository rule violations found for refs/heads/x. remote: - Push cannot contain secrets", true, fault.CodeInvalidRequest},
		"NamedSo":    {"A branch may be named like a code.", "! [rejected] gh001 -> gh001 (fetch first)", true, fault.CodeUnknown},
		"BranchGone": {"The branch was deleted.", "fatal: couldn't find remote ref refs/heads/x", true, fault.CodeNotFound},
		"Unknown":    {"What nobody knows is not tried again.", "fatal: bad object", true, fault.CodeUnknown},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			err := classify("fetch", exit, c.said)
			if fault.IsTerminal(err) != c.terminal || fault.CodeOf(err) != c.code {
				t.Errorf("%s\nterminal %t, code %s: %v", c.why, fault.IsTerminal(err), fault.CodeOf(err), err)
			}
		})
	}
	if err := classify("fetch", exec.ErrNotFound, ""); !strings.Contains(err.Error(), "install it") {
		t.Errorf("a missing git is named: %v", err)
	}
}

func TestPushRefused(t *testing.T) {
	cases := map[string]struct {
		why  string
		err  error
		want bool
	}{
		"Denied":      {"The server said no.", fault.NewTerminal(fault.CodeAccessDenied, errGone), true},
		"Credentials": {"It did not even look.", fault.NewTerminal(fault.CodeUnauthorized, errGone), true},
		"NotFound":    {"There is nothing to push to.", fault.NewTerminal(fault.CodeNotFound, errGone), true},
		"Content":     {"The server refused what was in it.", fault.NewTerminal(fault.CodeInvalidRequest, errGone), true},
		"NoGit":       {"It was never begun.", errGitMissing, true},
		"TimedOut":    {"The server may be at it still.", fmt.Errorf("git push: %w", context.DeadlineExceeded), false},
		"Interrupted": {"So it may after a signal.", fmt.Errorf("git push: %w", errGone), false},
		"CutOff":      {"The answer is lost, the push perhaps not.", fault.NewRetryable(fault.CodeUnreachable, errGone), false},
		"UnknownWord": {"Words that nobody knows prove nothing: git may have been killed.", fault.NewTerminal(fault.CodeUnknown, errGone), false},
		"Wrapped":     {"However often it was wrapped.", fmt.Errorf("a: %w", fmt.Errorf("b: %w", fault.NewTerminal(fault.CodeAccessDenied, errGone))), true},
	}
	for name, c := range cases {
		if got := PushRefused(c.err); got != c.want {
			t.Errorf("%s: %s got %t", name, c.why, got)
		}
	}
}
