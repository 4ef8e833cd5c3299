// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

// roots are where a repository has its parts: each tool's usual places are looked at below each of them.
var roots = []string{
	"", "frontend/", "backend/", "client/", "server/", "web/", "api/", "app/", "ui/",
	"packages/*/", "apps/*/", "services/*/", "libs/*/", "modules/*/", "projects/*/", "crates/*/",
}

// testPlaces are where the common tools leave their results, or are commonly configured to.
var testPlaces = append(below(roots,
	"test-results.json", "test-results.xml", "test-results.tap", "test-report.xml", "test-report.json",
	"jest-results.json", "vitest-results.json", "mocha-results.json", "rspec.json", "jest-results.xml", "junit.xml", "report.xml", "results.xml",
	"nunit.xml", "TestResult.xml", "go-test.json", "test-output.json", "tap.txt", "results.tap", "test.tap",
	"test-results/*.xml", "test-results/*.json", "test-results/*.tap", "test-results/*/*.xml",
	"reports/*.xml", "reports/*.json", "reports/*.tap", "reports/junit/*.xml",
	"test-reports/*.xml", "test/reports/*.xml", "playwright-report/results.json", "playwright-report.json",
	"coverage/test-results.json", "coverage/junit.xml", "build/logs/junit.xml", "build/junit.xml",
	"target/nextest/*/junit.xml", "TestResults/*.trx", "TestResults/*.xml",
	// What the worker asks runners for that leave no file of their own accord.
	askedDir+"/*.json", askedDir+"/*.xml", askedDir+"/*.tap",
), below(modules,
	"target/surefire-reports/*.xml", "target/failsafe-reports/*.xml", "build/test-results/*/*.xml", "TestResults/*.trx",
)...)

// modules are where Maven, Gradle and .NET have theirs, to a depth of two.
var modules = []string{"", "*/", "*/*/"}

// coveragePlaces are where the common tools write.
var coveragePlaces = append(below(roots,
	"coverage/coverage-final.json", "coverage/coverage-summary.json", "coverage/lcov.info", "coverage/cobertura-coverage.xml",
	"coverage/clover.xml", "coverage/cobertura.xml", "coverage/coverage.xml", "coverage/coverage.json", "coverage/coverage.cobertura.xml",
	"coverage/.resultset.json", "coverage/.last_run.json",
	"coverage/*/coverage-summary.json", "coverage/*/coverage-final.json", "coverage/*/lcov.info", "coverage/*/clover.xml", "coverage/*/cobertura-coverage.xml",
	"coverage/*/*/coverage-summary.json", "coverage/*/*/coverage-final.json", "coverage/*/*/lcov.info",
	".nyc_output/coverage-summary.json", "reports/coverage/*.json", "reports/coverage/*.xml", "reports/coverage/*.info",
	"cover/lcov.info", "coverage.out", "cover.out", "c.out", "coverage.txt", "profile.cov", "cover.profile", "coverage.cov",
	"coverage.xml", "cobertura.xml", "cobertura-coverage.xml", "clover.xml", "lcov.info", "coverage.lcov", "coverage-summary.json", "coverage.json", "llvm-cov.json",
	"htmlcov/coverage.xml", "build/logs/clover.xml", "build/logs/cobertura.xml", "build/coverage.xml", "target/llvm-cov/*.json", "target/cobertura.xml",
	"TestResults/*/coverage.cobertura.xml", "TestResults/coverage.cobertura.xml", askedDir+"/lcov.info",
), below(modules,
	"target/site/jacoco/jacoco.xml", "target/site/jacoco-it/jacoco.xml", "target/site/jacoco-aggregate/jacoco.xml", "target/site/cobertura/coverage.xml",
	"build/reports/jacoco/*/*.xml", "build/reports/kover/*.xml", "build/reports/kover/xml/*.xml", "TestResults/*/coverage.cobertura.xml",
)...)

// askedDir is the directory that the worker has runners write reports to.
const askedDir = "kiro-test-results"

func below(roots []string, places ...string) []string {
	all := make([]string, 0, len(roots)*len(places))
	for _, root := range roots {
		for _, place := range places {
			all = append(all, root+place)
		}
	}
	return all
}
