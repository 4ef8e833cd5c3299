// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

// goEvent is a line of `go test -json`.
type goEvent struct {
	Action     string
	Package    string
	ImportPath string
	Test       string
	// FailedBuild is the ImportPath whose build failed.
	FailedBuild string
}

// goTest is a test's or, with an empty name, a package's key.
type goTest struct{ pkg, test string }

// parseGoTest reads `go test -json`. Lines that are none of its own are skipped: a script's output surrounds it often.
func parseGoTest(text []byte) (counts, error) {
	if !bytes.Contains(text, []byte(`"Action":"`)) {
		return counts{}, errOther
	}
	results, broken := map[goTest]string{}, map[string]bool{}
	for line := range bytes.Lines(text) {
		if line = bytes.TrimSpace(line); len(line) == 0 || line[0] != '{' {
			continue
		}
		var e goEvent
		if json.Unmarshal(line, &e) != nil {
			// A line that the end of a killed run cut in two leaves its test without a result, which counts.
			continue
		}
		key := goTest{e.Package, e.Test}
		switch e.Action {
		case "start", "run":
			if results[key] == "" {
				results[key] = e.Action
			}
		case "pass", "fail", "skip":
			if results[key] = e.Action; e.FailedBuild != "" {
				results[key] = "build-fail"
				delete(broken, e.FailedBuild)
			}
		case "build-fail":
			broken[e.ImportPath] = true
		}
		if len(results) > maxKept {
			return counts{}, errors.New("it has more tests than can be counted")
		}
	}
	// A build that failed and that no package names as its reason still is a failure.
	for path := range broken {
		results[goTest{pkg: path}] = "build-fail"
	}
	if len(results) == 0 {
		return counts{}, errOther
	}
	return countGo(results), nil
}

// countGo counts the tests that have no subtests. A test, or a package, counts by itself if it failed without any part
// that did: a panic, a failed TestMain, code that does not compile.
func countGo(results map[goTest]string) counts {
	parents, classified := map[goTest]bool{}, map[goTest]bool{}
	for key, result := range results {
		bad := failedGo(key, result)
		for up, ok := parentGo(key); ok; up, ok = parentGo(up) {
			parents[up] = true
			classified[up] = classified[up] || bad
		}
	}
	var c counts
	var failed []string
	for key, result := range results {
		switch {
		case failedGo(key, result):
			if classified[key] {
				continue
			}
			c.failed++
			why := ""
			if result == "build-fail" {
				why = "does not compile"
			}
			failed = append(failed, name(key.pkg, key.test, why))
		case parents[key] || key.test == "":
		case result == "pass":
			c.passed++
		default:
			c.skipped++
		}
	}
	slices.Sort(failed)
	c.names = failed[:min(len(failed), maxNames)]
	return c
}

// failedGo is also true of a test that began and never ended: the run died in it.
func failedGo(key goTest, result string) bool {
	return result == "fail" || result == "build-fail" || result == "run" || result == "start" && key.test == ""
}

// parentGo is what a test is a part of: the test before the last slash, else the package.
func parentGo(key goTest) (goTest, bool) {
	if key.test == "" {
		return goTest{}, false
	}
	if i := strings.LastIndexByte(key.test, '/'); i > 0 {
		return goTest{key.pkg, key.test[:i]}, true
	}
	return goTest{pkg: key.pkg}, true
}
