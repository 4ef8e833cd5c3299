// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// runOf reads one report.
func runOf(t *testing.T, name, text string) TestReport {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := FindTests(dir, []string{name}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// Of each format it is known which tests ran, which were skipped, and which are gone.
func TestGone(t *testing.T) {
	for name, c := range map[string]struct {
		why, file     string
		before, after string
		want          Gone
		fixed, fresh  int
	}{
		"JUnit": {
			why: "A failed test that is skipped, one that passed and is gone, and a new one.", file: "r.xml",
			before: `<testsuite><testcase classname="c" name="a"><failure message="no"/></testcase><testcase classname="c" name="b"/></testsuite>`,
			after:  `<testsuite><testcase classname="c" name="a"><skipped/></testcase><testcase classname="c" name="d"/></testsuite>`,
			want:   Gone{Failed: []string{"c › a"}, Passed: []string{"c › b"}, Skipped: []string{"c › a"}}, fresh: 1,
		},
		"Collection": {
			why: "What pytest reports in place of tests that it could not load is no test.", file: "r.xml",
			before: `<testsuite><testcase name="tests.test_cart"><error message="collection failure">x</error></testcase><testcase name="b"/></testsuite>`,
			after:  `<testsuite><testcase name="a"/><testcase name="b"/></testsuite>`, fresh: 1,
		},
		"TAP": {
			why: "A file that could not be loaded is none either; a test that is still to be written is skipped.", file: "r.tap",
			before: "TAP version 14\nnot ok 1 - test/cart.test.js\nnot ok 2 - adds\n1..2\n",
			after:  "TAP version 14\nok 1 - more\nok 2 - adds # TODO\n1..2\n",
			want:   Gone{Failed: []string{"adds"}, Skipped: []string{"adds"}}, fresh: 1,
		},
		"Go": {
			why: "A package that does not compile is no test, and a failed test that passes is repaired.", file: "r.json",
			before: `{"Action":"fail","Package":"p","FailedBuild":"p"}` + "\n" + `{"Action":"fail","Package":"q","Test":"TestA"}` + "\n" + `{"Action":"pass","Package":"q","Test":"TestB"}` + "\n" + `{"Action":"fail","Package":"q"}`,
			after:  `{"Action":"pass","Package":"q","Test":"TestA"}` + "\n" + `{"Action":"skip","Package":"q","Test":"TestB"}` + "\n" + `{"Action":"pass","Package":"q"}`,
			want:   Gone{Passed: []string{"q › TestB"}, Skipped: []string{"q › TestB"}}, fixed: 1,
		},
		"Jest": {
			why: "So it is with Jest.", file: "r.json",
			before: `{"numTotalTests":2,"numPassedTests":1,"numFailedTests":1,"numPendingTests":0,"success":false,"testResults":[{"assertionResults":[{"fullName":"a","status":"failed"},{"fullName":"b","status":"passed"}]}]}`,
			after:  `{"numTotalTests":2,"numPassedTests":2,"numFailedTests":0,"numPendingTests":0,"success":true,"testResults":[{"assertionResults":[{"fullName":"a","status":"passed"},{"fullName":"b","status":"passed"}]}]}`,
			fixed:  1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			before, after := runOf(t, c.file, c.before), runOf(t, c.file, c.after)
			if diff := cmp.Diff(c.want, before.Cases.Gone(after.Cases)); diff != "" {
				t.Errorf("%s\n-want +got:\n%s", c.why, diff)
			}
			if fixed, fresh := before.Cases.Fixed(after.Cases), before.Cases.New(after.Cases); fixed != c.fixed || fresh != c.fresh {
				t.Errorf("%s\nrepaired %d, want %d; new %d, want %d", c.why, fixed, c.fixed, fresh, c.fresh)
			}
		})
	}
}

// What failed tests say is kept where the format tells it, cut.
func TestMessages(t *testing.T) {
	long := strings.Repeat("x", 3000)
	got := runOf(t, "r.xml", `<testsuite><testcase classname="c" name="a"><failure message="`+long+`"/></testcase><testcase name="b"><error message="boom"/></testcase></testsuite>`).Messages
	if len(got) != 2 || got["b"] != "boom" || len(got["c › a"]) != maxMessage+len("…") {
		t.Errorf("got %.2000q", got)
	}
	got = runOf(t, "r.json", `{"numTotalTests":1,"numPassedTests":0,"numFailedTests":1,"numPendingTests":0,"success":false,"testResults":[{"assertionResults":[{"fullName":"a","status":"failed","failureMessages":["one\ntwo","three"]}]}]}`).Messages
	if diff := cmp.Diff(map[string]string{"a": "one\ntwo"}, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
