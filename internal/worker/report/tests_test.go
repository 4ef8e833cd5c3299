// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kiro-worker/kiro-worker/internal/contract"
	"github.com/kiro-worker/kiro-worker/internal/worker/report"
)

// repo makes a directory with the given files; a value that begins with @ is a file of testdata.
func repo(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		if from, ok := strings.CutPrefix(content, "@"); ok {
			b, err := os.ReadFile(filepath.Join("testdata", from))
			if err != nil {
				t.Fatal(err)
			}
			content = string(b)
		}
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestResultsOfTheRealTools(t *testing.T) {
	cases := []struct {
		why, file string
		want      contract.Tests
		names     []string
	}{
		{"Jest: a file that does not load has no test, and still is a failure", "jest.json",
			contract.Tests{Total: 6, Passed: 2, Failed: 2, Skipped: 2},
			[]string{"calc is wrong on purpose", "the file could not be run: /app/test/broken.test.js"}},
		{"jest-junit", "jest-junit.xml", contract.Tests{Total: 5, Passed: 3, Failed: 1, Skipped: 1},
			[]string{"calc is wrong on purpose › calc is wrong on purpose"}},
		{"Vitest writes what Jest does, nearly", "vitest.json", contract.Tests{Total: 3, Passed: 1, Failed: 1, Skipped: 1},
			[]string{`calc fails <on> "purpose" & so`}},
		{"Vitest's JUnit, with escaped names", "vitest-junit.xml", contract.Tests{Total: 3, Passed: 1, Failed: 1, Skipped: 1},
			[]string{`vtest/calc.spec.js › calc > fails <on> "purpose" & so`}},
		{"node:test's TAP: suites are not tests, what is still to do may fail", "node-test.tap",
			contract.Tests{Total: 6, Passed: 3, Failed: 1, Skipped: 2}, []string{`is wrong \# on purpose`}},
		{"node:test's other reporter, which newer versions take by default", "node-spec.txt",
			contract.Tests{Total: 6, Passed: 3, Failed: 1, Skipped: 2}, []string{"is wrong # on purpose"}},
		{"node:test's JUnit, which has test cases beside suites", "node-junit.xml",
			contract.Tests{Total: 6, Passed: 3, Failed: 1, Skipped: 2}, []string{"test › is wrong # on purpose"}},
		{"Mocha's TAP, with the plan at its end", "mocha.tap", contract.Tests{Total: 5, Passed: 1, Failed: 2, Skipped: 2},
			[]string{"calc fails", `hook "before all" hook for "never runs"`}},
		{"pytest: errors of fixtures are failures", "pytest-junit.xml", contract.Tests{Total: 6, Passed: 2, Failed: 2, Skipped: 2},
			[]string{"test_calc › test_wrong", "test_calc › test_error"}},
		{"go test: a package that does not compile and one that panics", "go-test.json",
			contract.Tests{Total: 8, Passed: 4, Failed: 3, Skipped: 1},
			[]string{"sample/broken › does not compile", "sample/calc › TestAdd/wrong", "sample/panics › TestP"}},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			root := repo(t, map[string]string{"out": "@tests/" + c.file})
			got, err := report.FindTests(root, []string{"out"}, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got.Tests); diff != "" {
				t.Errorf("numbers (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.names, got.FailedNames); diff != "" {
				t.Errorf("names (-want +got):\n%s", diff)
			}
			if got.Gate() != contract.GateFailed {
				t.Errorf("the gate is %q; want failed", got.Gate())
			}
		})
	}
}

const (
	jestPassed = `{"numTotalTests":2,"numPassedTests":2,"numFailedTests":0,"numPendingTests":0,"success":true,"testResults":[]}`
	jestFailed = `{"numTotalTests":3,"numPassedTests":2,"numFailedTests":1,"success":false,"testResults":[]}`
	junitOne   = `<testsuites><testsuite tests="1"><testcase name="a"/></testsuite></testsuites>`
)

