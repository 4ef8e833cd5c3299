// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/report"
)

const (
	goEvents = `{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestOne"}
{"Action":"run","Package":"p","Test":"TestOne/a"}
{"Action":"run","Package":"p","Test":"TestOne/b"}
{"Action":"pass","Package":"p","Test":"TestOne/a"}
{"Action":"pass","Package":"p","Test":"TestOne/b"}
{"Action":"pass","Package":"p","Test":"TestOne"}
{"Action":"pass","Package":"p"}
`
	goJUnit = `<testsuites tests="3" failures="0"><testsuite name="p" tests="3">
<testcase classname="p" name="TestOne/a"/><testcase classname="p" name="TestOne/b"/><testcase classname="p" name="TestOne"/></testsuite></testsuites>`
	jestOne = `{"numTotalTests":1,"numPassedTests":1,"numFailedTests":0,"success":true,"testResults":[{"name":"/r/a.test.ts","status":"passed","assertionResults":[{"fullName":"adds up","title":"up","status":"passed"}]}]}`
)

// utf16 is a text as PowerShell redirects it.
func utf16(text string, big bool) string {
	out := []byte{0xff, 0xfe}
	if big {
		out = []byte{0xfe, 0xff}
	}
	for _, c := range []byte(text) {
		if big {
			out = append(out, 0, c)
		} else {
			out = append(out, c, 0)
		}
	}
	return string(out)
}

