// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
	"github.com/kiro-worker/kiro-worker/internal/worker/process"
	"github.com/kiro-worker/kiro-worker/internal/worker/repofile"
)

// askedDir is where runners are asked to write; the usual places have it, and nothing in it is ever committed.
const askedDir = "kiro-test-results/"

// knownRunner is a test runner that leaves no file of its own accord, and what it is asked for beside its own output. The words
// are ours: of a repository's package.json only which runner it uses counts.
type knownRunner struct {
	name   string
	script *regexp.Regexp // of package.json's test script
	report string
	// coverage is what it is asked for where the package needed for it, if any, is installed.
	coverage, needs string
	// wrapped: it is run by c8 or nyc where one of them is installed, as it measures no coverage itself.
	wrapped bool
	// options are given to the runner through NODE_OPTIONS, as its script ends with the names of files.
	options string
	// minNode is the first version of Node.js, as major and minor, that knows all of this.
	minNode [2]int
}

// plainScript begins and ends a script that is one command: what is appended to it reaches the runner.
const (
	scriptBegins = `^(?:(?:cross-env(?:-shell)?\s+)?(?:[A-Z_]+=\S*\s+)*)?(?:npx\s+)?`
	scriptEnds   = `(?:\s+[^&|;<>$` + "`" + `]*)?$`
	// nodeFlags are options of Node.js, some of which have a word of their own behind them.
	nodeFlags = `(?:\s+(?:(?:--import|--require|--loader|--experimental-loader|--conditions|--env-file|-r|-C)(?:=|\s+)\S+|--?[A-Za-z][\w-]*(?:=\S+)?))*`
	// Jest's own thresholds do not count: the environment's do.
	jestReport   = "--json --outputFile=" + askedDir + "jest.json"
	jestCoverage = "--coverage --coverageThreshold={} --coverageReporters=json --coverageReporters=lcov --coverageReporters=text"
	nodeReport   = "--test-reporter=spec --test-reporter-destination=stdout --test-reporter=junit --test-reporter-destination=" + askedDir + "node.xml"
	nodeCoverage = "--experimental-test-coverage --test-reporter=lcov --test-reporter-destination=" + askedDir + "lcov.info"
)

var runners = []knownRunner{
	{name: "Jest", script: regexp.MustCompile(scriptBegins + `jest` + scriptEnds), report: jestReport, coverage: jestCoverage},
	{name: "Jest (of react-scripts)", script: regexp.MustCompile(scriptBegins + `(?:react-scripts|react-app-rewired|craco)\s+test` + scriptEnds), report: "--watchAll=false " + jestReport, coverage: jestCoverage},
	{name: "Vitest", script: regexp.MustCompile(scriptBegins + `vitest(?:\s+run)?` + scriptEnds), report: "--reporter=default --reporter=json --outputFile.json=" + askedDir + "vitest.json",
		coverage: "--coverage.enabled --coverage.reporter=json --coverage.reporter=lcov --coverage.reporter=text", needs: "@vitest/coverage-"},
	{name: "Mocha", script: regexp.MustCompile(scriptBegins + `_?mocha` + scriptEnds), report: "--reporter=json --reporter-option=output=" + askedDir + "mocha.json", wrapped: true},
	{name: "node:test", script: regexp.MustCompile(scriptBegins + `(?:node|tsx)` + nodeFlags + `\s+--test` + nodeFlags + `$`), report: nodeReport, coverage: nodeCoverage, minNode: [2]int{20, 11}},
	{name: "node:test", script: regexp.MustCompile(scriptBegins + `(?:node|tsx)` + nodeFlags + `\s+--test` + scriptEnds), options: nodeReport, wrapped: true, minNode: [2]int{20, 0}},
}

// asksAlready is true of a script that says itself where reports go: it is left alone.
var (
	asksAlready     = regexp.MustCompile(`--(?:reporters?|json|outputFile|output-file|test-reporter)\b|\s-R\b|--watch\b`)
	measuresAlready = regexp.MustCompile(`--(?:coverage|experimental-test-coverage)\b|\b(?:nyc|c8)\b`)
)

// wrappers measure the coverage of whatever they run.
var wrappers = []struct{ name, command string }{
	{"c8", "npx --no-install c8 --check-coverage=false --reports-dir=coverage --reporter=lcov --reporter=text "},
	{"nyc", "npx --no-install nyc --check-coverage=false --report-dir=coverage --reporter=lcov --reporter=text "},
}

