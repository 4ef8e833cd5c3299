// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package prbody

import (
	"strings"
	"testing"
	"unicode"
)

func TestToolTextCannotBreakOut(t *testing.T) {
	cases := map[string]struct{ why, text, want string }{
		"Plain":      {"Most text is harmless.", "cart adds 1", "`cart adds 1`"},
		"Mention":    {"In code nobody is mentioned.", "@team look", "`@team look`"},
		"Closing":    {"In code nothing is closed.", "Fixes #1", "`Fixes #1`"},
		"Backticks":  {"Text must not end the code.", "a` @you `b", "`a' @you 'b`"},
		"Lines":      {"Nor begin a line of its own.", "a\n\n# big\r\n- [ ] x", "`a # big - [ ] x`"},
		"Separators": {"There are other ends of lines.", "a\u2028b\u2029c", "`a b c`"},
		"Table":      {"A cell ends at a pipe, in code too.", "a | b", "`a ¦ b`"},
		"Markers":    {"Nobody else writes our markers.", "x" + SectionEnd + "y", "`x<!- - kiro-worker:end - ->y`"},
		"Bidi":       {"Text that reads backwards hides what it says.", "a\u202eb\u200b", "`ab`"},
		"Control":    {"A terminal's colours.", "\x1b[31mred\x00", "`[31mred`"},
		"Nothing":    {"An empty code would be two backticks, which begin another.", "\n\x00", "–"},
		"Invalid":    {"Not UTF-8.", "a\xffb", "`ab`"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := code(c.text, 100); got != c.want {
				t.Errorf("%s\ngot  %q\nwant %q", c.why, got, c.want)
			}
		})
	}
}

func FuzzCode(f *testing.F) {
	for _, s := range []string{"", "a", "`", "``", "a|b", "\n", "-->", "<!-", "\u2028"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := code(text, 80)
		if got == "–" {
			return
		}
		inner := strings.TrimSuffix(strings.TrimPrefix(got, "`"), "`")
		if len(got) < 3 || strings.ContainsAny(inner, "`|") || strings.Contains(inner, "<!--") || strings.Contains(inner, "-->") ||
			strings.ContainsFunc(inner, unicode.IsControl) || inner != strings.TrimSpace(inner) {
			t.Fatalf("%q became %q", text, got)
		}
	})
}

func TestLink(t *testing.T) {
	cases := map[string]struct{ address, want string }{
		"HTTPS":    {"https://x.test/a?b=c", "[log](https://x.test/a?b=c)"},
		"Script":   {"javascript:alert(1)", "log"},
		"Bracket":  {"https://x.test/a) [you](https://evil.test", "log"},
		"None":     {"", "log"},
		"LineFeed": {"https://x.test/\n# big", "log"},
	}
	for name, c := range cases {
		if got := link("log", c.address); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
