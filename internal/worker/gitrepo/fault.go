// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package gitrepo

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/fault"
)

// git has one exit code, 128, for almost everything, and no other code to distinguish a network that is down from
// a missing permission. So its words are read, here and nowhere else, in the C locale.

// gitNetwork is what git and curl say of a network, or a server, that may work again in a moment.
var gitNetwork = []string{
	"could not resolve host", "could not resolve proxy", "failed to connect", "couldn't connect to server",
	"connection timed out", "connection refused", "connection reset", "connection was reset", "operation timed out",
	"operation too slow", "network is unreachable", "no route to host", "broken pipe",
	"rpc failed", "early eof", "unexpected disconnect", "the remote end hung up unexpectedly",
	"empty reply from server", "recv failure", "send failure", "transfer closed", "gnutls recv error", "ssl_read",
	"ssl_error_syscall", "http/2 stream", "requested url returned error: 5", "requested url returned error: 429",
	"remote rejected] (internal server error", "internal server error)", "fatal error in commit_refs", "cannot lock ref",
	"requested url returned error: 408", "error in the http2 framing layer", "tls connection was non-properly terminated",
}

// gitAnswers are other things that it says, and what they mean. The first that matches counts: GitHub's GH013 is for
// rules about who pushes as well as for rules about what is pushed. A branch can have the name of a code, but no colon.
var gitAnswers = []struct {
	words []string
	code  fault.Code
	help  error
}{
	{[]string{"authentication failed", "could not read username", "could not read password", "invalid username or"}, fault.CodeUnauthorized,
		errors.New("the git credentials were refused: check the secret and whether it has expired")},
	{[]string{"requested url returned error: 403", "permission to", "denied to"}, fault.CodeAccessDenied,
		errors.New("the git credentials lack a permission: they need to read and write the repository's contents")},
	{[]string{"repository not found", "requested url returned error: 404", "' not found"}, fault.CodeNotFound,
		errors.New("the repository does not exist, or the git credentials do not see it: check its name and what the credentials may read")},
	{[]string{"couldn't find remote ref"}, fault.CodeNotFound, ErrBranchGone},
	{[]string{"gh006:", "protected branch", "cannot update this protected ref", "must be made through a pull request", "must have verified signatures"}, fault.CodeAccessDenied, errRulesRefuse},
	{[]string{"gh001:", "gh013:", "file size limit", "push cannot contain secrets", "pre-receive hook declined"}, fault.CodeInvalidRequest, ErrContentRefused},
	{[]string{"hook declined"}, fault.CodeAccessDenied, errRulesRefuse},
}

// errRulesRefuse says that a rule refuses whoever pushes, whatever it is.
var errRulesRefuse = errors.New("the repository's rules refuse the push: let the worker's account push to this branch")

// ErrContentRefused says that the server refuses what the push holds, whoever pushes it.
var ErrContentRefused = errors.New("the server refuses what the push holds: keep files over 100 MB and secrets out of the change " +
	"(put what is generated into .gitignore), or change the repository's push rules")

// ErrBranchGone says that the remote has no such branch.
var ErrBranchGone = errors.New("the branch is not there any more")

// errGitMissing says that there is no git to run.
var errGitMissing = fault.NewTerminal(fault.CodeInvalidConfiguration, errors.New("git is not in PATH: install it in the build image"))

// classify gives a failed command's error a kind. What is not known is terminal: only the network is worth another try.
func classify(command string, err error, messages string) error {
	if errors.Is(err, exec.ErrNotFound) {
		return errGitMissing
	}
	said := strings.ToLower(messages)
	wrapped := fmt.Errorf("git %s: %w: %s", command, err, LastLine(messages))
	for _, answer := range gitAnswers {
		if containsAny(said, answer.words) {
			return fault.NewTerminal(answer.code, fmt.Errorf("%w (%w)", answer.help, wrapped))
		}
	}
	if containsAny(said, gitNetwork) {
		return fault.NewRetryable(fault.CodeUnreachable, wrapped)
	}
	return fault.NewTerminal(fault.CodeUnknown, wrapped)
}

// PushRefused reports whether a push's error proves that it did not and will not arrive. A time-out, a cut connection, a
// signal or words that are not known prove nothing.
func PushRefused(err error) bool {
	if !fault.IsTerminal(err) {
		return false
	}
	switch fault.CodeOf(err) {
	case fault.CodeUnauthorized, fault.CodeAccessDenied, fault.CodeNotFound, fault.CodeInvalidRequest, fault.CodeInvalidConfiguration:
		return true
	default:
		return false
	}
}

func containsAny(text string, words []string) bool {
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// LastLine is the end of what a command wrote, at most 400 bytes, in one line.
func LastLine(text string) string {
	const keep = 400
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > keep {
		text = "…" + strings.ToValidUTF8(text[len(text)-keep:], "")
	}
	return text
}