func TestFindTests(t *testing.T) {
	cases := []struct {
		why     string
		files   map[string]string
		paths   []string
		output  string
		want    contract.Tests
		ignored []string
	}{
		{why: "a result in a usual place is found", files: map[string]string{"test-results.json": jestPassed}, want: contract.Tests{Total: 2, Passed: 2}},
		{why: "results of several packages are summed", files: map[string]string{"packages/a/junit.xml": junitOne, "packages/b/junit.xml": junitOne},
			want: contract.Tests{Total: 2, Passed: 2}},
		{why: "configured paths replace the usual places", files: map[string]string{"test-results.json": jestFailed, "x/y/z.json": jestPassed},
			paths: []string{"x/**/*.json"}, want: contract.Tests{Total: 2, Passed: 2}},
		{why: "a file that two patterns match counts once", files: map[string]string{"a.json": jestPassed}, paths: []string{"a.json", "*.json", "./a.json"},
			want: contract.Tests{Total: 2, Passed: 2}},
		{why: "one run that was written in two formats counts once", files: map[string]string{"junit.xml": junitOne,
			"test-results.json": `{"numTotalTests":1,"numPassedTests":1,"numFailedTests":0}`}, want: contract.Tests{Total: 1, Passed: 1}},
		{why: "formats that differ are different runs: leaving one out could leave out its failures", files: map[string]string{"junit.xml": junitOne,
			"test-results.json": jestFailed}, want: contract.Tests{Total: 4, Passed: 3, Failed: 1}},
		{why: "other files in a usual place do not count, and are named", files: map[string]string{"junit.xml": junitOne, "reports/lint.json": "[]"},
			want: contract.Tests{Total: 1, Passed: 1}, ignored: []string{"reports/lint.json is in none of the known formats"}},
		{why: "installed packages have test results of their own, which are not ours",
			files: map[string]string{"junit.xml": junitOne, "node_modules/x/junit.xml": `<testsuite><testcase><failure/></testcase></testsuite>`},
			paths: []string{"**/junit.xml"}, want: contract.Tests{Total: 1, Passed: 1}},
		{why: "the command's own output is a source", output: "> npm test\n\nTAP version 13\nok 1 - a\nnot ok 2 - b\n1..2\n", want: contract.Tests{Total: 2, Passed: 1, Failed: 1}},
		{why: "output that says the same as a file counts once", files: map[string]string{"test.tap": "ok 1\n1..1\n"}, output: "ok 1 - a\n1..1\n",
			want: contract.Tests{Total: 1, Passed: 1}},
		{why: "output that is no result is just output", files: map[string]string{"junit.xml": junitOne}, output: "all is well 1..2\n", want: contract.Tests{Total: 1, Passed: 1}},
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
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got.Tests); diff != "" {
				t.Errorf("numbers (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.ignored, got.Ignored); diff != "" {
				t.Errorf("ignored (-want +got):\n%s", diff)
			}
		})
	}
}

