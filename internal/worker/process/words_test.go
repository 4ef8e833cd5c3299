// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package process_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/worker/process"
)

func TestWords(t *testing.T) {
	cases := []struct {
		why, line string
		want      []string
		fails     bool
	}{
		{why: "blanks separate, however many", line: "npm  test\t-- --ci\n", want: []string{"npm", "test", "--", "--ci"}},
		{why: "single quotes protect everything", line: `a 'b "c" \d'`, want: []string{"a", `b "c" \d`}},
		{why: "double quotes keep a backslash that protects nothing", line: `"a\n" "b\"c"`, want: []string{`a\n`, `b"c`}},
		{why: "a backslash protects the next character", line: `a\ b\;c`, want: []string{"a b;c"}},
		{why: "quotes can be within a word", line: `--name='x y'z`, want: []string{"--name=x yz"}},
		{why: "an empty word is a word", line: `a "" ''`, want: []string{"a", "", ""}},
		{why: "nothing is expanded, as no shell runs", line: `echo $(id) $HOME *`, want: []string{"echo", "$(id)", "$HOME", "*"}},
		{why: "a pipe would be handed to the program as an argument", line: "npm test | tee log", fails: true},
		{why: "so would a second command", line: "npm ci && npm test", fails: true},
		{why: "a quotation that does not end is a mistake", line: `npm "test`, fails: true},
		{why: "a backslash at the end protects nothing", line: `npm \`, fails: true},
		{why: "no program at all", line: "  ", fails: true},
		{why: "a zero byte would cut the argument short", line: "a\x00b", fails: true},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			got, err := process.Words(c.line)
			if (err != nil) != c.fails {
				t.Fatalf("error %v; want one: %t", err, c.fails)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("words (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAllowedEnv(t *testing.T) {
	got := process.AllowedEnv([]string{
		"PATH=/bin", "LC_ALL=C", "AWS_SECRET_ACCESS_KEY=x", "PATHOLOGY=x", "GITHUB_TOKEN=x", "npm_config__authToken=x", "broken",
	}, process.SafeEnv)
	if diff := cmp.Diff([]string{"PATH=/bin", "LC_ALL=C"}, got); diff != "" {
		t.Errorf("only names on the list may pass (-want +got):\n%s", diff)
	}
}