// asked is a test command with what its runner was asked for.
type asked struct {
	command string
	options string // for NODE_OPTIONS
	note    string // empty where nothing was asked
}

// asking is what decides what a runner is asked for.
type asking struct {
	tree     *gitrepo.WorkTree
	settings contract.Settings
	// node is the version of Node.js, as major and minor; it is asked for only where it matters.
	node func() [2]int
}

// ask returns the test command with what its runner is asked for; the command as it is, where the runner is not known, or
// where somebody said where its reports are. Only the test script of package.json is looked behind.
func (a asking) ask(command string) asked {
	as := asked{command: command}
	_, separator, is := isTestScript(command)
	if !is || len(a.settings.TestResults) > 0 {
		return as
	}
	p, ok := readPackage(a.tree)
	if !ok {
		return as
	}
	script, inner := p.testScript()
	for _, r := range runners {
		if !r.script.MatchString(script) || asksAlready.MatchString(script) || !a.knows(r) {
			continue
		}
		measures := len(a.settings.CoverageReports) == 0 && !measuresAlready.MatchString(script)
		args := r.report
		if measures && r.coverage != "" && (r.needs == "" || p.uses(r.needs)) {
			args += " " + r.coverage
		}
		command := strings.Join(strings.Fields(command), " ")
		if args != "" {
			command += separator + inner + args
		}
		for _, w := range wrappers {
			if measures && r.wrapped && p.Scripts["pretest"] == "" && p.uses(w.name) {
				command = w.command + command
				break
			}
		}
		as.command, as.options = command, r.options
		as.note = "The tests print text only, so " + r.name + " was asked for reports beside it: " + command
		if r.options != "" {
			as.note += ", with NODE_OPTIONS=" + r.options
		}
		as.note += ". To say it yourself, set gates.testCommand and gates.testResults, or let the repository's test script write them."
		return as
	}
	return as
}

// ask finds out what the runners of the commands are asked for.
func (t testStage) ask(ctx context.Context, s *State, commands []string) ([]asked, error) {
	a := asking{tree: t.measured.tree, settings: t.settings, node: sync.OnceValue(func() [2]int { return t.nodeVersion(ctx) })}
	p, _ := readPackage(t.measured.tree)
	manager, known := managerOf(t.measured.tree, p, t.measured.sandbox.Has)
	all := make([]asked, 0, len(commands))
	for _, command := range commands {
		if named, _, _ := strings.Cut(p.PackageManager, "@"); known && command == repofile.DefaultTestCommand && manager.name == named && named != "npm" && t.measured.sandbox.Has(strings.Fields(manager.program)[0]) {
			command = manager.program + " run test"
			s.note("The repository's packageManager is %s, so its tests were run with %q.", t.clean(p.PackageManager), command)
		}
		one := a.ask(command)
		if one.note != "" {
			s.note("%s", t.clean(one.note))
		}
		if strings.Contains(one.command+one.options, "--test-reporter-destination="+askedDir) {
			// Node.js makes no directories for its reports.
			if err := t.measured.tree.WriteFile(askedDir+".gitignore", []byte("*\n")); err != nil {
				return nil, fmt.Errorf("making a directory for the test results: %w", err)
			}
			if err := t.measured.handOver(ctx); err != nil {
				return nil, err
			}
		}
		all = append(all, one)
	}
	return all, nil
}

// nodeVersion is the version of Node.js that the tests run with, as major and minor; zero if it is not known.
func (t testStage) nodeVersion(ctx context.Context) (v [2]int) {
	const quick = 20 * time.Second
	_, err := t.dir.logged(nodeLog, func(output string) (process.Result, error) {
		return t.measured.sandbox.Run(ctx, "node --version", output, quick)
	})
	if err != nil {
		return v
	}
	_, _ = fmt.Sscanf(t.dir.lastOutput(nodeLog), "v%d.%d", &v[0], &v[1])
	return v
}

func (a asking) knows(r knownRunner) bool {
	if r.minNode == ([2]int{}) {
		return true
	}
	v := a.node()
	return v[0] > r.minNode[0] || v[0] == r.minNode[0] && v[1] >= r.minNode[1]
}