// Output that is too long to be read does not hide what is in files.
func TestMuchOutputIsNoFailure(t *testing.T) {
	output := filepath.Join(t.TempDir(), "stdout.log")
	if err := os.WriteFile(output, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(output, 65<<20); err != nil {
		t.Fatal(err)
	}
	got, err := report.FindTests(repo(t, map[string]string{"junit.xml": junitOne}), nil, time.Time{}, output)
	if err != nil || got.Gate() != contract.GatePassed || len(got.Ignored) != 1 {
		t.Errorf("got %+v, %v; want it measured from the file, and the output named as ignored", got, err)
	}
}

func TestWhatIsNotMeasured(t *testing.T) {
	cases := []struct {
		why, name, content string
		says               string
	}{
		{"nothing at all", "README.md", "x", "no result of this run's tests was found"},
		{"a run without a single test", "r", `{"numTotalTests":0,"numPassedTests":0,"numFailedTests":0}`, "none of them ran"},
		{"a run in which everything was skipped", "r", `<testsuite><testcase name="a"><skipped/></testcase></testsuite>`, "none of them ran"},
		{"a negative number", "r", `{"numTotalTests":5,"numPassedTests":6,"numFailedTests":-1}`, "impossible"},
		{"a number that overflows", "r", `{"numTotalTests":1e300,"numPassedTests":1e300,"numFailedTests":0}`, "impossible"},
		{"more tests than anybody has", "r", `{"numTotalTests":10000001,"numPassedTests":10000001,"numFailedTests":0}`, "impossible"},
		{"half a test", "r", `{"numTotalTests":1.5,"numPassedTests":1.5,"numFailedTests":0}`, "impossible"},
		{"more failures than tests", "r", `{"numTotalTests":1,"numPassedTests":0,"numFailedTests":3}`, "contradict"},
		{"failures that the sum does not know of", "r",
			`{"numTotalTests":1,"numPassedTests":1,"numFailedTests":0,"testResults":[{"assertionResults":[{"status":"failed","title":"x"}]}]}`, "contradict"},
		{"a run that was interrupted", "r", `{"numTotalTests":1,"numPassedTests":1,"numFailedTests":0,"wasInterrupted":true}`, "interrupted"},
		{"JSON that ends in the middle", "r", `{"numTotalTests":1,"numPassed`, "decoded"},
		{"XML that ends in the middle", "r", `<testsuites><testsuite><testcase name="a"/>`, "cut short"},
		{"a negative attribute", "r", `<testsuite tests="-1"><testcase/></testsuite>`, "no count"},
		{"an attribute that overflows", "r", `<testsuite tests="99999999999999999999"><testcase/></testsuite>`, "no count"},
		{"tests that are declared and absent", "r", `<testsuite tests="5"></testsuite>`, "holds none"},
		{"entities that grow", "r", `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><testsuite><testcase name="&b;"/></testsuite>`, "entities"},
		{"an entity of a file", "r", `<testsuite><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><testcase name="&a;"/></testsuite>`, "entities"},
		{"an entity that nobody declared", "r", `<testsuite><testcase name="&x;"/></testsuite>`, "decoded"},
		{"elements without end", "r", strings.Repeat("<testsuite>", 1000), "deep"},
		{"TAP without a plan was cut short", "r", "TAP version 14\nok 1 - a\n", "no plan"},
		{"TAP that plans more than there can be", "r", "ok 1\n1..99999999999\n", "impossible"},
		{"a format that nobody knows", "r", "all tests passed, trust me\n", "none of the known formats"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			got, err := report.FindTests(repo(t, map[string]string{c.name: c.content}), []string{"r"}, time.Time{})
			if !errors.Is(err, report.ErrNotMeasured) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %+v and the error %v; want it not measured, saying %q", got.Tests, err, c.says)
			}
			if got.Gate() == contract.GatePassed {
				t.Error("the gate passed")
			}
		})
	}
}

