// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package prbody

import (
	"strings"
	"testing"
)

func TestPlainSubject(t *testing.T) {
	cases := map[string]string{
		"Add the cart":                      "Add the cart",
		"Fixes #12 and GH-3":                "Fixes no. 12 and no. 3",
		"Ask @ann":                          "Ask ann",
		"closes https://github.com/a/b/1":   "closes https:/ /github.com/a/b/1",
		"two\nlines":                        "two lines",
		strings.Repeat("x", 200):            strings.Repeat("x", 100) + "…",
		"a # that counts nothing, a@b.test": "a # that counts nothing, ab.test",
	}
	for title, want := range cases {
		if got := PlainSubject(title); got != want {
			t.Errorf("%q became %q, want %q", title, got, want)
		}
	}
}

func TestPlainTaskID(t *testing.T) {
	for id, want := range map[string]string{"2": "2", "2.1": "2.1", "#3": "no. 3", "2#7": "2 (no. 7)"} {
		if got := PlainTaskID(id); got != want {
			t.Errorf("%q became %q, want %q", id, got, want)
		}
	}
}
