// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/kiro-worker/kiro-worker/internal/worker/report"
)

// A report that was there before the tests began says nothing, whatever its date: an agent can write one and date it
// into the run.
func TestAge(t *testing.T) {
	root := repo(t, map[string]string{
		"junit.xml": junitOne, "coverage/lcov.info": "SF:x\nDA:1,1\nend_of_record\n", "other/results.xml": junitOne, "kept.xml": junitOne,
	})
	began := time.Now()
	for _, name := range []string{"junit.xml", "coverage/lcov.info", "other/results.xml", "kept.xml"} {
		if err := os.Chtimes(filepath.Join(root, name), began, began.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	if err := report.Age(root, nil, nil, began); err != nil {
		t.Fatal(err)
	}
	if _, err := report.FindTests(root, nil, began); !errors.Is(err, report.ErrNotMeasured) {
		t.Errorf("a result from before the run counts: %v", err)
	}
	if _, err := report.FindCoverage(root, nil, began); !errors.Is(err, report.ErrNotMeasured) {
		t.Errorf("a coverage report from before the run counts: %v", err)
	}
	if err := report.Age(root, []string{"other/*.xml"}, nil, began); err != nil {
		t.Fatal(err)
	}
	if _, err := report.FindTests(root, []string{"other/results.xml"}, began); !errors.Is(err, report.ErrNotMeasured) {
		t.Errorf("a named result from before the run counts: %v", err)
	}
	if got, err := report.FindTests(root, []string{"kept.xml"}, began); err != nil || got.Tests.Total != 1 {
		t.Errorf("a file that is no report was aged: %+v, %v", got.Tests, err)
	}
	if err := report.Age(root, []string{"../x.xml"}, nil, began); !errors.Is(err, report.ErrNotMeasured) {
		t.Errorf("a path that leaves the repository: %v", err)
	}
}

// Surefire and Gradle write a file for each class.
func TestManyReports(t *testing.T) {
	files := map[string]string{}
	for n := range 1200 {
		files[fmt.Sprintf("target/surefire-reports/TEST-%d.xml", n)] = junitOne
	}
	got, err := report.FindTests(repo(t, files), nil, time.Time{})
	if err != nil || got.Tests.Total != 1200 || len(got.Files) != 1200 {
		t.Errorf("got %+v of %d files, %v", got.Tests, len(got.Files), err)
	}
}

func TestOutputsBesideFiles(t *testing.T) {
	cases := []struct {
		why    string
		paths  []string
		output string
		total  int32
	}{
		{"a first line of TAP is no run without results", nil, "TAP version 13\n", 1},
		{"results that another command printed are counted with the file's", nil, "TAP version 13\n1..2\nok 1\nok 2\n", 3},
		{"where the files are named, nothing else counts", []string{"junit.xml"}, "TAP version 13\n1..2\nok 1\nnot ok 2\n", 1},
	}
	for _, c := range cases {
		t.Run(c.why, func(t *testing.T) {
			output := filepath.Join(t.TempDir(), "tests-0.log")
			if err := os.WriteFile(output, []byte(c.output), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := report.FindTests(repo(t, map[string]string{"junit.xml": junitOne}), c.paths, time.Time{}, output)
			if err != nil || got.Tests.Total != c.total || got.Tests.Failed != 0 {
				t.Errorf("got %+v, %v; want %d tests", got.Tests, err, c.total)
			}
		})
	}
}
