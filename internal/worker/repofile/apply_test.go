// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package repofile_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/repofile"
)

func TestApply(t *testing.T) {
	cases := map[string]struct {
		text      string
		own, want contract.Settings
		threshold int // 80 in the environment
		used      []string
		unused    []string
	}{
		"where the environment settles nothing the repository does": {
			text: whole, own: contract.Settings{TestCommand: repofile.DefaultTestCommand, RepairRounds: 2},
			want: contract.Settings{
				TestCommand: "npm test\nnpm run 'test e2e'", SetupCommand: "npm ci --ignore-scripts", TestResults: []string{"reports/*.xml"},
				CoverageReports: []string{"coverage/lcov.info"}, ChangedLines: number(90), RepairRounds: 1,
				ProtectedPaths: []contract.ProtectedPath{{Glob: ".github/"}, {Glob: "*.snap", NameOnly: true}},
			},
			threshold: 85,
			used: []string{
				"setup: npm ci --ignore-scripts", "tests.commands: npm test; npm run 'test e2e'", "tests.results: reports/*.xml", "coverage.reports: coverage/lcov.info",
				"coverage.threshold: 85%", "coverage.changedLines: 90%", "repair.rounds: 1", "protectedPaths: .github/, *.snap (named only), beside the environment's",
			},
		},
		"what the environment has settled stays; its tests run beside the repository's": {
			text: whole,
			own: contract.Settings{
				TestCommand: "make verify", SetupCommand: "make deps", TestResults: []string{"junit.xml"}, CoverageReports: []string{"cover.out"}, ChangedLines: number(70), RepairRounds: 1,
				ProtectedPaths: []contract.ProtectedPath{{Glob: "Makefile"}},
			},
			want: contract.Settings{
				TestCommand: "make verify\nnpm test\nnpm run 'test e2e'", SetupCommand: "make deps", TestResults: []string{"junit.xml"}, CoverageReports: []string{"cover.out"}, ChangedLines: number(90), RepairRounds: 1,
				ProtectedPaths: []contract.ProtectedPath{{Glob: "Makefile"}, {Glob: ".github/"}, {Glob: "*.snap", NameOnly: true}},
			},
			threshold: 85,
			used: []string{
				"tests.commands: npm test; npm run 'test e2e', beside the environment's", "coverage.threshold: 85%", "coverage.changedLines: 90%", "repair.rounds: 1",
				"protectedPaths: .github/, *.snap (named only), beside the environment's",
			},
			unused: []string{
				"setup is not used: the environment says it itself (gates.setupCommand)", "tests.results is not used: the environment says it itself (gates.testResults)",
				"coverage.reports is not used: the environment says it itself (gates.coverageReports)",
			},
		},
		"a file that says nothing changes nothing": {
			text: "version: 1\n", own: contract.Settings{TestCommand: "make"}, want: contract.Settings{TestCommand: "make"}, threshold: 80,
		},
		"a threshold that is the environment's own": {
			text: "version: 1\ncoverage: {threshold: 80}\n", threshold: 80, used: []string{"coverage.threshold: 80%"},
		},
	}
	for why, c := range cases {
		file, problems := repofile.Parse(c.text)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		before := len(c.own.ProtectedPaths)
		got, problems := file.Apply(c.own, 80)
		if len(problems) > 0 {
			t.Errorf("%s: %v", why, problems)
		}
		want := repofile.Joined{Settings: c.want, Threshold: c.threshold, Used: c.used, Unused: c.unused}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", why, diff)
		}
		if len(c.own.ProtectedPaths) != before {
			t.Errorf("%s: the environment's own list was changed", why)
		}
	}
}

// What would make a gate weaker is refused, with its line.
func TestApplyRefuses(t *testing.T) {
	cases := map[string]struct {
		text, says string
		own        contract.Settings
	}{
		"a lower threshold": {"version: 1\ncoverage:\n  threshold: 79\n", "line 3: coverage.threshold is 79, and the environment asks for 80", contract.Settings{}},
		"a lower threshold of changed lines": {"version: 1\ncoverage: {changedLines: 0}\n", "coverage.changedLines is 0, and the environment asks for 1",
			contract.Settings{ChangedLines: number(1)}},
		"more rounds":                         {"version: 1\nrepair: {rounds: 3}\n", "repair.rounds is 3, and the environment allows 2", contract.Settings{RepairRounds: 2}},
		"more commands than run side by side": {"version: 1\ntests: {commands: [a, b, c]}\n", "makes 9 commands", contract.Settings{TestCommand: "1\n2\n3\n4\n5\n6\n"}},
	}
	for why, c := range cases {
		file, problems := repofile.Parse(c.text)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if _, problems := file.Apply(c.own, 80); !strings.Contains(strings.Join(problems, "\n"), c.says) {
			t.Errorf("%s: got %v; want %q", why, problems, c.says)
		}
	}
}
