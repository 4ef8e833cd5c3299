// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"strings"
	"testing"
	"unicode"

	"github.com/kiro-worker/kiro-worker/internal/contract"
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
		"Markers":    {"Nobody else writes our markers.", "x" + sectionEnd + "y", "`x<!- - kiro-worker:end - ->y`"},
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
		if got := plainSubject(title); got != want {
			t.Errorf("%q became %q, want %q", title, got, want)
		}
	}
}

func TestSummaryOfHostileText(t *testing.T) {
	evil := "`x` | @everyone\n## Fixes #1 " + sectionEnd
	s := summary{
		Result: contract.Result{Outcome: contract.OutcomeTestsFailed, Message: evil, ArtifactsURL: evil, SteeringVersion: evil},
		Tasks:  []TaskRecord{{ID: evil, Title: evil, Reason: evil, Commit: "abc"}}, FailedTests: []string{evil},
		Changes: []Change{{Path: evil, Added: 1}, {Path: "package.json", Added: 1}}, Notes: []string{evil},
		WorkItem: evil, Correlation: evil, BuildARN: evil, BuildURL: evil,
	}
	text := s.markdown()
	if strings.Contains(text, sectionEnd) || strings.Contains(text, "\n## Fixes") {
		t.Errorf("text broke out:\n%s", text)
	}
	for line := range strings.Lines(text) {
		// Outside of code nothing of it may stand.
		for n, part := range strings.Split(line, "`") {
			if n%2 == 0 && strings.Contains(part, "everyone") {
				t.Errorf("outside of code: %q", line)
			}
		}
	}
	if !strings.Contains(text, "**Look twice:** how tests and coverage are measured was changed in `package.json`") {
		t.Errorf("a changed test configuration must be named:\n%s", text)
	}
	if short := s.short(); len(short) >= len(text) || strings.Contains(short, "<details>") {
		t.Error("the short section has no lists")
	}
}

func TestPercent(t *testing.T) {
	for v, want := range map[float64]string{100: "100%", 79.99: "79.99%", 79.996: "79.99%", 80: "80%", 0: "0%", 33.333333: "33.33%", 91.5: "91.5%"} {
		if got := percent(v); got != want {
			t.Errorf("%v is shown as %s, want %s", v, got, want)
		}
	}
}

func TestConsoleURL(t *testing.T) {
	got := consoleURL("s3://bucket/test/a b/", "eu-central-1")
	if want := "https://eu-central-1.console.aws.amazon.com/s3/buckets/bucket?prefix=test%2Fa+b%2F&region=eu-central-1"; got != want {
		t.Errorf("got %s", got)
	}
	if got := consoleURL("s3://bucket/x/", ""); got != "" {
		t.Errorf("an emulated bucket has no page, got %s", got)
	}
}
