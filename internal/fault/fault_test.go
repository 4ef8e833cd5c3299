// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package fault_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/kiro-worker/kiro-worker/internal/fault"
)

func TestKindsAreFoundInAChain(t *testing.T) {
	base := errors.New("no such project")
	terminal := fmt.Errorf("starting build: %w", fault.NewTerminal(fault.CodeNotFound, base))
	wait := fmt.Errorf("listing cards: %w", fault.NewWait(time.Minute, fault.CodeRateLimited, base))
	plain := fmt.Errorf("reading rows: %w", fault.NewRetryable(fault.CodeUnreachable, base))
	for name, c := range map[string]struct {
		err      error
		terminal bool
		wait     bool
		code     fault.Code
	}{
		"terminal":  {terminal, true, false, fault.CodeNotFound},
		"wait":      {wait, false, true, fault.CodeRateLimited},
		"retryable": {plain, false, false, fault.CodeUnreachable},
		"none":      {base, false, false, fault.CodeUnknown},
		"nil":       {nil, false, false, fault.CodeUnknown},
		"joined":    {errors.Join(base, terminal), true, false, fault.CodeNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			_, isWait := fault.AsWait(c.err)
			if fault.IsTerminal(c.err) != c.terminal || isWait != c.wait || fault.CodeOf(c.err) != c.code {
				t.Errorf("terminal %t, wait %t, code %q", fault.IsTerminal(c.err), isWait, fault.CodeOf(c.err))
			}
		})
	}
}

func TestMessage(t *testing.T) {
	for name, c := range map[string]struct{ why, in, want string }{
		"plain":      {"nothing to do", "no such table", "no such table"},
		"request id": {"it differs from call to call, and each difference is a status write", "api error X: denied, RequestID: 4f2a-9b", "api error X: denied"},
		"github id":  {"the same at GitHub", "403 forbidden (x-github-request-id: AB:12:34)", "403 forbidden"},
		"port":       {"the local port differs from call to call", "read tcp 10.0.0.7:51834->52.1.2.3:443: reset", "read tcp 52.1.2.3:443: reset"},
		"user info":  {"a URL may hold a token", "cloning https://x-access-token:ghs_abc@github.com/o/r", "cloning https://github.com/o/r"},
		"lines":      {"a condition is one line", "first\n\tsecond\x1b[31m", "first second[31m"},
		"presigned":  {"a presigned URL is a credential", "GET https://b.s3/x?X-Amz-Signature=abc failed", "GET https://b.s3/x failed"},
		"signed":     {"whatever the signature is called", `Get "https://h/x.zip?sig=abc&se=2#frag": refused`, `Get "https://h/x.zip": refused`},
		"fragment":   {"a token may stand behind the hash, too", "see HTTPS://h/cb#access_token=abc, then go on", "see HTTPS://h/cb then go on"},
		"question":   {"a question is no query", "is it at https://h/x? yes", "is it at https://h/x yes"},
		"other":      {"other addresses hold credentials as well", "dial redis://u:p@h:1/0?password=x", "dial redis://h:1/0"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := fault.Message(errors.New(c.in)); got != c.want {
				t.Errorf("%s: got %q, want %q", c.why, got, c.want)
			}
		})
	}
	long := fault.Clean(strings.Repeat("ü", 1000))
	if len(long) > 700 || !utf8.ValidString(long) {
		t.Errorf("a long message came out with %d bytes, valid %t", len(long), utf8.ValidString(long))
	}
}

func TestCut(t *testing.T) {
	for name, c := range map[string]struct {
		why, in string
		limit   int
		want    string
	}{
		"short":     {"what fits stays as it is", "abc", 3, "abc"},
		"long":      {"the limit is in bytes", "abcd", 3, "abc"},
		"character": {"half a character is not valid text, and the API server refuses it", "aüb", 2, "a"},
		"none":      {"a limit of nothing leaves nothing", "abc", 0, ""},
	} {
		if got := fault.Cut(c.in, c.limit); got != c.want {
			t.Errorf("%s: %s: got %q, want %q", name, c.why, got, c.want)
		}
	}
}
