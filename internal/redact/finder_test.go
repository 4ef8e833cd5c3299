// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package redact_test

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/redact"
)

func TestFinder(t *testing.T) {
	const secret = "s3cr3t-Valu/e+that?is&known"
	filler := strings.Repeat("nothing to see here\n", 40_000)
	cases := []struct {
		why, known, text string
		want             bool
	}{
		{"as it is", secret, "a = '" + secret + "'", true},
		{"in base64", secret, "a = '" + base64.StdEncoding.EncodeToString([]byte("user:"+secret)) + "'", true},
		{"escaped for a URL", secret, "https://x/?k=" + url.QueryEscape(secret), true},
		{"broken over lines", secret, "'s3cr3t-Valu/\n  e+that?is&known'", true},
		{"at the end of much else", secret, filler + secret, true},
		{"across the end of a window, wherever that is", secret, strings.Repeat("x", 256<<10-10) + secret + filler, true},
		{"before much else", secret, secret + filler, true},
		{"where the mark would show it", "redacted", "it is redacted", true},
		{"not there", secret, "s3cr3t-Valu", false},
		{"the mark itself is code like any other", secret, `log.replace(key, "[REDACTED]")`, false},
		{"what only looks like a secret is an example", secret, "ghp_0123456789abcdefghijABCDEFGHIJ012345", false},
		{"nothing is known", "", "text", false},
		{"nothing is written", secret, "", false},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			r := redact.New(redact.Options{Known: []string{c.known}})
			if got := r.HoldsKnown([]byte(c.text)); got != c.want {
				t.Errorf("in one piece: %t, want %t", got, c.want)
			}
			for _, size := range []int{7, 4096, 1 << 20} {
				f := r.NewFinder()
				for rest := []byte(c.text); len(rest) > 0; {
					n := min(size, len(rest))
					if written, err := f.Write(rest[:n]); written != n || err != nil {
						t.Fatalf("wrote %d of %d: %v", written, n, err)
					}
					rest = rest[n:]
				}
				if got := f.Holds(); got != c.want {
					t.Errorf("in writes of %d bytes: %t, want %t", size, got, c.want)
				}
			}
		})
	}
}

func TestFinderKnowsWhatWasAddedSince(t *testing.T) {
	r := redact.New(redact.Options{})
	f := r.NewFinder()
	if _, err := f.Write([]byte("a late-secret-1")); err != nil || f.Holds() {
		t.Fatalf("nothing is known yet: %v", err)
	}
	r.Add("late-secret-1")
	if !f.Holds() {
		t.Error("a value that was added since is not found")
	}
}