func TestAFailureIsNeverLost(t *testing.T) {
	cases := []struct {
		why, content string
		want         contract.Tests
	}{
		{"planned tests that never reported", "ok 1 - a\n1..3\n", contract.Tests{Total: 3, Passed: 1, Failed: 2}},
		{"planned subtests that never reported", "    ok 1 - a\n    1..2\nok 1 - s\n1..1\n", contract.Tests{Total: 2, Passed: 1, Failed: 1}},
		{"a suite that fails although its tests passed", "    ok 1 - a\n    1..1\nnot ok 1 - hook\n1..1\n", contract.Tests{Total: 2, Passed: 1, Failed: 1}},
		{"a run that gave up", "ok 1 - a\nBail out! no database\n1..1\n", contract.Tests{Total: 2, Passed: 1, Failed: 1}},
		{"a point within a block of YAML is text", "ok 1 - a\n  ---\n  out: |\n    not ok 7 - x\n  ...\n1..1\n", contract.Tests{Total: 1, Passed: 1}},
		{"failures that a suite reports without a test case", `<testsuite tests="2" failures="1" errors="1"><testcase name="a"/></testsuite>`,
			contract.Tests{Total: 3, Passed: 1, Failed: 2}},
		{"an error of a suite as a whole", `<testsuite><error message="setup"/><testcase name="a"/></testsuite>`, contract.Tests{Total: 2, Passed: 1, Failed: 1}},
		{"a Jest run that says that it did not succeed", `{"numTotalTests":1,"numPassedTests":1,"numFailedTests":0,"success":false}`,
			contract.Tests{Total: 2, Passed: 1, Failed: 1}},
		{"a Go test that began and never ended", `{"Action":"run","Package":"p","Test":"A"}` + "\n" + `{"Action":"pass","Package":"p","Test":"B"}`,
			contract.Tests{Total: 2, Passed: 1, Failed: 1}},
		{"a Go package that failed with all its tests passed", `{"Action":"pass","Package":"p","Test":"B"}` + "\n" + `{"Action":"fail","Package":"p"}`,
			contract.Tests{Total: 2, Passed: 1, Failed: 1}},
		{"a Go build that failed before any package", `{"ImportPath":"p","Action":"build-fail"}`, contract.Tests{Total: 1, Failed: 1}},
		{"an older encoding is read", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><testsuite><testcase name=\"\xe4\"><failure/></testcase></testsuite>",
			contract.Tests{Total: 1, Failed: 1}},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			got, err := report.FindTests(repo(t, map[string]string{"r": c.content}), []string{"r"}, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got.Tests); diff != "" {
				t.Errorf("numbers (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOnlyThisRunsFilesOfThisRepositoryCount(t *testing.T) {
	since := time.Now().Add(-time.Minute)
	outside := repo(t, map[string]string{"junit.xml": junitOne})
	cases := []struct {
		why   string
		make  func(t *testing.T, root string)
		paths []string
		says  string
	}{
		{"a report from before the run says nothing about it", func(t *testing.T, root string) {
			path := filepath.Join(root, "junit.xml")
			if err := os.WriteFile(path, []byte(junitOne), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(path, since, since.Add(-time.Second)); err != nil {
				t.Fatal(err)
			}
		}, nil, "older than this run"},
		{"a link out of the repository", func(t *testing.T, root string) {
			if err := os.Symlink(filepath.Join(outside, "junit.xml"), filepath.Join(root, "junit.xml")); err != nil {
				t.Fatal(err)
			}
		}, nil, "escapes"},
		{"a directory that is a link out of the repository", func(t *testing.T, root string) {
			if err := os.Symlink(outside, filepath.Join(root, "reports")); err != nil {
				t.Fatal(err)
			}
		}, []string{"reports/*.xml"}, "no result"},
		{"a path that leaves the repository", func(*testing.T, string) {}, []string{"../junit.xml"}, "leaves the repository"},
		{"an absolute path", func(*testing.T, string) {}, []string{"/etc/passwd"}, "leaves the repository"},
		{"a named pipe, which nobody writes to", func(t *testing.T, root string) {
			if err := syscall.Mkfifo(filepath.Join(root, "junit.xml"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, nil, "not a regular file"},
		{"a file that is longer than any report", func(t *testing.T, root string) {
			path := filepath.Join(root, "junit.xml")
			if err := os.WriteFile(path, []byte("<testsuite>"), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(path, 1<<30); err != nil {
				t.Fatal(err)
			}
		}, nil, "longer than"},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			root := t.TempDir()
			c.make(t, root)
			got, err := report.FindTests(root, c.paths, since)
			if !errors.Is(err, report.ErrNotMeasured) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %+v and the error %v; want it not measured, saying %q", got.Tests, err, c.says)
			}
		})
	}
}