// What the tools of real repositories write is counted as the tools themselves do.
func TestRunsOfRealTools(t *testing.T) {
	cases := []struct {
		why    string
		files  map[string]string
		paths  []string
		output string
		want   contract.Tests
		fails  string
	}{
		{why: "Vitest 1: what was skipped and what is to do are no passes", files: map[string]string{"test-results.json": `{"numTotalTests":3,"numPassedTests":3,"numFailedTests":0,"numTodoTests":1,"success":true,"testResults":[{"status":"passed","assertionResults":[{"status":"passed","title":"a"},{"status":"todo","title":"b"},{"status":"skipped","title":"c"}]}]}`},
			want: contract.Tests{Total: 3, Passed: 1, Skipped: 2}},
		{why: "Vitest 1: a run in which everything was skipped passes no gate", files: map[string]string{"test-results.json": `{"numTotalTests":2,"numPassedTests":2,"numFailedTests":0,"success":true,"testResults":[{"status":"passed","assertionResults":[{"status":"skipped","title":"a"},{"status":"todo","title":"b"}]}]}`},
			fails: "none of them ran"},
		{why: "TAP: braces with skipped subtests pass no gate", files: map[string]string{"test.tap": "TAP version 14\nok 1 - suite {\n    ok 1 - a # SKIP\n    ok 2 - b # TODO\n    1..2\n}\n1..1\n"}, fails: "none of them ran"},
		{why: "TAP: nor do empty braces", files: map[string]string{"test.tap": "TAP version 14\nok 1 - suite {\n    1..0 # nothing to do\n}\n1..1\n"}, fails: "none of them ran"},
		{why: "TAP: subtests in braces are counted, and their failures", files: map[string]string{"test.tap": "TAP version 14\nok 1 - suite # time=3ms {\n    ok 1 - a\n    not ok 2 - b\n    1..2\n}\nnot ok 2 - hook {\n    ok 1 - c\n    1..1\n}\n1..2\n"},
			want: contract.Tests{Total: 4, Passed: 2, Failed: 2}},
		{why: "TAP: braces that are not closed were cut short", files: map[string]string{"test.tap": "TAP version 14\n1..1\nok 1 - suite {\n    ok 1 - a\n"}, fails: "not closed"},
		{why: "TAP: what is to do may fail with its subtests", files: map[string]string{"test.tap": "    not ok 1 - deep\n    ok 2 - done\n    1..2\nnot ok 1 - later # TODO\nok 2 - now\n1..2\n"},
			want: contract.Tests{Total: 3, Passed: 1, Skipped: 2}},
		{why: "TAP: a plan may have a reason", files: map[string]string{"a.tap": "1..0 # no database\n", "b.tap": "1..1 # one\nok 1 - a\n"}, paths: []string{"*.tap"},
			want: contract.Tests{Total: 1, Passed: 1}},
		{why: "TAP: what is to do may fail however deep its subtests are", files: map[string]string{"test.tap": "        not ok 1 - deeper\n        1..1\n    not ok 1 - deep\n    1..1\nnot ok 1 - later # TODO\nok 2 - now\n1..2\n"},
			want: contract.Tests{Total: 2, Passed: 1, Skipped: 1}},
		{why: "TAP: the word may go on", files: map[string]string{"test.tap": "ok 1 - a # SKIPPED no database\nok 2 # skipped\n1..2\n"}, fails: "none of them ran"},
		{why: "TAP: of runs one after the other each has a plan", output: "TAP version 13\n1..1\nok 1 - a\nok 2 - more\nTAP version 13\n1..3\nok 1 - b\n", want: contract.Tests{Total: 5, Passed: 3, Failed: 2}},
		{why: "TAP: also without versions, before and behind the points", output: "1..2\nok 1\n1..1\nok 1\n", want: contract.Tests{Total: 3, Passed: 2, Failed: 1}},
		{why: "TAP: and behind them", output: "ok 1\n1..2\nok 1\nok 2\n1..2\n", want: contract.Tests{Total: 4, Passed: 3, Failed: 1}},
		{why: "testem writes skip and todo as states", output: "ok 1 Chrome - a\nskip 2 Chrome - b\ntodo 3 Chrome - c\n\n1..3\n# tests 3\n", want: contract.Tests{Total: 3, Passed: 1, Skipped: 2}},
		{why: "Go: benchmarks have no end, and a test that prints without a line end loses its own; the package decides", files: map[string]string{"go-test.json": `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"text--- PASS: TestA (0.00s)\n"}
{"Action":"run","Package":"p","Test":"BenchmarkB"}
{"Action":"run","Package":"p","Test":"TestC"}
{"Action":"output","Package":"p","Test":"TestC","Output":"text--- SKIP: TestC (0.00s)\n"}
{"Action":"pass","Package":"p"}
`}, want: contract.Tests{Total: 2, Passed: 1, Skipped: 1}},
		{why: "Go: in a package that failed what has no end failed", files: map[string]string{"go-test.json": `{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"fail","Package":"p"}
`}, want: contract.Tests{Total: 1, Failed: 1}},
		{why: "Surefire counts runs, and a test that passed in the end passed", files: map[string]string{"target/surefire-reports/TEST-T.xml": `<testsuite tests="4" failures="2" errors="1"><testcase name="a" classname="T"><flakyFailure message="m"/><flakyError message="m"/></testcase><testcase name="b" classname="T"><failure message="m"/><rerunFailure message="m"/></testcase></testsuite>`},
			want: contract.Tests{Total: 2, Passed: 1, Failed: 1}},
		{why: "gotestsum and Gradle write a case again that was run again; the last run counts", files: map[string]string{"junit.xml": `<testsuites tests="4" failures="2"><testsuite tests="4" failures="2" name="s">
<testcase classname="s" name="flaky"><failure/></testcase><testcase classname="s" name="red"><failure/></testcase><testcase classname="s" name="flaky"/><testcase classname="s" name="red"><failure/></testcase></testsuite></testsuites>`},
			want: contract.Tests{Total: 2, Passed: 1, Failed: 1}},
		{why: "a case of another class is another case", files: map[string]string{"junit.xml": `<testsuite><testcase classname="a" name="x"><failure/></testcase><testcase classname="b" name="x"/></testsuite>`},
			want: contract.Tests{Total: 2, Passed: 1, Failed: 1}},
		{why: "nor is one of another suite within the same one a second run", files: map[string]string{"junit.xml": `<testsuites><testsuite name="all"><testsuite name="chrome"><testcase classname="c" name="pays"><failure/></testcase></testsuite><testsuite name="firefox"><testcase classname="c" name="pays"/></testsuite></testsuite></testsuites>`},
			want: contract.Tests{Total: 2, Passed: 1, Failed: 1}},
		{why: "TAP: a word behind a # that is within another is no directive", files: map[string]string{"test.tap": "ok 1 - a\nnot ok 2 - opens page#todo\nnot ok 3 - closes issue #12 # not for long\n1..3\n"},
			want: contract.Tests{Total: 3, Passed: 1, Failed: 2}},
		{why: "TAP: nor is one that is escaped", files: map[string]string{"test.tap": "ok 1 - a\nnot ok 2 - the list \\# TODO stays\n1..2\n"},
			want: contract.Tests{Total: 2, Passed: 1, Failed: 1}},
		{why: "TAP: a failure that says to be skipped was", files: map[string]string{"test.tap": "ok 1 - a\nnot ok 2 - b # SKIP no browser\n1..2\n"},
			want: contract.Tests{Total: 2, Passed: 1, Skipped: 1}},
		{why: "TAP: a block of YAML that is cut short hides what the plan misses", files: map[string]string{"test.tap": "1..3\nok 1 - a\n  ---\n  duration: 1\nnot ok 2 - b\n"},
			want: contract.Tests{Total: 3, Passed: 1, Failed: 2}},
		{why: "TAP: the subtests of a test that passed may have failed", files: map[string]string{"test.tap": "    not ok 1 - deep\n    1..1\nok 1 - parent\n1..1\n"},
			want: contract.Tests{Total: 1, Failed: 1}},
		{why: "JUnit: a suite that says of failures without a case", files: map[string]string{"junit.xml": `<testsuites failures="2"><testsuite tests="1" failures="2"><testcase name="a"/></testsuite></testsuites>`},
			want: contract.Tests{Total: 3, Passed: 1, Failed: 2}},
		{why: "JUnit: an error of a whole suite", files: map[string]string{"junit.xml": `<testsuite tests="1"><error message="beforeAll"/><testcase name="a"/></testsuite>`},
			want: contract.Tests{Total: 2, Passed: 1, Failed: 1}},
		{why: "PHPUnit 9 writes a test without assertions as an error", files: map[string]string{"junit.xml": `<testsuites><testsuite errors="1" tests="2"><testcase name="a"/><testcase name="b"><error type="PHPUnit\Framework\RiskyTestError">x</error></testcase></testsuite></testsuites>`},
			want: contract.Tests{Total: 2, Passed: 2}},
		{why: "Catch2 writes a failure that is allowed beside what says so", files: map[string]string{"junit.xml": `<testsuite failures="0" tests="2"><testcase name="a"/><testcase name="b"><skipped message="!mayfail"/><failure/></testcase></testsuite>`},
			want: contract.Tests{Total: 2, Passed: 1, Skipped: 1}},
		{why: "an error of a skipped test, as when it is torn down, is one", files: map[string]string{"junit.xml": `<testsuite errors="1" tests="2"><testcase name="a"/><testcase name="b"><skipped/><error/></testcase></testsuite>`},
			want: contract.Tests{Total: 2, Passed: 1, Failed: 1}},
		{why: "GoogleTest says in an attribute what it did not run", files: map[string]string{"junit.xml": `<testsuites tests="2" failures="0"><testsuite tests="2" skipped="2"><testcase name="a" status="run" result="skipped"/><testcase name="b" status="notrun" result="suppressed"/></testsuite></testsuites>`}, fails: "none of them ran"},
		{why: "and others what failed", files: map[string]string{"junit.xml": `<testsuite tests="2"><testcase name="a" status="failed"/><testcase name="b" status="run"/></testsuite>`}, want: contract.Tests{Total: 2, Passed: 1, Failed: 1}},
		{why: "PHPUnit 9 warns of what had nothing to run", files: map[string]string{"junit.xml": `<testsuite tests="1" warnings="1"><testcase name="Warning"><warning type="PHPUnit\Framework\Warning">No tests found</warning></testcase></testsuite>`}, fails: "none of them ran"},
		{why: "several failures of one case are one test that failed", files: map[string]string{"junit.xml": `<testsuite tests="1" failures="3"><testcase name="a"><failure/><failure/><failure/></testcase></testsuite>`},
			want: contract.Tests{Total: 1, Failed: 1}},
		{why: "Mocha's reporter leaves out cases that are still to be written", files: map[string]string{"test-results/a.xml": `<testsuites tests="2" skipped="2"><testsuite tests="2" name="later"></testsuite></testsuites>`, "test-results/b.xml": junitOne},
			want: contract.Tests{Total: 3, Passed: 1, Skipped: 2}},
		{why: "control characters, raw and by number, and bytes that are no UTF-8", files: map[string]string{"junit.xml": "<testsuite tests=\"2\"><testcase name=\"\x1b[31mred\x1b[0m &#27; &#x1b;\"><system-out>caf\xe9 &#27; \x08</system-out></testcase><testcase name=\"\xff\"/></testsuite>"},
			want: contract.Tests{Total: 2, Passed: 2}},
		{why: "UTF-16, in either order, or only declared", files: map[string]string{"a.xml": utf16(`<?xml version="1.0" encoding="utf-16"?><testsuite><testcase name="a"/></testsuite>`, false), "b.xml": utf16(`<testsuite><testcase name="b"/></testsuite>`, true),
			"c.xml": `<?xml version="1.0" encoding="UTF-16"?><testsuite><testcase name="c"/></testsuite>`}, paths: []string{"*.xml"}, want: contract.Tests{Total: 3, Passed: 3}},
		{why: "XML 1.1, and a document type", files: map[string]string{"junit.xml": `<?xml version="1.1"?><!DOCTYPE testsuite [<!ELEMENT testsuite ANY>]><testsuite><testcase name="a"/></testsuite>`}, want: contract.Tests{Total: 1, Passed: 1}},
		{why: "text and CDATA that look like results are none", files: map[string]string{"junit.xml": `<testsuite><testcase name="a"><system-out><![CDATA[<testcase name="x"><failure/></testcase>]]></system-out><!-- <failure/> --></testcase></testsuite>`},
			want: contract.Tests{Total: 1, Passed: 1}},
		{why: "one run in Go's JSON and gotestsum's JUnit", files: map[string]string{"go-test.json": goEvents, "junit.xml": goJUnit}, want: contract.Tests{Total: 2, Passed: 2}},
		{why: "one run in node:test's JUnit and, printed, its other reporter, which counts suites", files: map[string]string{"junit.xml": `<testsuites><testsuite name="outer"><testcase name="one"/><testcase name="two"/></testsuite></testsuites>`},
			output: "▶ outer\n  ✔ one (1.1ms)\n  ✔ two (0.2ms)\n✔ outer (2ms)\nℹ tests 3\nℹ suites 0\nℹ pass 3\nℹ fail 0\nℹ cancelled 0\nℹ skipped 0\nℹ todo 0\n", want: contract.Tests{Total: 2, Passed: 2}},
		{why: "one run in Jest's JSON and jest-junit, which takes what is to do for passed, beside another part's JUnit",
			files: map[string]string{"frontend/test-results.json": `{"numTotalTests":2,"numPassedTests":1,"numFailedTests":0,"numTodoTests":1,"testResults":[{"assertionResults":[{"fullName":"calc adds","title":"adds","status":"passed"},{"fullName":"calc later","title":"later","status":"todo"}]}]}`,
				"frontend/junit.xml": `<testsuites><testsuite><testcase classname="calc adds" name="calc adds"/><testcase classname="calc later" name="calc later"/></testsuite></testsuites>`,
				"backend/junit.xml":  `<testsuite><testcase classname="test_api" name="test_get"/><testcase classname="test_api" name="test_put"><failure/></testcase></testsuite>`},
			want: contract.Tests{Total: 4, Passed: 2, Failed: 1, Skipped: 1}},
		{why: "the same run, in which one format alone has a failure, has it", files: map[string]string{"test-results.json": jestOne, "junit.xml": `<testsuite><testcase classname="adds" name="adds up"><failure/></testcase></testsuite>`},
			want: contract.Tests{Total: 2, Passed: 1, Failed: 1}},
		{why: "TAP that the program under test prints is not the run's", files: map[string]string{"test-results.json": jestOne}, output: "PASS a.test.ts\n  console.log\nTAP version 13\n1..1\nnot ok 1 - printed\n", want: contract.Tests{Total: 1, Passed: 1}},
		{why: "also where it is printed first", files: map[string]string{"test-results.json": jestOne}, output: "\n> app test\n> jest\n\nTAP version 13\n1..1\nnot ok 1 - printed\nPASS a.test.ts\n", want: contract.Tests{Total: 1, Passed: 1}},
		{why: "TAP alone is a run beside that of another part", files: map[string]string{"frontend/test-results.json": jestOne}, output: "> app test\n\nTAP version 13\nnot ok 1 - server\n1..1\nnpm error code 1\n", want: contract.Tests{Total: 2, Passed: 1, Failed: 1}},
		{why: "every package of a repository prints its own", output: "> a test\n" + jestOne + "\n> b test\n" + `{"numTotalTests":2,"numPassedTests":1,"numFailedTests":1,"success":false,"testResults":[]}` + "\n", want: contract.Tests{Total: 3, Passed: 2, Failed: 1}},
		{why: "also as XML, whose elements may begin a line, too", output: "> a test\n<?xml version=\"1.0\"?>\n<testsuites>\n<testsuite>\n<testcase name=\"a\"/>\n</testsuite>\n</testsuites>\n> b test\n<?xml version=\"1.0\"?>\n<testsuite><testcase name=\"b\"><failure/></testcase></testsuite>\n", want: contract.Tests{Total: 2, Passed: 1, Failed: 1}},
		{why: "JSON behind npm's header", output: "\n> app@1.0.0 test\n> vitest run --reporter=json\n\n" + jestOne + "\nnpm notice new version\n", want: contract.Tests{Total: 1, Passed: 1}},
		{why: "also in a file, and XML likewise", files: map[string]string{"a.json": "> app test\n" + jestOne, "b.xml": "> app test\n\n" + goJUnit}, paths: []string{"a.json", "b.xml"}, want: contract.Tests{Total: 4, Passed: 4}},
		{why: "Playwright: a test that passed at the second try passed, and a file that does not load failed", files: map[string]string{"playwright-report/results.json": `{"config":{},"suites":[{"title":"a","specs":[{"title":"x","tests":[{"status":"expected"},{"status":"flaky","results":[{"status":"failed"},{"status":"passed"}]}]}],"suites":[{"specs":[{"title":"y","tests":[{"status":"unexpected"}]},{"title":"z","tests":[{"status":"skipped"}]}]}]}],"errors":[{"message":"m"}]}`},
			want: contract.Tests{Total: 4, Passed: 2, Failed: 1, Skipped: 1}},
		{why: "Playwright: errors without a test", files: map[string]string{"r.json": `{"config":{},"suites":[{"specs":[{"title":"x","tests":[{"status":"expected"}]}]}],"errors":[{"message":"m"}]}`}, paths: []string{"r.json"}, want: contract.Tests{Total: 2, Passed: 1, Failed: 1}},
		{why: "Mocha's JSON", files: map[string]string{"r.json": `{"stats":{"suites":1,"tests":3,"passes":1,"pending":1,"failures":1,"start":"2026","duration":1},"tests":[{}],"pending":[{"fullTitle":"p"}],"failures":[{"fullTitle":"f"}],"passes":[{"fullTitle":"a"}]}`}, paths: []string{"r.json"}, want: contract.Tests{Total: 3, Passed: 1, Failed: 1, Skipped: 1}},
		{why: "RSpec's JSON, with an error outside its examples", files: map[string]string{"rspec.json": `{"version":"3.13","examples":[{"full_description":"a","status":"passed"},{"full_description":"b","status":"pending"},{"full_description":"c","status":"failed"}],"summary":{"example_count":3,"failure_count":1,"errors_outside_of_examples_count":1}}`}, want: contract.Tests{Total: 4, Passed: 1, Failed: 2, Skipped: 1}},
		{why: ".NET's TRX", files: map[string]string{"TestResults/a.trx": `<?xml version="1.0"?><TestRun xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010"><Results><UnitTestResult testName="a" outcome="Passed"/><UnitTestResult testName="b" outcome="Failed"/><UnitTestResult testName="c" outcome="NotExecuted"/></Results><ResultSummary outcome="Failed"/></TestRun>`}, want: contract.Tests{Total: 3, Passed: 1, Failed: 1, Skipped: 1}},
		{why: "NUnit 3", files: map[string]string{"TestResult.xml": `<test-run testcasecount="3"><test-suite><test-case fullname="a" result="Passed"/><test-case fullname="b" result="Failed" label="Error"/><test-case fullname="c" result="Skipped" label="Ignored"/></test-suite></test-run>`}, want: contract.Tests{Total: 3, Passed: 1, Failed: 1, Skipped: 1}},
		{why: "xUnit.net", files: map[string]string{"TestResults/x.xml": `<assemblies><assembly total="3"><collection><test name="a" result="Pass"/><test name="b" result="Fail"/><test name="c" result="Skip"/></collection></assembly></assemblies>`}, want: contract.Tests{Total: 3, Passed: 1, Failed: 1, Skipped: 1}},
		{why: "TRX: a run that was ended is none that passed", files: map[string]string{"TestResults/a.trx": `<TestRun><Results><UnitTestResult testName="a" outcome="Passed"/></Results><ResultSummary outcome="Aborted"/></TestRun>`}, want: contract.Tests{Total: 2, Passed: 1, Failed: 1}},
		{why: "NUnit: nor is one whose fixture could not be torn down", files: map[string]string{"TestResult.xml": `<test-run result="Failed"><test-suite result="Failed" site="TearDown"><test-case fullname="a" result="Passed"/></test-suite></test-run>`}, want: contract.Tests{Total: 2, Passed: 1, Failed: 1}},
		{why: "xUnit.net: likewise", files: map[string]string{"TestResults/x.xml": `<assemblies><assembly errors="1"><errors><error type="test-class-cleanup"><failure/></error></errors><collection><test name="a" result="Pass"/></collection></assembly></assemblies>`}, want: contract.Tests{Total: 2, Passed: 1, Failed: 1}},
		{why: "in no format does a run in which everything was skipped pass", files: map[string]string{"TestResults/x.xml": `<assemblies><assembly><test name="c" result="Skip"/></assembly></assemblies>`, "TestResults/a.trx": `<TestRun><UnitTestResult testName="c" outcome="NotExecuted"/></TestRun>`}, fails: "none of them ran"},
		{why: "other XML that a pattern catches beside results", files: map[string]string{"target/failsafe-reports/TEST-a.xml": junitOne, "target/failsafe-reports/failsafe-summary.xml": `<failsafe-summary><completed>1</completed></failsafe-summary>`},
			paths: []string{"target/failsafe-reports/*.xml"}, want: contract.Tests{Total: 1, Passed: 1}},
		{why: "but alone it is no result", files: map[string]string{"r/summary.xml": `<failsafe-summary/>`}, paths: []string{"r/*.xml"}, fails: "none of the known formats"},
		{why: "an empty file beside a good one", files: map[string]string{"r/a.xml": junitOne, "r/b.xml": ""}, paths: []string{"r/*.xml"}, want: contract.Tests{Total: 1, Passed: 1}},
		{why: "a file that was named has to be a result", files: map[string]string{"a.xml": junitOne, "b.xml": "<other/>"}, paths: []string{"a.xml", "b.xml"}, fails: "none of the known formats"},
		{why: "what is cut short may hide a failure", files: map[string]string{"r/a.xml": junitOne, "r/b.xml": "<testsuite><testcase name=\"a\"/>"}, paths: []string{"r/*.xml"}, fails: "cut short"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			var outputs []string
			if c.output != "" {
				path := filepath.Join(t.TempDir(), "stdout.log")
				if err := os.WriteFile(path, []byte(c.output), 0o600); err != nil {
					t.Fatal(err)
				}
				outputs = []string{path}
			}
			got, err := report.FindTests(repo(t, c.files), c.paths, time.Time{}, outputs...)
			if c.fails != "" {
				if err == nil || !strings.Contains(err.Error(), c.fails) || got.Gate() == contract.GatePassed {
					t.Errorf("got %+v, %v; want an error that says %q", got.Tests, err, c.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got.Tests); diff != "" {
				t.Errorf("numbers (-want +got):\n%s\nfiles %v, ignored %v, failed %q", diff, got.Files, got.Ignored, got.FailedNames)
			}
			if int32(len(got.FailedNames)) > got.Tests.Failed {
				t.Errorf("%d names of %d failed tests", len(got.FailedNames), got.Tests.Failed)
			}
		})
	}
}

// What several reports say of one source file counts once; what they say of different ones is added, whatever the format.
func TestCoverageOfRealRepositories(t *testing.T) {
	const (
		jacoco = `<report name="r"><package name="p"><sourcefile name="A.java">LINES<counter type="LINE" missed="M" covered="C"/></sourcefile></package><counter type="LINE" missed="M" covered="C"/></report>`
		fns    = "SF:src/a.js\nFN:1,a\nFN:2,b\nFNF:2\nFNH:1\nFNDA:1,a\nFNDA:0,b\nDA:1,1\nend_of_record\n"
	)
	module := func(lines string, missed, covered string) string {
		return strings.NewReplacer("LINES", lines, "M", missed, "C", covered).Replace(jacoco)
	}
	cases := []struct {
		why     string
		files   map[string]string
		paths   []string
		want    contract.Coverage
		partial int
		fails   string
	}{
		{why: "Cobertura beside LCOV does not hide its functions", files: map[string]string{"coverage/lcov.info": fns,
			"coverage/cobertura-coverage.xml": `<coverage lines-valid="1" lines-covered="1" branches-valid="2" branches-covered="1"><packages><package><classes><class filename="src/a.js"><lines><line number="1" hits="1" branch="true" condition-coverage="50% (1/2)"/></lines></class></classes></package></packages></coverage>`},
			want: percent(100, 50, 50, -1)},
		{why: "nor where it names no file", files: map[string]string{"coverage/lcov.info": fns, "coverage/cobertura-coverage.xml": `<coverage lines-valid="1" lines-covered="1"/>`}, want: percent(100, 50, -1, -1)},
		{why: "the coverage of the tests themselves is not the project's", files: map[string]string{"clover.xml": `<coverage generated="1" clover="4.5.2"><project><metrics statements="10" coveredstatements="1" conditionals="4" coveredconditionals="1" methods="2" coveredmethods="1"/></project><testproject><metrics statements="9" coveredstatements="9"/></testproject></coverage>`},
			want: percent(-1, 50, 25, 10)},
		{why: "gcovr's and PHPUnit's Clover calls lines statements", files: map[string]string{"clover.xml": `<coverage generated="1" clover="8.2"><project><metrics statements="10" coveredstatements="5" methods="2" coveredmethods="1"/></project><testproject><metrics statements="0" coveredstatements="0"/></testproject></coverage>`},
			want: percent(50, 50, -1, -1)},
		{why: "another language's report in the same directory counts, too", files: map[string]string{"coverage.out": "mode: set\nex.com/a.go:1.1,2.2 9 0\nex.com/a.go:3.1,4.2 1 1\n", "coverage.xml": `<coverage lines-valid="10" lines-covered="9"><packages><package><classes><class filename="a.py"><lines><line number="1" hits="1"/></lines></class></classes></package></packages></coverage>`,
			"lcov.info": "SF:web/b.ts\nDA:1,1\nDA:2,0\nend_of_record\n"}, want: percent(83.33, -1, -1, 10), partial: 2},
		{why: "unit and other tests of the same files are united by line", files: map[string]string{"coverage/unit/lcov.info": "SF:a.js\nDA:1,1\nDA:2,0\nDA:900,0\nend_of_record\n", "coverage/e2e/lcov.info": "SF:./a.js\nDA:1,0\nDA:2,1\nDA:900,0\nend_of_record\n"},
			want: percent(66.66, -1, -1, -1)},
		{why: "also Istanbul's", files: map[string]string{"coverage/unit/coverage-final.json": `{"/app/a.js":{"path":"/app/a.js","statementMap":{"0":{"start":{"line":1}},"1":{"start":{"line":2}}},"s":{"0":1,"1":0},"f":{"0":0},"b":{"0":[1,0]}}}`,
			"coverage/e2e/coverage-final.json": `{"/app/a.js":{"path":"/app/a.js","statementMap":{"0":{"start":{"line":1}},"1":{"start":{"line":2}}},"s":{"0":0,"1":3},"f":{"0":1},"b":{"0":[0,0]}}}`}, want: percent(100, 100, 50, 100)},
		{why: "also Go's", files: map[string]string{"a.out": "mode: set\nm/a.go:1.1,2.2 3 0\nm/a.go:3.1,4.2 1 1\n", "b.out": "mode: set\nm/a.go:1.1,2.2 3 1\nm/a.go:3.1,4.2 1 0\n"}, paths: []string{"*.out"}, want: percent(-1, -1, -1, 100)},
		{why: "also Cobertura's, with its branches", files: map[string]string{"a.xml": `<coverage><class filename="a.py"><line number="1" hits="1" condition-coverage="50% (1/2)"/><line number="2" hits="0"/></class></coverage>`,
			"b.xml": `<coverage><class filename="a.py"><line number="1" hits="0" condition-coverage="0% (0/2)"/><line number="2" hits="1"/></class></coverage>`}, paths: []string{"*.xml"}, want: percent(100, -1, 50, -1)},
		{why: "an aggregate and its modules count once", files: map[string]string{"target/site/jacoco-aggregate/jacoco.xml": module("", "1", "9"), "core/target/site/jacoco/jacoco.xml": module("", "6", "4")}, want: percent(90, -1, -1, -1)},
		{why: "by line where there are lines", files: map[string]string{"a/target/site/jacoco/jacoco.xml": module(`<line nr="1" ci="1"/><line nr="2" mi="1"/>`, "1", "1"), "b/target/site/jacoco/jacoco.xml": module(`<line nr="1" mi="1"/><line nr="2" ci="1"/>`, "1", "1")}, want: percent(100, -1, -1, -1)},
		{why: "classes of one name in two modules are two where their lines differ", files: map[string]string{"a/build/reports/jacoco/test/a.xml": module(`<line nr="1" ci="1"/><line nr="2" ci="1"/>`, "0", "2"), "b/build/reports/jacoco/test/b.xml": module(`<line nr="1" mi="1"/><line nr="3" mi="1"/>`, "2", "0")}, want: percent(50, -1, -1, -1)},
		{why: "so are files under one path of two containers", files: map[string]string{"services/a/coverage.xml": `<coverage><sources><source>/app</source></sources><class filename="main.py"><line number="1" hits="1"/></class></coverage>`,
			"services/b/coverage.xml": `<coverage><sources><source>/app</source></sources><class filename="main.py"><line number="1" hits="0"/></class></coverage>`}, want: percent(50, -1, -1, -1)},
		{why: "but one file that two parts' tests ran in a container is one", files: map[string]string{"lib/A.cs": "x", "tests/a/TestResults/1/coverage.cobertura.xml": `<coverage><class filename="/src/lib/A.cs"><line number="1" hits="1"/><line number="2" hits="0"/></class></coverage>`,
			"tests/b/TestResults/1/coverage.cobertura.xml": `<coverage><class filename="/src/lib/A.cs"><line number="1" hits="0"/><line number="2" hits="1"/></class></coverage>`}, paths: []string{"tests/**/*.xml"}, want: percent(100, -1, -1, -1)},
		{why: "so is one that the whole and a part of a repository tell of", files: map[string]string{"coverage/lcov.info": "SF:packages/a/src/i.js\nDA:1,0\nend_of_record\n", "packages/a/coverage/lcov.info": "SF:/app/src/i.js\nDA:1,1\nend_of_record\n"}, want: percent(100, -1, -1, -1)},
		{why: "a summary without files does not stand for another language's report", files: map[string]string{"coverage/coverage-summary.json": `{"total":{"lines":{"total":1,"covered":1,"pct":100}}}`, "coverage/lcov.info": "SF:lib/a.dart\nDA:1,0\nend_of_record\n"}, want: percent(50, -1, -1, -1)},
		{why: "files of one name in two packages are two", files: map[string]string{"packages/a/coverage/lcov.info": "SF:src/i.js\nDA:1,1\nend_of_record\n", "packages/b/coverage/lcov.info": "SF:src/i.js\nDA:1,0\nend_of_record\n"}, want: percent(50, -1, -1, -1)},
		{why: "instances of one function are one", files: map[string]string{"lcov.info": "SF:a.rs\nFN:1,x::<u8>\nFN:1,x::<u16>\nFN:9,main\nFNDA:1,x::<u8>\nFNDA:0,x::<u16>\nFNDA:0,main\nFNF:2\nFNH:1\nDA:1,1\nend_of_record\n"}, want: percent(100, 50, -1, -1)},
		{why: "functions of one line are several where the report says so", files: map[string]string{"lcov.info": "SF:a.js\nFN:1,a\nFN:1,b\nFNDA:1,a\nFNDA:0,b\nFNF:2\nFNH:1\nDA:1,1\nend_of_record\n"}, want: percent(100, 50, -1, -1)},
		{why: "a metric of one part only is said to be", files: map[string]string{"packages/web/coverage/coverage-summary.json": `{"total":{"lines":{"total":10,"covered":10,"pct":100},"functions":{"total":2,"covered":1,"pct":50}}}`, "services/api/coverage/coverage.xml": `<coverage lines-valid="90" lines-covered="0"/>`},
			want: percent(10, 50, -1, -1), partial: 1},
		{why: "a summary and the whole of it are one run", files: map[string]string{"coverage/coverage-summary.json": "@coverage/jest-coverage-summary.json", "coverage/coverage-final.json": "@coverage/jest-coverage-final.json", "coverage/cobertura-coverage.xml": "@coverage/jest-cobertura-coverage.xml", "coverage/clover.xml": "@coverage/jest-clover.xml", "coverage/lcov.info": "@coverage/jest-lcov.info"},
			want: percent(66.66, 66.66, 25, 66.66)},
		{why: "SimpleCov's commands are united by line; its last run says the same", files: map[string]string{"coverage/.resultset.json": `{"RSpec":{"coverage":{"/app/a.rb":{"lines":[1,null,0,0],"branches":{"[:if]":{"[:then]":1,"[:else]":0}}}},"timestamp":1},"Cucumber":{"coverage":{"/app/a.rb":{"lines":[0,null,2,0]}}}}`, "coverage/.last_run.json": `{"result":{"line":66.66}}`}, want: percent(66.66, -1, 50, -1)},
		{why: "SimpleCov's last run alone", files: map[string]string{"coverage/.last_run.json": `{"result":{"line":79.999,"branch":50}}`}, want: percent(79.99, -1, 50, -1)},
		{why: "llvm-cov's JSON has regions, which are no statements", files: map[string]string{"llvm-cov.json": `{"data":[{"files":[{"filename":"/app/a.rs","summary":{"lines":{"count":4,"covered":3}}}],"totals":{"lines":{"count":4,"covered":3,"percent":75},"functions":{"count":2,"covered":1},"instantiations":{"count":9,"covered":1},"regions":{"count":9,"covered":1}}}],"type":"llvm.coverage.json.export","version":"2.0.1"}`}, want: percent(75, 50, -1, -1)},
		{why: "coverage.py's JSON, beside its XML", files: map[string]string{"coverage.json": `{"meta":{"version":"7.4"},"files":{"a.py":{"executed_lines":[1,2],"missing_lines":[3,4],"executed_branches":[[1,2]],"missing_branches":[[1,-1]],"summary":{"num_statements":4}}},"totals":{"covered_lines":2,"num_statements":4,"num_branches":2,"covered_branches":1}}`,
			"coverage.xml": `<coverage lines-valid="4" lines-covered="2"><class filename="a.py"><line number="1" hits="1"/><line number="2" hits="1"/><line number="3" hits="0"/><line number="4" hits="0"/></class></coverage>`}, want: percent(50, -1, 50, -1)},
		{why: "an empty report is none", files: map[string]string{"coverage/lcov.info": "", "coverage/clover.xml": "@coverage/jest-clover.xml"}, want: percent(66.66, 66.66, 25, -1)},
		{why: "a broken one gives way to the same tool's beside it", files: map[string]string{"coverage/coverage-final.json": `{"a.js":{"statementMap":{`, "coverage/lcov.info": fns}, want: percent(100, 50, -1, -1)},
		{why: "but not to another tool's", files: map[string]string{"coverage.xml": `<coverage lines-valid="1" lines-covered="9"/>`, "coverage.out": "mode: set\na.go:1.1,2.2 1 1\n"}, fails: "impossible"},
		{why: "functions alone are no coverage", files: map[string]string{"lcov.info": "SF:a\nFN:1,a\nFNDA:1,a\nFNF:1\nFNH:1\nend_of_record\n"}, want: percent(-1, 100, -1, -1)},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			got, err := report.FindCoverage(repo(t, c.files), c.paths, time.Time{})
			if c.fails != "" {
				if err == nil || !strings.Contains(err.Error(), c.fails) {
					t.Errorf("got %+v, %v; want an error that says %q", got.Coverage, err, c.fails)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got.Coverage); diff != "" {
				t.Errorf("coverage (-want +got):\n%s\nfiles %v, ignored %v", diff, got.Files, got.Ignored)
			}
			if len(got.Partial) != c.partial {
				t.Errorf("partial: %q; want %d", got.Partial, c.partial)
			}
		})
	}
}

