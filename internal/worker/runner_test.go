// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

func TestAskRunner(t *testing.T) {
	cases := []struct {
		why, command, script string
		results              bool
		dependencies         string
		asks                 []string // what is added; nothing if empty
		not                  string
	}{
		{why: "Jest prints text", command: "npm test", script: "jest", asks: []string{"npm test -- --json --outputFile=kiro-test-results/jest.json", "--coverage"}},
		{why: "with options of its own", command: " npm  test ", script: "cross-env NODE_ENV=test TZ=UTC jest --runInBand src", asks: []string{"--json", "--coverageReporters=json"}},
		{why: "one that measures already is asked for the results alone", command: "npm test", script: "jest --coverage", asks: []string{"--json"}, not: "--coverageReporters"},
		{why: "Vitest", command: "npm test", script: "vitest run", asks: []string{"--outputFile.json=kiro-test-results/vitest.json"}, not: "--coverage"},
		{why: "Vitest with what measures its coverage", command: "npm test", script: "vitest", dependencies: "@vitest/coverage-v8", asks: []string{"--reporter=json", "--coverage.enabled"}},
		{why: "Mocha", command: "npm test", script: "npx mocha test/*.js", asks: []string{"--reporter-option=output=kiro-test-results/mocha.json"}},
		{why: "a script that asks already", command: "npm test", script: "jest --json --outputFile=x.json"},
		{why: "a script of several commands: the last one would be asked", command: "npm test", script: "jest && eslint ."},
		{why: "a script that hides its commands", command: "npm test", script: "jest $(cat args)"},
		{why: "another runner", command: "npm test", script: "ava"},
		{why: "a name that only begins like one", command: "npm test", script: "jest-runner-x"},
		{why: "a command that somebody chose", command: "npm run unit", script: "jest"},
		{why: "an environment that says where results are", command: "npm test", script: "jest", results: true},
		{why: "no script at all", command: "npm test"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			dir := t.TempDir()
			pkg := map[string]any{"scripts": map[string]string{"test": c.script}, "devDependencies": map[string]string{c.dependencies: "1"}}
			text, err := json.Marshal(pkg)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, packageFile), text, 0o600); err != nil {
				t.Fatal(err)
			}
			_, tree := gitrepo.Open(gitrepo.Options{Dir: t.TempDir(), Tree: dir})
			got, note := askRunner(tree, c.command, c.results)
			if len(c.asks) == 0 && (got != c.command || note != "") {
				t.Errorf("got %q, and says %q; want it left alone", got, note)
			}
			for _, want := range c.asks {
				if !strings.Contains(got, want) || !strings.Contains(note, want) {
					t.Errorf("got %q, and says %q; want %q in both", got, note, want)
				}
			}
			if c.not != "" && strings.Contains(got, c.not) {
				t.Errorf("got %q; it is not to be asked for %s", got, c.not)
			}
		})
	}
}

// A repository whose tests print text only is measured all the same, and the pull request says how.
func TestATestScriptThatPrintsTextOnly(t *testing.T) {
	w := newWorld(t, func(f map[string]string) {
		f["package.json"] = `{"scripts":{"test":"jest"}}`
		f["test.sh"] = testScript(4, 0, 90)
	})
	// A stand-in for npm that does what Jest does with these arguments.
	w.options.Environ = append(os.Environ(), "PATH="+program(t, "npm", `[ "$1 $2 $3 $4" = "test -- --json --outputFile=kiro-test-results/jest.json" ] || exit 9
sh ./test.sh >/dev/null; mkdir -p kiro-test-results; mv results.json kiro-test-results/jest.json`)+":"+os.Getenv("PATH"))
	w.options.Parameters.Settings.TestCommand, w.options.Parameters.Settings.TestResults = "npm test", nil
	w.codebuild(t.Context())
	_, result := w.row()
	if result.Outcome != contract.OutcomeSucceeded || result.Tests == nil || result.Tests.Total != 4 {
		t.Fatalf("%+v\n%s", result, w.log)
	}
	if !strings.Contains(w.body(), "Jest was asked for reports") {
		t.Errorf("the pull request does not say so:\n%s", w.body())
	}
}
