// Copyright 2026 The Kiro Worker Authors.
// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// inTree is a path of this repository in a document's code: it begins with one of its directories.
var inTree = regexp.MustCompile("`((?:api|cmd|config|controllers|docs|hack|internal|test)/[A-Za-z0-9_./*-]+)`")

// TestPathsExist keeps recipes and layout usable: a file that was moved is followed here.
func TestPathsExist(t *testing.T) {
	for _, name := range documents(t) {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range inTree.FindAllStringSubmatch(string(text), -1) {
			found, err := filepath.Glob(filepath.Join("..", filepath.FromSlash(m[1])))
			if err != nil || len(found) == 0 {
				t.Errorf("%s names %s, which is not in the tree", name, m[1])
			}
		}
	}
}
