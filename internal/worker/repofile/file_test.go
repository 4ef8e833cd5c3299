// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package repofile_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/repofile"
)

func number(n int) *int { return &n }

const whole = `# what this repository says
version: 1
setup: npm ci --ignore-scripts
tests:
  commands: [npm test, "npm run 'test e2e'"]
  results:
  - reports/*.xml
coverage:
  reports: [coverage/lcov.info]
  threshold: 85
  changedLines: 90
protectedPaths:
- glob: .github/
- {glob: "*.snap", onChange: Name}
repair: {rounds: 1}
`

func TestParse(t *testing.T) {
	cases := map[string]struct {
		text string
		want repofile.File
	}{
		"everything": {whole, repofile.File{
			Setup: "npm ci --ignore-scripts", TestCommands: []string{"npm test", "npm run 'test e2e'"}, TestResults: []string{"reports/*.xml"},
			CoverageReports: []string{"coverage/lcov.info"}, Threshold: number(85), ChangedLines: number(90),
			ProtectedPaths: []contract.ProtectedPath{{Glob: ".github/"}, {Glob: "*.snap", NameOnly: true}}, Rounds: number(1),
		}},
		"nothing":                     {"version: 1\n", repofile.File{}},
		"JSON is YAML":                {`{"version": 1, "setup": "make deps"}`, repofile.File{Setup: "make deps"}},
		"a command twice is one":      {"version: 1\ntests: {commands: [make, make]}\n", repofile.File{TestCommands: []string{"make"}}},
		"a folded command":            {"version: 1\nsetup: >-\n  npm\n  ci\n", repofile.File{Setup: "npm ci"}},
		"a threshold of zero is said": {"version: 1\ncoverage: {threshold: 0}\n", repofile.File{Threshold: number(0)}},
	}
	for why, c := range cases {
		got, problems := repofile.Parse(c.text)
		if len(problems) > 0 {
			t.Errorf("%s: %v", why, problems)
		}
		if diff := cmp.Diff(c.want, got, cmpopts.IgnoreUnexported(repofile.File{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", why, diff)
		}
	}
}

// A file that is wrong is refused as a whole, with each key's name and line.
func TestParseRefuses(t *testing.T) {
	cases := map[string]struct {
		text string
		says []string
	}{
		"an unknown key":                   {"version: 1\ntest: {}\n", []string{`line 2: unknown key "test"; known are coverage, protectedPaths, repair`}},
		"an unknown key further in":        {"version: 1\ncoverage:\n  treshold: 90\n", []string{`line 3: unknown key "treshold" in coverage; known are changedLines, reports, threshold`}},
		"all of them at once":              {"version: 1\na: 1\nb: 2\n", []string{`line 2: unknown key "a"`, `line 3: unknown key "b"`}},
		"a key twice":                      {"version: 1\nsetup: a\nsetup: b\n", []string{"line 3: setup is there twice"}},
		"no version":                       {"setup: make\n", []string{"version is missing"}},
		"a version of tomorrow":            {"version: 2\n", []string{"line 1: version is 2; this worker knows 1 alone"}},
		"an empty file":                    {"", []string{"it is empty"}},
		"comments alone":                   {"# nothing\n", []string{"it is empty"}},
		"a list":                           {"- version: 1\n", []string{"the file must be a mapping"}},
		"no YAML":                          {"version: [1\n", []string{"it is not YAML"}},
		"two documents":                    {"version: 1\n---\nversion: 1\n", []string{"there is a second document"}},
		"a second document that is none":   {"version: 1\n---\n[\n", []string{"there is a second document, or what follows is not YAML"}},
		"a number for a command":           {"version: 1\nsetup: 7\n", []string{"line 2: setup must be a text"}},
		"a null":                           {"version: 1\nsetup:\n", []string{"line 2: setup must be a text"}},
		"a text for a number":              {"version: 1\ncoverage: {threshold: high}\n", []string{"coverage.threshold must be a whole number"}},
		"half a percent":                   {"version: 1\ncoverage: {threshold: 80.5}\n", []string{"coverage.threshold must be a whole number"}},
		"more rounds than any attempt has": {"version: 1\nrepair: {rounds: 99}\n", []string{"repair.rounds is 99; it must be 0 to"}},
		"over a hundred":                   {"version: 1\ncoverage: {threshold: 101}\n", []string{"it must be 0 to 100"}},
		"a text for a list":                {"version: 1\ntests: {commands: make}\n", []string{"tests.commands must be a list"}},
		"a pipe":                           {"version: 1\nsetup: make | sh\n", []string{"line 2: setup"}},
		"a quotation that is open":         {"version: 1\nsetup: \"make 'x\"\n", []string{"quotation"}},
		"two lines":                        {"version: 1\nsetup: |\n  a\n  b\n", []string{"is more than one line"}},
		"an empty command":                 {"version: 1\nsetup: '  '\n", []string{"setup is empty"}},
		"a zero byte":                      {"version: 1\nsetup: \"a\\0b\"\n", []string{"control character"}},
		"a long command":                   {"version: 1\nsetup: " + strings.Repeat("x", 1025) + "\n", []string{"1025 bytes; at most 1024"}},
		"nine commands":                    {"version: 1\ntests: {commands: [a,b,c,d,e,f,g,h,i]}\n", []string{"tests.commands has 9 elements; at most 8"}},
		"a path that leads out":            {"version: 1\ntests: {results: [a/../../b]}\n", []string{"tests.results[0]", "relative to the repository"}},
		"an absolute path":                 {"version: 1\ncoverage: {reports: [x, /etc/passwd]}\n", []string{"coverage.reports[1]"}},
		"an option":                        {"version: 1\nprotectedPaths: [{glob: -x}]\n", []string{"protectedPaths[0].glob"}},
		"a path without a pattern":         {"version: 1\nprotectedPaths: [{onChange: Name}]\n", []string{"protectedPaths[0] has no glob"}},
		"a change that does nothing":       {"version: 1\nprotectedPaths: [{glob: x, onChange: Ignore}]\n", []string{`onChange is "Ignore": write Fail or Name`}},
		"an alias":                         {"version: 1\nsetup: &a make\ntests: {commands: [*a]}\n", []string{"is an alias: write out"}},
		"aliases that grow":                {"version: 1\nx: &a [y]\nb: &b [*a,*a]\nc: &c [*b,*b]\n", []string{`unknown key "x"`}},
		"a merge":                          {"version: 1\ntests: &t {commands: [make]}\ncoverage:\n  <<: *t\n", []string{`line 4: unknown key "<<" in coverage`}},
		"a key that is no text":            {"version: 1\n? [a]\n: 1\n", []string{"unknown key"}},
		"a tag":                            {"version: 1\nsetup: !!binary bWFrZQ==\n", []string{"setup must be a text"}},
		"a file without end":               {strings.Repeat("# x\n", 5000), []string{"20000 bytes; at most 16384"}},
		"a depth without end":              {"version: 1\nsetup: " + strings.Repeat("[", 12000) + "\n", []string{"YAML"}},
		"bytes that are no text":           {"version: 1\nsetup: \xff\xfe\n", []string{"YAML"}},
	}
	for why, c := range cases {
		got, problems := repofile.Parse(c.text)
		if diff := cmp.Diff(repofile.File{}, got, cmpopts.IgnoreUnexported(repofile.File{})); diff != "" {
			t.Errorf("%s: something of it counts:\n%s", why, diff)
		}
		text := strings.Join(problems, "\n")
		for _, want := range c.says {
			if !strings.Contains(text, want) {
				t.Errorf("%s: it says\n%s\nand not %q", why, text, want)
			}
		}
		if len(text) > 4000 || len(problems) == 0 {
			t.Errorf("%s: %d problems in %d bytes", why, len(problems), len(text))
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(whole)
	f.Add("version: 1\nsetup: &a make\ntests: {commands: [*a]}\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, problems := repofile.Parse(text)
		if len(problems) > 0 {
			return
		}
		// Whatever a file says, no gate is weaker than the environment's.
		own := contract.Settings{TestCommand: "make", ChangedLines: number(50), ProtectedPaths: []contract.ProtectedPath{{Glob: "a"}}, TestResults: []string{"r"}}
		joined, problems := file.Apply(own, 80)
		if len(problems) > 0 {
			return
		}
		s := joined.Settings
		if joined.Threshold < 80 || *s.ChangedLines < 50 || !strings.HasPrefix(s.TestCommand, "make") || s.ProtectedPaths[0].Glob != "a" || s.TestResults[0] != "r" {
			t.Errorf("%q made a gate weaker: %+v", text, joined)
		}
	})
}
