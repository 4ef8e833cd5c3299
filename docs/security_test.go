// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	testName = regexp.MustCompile("`((?:Test|Fuzz)[A-Z][A-Za-z0-9]*)`")
	testFunc = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)[A-Z][A-Za-z0-9]*)\(`)
)

// The security page promises what tests try: each test that it names exists, and each attack of test/hostile stands behind
// a promise.
func TestSecurityPageNamesItsTests(t *testing.T) {
	there, attacks := map[string]bool{}, map[string]bool{}
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != ".." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" || d.Name() == "bin") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for _, m := range testFunc.FindAllSubmatch(text, -1) {
			there[string(m[1])] = true
			if strings.HasPrefix(filepath.ToSlash(name), "../test/hostile/") && string(m[1]) != "TestMain" {
				attacks[string(m[1])] = true
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("security.md")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, m := range testName.FindAllSubmatch(text, -1) {
		named[string(m[1])] = true
		if !there[string(m[1])] {
			t.Errorf("security.md names %s, and there is no such test", m[1])
		}
	}
	if len(attacks) == 0 {
		t.Error("no attack of test/hostile was found, so nothing is shown")
	}
	for name := range attacks {
		if !named[name] {
			t.Errorf("security.md does not say which promise %s tries", name)
		}
	}
}
