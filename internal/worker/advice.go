// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package worker

import (
	"strings"

	"github.com/kiro-worker/kiro-worker/internal/worker/gitrepo"
)

// advice is what to add to a repository, or to the environment's gates, so that its tests are measured.
type advice struct {
	// marks are files that say that a repository is of this kind, and uses is a package of package.json.
	marks []string
	uses  string
	// tests and coverage end the sentence "for this repository, ...".
	tests, coverage string
}

const withTests = `let package.json's test script be "`

// advices are tried in this order.
var advices = []advice{
	{uses: "react-scripts", tests: withTests + `react-scripts test --watchAll=false --json --outputFile=test-results.json"`, coverage: `add "--coverage --coverageReporters=lcov" to package.json's test script`},
	{uses: "vitest", tests: withTests + `vitest run --reporter=default --reporter=json --outputFile.json=test-results.json"`, coverage: `add @vitest/coverage-v8 to package.json, and "--coverage.enabled --coverage.reporter=lcov" to its test script`},
	{uses: "jest", tests: withTests + `jest --json --outputFile=test-results.json"`, coverage: `add "--coverage --coverageReporters=lcov" to package.json's test script`},
	{uses: "mocha", tests: withTests + `mocha --reporter=json --reporter-option=output=test-results.json"`, coverage: `add c8 to package.json, and "c8 --reporter=lcov" before mocha in its test script`},
	{uses: "ava", tests: withTests + `ava --tap"`, coverage: `add c8 to package.json, and "c8 --reporter=lcov" before ava in its test script`},
	{uses: "@playwright/test", tests: withTests + `playwright test --reporter=json" and set PLAYWRIGHT_JSON_OUTPUT_NAME=test-results.json in spec.codeBuild.env`, coverage: "measure it with unit tests: Playwright measures none"},
	{uses: "karma", tests: "add karma-junit-reporter to karma.conf.js, with outputDir test-results", coverage: "add karma-coverage to karma.conf.js, with the reporter lcovonly in the directory coverage"},
	{uses: "@angular/cli", tests: "add karma-junit-reporter to karma.conf.js, with outputDir test-results", coverage: `let package.json's test script be "ng test --watch=false --code-coverage", with the reporter lcovonly`},
	{marks: []string{packageFile}, tests: withTests + `node --test --test-reporter=spec --test-reporter-destination=stdout --test-reporter=junit --test-reporter-destination=test-results.xml"`, coverage: `add "--experimental-test-coverage --test-reporter=lcov --test-reporter-destination=lcov.info" to the node command in package.json's test script`},
	{marks: []string{"go.mod"}, tests: `set gates.testCommand to "go test -json -coverprofile=coverage.out ./..."`, coverage: `set gates.testCommand to "go test -json -coverprofile=coverage.out ./..."`},
	{marks: []string{"Cargo.toml"}, tests: `set gates.testCommand to "cargo llvm-cov nextest --lcov --output-path lcov.info", with the junit path of a nextest profile set to junit.xml`, coverage: `set gates.testCommand to "cargo llvm-cov nextest --lcov --output-path lcov.info"`},
	{marks: []string{"pom.xml"}, tests: `set gates.testCommand to "mvn -B verify": Surefire leaves its results in target/surefire-reports`, coverage: "add jacoco-maven-plugin with the goals prepare-agent and report to pom.xml"},
	{marks: []string{"build.gradle", "build.gradle.kts"}, tests: `set gates.testCommand to "./gradlew test": Gradle leaves its results in build/test-results`, coverage: "apply the plugin jacoco with reports.xml.required, and add the task jacocoTestReport to gates.testCommand"},
	{marks: []string{"Gemfile"}, tests: `set gates.testCommand to "bundle exec rspec --format progress --format json --out rspec.json"`, coverage: "add simplecov to the Gemfile and start it in spec_helper.rb"},
	{marks: []string{"composer.json"}, tests: `set gates.testCommand to "vendor/bin/phpunit --log-junit junit.xml"`, coverage: `add "--coverage-clover clover.xml" to the phpunit command in gates.testCommand`},
	{marks: []string{"pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "tox.ini", "pytest.ini"}, tests: `set gates.testCommand to "python3 -m pytest --junitxml=junit.xml"`, coverage: `install pytest-cov and add "--cov --cov-report=xml" to the pytest command in gates.testCommand`},
}

// adviceFor is what would have a repository's tests measured; with a leading sign, empty where its kind is not known.
func adviceFor(tree *gitrepo.WorkTree, coverage bool) string {
	p, isPackage := readPackage(tree)
	for _, a := range advices {
		is := isPackage && a.uses != "" && p.uses(a.uses)
		for _, mark := range a.marks {
			is = is || tree.HasFile(mark)
		}
		if !is {
			continue
		}
		text := a.tests
		if coverage {
			text = a.coverage
		}
		return "; for this repository, " + strings.TrimSuffix(text, ".")
	}
	return ""
}
