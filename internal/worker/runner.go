// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

const (
	packageFile    = "package.json"
	maxPackageFile = 1 << 20
	// askedDir is where runners are asked to write; the usual places have it, and it is never committed.
	askedDir = "kiro-test-results/"
)

// knownRunner is a test runner that leaves no file of its own accord, and what it is asked for beside its own output. The words
// are ours: of a repository's package.json only which runner it uses counts.
type knownRunner struct {
	name   string
	script *regexp.Regexp // of package.json's test script
	report string
	// coverage is what it is asked for where the package needed for it, if any, is installed.
	coverage, needs string
}

// plainScript begins and ends a script that is one command: what is appended to it reaches the runner.
const (
	scriptBegins = `^(?:(?:cross-env(?:-shell)?\s+)?(?:[A-Z_]+=\S*\s+)*)?(?:npx\s+)?`
	scriptEnds   = `(?:\s+[^&|;<>$` + "`" + `]*)?$`
)

var runners = []knownRunner{
	{name: "Jest", script: regexp.MustCompile(scriptBegins + `jest` + scriptEnds), report: "--json --outputFile=" + askedDir + "jest.json",
		coverage: "--coverage --coverageReporters=json --coverageReporters=lcov --coverageReporters=text"},
	{name: "Vitest", script: regexp.MustCompile(scriptBegins + `vitest(?:\s+run)?` + scriptEnds), report: "--reporter=default --reporter=json --outputFile.json=" + askedDir + "vitest.json",
		coverage: "--coverage.enabled --coverage.reporter=json --coverage.reporter=lcov --coverage.reporter=text", needs: "@vitest/coverage-"},
	{name: "Mocha", script: regexp.MustCompile(scriptBegins + `_?mocha` + scriptEnds), report: "--reporter=json --reporter-option=output=" + askedDir + "mocha.json"},
}

// asksAlready is true of a script that says itself where reports go: it is left alone.
var asksAlready = regexp.MustCompile(`--(?:reporters?|json|outputFile|output-file)\b|\s-R\b|--watch\b`)

// askRunner returns the test command with what its runner is asked for, and what to say of that; the command as it is, where
// the runner is not known. Only `npm test` is looked behind.
func askRunner(tree *gitrepo.WorkTree, command string, results bool) (asked, note string) {
	if results || strings.Join(strings.Fields(command), " ") != defaultTestCommand {
		return command, ""
	}
	text, err := tree.ReadFile(packageFile, maxPackageFile)
	if err != nil {
		return command, ""
	}
	var pkg struct {
		Scripts         map[string]string `json:"scripts"`
		Dependencies    map[string]any    `json:"dependencies"`
		DevDependencies map[string]any    `json:"devDependencies"`
	}
	if json.Unmarshal(text, &pkg) != nil {
		return command, ""
	}
	script := strings.TrimSpace(pkg.Scripts["test"])
	for _, r := range runners {
		if !r.script.MatchString(script) || asksAlready.MatchString(script) {
			continue
		}
		args := r.report
		if r.coverage != "" && !strings.Contains(script, "--coverage") && !strings.Contains(script, "nyc") && (r.needs == "" || installed(r.needs, pkg.Dependencies, pkg.DevDependencies)) {
			args += " " + r.coverage
		}
		asked = defaultTestCommand + " -- " + args
		return asked, "The tests print text only, so " + r.name + " was asked for reports beside it: " + asked + ". To say it yourself, set gates.testCommand and gates.testResults, or let the repository's test script write them."
	}
	return command, ""
}

func installed(prefix string, dependencies ...map[string]any) bool {
	for _, all := range dependencies {
		for name := range all {
			if strings.HasPrefix(name, prefix) {
				return true
			}
		}
	}
	return false
}