// Jest writes its longest report beside short ones of the same run.
func TestAReportThatIsTooLongGivesWay(t *testing.T) {
	root := repo(t, map[string]string{"coverage/coverage-final.json": "{", "coverage/lcov.info": "SF:a.js\nDA:1,1\nend_of_record\n"})
	if err := os.Truncate(filepath.Join(root, "coverage/coverage-final.json"), 65<<20); err != nil {
		t.Fatal(err)
	}
	got, err := report.FindCoverage(root, nil, time.Time{})
	if err != nil || len(got.Ignored) != 1 || *got.Coverage.Lines != 100 {
		t.Errorf("got %+v, %v; want lcov.info to count, and the other one named", got, err)
	}
	if _, err := report.FindCoverage(root, []string{"coverage/coverage-final.json"}, time.Time{}); err == nil {
		t.Error("one that was named has to be read")
	}
}

func TestUsualPlaces(t *testing.T) {
	lcov, jacoco := "SF:a\nDA:1,1\nend_of_record\n", `<report name="x"><counter type="LINE" missed="0" covered="1"/></report>`
	tests := []string{"report.xml", "test-reports/TEST-a.xml", "test/reports/a.xml", "build/logs/junit.xml", "target/nextest/default/junit.xml", "frontend/junit.xml",
		"backend/test-results/a.xml", "web/junit.xml", "a/target/failsafe-reports/TEST-a.xml", "a/b/target/surefire-reports/TEST-a.xml", "a/b/build/test-results/test/TEST-a.xml", "libs/x/junit.xml"}
	coverage := []string{"cover/lcov.info", "coverage/apps/web/lcov.info", "libs/x/coverage/lcov.info", "apps/x/lcov.info"}
	coverage = append(coverage, "frontend/coverage/lcov.info", "backend/lcov.info", "htmlcov/coverage.xml", "TestResults/0a1b/coverage.cobertura.xml", "tests/x/TestResults/0a1b/coverage.cobertura.xml",
		"clover.xml", "build/logs/clover.xml", "services/api/coverage.xml", "coverage/coverage-summary.json")
	java := []string{"build/reports/kover/report.xml", "a/b/build/reports/jacoco/test/jacocoTestReport.xml", "report/target/site/jacoco-aggregate/jacoco.xml"}
	for _, name := range tests {
		if got, err := report.FindTests(repo(t, map[string]string{name: junitOne}), nil, time.Time{}); err != nil || got.Tests.Passed != 1 {
			t.Errorf("%s was not found: %v", name, err)
		}
	}
	for _, name := range slices.Concat(coverage, java) {
		text := lcov
		switch {
		case slices.Contains(java, name):
			text = jacoco
		case strings.HasSuffix(name, "clover.xml"):
			text = `<coverage generated="1"><project><metrics statements="1" coveredstatements="1"/></project></coverage>`
		case strings.HasSuffix(name, ".xml"):
			text = `<coverage lines-valid="1" lines-covered="1"/>`
		case strings.HasSuffix(name, ".json"):
			text = `{"total":{"lines":{"total":1,"covered":1,"pct":100}}}`
		}
		if got, err := report.FindCoverage(repo(t, map[string]string{name: text}), nil, time.Time{}); err != nil || *got.Coverage.Lines != 100 {
			t.Errorf("%s was not found: %v", name, err)
		}
	}
	if _, err := report.FindTests(repo(t, map[string]string{"packages/node_modules/junit.xml": junitOne}), nil, time.Time{}); err == nil {
		t.Error("an installed package's results were taken for the repository's")
	}
}
