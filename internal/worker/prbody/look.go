// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package prbody

import (
	"fmt"
	"path"
	"strings"
)

// look is a pattern of paths at which a reviewer looks twice, and why.
type look struct{ pattern, why string }

// looks are what decides what is run, tested or counted as covered, here or elsewhere. One list, a reason each.
var looks = []look{
	// What the worker itself goes by.
	{".kiro/worker.yaml", "how the repository's work is measured"},
	// What the test command runs.
	{"package.json", "scripts and settings of tests"},
	{"Makefile", "commands"}, {"GNUmakefile", "commands"}, {"*.mk", "commands"}, {"[Jj]ustfile", "commands"}, {"Taskfile.y*ml", "commands"},
	{"tox.ini", "commands and settings of tests"}, {"noxfile.py", "commands"}, {"Rakefile", "commands"},
	{"pom.xml", "build and tests"}, {"build.gradle*", "build and tests"}, {"settings.gradle*", "build and tests"}, {"gradle.properties", "build and tests"},
	{"gradle/wrapper/**", "what builds"}, {"gradlew*", "what builds"}, {"mvnw*", "what builds"}, {".mvn/**", "build and tests"},
	// Settings of tests and of what is counted.
	{"jest.config.*", "settings of tests"}, {"jest.setup.*", "runs before tests"}, {"jest-setup.*", "runs before tests"}, {"setupTests.*", "runs before tests"},
	{"vitest.config.*", "settings of tests"}, {"vitest.workspace.*", "settings of tests"}, {"vitest.setup.*", "runs before tests"}, {"vite.config.*", "settings of tests"},
	{".mocharc*", "settings of tests"}, {"karma.conf.*", "settings of tests"}, {"playwright.config.*", "settings of tests"}, {"cypress.config.*", "settings of tests"},
	{"babel.config.*", "rewrites what is tested"}, {".babelrc*", "rewrites what is tested"}, {".swcrc", "rewrites what is tested"}, {"tsconfig*.json", "rewrites what is tested"},
	{".nycrc*", "what counts as covered"}, {"nyc.config.*", "what counts as covered"}, {".c8rc*", "what counts as covered"}, {"codecov.y*ml", "what counts as covered"},
	{".coveragerc", "what counts as covered"}, {"conftest.py", "runs before tests"}, {"sitecustomize.py", "runs before tests"}, {"pytest.ini", "settings of tests"},
	{"setup.cfg", "settings of tests"}, {"setup.py", "build and tests"}, {"pyproject.toml", "settings of tests"}, {".rspec", "settings of tests"},
	// Where dependencies are from, and which.
	{".npmrc", "where packages are from, and the shell of scripts"}, {".yarnrc*", "where packages are from"}, {".yarn/**", "what installs packages"},
	{".pnpmfile.*", "rewrites dependencies"}, {"pnpm-workspace.yaml", "dependencies"}, {"pip.conf", "where packages are from"}, {".cargo/**", "build and tests"},
	{"package-lock.json", "dependencies"}, {"npm-shrinkwrap.json", "dependencies"}, {"yarn.lock", "dependencies"}, {"pnpm-lock.yaml", "dependencies"}, {"bun.lock*", "dependencies"},
	{"poetry.lock", "dependencies"}, {"uv.lock", "dependencies"}, {"Pipfile*", "dependencies"}, {"requirements*.txt", "dependencies"}, {"Cargo.lock", "dependencies"},
	{"go.mod", "dependencies"}, {"go.sum", "dependencies"}, {"go.work*", "dependencies"}, {"Gemfile*", "dependencies"}, {"composer.*", "dependencies"}, {"gradle.lockfile", "dependencies"},
	{".nvmrc", "which program runs the tests"}, {".node-version", "which program runs the tests"}, {".python-version", "which program runs the tests"}, {".tool-versions", "which program runs the tests"},
	// What git, people's machines and other agents take from the repository.
	{".gitmodules", "another repository's code"}, {".gitattributes", "what git shows in reviews"}, {".gitignore", "what is committed"}, {".husky/**", "runs on people's machines"},
	{".vscode/**", "runs on people's machines"}, {".devcontainer/**", "runs on people's machines"}, {".envrc", "runs on people's machines"}, {".env*", "settings of programs"},
	{".kiro/steering/**", "what agents are told"}, {".kiro/hooks/**", "what agents run"}, {".kiro/settings/**", "what agents run"}, {"AGENTS.md", "what agents are told"},
	// What runs after a push, with other rights.
	{".github/**", "runs on GitHub, or says who reviews"}, {"CODEOWNERS", "who reviews"}, {".gitlab-ci.yml", "runs on GitLab"}, {".circleci/**", "runs in CI"}, {"Jenkinsfile*", "runs in CI"},
	{"azure-pipelines*", "runs in CI"}, {"buildspec*.y*ml", "runs in CI"}, {"Dockerfile*", "what is built"}, {"*compose*.y*ml", "what is run"},
}

// maxLooked is how many files are named.
const maxLooked = 20

// lookTwice are the changed files at which a reviewer looks twice, each as code with the reason.
func lookTwice(changes []Change, named []string) (files []string, more int) {
	for _, c := range changes {
		why := reasonFor(c, named)
		switch {
		case why == "":
		case len(files) == maxLooked:
			more++
		default:
			files = append(files, fmt.Sprintf("%s (%s)", code(c.Path, 200), why))
		}
	}
	return files, more
}

func reasonFor(c Change, named []string) string {
	if c.Submodule {
		return "another repository's code"
	}
	for _, pattern := range named {
		if MatchPath(pattern, c.Path) {
			return "named by the environment"
		}
	}
	for _, l := range looks {
		if MatchPath(l.pattern, c.Path) {
			return l.why
		}
	}
	return ""
}

// MatchPath reports whether a path of the repository matches a pattern: `*` matches within a name, `**` any directories, a
// pattern without a slash the file's name in every directory, and one that ends with a slash everything below. A pattern
// that is none matches nothing.
func MatchPath(pattern, name string) bool {
	if strings.HasSuffix(pattern, "/") {
		pattern += "**"
	}
	if !strings.Contains(pattern, "/") {
		pattern = "**/" + pattern
	}
	return matchParts(strings.Split(pattern, "/"), strings.Split(name, "/"))
}

// matchParts goes back to the last `**` only, so it takes no longer than both lengths multiplied.
func matchParts(pattern, name []string) bool {
	p, n, star, from := 0, 0, -1, 0
	for n < len(name) {
		if p < len(pattern) && pattern[p] == "**" {
			star, from = p, n
			p++
			continue
		}
		if p < len(pattern) {
			if ok, err := path.Match(pattern[p], name[n]); ok && err == nil {
				p++
				n++
				continue
			}
		}
		if star < 0 {
			return false
		}
		from++
		p, n = star+1, from
	}
	// What a last `**` stands for is at least one name: a directory is not among its own files.
	if p < len(pattern) && pattern[p] == "**" && p == len(pattern)-1 {
		return false
	}
	return p == len(pattern)
}
