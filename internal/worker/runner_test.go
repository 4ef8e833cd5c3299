// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

func TestAsk(t *testing.T) {
	cases := []struct {
		why, command, script string
		results              bool
		dependencies         string
		asks                 []string // what is added; nothing if empty
		not                  string
		node                 [2]int
		options              string // a part of NODE_OPTIONS
		coverage             bool   // the environment says where its reports are
	}{
		{why: "Jest prints text", command: "npm test", script: "jest", asks: []string{"npm test -- --json --outputFile=kiro-test-results/jest.json", "--coverage"}},
		{why: "with options of its own", command: " npm  test ", script: "cross-env NODE_ENV=test TZ=UTC jest --runInBand src", asks: []string{"--json", "--coverageReporters=json"}},
		{why: "one that measures already is asked for the results alone", command: "npm test", script: "jest --coverage", asks: []string{"--json"}, not: "--coverageReporters"},
		{why: "Vitest", command: "npm test", script: "vitest run", asks: []string{"--outputFile.json=kiro-test-results/vitest.json"}, not: "--coverage"},
		{why: "Vitest with what measures its coverage", command: "npm test", script: "vitest", dependencies: "@vitest/coverage-v8", asks: []string{"--reporter=json", "--coverage.enabled"}},
		{why: "thresholds of the repository's own do not count", command: "npm test", script: "jest", asks: []string{"--coverageThreshold={}"}},
		{why: "react-scripts, which would go on watching", command: "npm test", script: "react-scripts test", asks: []string{"npm test -- --watchAll=false --json"}},
		{why: "pnpm takes arguments as they are", command: "pnpm test", script: "jest", asks: []string{"pnpm test --json"}},
		{why: "as yarn does", command: "yarn run test", script: "vitest run", asks: []string{"yarn run test --reporter=default"}},
		{why: "and bun", command: "bun run test", script: "jest", asks: []string{"bun run test --json"}},
		{why: "bun test is a runner of its own", command: "bun test", script: "jest"},
		{why: "other words for the same", command: "npm run test", script: "jest", asks: []string{"npm run test -- --json"}},
		{why: "Mocha with c8", command: "npm test", script: "mocha", dependencies: "c8", asks: []string{"npx --no-install c8 --check-coverage=false", "--reporter=lcov", "npm test -- --reporter=json"}},
		{why: "Mocha with nyc", command: "npm test", script: "mocha", dependencies: "nyc", asks: []string{"npx --no-install nyc", "npm test -- --reporter=json"}},
		{why: "Mocha that is measured already", command: "npm test", script: "c8 mocha", dependencies: "c8"},
		{why: "where its coverage is was said", command: "npm test", script: "jest", coverage: true, asks: []string{"--json"}, not: "--coverage"},
		{why: "node:test", command: "npm test", script: "node --test", node: [2]int{20, 11}, asks: []string{"--test-reporter=spec --test-reporter-destination=stdout", "--test-reporter=junit --test-reporter-destination=kiro-test-results/node.xml", "--experimental-test-coverage", "--test-reporter=lcov"}},
		{why: "node:test with options before it", command: "npm test", script: "NODE_ENV=test node --import tsx --enable-source-maps --test --test-concurrency=1", node: [2]int{22, 0}, asks: []string{"npm test -- --test-reporter=spec"}},
		{why: "node:test of files: what is appended would be a file", command: "npm test", script: `node --test "test/**/*.test.js"`, node: [2]int{22, 0}, options: "--test-reporter=junit --test-reporter-destination=kiro-test-results/node.xml", not: " -- "},
		{why: "node:test of files with c8", command: "npm test", script: "node --test test/", dependencies: "c8", node: [2]int{22, 0}, asks: []string{"npx --no-install c8"}, options: "--test-reporter=spec", not: " -- "},
		{why: "a Node.js that does not know these reporters", command: "npm test", script: "node --test", node: [2]int{18, 20}},
		{why: "a Node.js whose version is not known", command: "npm test", script: "node --test"},
		{why: "node:test that reports already", command: "npm test", script: "node --test --test-reporter=tap", node: [2]int{22, 0}},
		{why: "behind other commands: the last one is given what is appended", command: "npm test", script: "tsc -p . && eslint src && jest", asks: []string{"npm test -- --json"}},
		{why: "behind another script", command: "npm test", script: "npm run lint && npm run test:unit", asks: []string{"npm test -- -- --json --outputFile=kiro-test-results/jest.json"}},
		{why: "behind one of yarn's, which takes arguments as they are", command: "npm test", script: "yarn test:unit", asks: []string{"npm test -- --json"}},
		{why: "behind a script that runs itself", command: "npm test", script: "npm run test"},
		{why: "behind one that is not there", command: "npm test", script: "npm run none"},
		{why: "a runner that only may run", command: "npm test", script: "test -d dist || jest"},
		{why: "a program that is no test runner", command: "npm test", script: "node test.js", node: [2]int{22, 0}},
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
			pkg := map[string]any{"scripts": map[string]string{"test": c.script, "lint": "eslint .", "test:unit": "jest"}, "devDependencies": map[string]string{c.dependencies: "1"}}
			text, err := json.Marshal(pkg)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, packageFile), text, 0o600); err != nil {
				t.Fatal(err)
			}
			_, tree := gitrepo.Open(gitrepo.Options{Dir: t.TempDir(), Tree: dir})
			var s contract.Settings
			if c.results {
				s.TestResults = []string{"x.json"}
			}
			if c.coverage {
				s.CoverageReports = []string{"x.info"}
			}
			as := asking{tree: tree, settings: s, node: func() [2]int { return c.node }}.ask(c.command)
			got, note := as.command, as.note
			if len(c.asks) == 0 && c.options == "" && (got != c.command || note != "") {
				t.Errorf("got %q, and says %q; want it left alone", got, note)
			}
			if !strings.Contains(as.options, c.options) || c.options == "" && as.options != "" || !strings.Contains(note, c.options) {
				t.Errorf("NODE_OPTIONS is %q, and it says %q; want %q in both", as.options, note, c.options)
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

// Node.js's own runner, which prints text only, is measured with its coverage. The real one runs here.
func TestNodeTestThatPrintsTextOnly(t *testing.T) {
	const test = `const test = require("node:test"); const assert = require("node:assert"); const { add } = require("../add.js");
test("adds", () => assert.equal(add(1, 2), 3)); test("later", { todo: true });`
	out, err := exec.CommandContext(t.Context(), "node", "--version").Output()
	must(t, err)
	var major, minor int
	_, err = fmt.Sscanf(string(out), "v%d.%d", &major, &minor)
	must(t, err)
	// An older one is not asked, and its coverage is what the message says to add.
	asks := major > 20 || major == 20 && minor >= 11
	for script, covered := range map[string]bool{"node --test": asks, "node --test test/add.test.js": false} {
		t.Run(script, func(t *testing.T) {
			w := newWorld(t, func(f map[string]string) {
				f["package.json"] = `{"scripts":{"test":"` + script + `"}}`
				f["add.js"] = "function add(a, b) {\n  return a + b;\n}\nmodule.exports = { add };\n"
				f["test/add.test.js"] = test
			})
			w.options.Environ = os.Environ()
			w.options.Parameters.Settings.TestCommand, w.options.Parameters.Settings.TestResults = "npm test", nil
			w.codebuild(t.Context())
			_, result := w.row()
			if result.Tests == nil || *result.Tests != (contract.Tests{Total: 2, Passed: 1, Skipped: 1}) {
				t.Fatalf("%+v\n%s", result, w.log)
			}
			if covered && result.Outcome != contract.OutcomeSucceeded {
				t.Errorf("%+v\n%s", result, w.log)
			}
			if !covered && (result.Outcome != contract.OutcomeCoverageNotMeasured || !strings.Contains(result.Message, "--experimental-test-coverage --test-reporter=lcov")) {
				t.Errorf("what to add is not said: %+v", result)
			}
			if asks && !strings.Contains(w.body(), "node:test was asked for reports") {
				t.Errorf("the pull request does not say so:\n%s", w.body())
			}
		})
	}
}
